"""How much a number of leads can prove about a promise, by the test that will judge it (docs/method.md, Tiers and the promise).

References
----------
Jeffreys posterior Beta(k + 1/2, n - k + 1/2); ECB validation reporting instructions 2019.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import beta


def rate_that_proves(promise: float, n_leads: int, *, confidence: float) -> float | None:
    """Smallest observed win rate at which ``n_leads`` prove ``promise``; None where even all won would not.

    Parameters
    ----------
    promise, confidence : float
        In [0, 1].
    """
    wins = np.arange(n_leads + 1)
    kept = beta.sf(promise, wins + 0.5, n_leads - wins + 0.5)
    enough = np.flatnonzero(kept >= confidence)
    return float(enough[0] / n_leads) if enough.size else None


def leads_that_prove(promise: float, observed: float, *, confidence: float, most: int = 100_000) -> int | None:
    """Leads needed to prove ``promise`` when ``observed`` is seen (both win rates in [0, 1]); None beyond ``most``."""
    if observed <= promise:
        return None
    low, high = 1, most
    if _kept(promise, observed, high) < confidence:
        return None
    while low < high:  # the posterior narrows with n, so the answer is monotone
        middle = (low + high) // 2
        low, high = (low, middle) if _kept(promise, observed, middle) >= confidence else (middle + 1, high)
    return low


def chance_error(wins: int) -> float:
    """Relative standard error of predicted over actual wins, by chance alone, where ``wins`` wins are seen."""
    return 1.0 / float(np.sqrt(wins)) if wins else float("inf")


def detectable_error(wins: int) -> float:
    """Relative error of predicted over actual wins that ``wins`` wins reveal with 80 % power at the 5 % level."""
    return 2.8 * chance_error(wins)


def _kept(promise: float, observed: float, n_leads: int) -> float:
    wins = observed * n_leads
    return float(beta.sf(promise, wins + 0.5, n_leads - wins + 0.5))
