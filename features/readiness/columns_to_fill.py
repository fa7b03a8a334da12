"""Which columns would help most: those that tell won from lost leads where they are filled, and are empty for many.

What a half-empty column would give is measured on the leads that have it. Of a column that no lead has nothing can be measured: it
is only named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadq.features.leak_checks.single_field import auc_of_categories, auc_of_numbers
from leadq.features.readiness.statements import Statement, say
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats

_OFTEN_EMPTY = 0.2
_TELLS, _DEVIATIONS = 0.55, 2.0
"""A field is worth filling from this AUC on, when chance does not explain it."""
_MOST = 3
_USUAL = {
    ("leads.source",): "a source",
    ("leads.title",): "the job title of its contact",
    ("accounts.industry",): "the industry of its company",
    ("accounts.employees",): "the number of employees of its company",
    ("accounts.country", "leads.country"): "a country",
}
"""Columns of the contract that say who a lead is and that most CRMs have; one of several is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    empty: float
    auc: float

    @property
    def gain(self) -> float:
        """How much better than chance it tells, for the share of leads that lack it."""
        return (self.auc - 0.5) * self.empty


def columns_to_fill(data: TrainingData, *, seed: int) -> Iterator[Statement]:
    """Say which columns would give most.

    Parameters
    ----------
    data : TrainingData
        Without the features that are left out as leaks.
    seed : int
        Of the halves in which categories are judged.
    """
    rows = data.rows(_once_a_lead(data))
    columns = _columns(rows, seed)
    useful = [one for one in columns.values() if one.empty >= _OFTEN_EMPTY and one.auc >= _TELLS]
    for one in sorted(useful, key=lambda column: (-column.gain, column.name))[:_MOST]:
        sentence = (
            f"{one.name} is empty for {one.empty:.0%} of leads. Where it is filled it tells won from lost leads (AUC {one.auc:.2f}): "
            "have it filled for all."
        )
        yield say("next", f"fill_{one.name}", sentence, empty=one.empty, auc=one.auc)
    known = {source for source, column in columns.items() if column.empty < 1.0}
    absent = [words for sources, words in _USUAL.items() if known.isdisjoint(sources)]
    if absent:
        *first, last = absent
        listed = f"{', '.join(first)} or {last}" if first else last
        yield say("next", "usual_columns", f"No lead has {listed}: map what the CRM has of it.", columns=len(absent))


def _once_a_lead(data: TrainingData) -> npt.NDArray[np.bool_]:
    """Mature, worked leads, each at its first look."""
    known = data.meta["mature"] & data.meta["worked"]
    first = ~data.meta.loc[known, "lead_id"].duplicated()
    mask = np.zeros(len(data.meta), dtype=np.bool_)
    mask[np.flatnonzero(known.to_numpy())[first.to_numpy()]] = True
    return mask


def _columns(rows: TrainingData, seed: int) -> dict[str, _Column]:
    """Columns of leads and accounts, each by the feature of it that tells most."""
    found: dict[str, _Column] = {}
    won = rows.meta["label"].to_numpy() == 1
    group = rows.meta["group"].to_numpy(dtype=np.int64)
    for place, feature in enumerate(rows.catalogue.features):
        table, _, column = feature.source.partition(".")
        if table not in ("leads", "accounts") or not column or column in ("created_at", "account_id"):
            continue
        values: Floats = rows.features[:, place]
        empty = float(np.isnan(values).mean()) if len(values) else 1.0
        if feature.kind == "category":
            judged = auc_of_categories(np.where(np.isnan(values), -1, values).astype(np.int64), won, group, seed=seed)
        else:
            judged = auc_of_numbers(values, won, group)
        told = judged is not None and judged.auc - _DEVIATIONS * judged.standard_error > 0.5
        auc = judged.auc if judged is not None and told else 0.5
        before = found.get(feature.source)
        if before is None or auc > before.auc:
            found[feature.source] = _Column(name=feature.source, empty=empty, auc=auc)
    return found
