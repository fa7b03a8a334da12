"""What happened to leads like this one: wins by value of each feature, for the sentences of reasons.

"31 % of 412 such leads were won, against 12 % overall." Counted on the reference set (worked leads at
hand-off), kept in the bundle. It describes, it does not explain: contributions come from the model, these
counts only make them tangible.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from leadq.features.catalogue import Catalogue, Feature
from leadq.foundation.arrays import Bools, Floats

MIN_LEADS = 30
"""A category value with fewer leads is pooled with the other rare ones."""
QUANTILE_BINS = 4

BinKind = Literal["missing", "zero", "range", "value", "rest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBin:
    """Leads with similar values of one feature, and how many were won.

    Parameters
    ----------
    kind : {"missing", "zero", "range", "value", "rest"}
        ``range`` of a number; ``value`` is one category, ``rest`` all rarer ones.
    n, wins : int
    low, high : float or None
        Bounds of a range, both inclusive; the code of a category twice; None for missing and rest.
    """

    kind: BinKind
    n: int
    wins: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Bins of every feature, and the whole reference set: ``n`` leads of which ``wins`` were won."""

    n: int
    wins: int
    bins: dict[str, tuple[EvidenceBin, ...]]

    def to_document(self) -> dict[str, Any]:
        """Plain data for JSON."""
        rows = {
            name: [[one.kind, one.n, one.wins, one.low, one.high] for one in bins] for name, bins in self.bins.items()
        }
        return {"n": self.n, "wins": self.wins, "bins": rows}

    @staticmethod
    def from_document(document: dict[str, Any]) -> Evidence:
        """Read what :meth:`to_document` made."""
        bins = {
            name: tuple(EvidenceBin(kind=row[0], n=row[1], wins=row[2], low=row[3], high=row[4]) for row in rows)
            for name, rows in document["bins"].items()
        }
        return Evidence(n=document["n"], wins=document["wins"], bins=bins)


def _bin(kind: BinKind, rows: Bools, label: Floats, low: float | None = None, high: float | None = None) -> EvidenceBin:
    return EvidenceBin(kind=kind, n=int(rows.sum()), wins=int(label[rows].sum()), low=low, high=high)


def _number_bins(values: Floats, label: Floats) -> list[EvidenceBin]:
    bins = []
    zero: Bools = values == 0
    if zero.any():
        bins.append(_bin("zero", zero, label, 0.0, 0.0))
    other: Bools = ~np.isnan(values) & ~zero
    if not other.any():
        return bins
    inside = values[other]
    edges = np.unique(np.quantile(inside, np.linspace(0, 1, QUANTILE_BINS + 1)[1:], method="higher"))
    below = -math.inf
    for edge in edges:
        rows: Bools = other & (values > below) & (values <= edge)
        bins.append(_bin("range", rows, label, float(values[rows].min()), float(values[rows].max())))
        below = edge
    return bins


def _category_bins(values: Floats, label: Floats, feature: Feature) -> list[EvidenceBin]:
    bins = []
    rest: Bools = ~np.isnan(values)
    for code in range(len(feature.vocabulary)):
        rows: Bools = values == code
        if rows.sum() >= MIN_LEADS:
            bins.append(_bin("value", rows, label, float(code), float(code)))
            rest &= ~rows
    if rest.any():
        bins.append(_bin("rest", rest, label))
    return bins


def gather_evidence(rows: Floats, label: Floats, catalogue: Catalogue) -> Evidence:
    """Count wins by value of every feature.

    Parameters
    ----------
    rows : array of shape (n, n_features)
        Encoded features of the reference set.
    label : array of shape (n,)
    """
    bins: dict[str, tuple[EvidenceBin, ...]] = {}
    for column, feature in enumerate(catalogue.features):
        values = rows[:, column]
        found = _category_bins(values, label, feature) if feature.kind == "category" else _number_bins(values, label)
        missing: Bools = np.isnan(values)
        if missing.any():
            found.insert(0, _bin("missing", missing, label))
        bins[feature.name] = tuple(found)
    return Evidence(n=len(label), wins=int(label.sum()), bins=bins)
