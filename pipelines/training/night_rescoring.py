"""One night's sampled leads: what was known and scored then, and what today's history says of the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.assemble import model_columns
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.engine.duckdb_engine import Tables, microseconds
from leadq.features.groups.plug_ins import plug_in_problems
from leadq.features.leak_checks.rebuild_features import look
from leadq.foundation.problems import BundleError
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.live.live_models import bundle_folder
from leadq.pipelines.store.run_manifest import Run
from leadq.pipelines.store.store import Store

TOLERANCE = 1e-6
MERGED = "leads merged since"
GONE = "leads deleted in the CRM since"
_RECORDED = frozenset({"events", "leads", "outcomes", "leads.created_at"})
"""Sources whose past is recorded row by row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredNight:
    """A night read back.

    Parameters
    ----------
    run : Run
    bundle : Bundle
        That scored then.
    tables : Tables
        Today's history.
    then : DataFrame of n rows
        ``lead_id, probability`` and the snapshot: what the scorer saw.
    now : DataFrame of n rows, in the same order
        The same features from today's history as of that night (those that can no longer be computed are absent), ``account_id`` and
        ``present`` (whether the lead is still there).
    """

    run: Run
    bundle: Bundle
    tables: Tables
    then: pd.DataFrame
    now: pd.DataFrame

    def differing(self) -> dict[str, npt.NDArray[np.bool_]]:
        """Features that differ on some row, and where, shape (n,)."""
        found = {}
        for feature in self.bundle.catalogue.features:
            where = self._differs(feature)
            if where.any():
                found[feature.name] = where
        return found

    def proven(self, feature: Feature) -> bool:
        """Whether the feature's past can be told from what is recorded."""
        tracked = {key.replace(".", "s.", 1) for key in self.tables.history.tracked_since}
        if feature.name not in self.now.columns:
            return False
        return feature.source in _RECORDED or feature.source in tracked

    def shrank(self, feature: Feature) -> npt.NDArray[np.bool_]:
        """Where deleted rows can explain the difference, shape (n,): fewer than then, or no count of things or days at all."""
        if feature.unit != "count" and (feature.unit, feature.absent) != ("days", "zero"):
            return np.full(len(self.then), feature.source == "events")
        then, now = self.then[feature.name], self.now[feature.name]
        return (now.isna() | (now <= then)).to_numpy(dtype=np.bool_)

    def rows_deleted(self) -> bool:
        """Whether fewer rows were known by then than that night's reading used."""
        history = self.tables.history
        as_of_us = microseconds(self.run.inputs.as_of)
        for table, moment in (("leads", "created_us"), ("events", "visible_us")):
            rows = getattr(self.tables, table)
            today, by_then = int(rows.count().execute()), int(rows.filter(rows[moment] <= as_of_us).count().execute())
            merged = history.counts[table].used - today if table in history.counts else 0
            if by_then + merged < int(self.run.history_counts["tables"].get(table, {}).get("used", 0)):
                return True
        return False

    def moved(self) -> dict[str, str]:
        """Leads that cannot be looked at again, and why: gone, merged, or of another account by now."""
        merged = _merged_since(self.tables.history, self.run)
        accounts = set(self.now["account_id"][self.then["lead_id"].isin(merged)].dropna())
        found: dict[str, str] = {}
        rows = zip(
            self.then["lead_id"], self.then["account_id"], self.now["account_id"], self.now["present"], strict=True
        )
        for lead_id, account_then, account_now, present in rows:
            if lead_id in merged or (present and account_now in accounts):
                found[lead_id] = MERGED
            elif not present:
                found[lead_id] = GONE
            elif (account_now if pd.notna(account_now) else "") != (account_then if pd.notna(account_then) else ""):
                found[lead_id] = "leads.account_id, which has no recorded history"
        return found

    def scored_otherwise(self) -> Iterator[tuple[str, float, float]]:
        """Leads whose snapshot gives another score than was written: lead, score then, score now."""
        rows = self.then[model_columns(self.bundle.catalogue)].to_numpy(dtype=np.float64, na_value=np.nan)
        again = MatrixScorer(self.bundle).score(rows).probability
        for lead_id, then, now in zip(self.then["lead_id"], self.then["probability"], again, strict=True):
            if abs(float(then) - float(now)) > TOLERANCE:
                yield str(lead_id), float(then), float(now)

    def _differs(self, feature: Feature) -> npt.NDArray[np.bool_]:
        if feature.name not in self.now.columns:
            return np.full(len(self.then), True)
        then, now = self.then[feature.name], self.now[feature.name]
        both = (then.notna() & now.notna()).to_numpy()
        one_only = (then.notna() != now.notna()).to_numpy()
        if feature.kind == "number":
            off = (then.astype("float64") - now.astype("float64")).abs().to_numpy() > TOLERANCE
        else:
            off = (then.astype("object") != now.astype("object")).to_numpy()
        return np.asarray(one_only | (both & off), dtype=np.bool_)


