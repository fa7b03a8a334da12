"""Missing facts worth adding: those a person can supply, of features that move this model's scores.

What moves scores overall is frozen in the bundle, so that a lead's unknowns do not depend on which other leads are scored
tonight. Left out: how to obtain a fact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from leadq.serving.scoring.reasons.choice_loops import first_missing
from leadq.serving.scoring.table.dictionary_columns import texts_of
from leadq.serving.words.sentences import Sentences, Wording

AT_MOST = 3
MATTERS_FROM = 0.04
"""Mean absolute contribution, log-odds; own fields are many and mostly mean nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknowns:
    """Columns that are worth knowing, the most telling first, and how their absence is said."""

    columns: tuple[int, ...]
    said: tuple[str, ...]

    @staticmethod
    def choose(wordings: tuple[Wording, ...], mean_absolute: tuple[float, ...], sentences: Sentences) -> Unknowns:
        """Choose the facts worth adding.

        Parameters
        ----------
        wordings : tuple of n_features Wording
        mean_absolute : tuple of n_features float
            Mean absolute contribution of each feature over the reference set, log-odds.
        sentences : Sentences
        """
        facts = [
            (-moves, column, sentences.unknown(wording))
            for column, (wording, moves) in enumerate(zip(wordings, mean_absolute, strict=True))
            if wording.add and moves >= MATTERS_FROM
        ]
        facts.sort()
        return Unknowns(columns=tuple(fact[1] for fact in facts), said=tuple(fact[2] for fact in facts))

    def of(self, encoded: npt.NDArray[np.float64]) -> pa.Array:
        """Return the unknowns of each lead, at most :data:`AT_MOST`.

        Parameters
        ----------
        encoded : ndarray of shape (n, n_features), float64
            NaN where missing.
        """
        distinct = list(dict.fromkeys(self.said))
        fact = np.array([distinct.index(said) for said in self.said], dtype=np.int64)
        columns = np.array(self.columns, dtype=np.int64)
        lacking = first_missing(np.ascontiguousarray(encoded.T), columns, fact, AT_MOST)
        there = lacking >= 0
        offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), texts_of(lacking[there], distinct))
