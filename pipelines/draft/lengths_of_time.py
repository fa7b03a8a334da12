"""How long things took in business time, and quantiles with their interval: half of them, nine in ten, and the rounded length."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd

from leadq.agreement.calendar.business_time import HOUR_US, NO_MOMENT, BusinessTime
from leadq.foundation.arrays import Floats, Ints
from leadq.models.tiers.promise_test import MIN_TESTABLE

_HOURS = (1, 2, 4, 8, 16, 24, 40, 80, 120, 160, 240, 320, 480)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Lengths in business hours: how many, half and ``share`` of them, the latter with its 90 % interval."""

    n: int
    half: float
    most: float
    low: float
    high: float


def lengths(time: BusinessTime, start: pd.Series, end: pd.Series, share: float) -> Lengths | None:
    """Return how long it took in business hours where it has ended; None with fewer than 30 such rows.

    Parameters
    ----------
    time : BusinessTime
    start, end : Series of shape (n,)
        Microseconds; a missing end is none, one before the start counts as 0.
    share : float
        In (0, 1).
    """
    there = end.notna().to_numpy()
    begins: Ints = start.to_numpy()[there].astype(np.int64)
    ends: Ints = end.to_numpy()[there].astype(np.int64)
    if len(begins) < MIN_TESTABLE:
        return None
    took = time.business_us(begins, ends)
    hours: Floats = np.sort(np.clip(took[took != NO_MOMENT], 0, None) / HOUR_US)
    most, low, high = quantile_with_interval(hours, share)
    return Lengths(n=len(hours), half=quantile_with_interval(hours, 0.5)[0], most=most, low=low, high=high)


def time_words(hours: float) -> str:
    """Return a length as people say it.

    >>> time_words(0.0521), time_words(5.03), time_words(0.0)
    ('3 min', '5 h', '0 min')
    """
    return f"{60 * hours:.0f} min" if hours < 1 else f"{round(hours, 1):g} h"


def quantile_with_interval(ordered: Floats, share: float) -> tuple[float, float, float]:
    """Return a quantile with its 90 % interval, by the binomial law of how many lie below it."""
    from scipy.stats import binom  # noqa: PLC0415 - not for the nightly scorer

    n = len(ordered)
    low, high = (min(n - 1, max(0, int(binom.ppf(one, n, share)))) for one in (0.05, 0.95))
    return float(ordered[min(n - 1, max(0, ceil(share * n) - 1))]), float(ordered[low]), float(ordered[high])


def rounded_up(hours: float) -> int:
    """Return the next length in business hours that people write."""
    return next((one for one in _HOURS if hours <= one + 1e-9), 2_000)
