"""What is known of a lead, made into sentences once per distinct value instead of once per lead.

A fact is one feature with one rounded value in one evidence bin. The sentence, its code and whether such leads were won more
often than leads overall follow from these three alone, so an unchanged lead keeps its sentences. Which facts become reasons is in
``reason_choice.py``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leadq.foundation.arrays import Floats
from leadq.models.bundle.value_evidence import Evidence
from leadq.serving.words.feature_values import case_of, category_text, fact, number_text, rounded
from leadq.serving.words.sentences import Case, Sentences, Wording
from leadq.serving.words.text import rate_text

MIN_SUCH_LEADS = 30
"""Below this many leads a win rate is no evidence and is not said."""

UNKNOWN = -1
"""Number of a value that is not known."""

_KEEP_AT_MOST = 200_000  # sentences kept between batches; own fields may hold any number of values

Ids = npt.NDArray[np.int64]


def bin_arrays(evidence: Evidence, names: tuple[str, ...]) -> tuple[npt.NDArray[Any], ...]:
    """Bins of every feature as flat arrays, as :func:`leadq.serving.scoring.reasons.choice_loops.bin_of` reads them."""
    missing, rest = np.full(len(names), -1, np.int64), np.full(len(names), -1, np.int64)
    exact, ranges = _Flat(), _Flat()
    for feature, name in enumerate(names):
        for place, one in enumerate(evidence.bins.get(name, ())):
            if one.kind == "missing":
                missing[feature] = place
            elif one.kind == "rest":
                rest[feature] = place
            elif one.kind == "range" and one.high is not None:
                ranges.add(one.high, place)
            elif one.low is not None:
                exact.add(one.low, place)
        exact.end()
        ranges.end()
    return missing, rest, *exact.arrays(), *ranges.arrays()


class _Flat:
    """Values and bins of each feature in turn."""

    def __init__(self) -> None:
        self.start, self.value, self.place = [0], list[float](), list[int]()

    def add(self, value: float, place: int) -> None:
        self.value.append(value)
        self.place.append(place)

    def end(self) -> None:
        self.start.append(len(self.value))

    def arrays(self) -> tuple[Ids, Floats, Ids]:
        return np.array(self.start, np.int64), np.array(self.value, np.float64), np.array(self.place, np.int64)


class Interned:
    """Different texts, numbered as they come."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._ids: dict[str, int] = {}

    def id(self, text: str) -> int:
        """Return the text's number."""
        found = self._ids.get(text)
        if found is None:
            found = self._ids[text] = len(self.texts)
            self.texts.append(text)
        return found


class FactBook:
    """Facts made so far, as numbers of their sentence, code and value.

    Parameters
    ----------
    wordings : tuple of Wording
        In the order of the model's columns.
    evidence : Evidence
    sentences : Sentences

    Attributes
    ----------
    said, codes, values : Interned
        Different sentences, codes and written values (an unknown value is the empty text).
    """

    def __init__(self, *, wordings: tuple[Wording, ...], evidence: Evidence, sentences: Sentences) -> None:
        self.wordings = wordings
        self.evidence = evidence
        self.sentences = sentences
        self._forget()

    def _forget(self) -> None:
        self.said, self.codes, self.values = Interned(), Interned(), Interned()
        self._facts: dict[tuple[int, float | str | None, int], tuple[int, int, int]] = {}

    def forget_if_large(self) -> None:
        """Start again when too much is kept; call between batches, numbers do not outlive it."""
        if len(self._facts) > _KEEP_AT_MOST:
            self._forget()

    def directions(self) -> tuple[Ids, Ids]:
        """Start of each feature's bins, and of each bin whether such leads were won more (+1) or less (-1) than overall."""
        start, found = [0], list[int]()
        for wording in self.wordings:
            name = wording.feature.name
            found += [self._figures(name, place)[1] for place in range(len(self.evidence.bins.get(name, ())))]
            start.append(len(found))
        return np.array(start, np.int64), np.array(found, np.int64)

    def look(self, feature: int, encoded: Floats, raw: pa.Array | None, places: Ids) -> Ids:
        """Return the fact of each lead for one feature.

        Parameters
        ----------
        feature : int
            Column of the model.
        encoded : ndarray of shape (n,), float64
            Numbers, or codes of a category; NaN where missing.
        raw : Array of n strings, or None
            Values of a category as recorded; None for a number.
        places : ndarray of shape (n,), int64
            Evidence bins of the leads.

        Returns
        -------
        ndarray of shape (n, 3), int64
            Numbers of sentence, code and value.
        """
        distinct: list[float] | list[str | None]
        if raw is None:
            shown, inverse = np.unique(rounded(encoded, self.wordings[feature].style), return_inverse=True)
            distinct = shown.tolist()
        else:
            dictionary = raw.dictionary_encode(null_encoding="encode")
            distinct, inverse = dictionary.dictionary.to_pylist(), dictionary.indices.to_numpy()
        width = int(places.max(initial=-1)) + 2
        keys = inverse.astype(np.int64) * width + places + 1
        pairs, of_lead = _distinct(keys, len(distinct) * width)
        facts = [self._fact(feature, distinct[pair // width], pair % width - 1) for pair in pairs.tolist()]
        return np.array(facts, dtype=np.int64).reshape(-1, 3)[of_lead]

    def _fact(self, feature: int, value: float | str | None, place: int) -> tuple[int, int, int]:
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        key = (feature, None if missing else value, place)
        found = self._facts.get(key)
        if found is None:
            found = self._facts[key] = self._make(*key)
        return found

    def _make(self, feature: int, value: float | str | None, place: int) -> tuple[int, int, int]:
        wording = self.wordings[feature]
        case: Case
        if value is None:
            case, text = "missing", ""
        elif isinstance(value, str):
            case, text = "value", category_text(value, wording)
        else:
            case, text = case_of(value, wording), number_text(value, wording, self.sentences)
        figures, _ = self._figures(wording.feature.name, place)
        sentence = self.sentences.sentence(fact(wording, case, text), figures)
        value_id = UNKNOWN if value is None else self.values.id(text)
        return self.said.id(sentence), self.codes.id(f"{wording.feature.name}.{case}"), value_id

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


def _distinct(keys: Ids, size: int) -> tuple[Ids, Ids]:
    """Return the different keys below ``size``, ascending, and each key's place among them; without sorting."""
    seen = np.zeros(size, dtype=np.bool_)
    seen[keys] = True
    different = np.flatnonzero(seen)
    place = np.zeros(size, dtype=np.int64)
    place[different] = np.arange(len(different))
    return different, place[keys]
