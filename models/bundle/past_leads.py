"""Leads like this one: past leads whose scores came about in much the same way, with what became of them.

Kept beside a bundle as ``<version>.past.parquet`` when it is trained: up to :data:`MOST` mature worked leads, one look each, with
their contributions by family under that model. They are a plain random sample, so that wins are as frequent among the neighbours as
among such leads: a sample made richer in wins would let sales read "two of three were won" where one in twenty is. Three
neighbours are examples all the same, never a probability. Left out on purpose: ids, names, owners, and sources that few
leads share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.atomic_files import new_file
from leadq.foundation.problems import Problem, StoreError
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.fit.fit_model import population

Outcome = Literal["won", "lost", "open"]

MOST = 10_000
"""Leads kept."""
SHARED_BY = 10
"""Leads that must have come from a source before it is told: a rarer one could name a person."""
ALIKE_FROM = 0.15
"""Log-odds that a family must move both scores by; less is no reason for either."""
MOST_ALIKE = 3

_DAY_SECONDS = 86_400.0
_KEY = b"leadq"
_FAMILY = "family:"
_FACTS = pa.schema(
    [
        ("outcome", pa.string()),
        ("days", pa.float64()),
        ("came_in", pa.string()),
        ("age_days", pa.float64()),
        ("source", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLead:
    """A past lead beside the one that is looked at.

    Parameters
    ----------
    outcome : {"won", "lost", "open"}
        Within the horizon after the look; ``open`` when the horizon ended without an end.
    days : float or None
        From the look to the win or the loss; None for an open one, or without dates.
    came_in : str or None
        Month, ``"2026-03"``.
    age_days : float or None
        Age at the look.
    source : str or None
    distance : float
        Between the two leads' contributions, log-odds.
    alike : tuple of str
        Up to three families that weigh most in both scores, in the same direction.
    """

    outcome: Outcome
    days: float | None
    came_in: str | None
    age_days: float | None
    source: str | None
    distance: float
    alike: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastLeads:
    """Past leads of one model.

    Parameters
    ----------
    facts : Table of n rows
        What is told of each.
    families : tuple of str
    contributions : float64 array of shape (n, n_families)
        Log-odds.
    drawn : dict
        How they were drawn: ``version`` of the model, ``kept`` and ``won`` of ``leads``, ``horizon_days``.
    """

    facts: pa.Table
    families: tuple[str, ...]
    contributions: Floats
    drawn: Mapping[str, Any]

    @staticmethod
    def read(path: Path) -> PastLeads:
        """Read the past leads of a bundle; none where there is no file.

        Raises
        ------
        StoreError
            The file is damaged.
        """
        if not path.exists():
            return PastLeads(facts=_FACTS.empty_table(), families=(), contributions=np.zeros((0, 0)), drawn={})
        try:
            table = pq.read_table(path, partitioning=None)
            drawn = json.loads(table.schema.metadata[_KEY])
            facts = table.select(_FACTS.names).cast(_FACTS)
            columns = [name for name in table.column_names if name.startswith(_FAMILY)]
            amounts = [table[name].to_numpy() for name in columns]
            contributions = np.stack(amounts, axis=1).astype(np.float64) if amounts else np.zeros((len(table), 0))
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
            remedy = "Restore the file from a backup or remove it; without it the model scores, but cards show no similar leads."
            value = (str(error).splitlines() or [""])[0][:120]
            problem = Problem(where=str(path), rule="must have past leads", value=value, remedy=remedy)
            raise StoreError(problem) from error
        families = tuple(name.removeprefix(_FAMILY) for name in columns)
        return PastLeads(facts=facts, families=families, contributions=contributions, drawn=drawn)

    def nearest(self, contributions: Mapping[str, float], k: int = 3) -> tuple[PastLead, ...]:
        """Return the ``k`` past leads nearest in reasons, the nearest first, of equals the earlier row.

        Parameters
        ----------
        contributions : mapping of str to float
            Of the lead that is looked at, by family, log-odds. A family missing on one side counts as 0.
        """
        here = np.array([contributions.get(family, 0.0) for family in self.families])
        elsewhere = sum(value**2 for family, value in contributions.items() if family not in self.families)
        apart = self.contributions - here
        distance = np.sqrt(np.einsum("ij,ij->i", apart, apart) + elsewhere)
        nearest = _smallest(distance, k)
        rows = self.facts.take(pa.array(nearest)).to_pylist()
        return tuple(
            PastLead(**row, distance=float(distance[at]), alike=self._alike(self.contributions[at], here))
            for row, at in zip(rows, nearest.tolist(), strict=True)
        )

    def _alike(self, there: Floats, here: Floats) -> tuple[str, ...]:
        shared = np.where(there * here > 0, np.minimum(np.abs(there), np.abs(here)), 0.0)
        most = np.argsort(-shared, kind="stable")[:MOST_ALIKE]
        return tuple(self.families[at] for at in most.tolist() if shared[at] >= ALIKE_FROM)


def _smallest(values: Floats, k: int) -> Ints:
    """Places of the ``k`` smallest values in their order, of equals the earlier place."""
    if len(values) <= k:
        return np.argsort(values, kind="stable")
    few = np.flatnonzero(values <= np.partition(values, k - 1)[k - 1])
    return few[np.argsort(values[few], kind="stable")][:k]


def past_leads_path(models_folder: Path, version: str) -> Path:
    """Where a version's past leads lie, beside its bundle and not in it: they decide no score."""
    return models_folder / f"{version}.past.parquet"


