"""Up to three reasons for and three against each lead, by family, chosen for whole batches at once.

A family speaks through its driving feature: the one with the largest contribution in the family's direction. Families under the
threshold say nothing. Where the bare statistic of the driving feature points the other way, the reason is held back and counted
for the data team. Contributions come from the model, figures from the evidence; neither is a cause.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from leadq.foundation.arrays import Floats
from leadq.models.bundle.matrix_scorer import Scored
from leadq.serving.scoring.reasons.choice_loops import bins_of, choose
from leadq.serving.scoring.reasons.fact_sentences import UNKNOWN, FactBook, Ids, bin_arrays
from leadq.serving.scoring.table.dictionary_columns import CODED, texts_of

THRESHOLD = 0.15
"""Log-odds; a family that moves the score less is no reason."""
PER_SIDE = 3
MODERATE_FROM, STRONG_FROM = 0.35, 0.80  # log-odds: about 1.4 and 2.2 times the odds
STRENGTHS = ("slight", "moderate", "strong")

_LIST = CODED.field("reasons_for").type
_REASON = _LIST.value_type
_DRIVING = _REASON.field("driving_values").type


class HeldBack(Counter[tuple[str, str, str]]):
    """Reasons held back, for the data team: (family, feature, ``for`` or ``against``) -> leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Reasons of one side as flat rows in order of lead, the largest of each lead first.

    Parameters
    ----------
    counts : int64 array of shape (n_leads,)
        Reasons of each lead.
    lead, family, feature, place : int64 arrays of shape (m,)
        ``place`` is the evidence bin of the driving feature.
    amount : float64 array of shape (m,)
        Contribution of the family, log-odds.
    """

    counts: Ids
    lead: Ids
    family: Ids
    feature: Ids
    place: Ids
    amount: Floats

    def beside(self, others: Chosen) -> Chosen:
        """Put reasons of other leads among these, in order of lead."""
        order = np.argsort(np.concatenate([self.lead, others.lead]), kind="stable")
        together = {
            name: np.concatenate([getattr(self, name), getattr(others, name)])[order]
            for name in ("lead", "family", "feature", "place", "amount")
        }
        return Chosen(counts=self.counts + others.counts, **together)

    def of(self, leads: Ids, n: int) -> Chosen:
        """Return the same reasons where lead ``i`` is lead ``leads[i]`` of ``n``."""
        counts = np.zeros(n, dtype=np.int64)
        counts[leads] = self.counts
        return replace(self, counts=counts, lead=leads[self.lead])


class ReasonMaker:
    """Chooses and words reasons with one model's families and evidence.

    Parameters
    ----------
    families : tuple of str
    book : FactBook
    most : int
        Reasons a side; the first ones are the same whatever it is. A card has room for more than the score table.
    """

    def __init__(self, families: tuple[str, ...], book: FactBook, *, most: int = PER_SIDE) -> None:
        self._families = list(families)
        self._book = book
        self._names = tuple(wording.feature.name for wording in book.wordings)
        place = {family: number for number, family in enumerate(families)}
        of_feature = np.array([place[wording.feature.family] for wording in book.wordings], dtype=np.int64)
        members = np.argsort(of_feature, kind="stable")
        start = np.searchsorted(of_feature[members], np.arange(len(families) + 1)).astype(np.int64)
        self._family_of_feature = of_feature
        self._choice: tuple[Any, ...] = (
            (start, members),
            bin_arrays(book.evidence, self._names),
            book.directions(),
            THRESHOLD,
            most,
        )

    def choose(self, scored: Scored, encoded: Floats, held_back: HeldBack) -> tuple[Chosen, Chosen]:
        """Choose the reasons for and against every lead.

        Parameters
        ----------
        scored : Scored
            Of n leads, with contributions by family and by feature.
        encoded : ndarray of shape (n, n_features), float64
        held_back : HeldBack
            Counted up.
        """
        family, feature, place, amount, contradicted = choose(
            scored.contributions,
            np.ascontiguousarray(scored.feature_contributions.T),
            np.ascontiguousarray(encoded.T),
            *self._choice,
        )
        for column, side in zip(*np.nonzero(contradicted), strict=True):
            key = (self._families[self._family_of_feature[column]], self._names[column], ("for", "against")[side])
            held_back[key] += int(contradicted[column, side])
        sides = []
        for side in (0, 1):
            there = family[side] >= 0
            flat = (family[side][there], feature[side][there], place[side][there], amount[side][there])
            lead = np.nonzero(there)[0]
            sides.append(
                Chosen(
                    counts=there.sum(axis=1), lead=lead, family=flat[0], feature=flat[1], place=flat[2], amount=flat[3]
                )
            )
        return sides[0], sides[1]

    def chosen_before(self, lists: pa.Array, leads: Ids, encoded: Floats) -> Chosen:
        """Return reasons of one side as an earlier score table has them, of leads in the same state under the same model.

        Parameters
        ----------
        lists : Array of m lists
            The table's column.
        leads : int64 array of shape (m,)
            Rows of ``encoded`` whose lists these are, ascending.
        encoded : ndarray of shape (n, n_features), float64
        """
        rows, parents = lists.flatten(), pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
        names = rows.field("driving_values").flatten().field("feature")
        feature = pc.index_in(names, value_set=pa.array(self._names)).to_numpy(zero_copy_only=False).astype(np.int64)
        family = pc.index_in(rows.field("family"), value_set=pa.array(self._families)).to_numpy(zero_copy_only=False)
        lead = leads[parents]
        place = bins_of(np.ascontiguousarray(encoded.T), lead, feature, self._choice[1])
        return Chosen(
            counts=np.bincount(lead, minlength=len(encoded)),
            lead=lead,
            family=family.astype(np.int64),
            feature=feature,
            place=place,
            amount=rows.field("contribution").to_numpy(zero_copy_only=False),
        )

    def word(self, chosen: Chosen, encoded: Floats, raw: list[pa.Array | None]) -> pa.Array:
        """Return the reasons of one side, a list a lead.

        Parameters
        ----------
        chosen : Chosen
        encoded : ndarray of shape (n, n_features), float64
        raw : list of n_features string arrays or None
            Categories as recorded; None for numbers.
        """
        facts = np.empty((len(chosen.lead), 3), dtype=np.int64)
        order = np.argsort(chosen.feature.astype(np.int16), kind="stable")
        ends = np.searchsorted(chosen.feature[order], np.arange(len(self._names) + 1))
        for column in np.flatnonzero(np.diff(ends)).tolist():
            at = order[ends[column] : ends[column + 1]]
            lead, recorded = chosen.lead[at], raw[column]
            text = None if recorded is None else recorded.take(pa.array(lead))
            facts[at] = self._book.look(column, encoded[lead, column], text, chosen.place[at])
        return self._lists(chosen, facts)

    def _lists(self, chosen: Chosen, facts: Ids) -> pa.Array:
        book, rows = self._book, len(chosen.lead)
        strength = np.digitize(np.abs(chosen.amount), [MODERATE_FROM, STRONG_FROM])
        unknown = facts[:, 2] == UNKNOWN
        driving: list[pa.Array] = [
            texts_of(chosen.feature, list(self._names)),
            texts_of(np.where(unknown, 0, facts[:, 2]), book.values.texts or [""], missing=unknown),
        ]
        one_each = pa.array(np.arange(rows + 1, dtype=np.int32))
        columns = [
            texts_of(facts[:, 1], book.codes.texts),
            texts_of(facts[:, 0], book.said.texts),
            texts_of(strength, list(STRENGTHS)),
            texts_of(chosen.family, self._families),
            pa.array(chosen.amount),
            pa.ListArray.from_arrays(
                one_each, pa.StructArray.from_arrays(driving, fields=list(_DRIVING.value_type)), type=_DRIVING
            ),
        ]
        offsets = np.concatenate([[0], np.cumsum(chosen.counts)]).astype(np.int32)
        structs = pa.StructArray.from_arrays(columns, fields=list(_REASON))
        return pa.ListArray.from_arrays(pa.array(offsets), structs, type=_LIST)


def reasons(
    scored: Scored, encoded: Floats, raw: list[pa.Array | None], book: FactBook, held_back: HeldBack
) -> tuple[pa.Array, pa.Array]:
    """Choose and word in one go: reasons for and against of every lead of a batch (see :class:`ReasonMaker`)."""
    maker = ReasonMaker(scored.families, book)
    up, down = maker.choose(scored, encoded, held_back)
    return maker.word(up, encoded, raw), maker.word(down, encoded, raw)
