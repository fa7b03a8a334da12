"""Up to three reasons for and three against each lead, by family, chosen for whole batches at once.

A family speaks through its driving feature: the one with the largest contribution in the family's direction. Families under the
threshold say nothing. Where the bare statistic of the driving feature points the other way, the reason is held back and counted
for the data team. Contributions come from the model, figures from the evidence; neither is a cause.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from crm.schemas import REASON
from models.scorer import Scored
from serving.scoring.facts import FactBook, Floats, Ids

THRESHOLD = 0.15
"""Log-odds; a family that moves the score less is no reason."""
PER_SIDE = 3
MODERATE_FROM, STRONG_FROM = 0.35, 0.80  # log-odds: about 1.4 and 2.2 times the odds
STRENGTHS = ("slight", "moderate", "strong")


class HeldBack(Counter[tuple[str, str, str]]):
    """Reasons held back, for the data team: (family, feature, ``for`` or ``against``) -> leads."""

    def document(self) -> list[dict[str, str | int]]:
        """Return plain rows for a manifest, most leads first."""
        ordered = sorted(self.items(), key=lambda item: (-item[1], item[0]))
        return [
            {"family": family, "feature": feature, "side": side, "leads": leads}
            for (family, feature, side), leads in ordered
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidates:
    """Flat rows of (lead, family) that move the score enough, and what their driving feature says."""

    lead: Ids
    family: Ids
    feature: Ids
    contribution: Floats
    fact: Ids

    def where(self, mask_or_order: npt.NDArray[np.bool_] | Ids) -> _Candidates:
        """Return the rows chosen, in the order given."""
        return _Candidates(
            lead=self.lead[mask_or_order],
            family=self.family[mask_or_order],
            feature=self.feature[mask_or_order],
            contribution=self.contribution[mask_or_order],
            fact=self.fact[mask_or_order],
        )


def reasons(
    scored: Scored, encoded: Floats, raw: list[pa.Array | None], book: FactBook, held_back: HeldBack
) -> tuple[pa.Array, pa.Array]:
    """Return reasons for and against of every lead of a batch.

    Parameters
    ----------
    scored : Scored
        Of n leads, with contributions by family and by feature.
    encoded : ndarray of shape (n, n_features), float64
    raw : list of n_features string arrays or None
        Categories as recorded; None for numbers.
    book : FactBook
    held_back : HeldBack
        Counted up.

    Returns
    -------
    reasons_for, reasons_against : Array of n lists of :data:`crm.schemas.REASON`
        Largest contribution first.
    """
    leads = len(encoded)
    found = _candidates(scored, encoded, raw, book)
    directions = np.array(book.directions, dtype=np.int64)[found.fact] if len(found.fact) else found.fact
    contradicted = directions * np.sign(found.contribution) < 0
    _count_held_back(found.where(contradicted), scored.families, book, held_back)
    honest = found.where(~contradicted)
    up = honest.contribution > 0
    return (
        _lists(_first(honest.where(up)), leads, scored.families, book),
        _lists(_first(honest.where(~up)), leads, scored.families, book),
    )


def driving_features(scored: Scored, family_of_feature: Ids) -> Ids:
    """Return for each lead and family the feature with the largest contribution in the family's direction, shape (n, n_families)."""
    driving = np.empty(scored.contributions.shape, dtype=np.int64)
    for family in range(len(scored.families)):
        columns = np.flatnonzero(family_of_feature == family)
        direction = np.where(scored.contributions[:, family] < 0, -1.0, 1.0)
        driving[:, family] = columns[np.argmax(scored.feature_contributions[:, columns] * direction[:, None], axis=1)]
    return driving


def _candidates(scored: Scored, encoded: Floats, raw: list[pa.Array | None], book: FactBook) -> _Candidates:
    place = {family: number for number, family in enumerate(scored.families)}
    family_of_feature = np.array([place[wording.feature.family] for wording in book.wordings], dtype=np.int64)
    lead, family = np.nonzero(np.abs(scored.contributions) >= THRESHOLD)
    feature = driving_features(scored, family_of_feature)[lead, family]
    facts = np.empty(len(lead), dtype=np.int64)
    for column in np.unique(feature).tolist():
        at = np.flatnonzero(feature == column)
        recorded = raw[column]
        text = None if recorded is None else recorded.take(pa.array(lead[at]))
        facts[at] = book.look(column, encoded[lead[at], column], text)
    return _Candidates(
        lead=lead, family=family, feature=feature, contribution=scored.contributions[lead, family], fact=facts
    )


def _count_held_back(held: _Candidates, families: tuple[str, ...], book: FactBook, held_back: HeldBack) -> None:
    side = (held.contribution < 0).astype(np.int64)
    groups, counts = np.unique(np.stack([held.family, held.feature, side]), axis=1, return_counts=True)
    for (family, feature, against), count in zip(groups.T.tolist(), counts.tolist(), strict=True):
        name = book.wordings[feature].feature.name
        held_back[families[family], name, "against" if against else "for"] += count


def _first(side: _Candidates) -> _Candidates:
    """Keep the :data:`PER_SIDE` largest of each lead, largest first; ties in the order of families."""
    ordered = side.where(np.lexsort((side.family, -np.abs(side.contribution), side.lead)))
    starts = np.searchsorted(ordered.lead, ordered.lead, side="left")
    return ordered.where(np.arange(len(ordered.lead)) - starts < PER_SIDE)


def _lists(chosen: _Candidates, leads: int, families: tuple[str, ...], book: FactBook) -> pa.Array:
    """Turn flat rows in order of lead into a list a lead."""
    offsets = np.concatenate([[0], np.cumsum(np.bincount(chosen.lead, minlength=leads))]).astype(np.int32)
    facts, of_row = np.unique(chosen.fact, return_inverse=True)
    ids = facts.tolist()
    rows = pa.array(of_row)
    strength = np.digitize(np.abs(chosen.contribution), [MODERATE_FROM, STRONG_FROM])
    names = pa.array([wording.feature.name for wording in book.wordings], pa.string())
    driving = pa.StructArray.from_arrays(
        [
            names.take(pa.array(chosen.feature)),
            pa.array([book.values[number] for number in ids], pa.string()).take(rows),
        ],
        names=["feature", "value"],
    )
    one_each = pa.array(np.arange(len(rows) + 1, dtype=np.int32))
    columns = [
        pa.array([book.codes[number] for number in ids], pa.string()).take(rows),
        pa.array([book.said[number] for number in ids], pa.string()).take(rows),
        pa.array(STRENGTHS, pa.string()).take(pa.array(strength)),
        pa.array(families, pa.string()).take(pa.array(chosen.family)),
        pa.array(chosen.contribution),
        pa.ListArray.from_arrays(one_each, driving),
    ]
    structs = pa.StructArray.from_arrays(columns, fields=list(REASON))
    return pa.ListArray.from_arrays(pa.array(offsets), structs, type=pa.list_(REASON))