def keep_past_leads(made: Path, kept: Path, *, version: str) -> None:
    """Copy past leads to where they stay, if they are of this version; nothing where there are none.

    Raises
    ------
    StoreError
        What was made is damaged, or the disk is full.
    """
    if PastLeads.read(made).drawn.get("version") == version:
        with new_file(kept) as partial:
            copyfile(made, partial)


def write_past_leads(
    path: Path, data: TrainingData, bundle: Bundle, history: History, *, seed: int, threads: int = 1
) -> None:
    """Draw past leads and write them; the same data, bundle and seed give the same bytes.

    Parameters
    ----------
    path : Path
    data : TrainingData
        What the bundle was trained on.
    bundle : Bundle
        With its version. The base rate tells no leads apart: none are kept.
    history : History
        Of the same data: knows when leads were lost.
    seed : int
        Of the sample, and of the age at which a lead never handed off is looked at.

    Raises
    ------
    StoreError
        The disk is full or not writable.
    """
    rows, leads = _one_look_each(data, seed)
    if bundle.kind == "base_rate":
        rows = rows[:0]
    meta = data.meta.iloc[rows].reset_index(drop=True)
    scored = MatrixScorer(bundle, threads=threads).score(np.asfortranarray(data.features[rows]))
    facts = _facts(data, meta, history)
    amounts = scored.contributions.astype(np.float32)  # a ten-millionth of a log-odds is nearness enough
    columns = {_FAMILY + family: pa.array(amounts[:, at]) for at, family in enumerate(scored.families)}
    table = pa.table({**{name: facts[name] for name in _FACTS.names}, **columns})
    drawn = {
        "version": bundle.version,
        "drawn": "a plain random sample of mature worked leads, one look each",
        "leads": leads,
        "kept": table.num_rows,
        "won": int((facts["outcome"].to_numpy(zero_copy_only=False) == "won").sum()),
        "horizon_days": bundle.catalogue.horizon_days,
        "seed": seed,
    }
    with new_file(path) as partial:
        told = {_KEY: json.dumps(drawn, sort_keys=True).encode()}
        pq.write_table(table.replace_schema_metadata(told), partial, compression="zstd")


def _one_look_each(data: TrainingData, seed: int) -> tuple[Ints, int]:
    """Rows of the leads drawn, ascending: each at its hand-off, else at a landmark drawn; and of how many leads."""
    rows = np.flatnonzero(population(data))
    lead, known = pd.factorize(data.meta["lead_id"].iloc[rows])
    rng = np.random.default_rng(seed)
    drawn = np.zeros(len(known), dtype=bool)
    drawn[rng.permutation(len(known))[:MOST]] = True
    turn = rng.random(len(rows))
    turn[data.meta["landmark"].to_numpy()[rows] == HANDOFF] = -1.0
    order = np.lexsort((turn, lead))
    first = np.ones(len(order), dtype=bool)
    first[1:] = np.diff(lead[order]) > 0
    chosen = order[first]
    return np.sort(rows[chosen[drawn[lead[chosen]]]]), len(known)


def _facts(data: TrainingData, meta: pd.DataFrame, history: History) -> pa.Table:
    """Gather what is told of each lead, in the columns of ``_FACTS``."""
    won = meta["label"].to_numpy() == 1
    lost, days_to_loss = _losses(data, meta, history)
    outcome = np.where(won, "won", np.where(lost, "lost", "open"))
    days = np.where(won, meta["days_to_win"].to_numpy(dtype=np.float64), days_to_loss)
    shared_by = meta["source"].map(meta["source"].value_counts())
    source = meta["source"].where(shared_by >= SHARED_BY)
    columns = {
        "outcome": pa.array(outcome),
        "days": pa.array(days, from_pandas=True),
        "came_in": pa.array(meta["created_at"].dt.strftime("%Y-%m"), from_pandas=True),
        "age_days": pa.array(meta["age_days"].to_numpy(dtype=np.float64), from_pandas=True),
        "source": pa.array(source.astype("object"), pa.string(), from_pandas=True),
    }
    if not data.dated:  # times only order the rows
        columns |= {name: pa.nulls(len(meta), _FACTS.field(name).type) for name in ("days", "came_in", "age_days")}
    return pa.table(columns).cast(_FACTS)


def _losses(data: TrainingData, meta: pd.DataFrame, history: History) -> tuple[np.ndarray, Floats]:
    """Find the looks whose lead was lost when the horizon ended, and after how many days; NaN where not."""
    among = ds.field("lead_id").isin(pa.array(meta["lead_id"], pa.string()))
    found = ds.dataset(history.path("outcomes")).to_table(filter=among)
    looks = meta[["lead_id", "as_of"]].reset_index(names="look")
    changes = looks.merge(found.to_pandas(), on="lead_id")
    days = (changes["occurred_at"] - changes["as_of"]).dt.total_seconds() / _DAY_SECONDS
    if data.dated:
        inside = (days > 0) & (days <= data.catalogue.horizon_days)
        changes, days = changes[inside], days[inside]
    last = changes.assign(days=days).sort_values("occurred_at", kind="stable").drop_duplicates("look", keep="last")
    last = last[last["outcome"] == "lost"]
    lost, after = np.zeros(len(meta), dtype=bool), np.full(len(meta), np.nan)
    lost[last["look"]] = True
    after[last["look"]] = last["days"]
    return lost, after
