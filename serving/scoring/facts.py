"""What is known of a lead, made into sentences once per distinct value instead of once per lead.

A fact is one feature with one rounded value in one evidence bin. The sentence, its code and whether such leads were won more
often than leads overall follow from these three alone, so an unchanged lead keeps its sentences. Which facts become reasons is in
``reasons.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.evidence import Evidence, EvidenceBin
from serving.scoring.sentences import Case, Sentences, Wording
from serving.scoring.text import rate_text
from serving.scoring.values import case_of, category_text, fact, number_text, rounded

MIN_SUCH_LEADS = 30
"""Below this many leads a win rate is no evidence and is not said."""

_KEEP_AT_MOST = 200_000  # sentences kept between batches; own fields may hold any number of values

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]


def bin_numbers(bins: tuple[EvidenceBin, ...], values: Floats) -> Ids:
    """Return for each encoded value its place in ``bins``, -1 where nothing is known; as ``Evidence.lookup`` does one by one."""
    place = np.full(values.shape, -1, dtype=np.int64)
    ranges = [(one.high, number) for number, one in enumerate(bins) if one.kind == "range" and one.high is not None]
    if ranges:
        highs = np.array([high for high, _ in ranges])
        numbers = np.array([number for _, number in ranges])
        place = numbers[np.minimum(np.searchsorted(highs, values, side="left"), len(ranges) - 1)]
    for number, one in enumerate(bins):
        if one.kind == "rest" and not ranges:
            place[:] = number
    for number, one in enumerate(bins):
        if one.kind in ("zero", "value"):
            place[values == one.low] = number
    missing = next((number for number, one in enumerate(bins) if one.kind == "missing"), -1)
    place[np.isnan(values)] = missing
    return place


@dataclass(slots=True, kw_only=True)
class FactBook:
    """Facts made so far; ids index the lists.

    Parameters
    ----------
    wordings : tuple of Wording
        In the order of the model's columns.
    evidence : Evidence
    sentences : Sentences
    """

    wordings: tuple[Wording, ...]
    evidence: Evidence
    sentences: Sentences
    said: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    values: list[str | None] = field(default_factory=list)
    directions: list[int] = field(default_factory=list)
    _ids: dict[tuple[int, float | str | None, int], int] = field(default_factory=dict)

    def forget_if_large(self) -> None:
        """Start again when too much is kept; call between batches, ids do not outlive it."""
        if len(self.said) > _KEEP_AT_MOST:
            for kept in (self.said, self.codes, self.values, self.directions):
                kept.clear()
            self._ids.clear()

    def look(self, feature: int, encoded: Floats, raw: pa.Array | None) -> Ids:
        """Return the fact of each lead for one feature.

        Parameters
        ----------
        feature : int
            Column of the model.
        encoded : ndarray of shape (n,), float64
            Numbers, or codes of a category; NaN where missing.
        raw : Array of n strings, or None
            Values of a category as recorded; None for a number.

        Returns
        -------
        ndarray of shape (n,), int64
            Ids of facts.
        """
        bins = self.evidence.bins.get(self.wordings[feature].feature.name, ())
        places = bin_numbers(bins, encoded)
        if raw is None:
            shown = rounded(encoded, self.wordings[feature].style)
            distinct, inverse = np.unique(shown, return_inverse=True)
        else:
            dictionary = raw.dictionary_encode(null_encoding="encode")
            distinct, inverse = dictionary.dictionary.to_pylist(), dictionary.indices.to_numpy()
        keys = inverse.astype(np.int64) * (len(bins) + 1) + places + 1
        pairs, of_lead = np.unique(keys, return_inverse=True)
        ids = np.empty(len(pairs), dtype=np.int64)
        for number, pair in enumerate(pairs.tolist()):
            value, place = distinct[pair // (len(bins) + 1)], pair % (len(bins) + 1) - 1
            ids[number] = self._id(feature, value if raw is not None else float(value), place)
        return ids[of_lead]

    def _id(self, feature: int, value: float | str | None, place: int) -> int:
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        key = (feature, None if missing else value, place)
        found = self._ids.get(key)
        if found is None:
            found = self._ids[key] = len(self.said)
            self._make(feature, None if missing else value, place)
        return found

    def _make(self, feature: int, value: float | str | None, place: int) -> None:
        wording = self.wordings[feature]
        case: Case
        if value is None:
            case, text = "missing", None
        elif isinstance(value, str):
            case, text = "value", category_text(value, wording)
        else:
            case, text = case_of(value, wording), number_text(value, wording, self.sentences)
        figures, direction = self._figures(wording.feature.name, place)
        self.said.append(self.sentences.sentence(fact(wording, case, text or ""), figures))
        self.codes.append(f"{wording.feature.name}.{case}")
        self.values.append(text)
        self.directions.append(direction)

    def _figures(self, name: str, place: int) -> tuple[dict[str, str] | None, int]:
        """Figures of the evidence in words, and +1 or -1 where such leads were won more or less often than leads overall."""
        if place < 0 or self.evidence.n == 0:
            return None, 0
        such = self.evidence.bins[name][place]
        if such.n < MIN_SUCH_LEADS:
            return None, 0
        base = self.evidence.wins / self.evidence.n
        rate = such.wins / such.n
        said = {"rate": rate_text(rate, base), "n": f"{such.n:,}", "base": rate_text(base, base)}
        if said["rate"] == said["base"]:  # no difference that could be said; the fact stands alone
            return None, 0
        return said, 1 if rate > base else -1
