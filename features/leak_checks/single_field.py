"""How well one field alone tells the outcome: direction-free AUC with its standard error.

Numbers by rank. Categories by the win rate of their values, learnt on one half of the groups and judged on the other, so that
a field with thousands of values does not look like a leak because it remembers. Missing values are left out here; whether a
value is there is a field of its own.

References
----------
Hanley and McNeil 1982 (standard error of an AUC).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from leadq.features.leak_checks.finding import MIN_CLASS, ROOM_FOR_CHANCE

_PRIOR_LEADS = 5.0  # a value seen on few leads is pulled to the base rate by this many


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleFieldAuc:
    """Direction-free AUC in [.5, 1], its standard error, and how many wins and losses it rests on."""

    auc: float
    standard_error: float
    n_won: int
    n_lost: int

    def reaches(self, limit: float) -> bool:
        """Whether the AUC is at least ``limit`` and chance does not explain it (lower bound near the limit)."""
        return self.auc >= limit and self.auc - 2 * self.standard_error >= limit - ROOM_FOR_CHANCE


def auc_of_numbers(
    values: npt.NDArray[np.float64], won: npt.NDArray[np.bool_], group: npt.NDArray[np.int64]
) -> SingleFieldAuc | None:
    """AUC of a number among the rows that have one; None where a class is too small.

    Parameters
    ----------
    values, won, group : ndarray of shape (n,)
        ``group`` holds leads of one account together: the standard error counts groups, not rows.
    """
    known = ~np.isnan(values)
    return _judged(values[known], won[known], group[known], direction_free=True)


def auc_of_categories(
    codes: npt.NDArray[np.int64], won: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], *, seed: int
) -> SingleFieldAuc | None:
    """AUC of the values' win rates, each half judged by the other half's; ``codes`` below 0 are missing."""
    known = codes >= 0
    codes, won, group = codes[known], won[known], group[known]
    if min(won.sum(), (~won).sum()) < MIN_CLASS:
        return None
    in_first = _half(group, seed)
    judged = []
    for mask in (in_first, ~in_first):
        found = _judged(
            _rates(codes[~mask], won[~mask], codes.max() + 1)[codes[mask]], won[mask], group[mask], direction_free=False
        )
        if found is not None:
            judged.append(found)
    if not judged:
        return None
    auc = float(np.mean([half.auc for half in judged]))
    error = float(np.sqrt(np.mean([half.standard_error**2 for half in judged]) / len(judged)))
    n_won, n_lost = sum(half.n_won for half in judged), sum(half.n_lost for half in judged)
    return SingleFieldAuc(auc=max(auc, 0.5), standard_error=error, n_won=n_won, n_lost=n_lost)


def auc_of_presence(
    present: npt.NDArray[np.bool_], won: npt.NDArray[np.bool_], group: npt.NDArray[np.int64]
) -> SingleFieldAuc | None:
    """AUC of whether a value is there at all; None where it always or never is."""
    if present.all() or not present.any():
        return None
    return _judged(present.astype(np.float64), won, group, direction_free=True)


def codes_of(values: pd.Series) -> npt.NDArray[np.int64]:
    """Integer code of each value, -1 where it is missing."""
    return np.asarray(pd.factorize(values, sort=True)[0], dtype=np.int64)


def _half(group: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.bool_]:
    _, position = np.unique(group, return_inverse=True)
    side = np.random.default_rng(seed).random(int(position.max()) + 1) < 0.5
    return np.asarray(side[position], dtype=np.bool_)


def _rates(codes: npt.NDArray[np.int64], won: npt.NDArray[np.bool_], n_codes: int) -> npt.NDArray[np.float64]:
    leads = np.bincount(codes, minlength=n_codes)
    wins = np.bincount(codes, weights=won.astype(np.float64), minlength=n_codes)
    base = won.mean() if won.size else 0.5
    rates: npt.NDArray[np.float64] = (wins + _PRIOR_LEADS * base) / (leads + _PRIOR_LEADS)
    return rates


def _judged(
    score: npt.NDArray[np.float64], won: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], *, direction_free: bool
) -> SingleFieldAuc | None:
    n_won, n_lost = int(won.sum()), int((~won).sum())
    if min(n_won, n_lost) < MIN_CLASS:
        return None
    ranks = rankdata(score)
    auc = float((ranks[won].sum() - n_won * (n_won + 1) / 2) / (n_won * n_lost))
    if direction_free:
        auc = max(auc, 1 - auc)
    groups_won, groups_lost = np.unique(group[won]).size, np.unique(group[~won]).size
    error = _hanley_mcneil(max(auc, 1 - auc), groups_won, groups_lost)
    return SingleFieldAuc(auc=auc, standard_error=error, n_won=n_won, n_lost=n_lost)


def _hanley_mcneil(auc: float, n_won: int, n_lost: int) -> float:
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (n_won - 1) * (q1 - auc**2) + (n_lost - 1) * (q2 - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (n_won * n_lost)))