def read_night(
    store: Store, tables: Tables, run: Run, agreement: Agreement, *, leads: int, seed: int
) -> ScoredNight | None:
    """Read a sample of a night's scored leads back; None where its bundle is gone or it scored nobody.

    Parameters
    ----------
    leads : int
        How many at most.
    seed : int
        Of the sample.
    """
    try:
        bundle = read_bundle(bundle_folder(store.folder, run.inputs.bundle_version))
    except BundleError:
        return None
    scores = ds.dataset(store.table(run.scores))
    scored = scores.to_table(columns=["lead_id", "probability"], filter=pc.field("status") == "scored").to_pandas()
    scored = scored.sort_values("lead_id", ignore_index=True)
    sample = scored.iloc[np.sort(np.random.default_rng(seed).permutation(len(scored))[:leads])]
    if sample.empty:
        return None
    then = sample.merge(_snapshots(store, run, sample["lead_id"].tolist()), on="lead_id", how="inner")
    looks = pd.DataFrame({"lead_id": then["lead_id"], "as_of_us": microseconds(run.inputs.as_of)})
    known = _still_there(bundle.catalogue, tables.history)
    now = look(tables, looks, agreement, known, name=f"night_{run.run_id}")
    today = tables.leads.filter(tables.leads.lead_id.isin(then["lead_id"].tolist()))
    account: dict[str, Any] = dict(today.select("lead_id", "account_id").to_pandas().itertuples(index=False))
    now = now.assign(
        account_id=pd.Series([account.get(lead_id) for lead_id in then["lead_id"]], dtype="object"),
        present=[lead_id in account for lead_id in then["lead_id"]],
    )
    return ScoredNight(run=run, bundle=bundle, tables=tables, then=then, now=now)


def _still_there(catalogue: Catalogue, history: History) -> Catalogue:
    """Leave out own fields that the sources no longer have, and features of groups that are no longer installed."""
    own = {f"{one.entity}s.{one.name}" for one in history.own_fields if one.status != "refused"}
    gone = {one.name for one in catalogue.features if one.family.startswith("own_") and one.source not in own}
    if plug_in_problems(catalogue):
        gone |= {one.name for one in catalogue.features if one.group}
    return catalogue.without(dict.fromkeys(gone, "can no longer be computed"))


def _snapshots(store: Store, run: Run, lead_ids: list[str]) -> pd.DataFrame:
    """Read what was known of these leads in a night, from the last night that stored them."""
    wanted, parts = pa.array(lead_ids, pa.string()), list[pd.DataFrame]()
    for earlier in store.chain((run.run_id,)):
        rows = ds.dataset(store.table(earlier.snapshot)).to_table(filter=pc.field("lead_id").isin(wanted))
        parts.append(rows.to_pandas())
        wanted = wanted.filter(pc.invert(pc.is_in(wanted, rows.column("lead_id").combine_chunks())))
        if not len(wanted):
            break
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _merged_since(history: History, run: Run) -> set[str]:
    columns = ["old_lead_id", "lead_id", "merged_at"]
    aliases = ds.dataset(history.path("lead_aliases")).to_table(columns=columns).to_pandas()
    late = aliases[aliases["merged_at"].isna() | (aliases["merged_at"] > run.inputs.as_of)]
    return {*late["old_lead_id"], *late["lead_id"]}
