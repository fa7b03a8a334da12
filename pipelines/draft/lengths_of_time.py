"""How long things took in business time, and quantiles with their interval: half of them, nine in ten, and the rounded length.

References
----------
Kaplan, Meier 1958 (Nonparametric estimation from incomplete observations).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd

from leadq.agreement.calendar.business_time import HOUR_US, NO_MOMENT, BusinessTime
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.models.tiers.promise_test import MIN_TESTABLE

_HOURS = (1, 2, 4, 8, 16, 24, 40, 80, 120, 160, 240, 320, 480)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Lengths in business hours.

    Parameters
    ----------
    n : int
        Rows, those without an end among them.
    without : int
        Rows that had not ended when they were last seen.
    half, most : float
        Within which half and ``share`` of the rows end; infinite where so many never did.
    low, high : float
        90 % interval of ``most``; infinite where it has no end.
    """

    n: int
    without: int
    half: float
    most: float
    low: float
    high: float


def lengths(
    time: BusinessTime, start: pd.Series, end: pd.Series, share: float, *, open_until: pd.Series | None = None
) -> Lengths | None:
    """Return how long it took in business hours; None with fewer than 30 rows that have ended.

    A row without an end counts as long as it was open (Kaplan and Meier): to leave it out would make everything look faster than it is.

    Parameters
    ----------
    time : BusinessTime
    start, end : Series of shape (n,)
        Microseconds; a missing end is none, one before the start counts as 0.
    share : float
        In (0, 1).
    open_until : Series of shape (n,), optional
        Until when rows without an end were seen, in microseconds; such rows are left out without it.
    """
    ended = end.notna().to_numpy()
    if int(ended.sum()) < MIN_TESTABLE:
        return None
    last = end if open_until is None else end.fillna(open_until)
    seen = last.notna().to_numpy() & start.notna().to_numpy()
    begins: Ints = start.to_numpy()[seen].astype(np.int64)
    took = time.business_us(begins, last.to_numpy()[seen].astype(np.int64))
    known = took != NO_MOMENT
    hours: Floats = np.clip(took[known], 0, None) / HOUR_US
    without = ~ended[seen][known]
    if without.any():
        half, most, low, high = _with_open_ones(hours, without, share)
    else:
        hours = np.sort(hours)
        half, (most, low, high) = quantile_with_interval(hours, 0.5)[0], quantile_with_interval(hours, share)
    return Lengths(n=len(hours), without=int(without.sum()), half=half, most=most, low=low, high=high)


def _with_open_ones(hours: Floats, is_open: Bools, share: float) -> tuple[float, float, float, float]:
    """Return half, ``share`` and the 90 % interval of the latter, where some rows have not ended."""
    from scipy.stats import CensoredData, ecdf  # noqa: PLC0415 - not for the nightly scorer

    found = ecdf(CensoredData.right_censored(hours, is_open))
    with (
        np.errstate(divide="ignore", invalid="ignore"),
        catch_warnings(),
    ):  # the band has no ends where all or none are left
        simplefilter("ignore", RuntimeWarning)
        band = found.sf.confidence_interval(confidence_level=0.9, method="log-log")
    left = found.sf.probabilities

    def within(remaining: Floats, asked: float) -> float:
        fell = np.flatnonzero(remaining <= 1 - asked + 1e-12)
        return float(found.sf.quantiles[fell[0]]) if len(fell) else float("inf")

    fast, slow = (np.where(np.isnan(one.probabilities), left, one.probabilities) for one in (band.low, band.high))
    return within(left, 0.5), within(left, share), within(fast, share), within(slow, share)


def time_words(hours: float) -> str:
    """Return a length as people say it.

    >>> time_words(0.0521), time_words(5.03), time_words(0.0)
    ('3 min', '5 h', '0 min')
    """
    if hours == float("inf"):
        return "longer than was seen"
    return f"{60 * hours:.0f} min" if hours < 1 else f"{round(hours, 1):g} h"


def range_words(low: float, high: float) -> str:
    """Return an interval of lengths as people say it.

    >>> range_words(4.0, 5.5), range_words(4.0, float("inf"))
    ('4 h to 5.5 h', '4 h or longer')
    """
    return f"{time_words(low)} or longer" if high == float("inf") else f"{time_words(low)} to {time_words(high)}"


def quantile_with_interval(ordered: Floats, share: float) -> tuple[float, float, float]:
    """Return a quantile with its 90 % interval, by the binomial law of how many lie below it."""
    from scipy.stats import binom  # noqa: PLC0415 - not for the nightly scorer

    n = len(ordered)
    low, high = (min(n - 1, max(0, int(binom.ppf(one, n, share)))) for one in (0.05, 0.95))
    return float(ordered[min(n - 1, max(0, ceil(share * n) - 1))]), float(ordered[low]), float(ordered[high])


def rounded_up(hours: float) -> int:
    """Return the next length in business hours that people write."""
    return next((one for one in _HOURS if hours <= one + 1e-9), 2_000)
