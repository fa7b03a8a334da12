"""Contributions in percentage points that sum to the difference from the average lead, also after rounding.

``c_i = phi_i * (p - p_0) / (L - L_0)``; where the two meet, the limit ``phi_i * p * (1 - p)`` (docs/method.md, Reasons).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_TENTHS = 10


def probability_of(log_odds: float) -> float:
    """Return the probability of log-odds."""
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds >= 0 else math.exp(log_odds) / (1.0 + math.exp(log_odds))


def in_points(probability: float, base: float, contributions: Sequence[float]) -> list[float]:
    """Return contributions in percentage points; they sum to ``100 * (probability - base probability)``.

    Parameters
    ----------
    probability : float
        In [0, 1].
    base : float
        Log-odds of the average lead.
    contributions : sequence of float
        Log-odds; with ``base`` they sum to the log-odds of ``probability``.
    """
    moved = math.fsum(contributions)
    at_base = abs(moved) < 1e-9
    slope = probability * (1.0 - probability) if at_base else (probability - probability_of(base)) / moved
    return [100.0 * amount * slope for amount in contributions]


def rounded_to_sum(points: Sequence[float], total: float) -> list[float]:
    """Return points to one decimal that sum to ``total`` (one decimal): largest remainders are rounded up.

    Examples
    --------
    >>> rounded_to_sum([0.34, 0.33, 0.33], 1.0)
    [0.4, 0.3, 0.3]
    """
    floors = [math.floor(point * _TENTHS) for point in points]
    spare = round(total * _TENTHS) - sum(floors)
    order = sorted(range(len(points)), key=lambda place: floors[place] - points[place] * _TENTHS)
    for step in range(spare):
        floors[order[step % len(order)]] += 1
    return [floor / _TENTHS for floor in floors]
