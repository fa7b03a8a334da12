"""Moments of the simulated company: whole seconds since 1970 (UTC), as int64.

Whole seconds make every comparison exact, and fit beside a lead's number into one sort key. Also draws when
leads arrive: seasons, weekends, working hours.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.foundation.arrays import Floats, Ints

DAY = 86_400
MICROSECONDS = 1_000_000
NEVER = np.int64(2**42)
"""Later than any moment; stands for what does not happen."""

_WEEK = 7 * DAY
_MONDAY_SIX = 4 * DAY + 6 * 3600  # 1970-01-01 was a Thursday


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970 of an aware moment."""
    return int(moment.timestamp())


def last_monday(moment: Ints) -> Ints:
    """Latest Monday 06:00 UTC at or before each moment."""
    return (moment - _MONDAY_SIX) // _WEEK * _WEEK + _MONDAY_SIX


def next_monday(moment: Ints) -> Ints:
    """Earliest Monday 06:00 UTC strictly after each moment."""
    return last_monday(moment) + _WEEK


def after(moment: Ints, days: Floats) -> Ints:
    """Moments that lie ``days`` later, at least one second; infinite stands for :data:`NEVER`."""
    finite = np.isfinite(days)
    gap = np.ceil(np.where(finite, days, 0.0) * DAY).astype(np.int64)
    return np.where(finite, moment + np.maximum(gap, 1), NEVER)


def draw_arrivals(random: np.random.Generator, settings: CompanySettings, size: int) -> Ints:
    """Draw moments of creation over the span: more in spring and autumn, few at weekends, by day."""
    start = seconds(settings.start)
    day = np.arange(settings.days)
    weekday = (start // DAY + day + 3) % 7
    weight = (1.0 + 0.25 * np.sin(4 * np.pi * day / 365.25) + 0.25 * day / settings.days) * np.where(
        weekday >= 5, 0.25, 1.0
    )
    weight[-1] *= 0.3  # the day the data is read is not over
    chosen = np.searchsorted(np.cumsum(weight / weight.sum())[:-1], random.random(size), side="right")
    second = random.triangular(5 * 3600, 11 * 3600, 21 * 3600, size).astype(np.int64)
    return start + chosen.astype(np.int64) * DAY + second


def scattered(key: Ints, seed: int) -> Floats:
    """Return a share in [0, 1) that follows from each key and the seed alone (the finisher of splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = key.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed ^= mixed >> np.uint64(31)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)
