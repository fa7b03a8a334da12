"""Opening hours as moments: for every UTC day from 1970 to 2100 the pieces of it that are open, in whole microseconds.

Computed in local wall time, converted last: a moment is open if the clock on the wall then shows an opening hour of a day that is not
closed. So an hour that a change of clocks skips is no business time, and one that it repeats is business time twice. A piece never
goes over midnight UTC, so that what is open before any moment is found by the number of its day, on any engine, without a search.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from leadq.agreement.calendar.weekly_calendar import Hours
from leadq.foundation.arrays import Ints

DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
FIRST_YEAR, LAST_YEAR = 1970, 2099
"""Time outside of these years does not count as business time."""
_EPOCH = date(1970, 1, 1)
_LAST_DAY = (date(LAST_YEAR + 1, 1, 1) - _EPOCH).days
_MONDAY = 3
"""Weekday of day 0, a Thursday, counted from Monday."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpeningTimes:
    """What is open on each UTC day since 1970-01-01.

    Parameters
    ----------
    before_us : ndarray of shape (n_days,), int64
        Open microseconds before the day begins.
    open_us : ndarray of shape (n_days, n_pieces), int64
        When a piece opens, in microseconds since 1970.
    length_us : ndarray of shape (n_days, n_pieces), int64
        How long it is open; 0 where the day has fewer pieces.
    """

    before_us: Ints
    open_us: Ints
    length_us: Ints


def opening_times(hours: Hours, closed: Collection[date], time_zone: str) -> OpeningTimes:
    """Return what is open, for opening hours by weekday without the days ``closed`` (local dates)."""
    starts, ends = _on_the_wall(hours, closed)
    opens, closes = _as_utc(starts, ends, ZoneInfo(time_zone))
    return _by_day(opens, closes)


def _on_the_wall(hours: Hours, closed: Collection[date]) -> tuple[Ints, Ints]:
    """Return opening spans in local wall time, in order, as microseconds as if they were UTC."""
    days = np.arange(-1, _LAST_DAY + 1, dtype=np.int64)
    days = days[~np.isin(days, [(day - _EPOCH).days for day in closed])]
    spans = [
        (days[(days + _MONDAY) % 7 == span.weekday] * DAY_US, span.start * MINUTE_US, span.end * MINUTE_US)
        for span in hours
    ]
    starts = np.concatenate([midnight + start for midnight, start, _ in spans])
    ends = np.concatenate([midnight + end for midnight, _, end in spans])
    order = np.argsort(starts)
    return starts[order], ends[order]


def _as_utc(starts: Ints, ends: Ints, zone: ZoneInfo) -> tuple[Ints, Ints]:
    """Return the spans as UTC: for each stretch of time with one offset the part of each span that the wall clock shows then."""
    opens: list[Ints] = []
    closes: list[Ints] = []
    for begin, end, offset in _stretches(zone):
        first, last = np.searchsorted(ends, begin + offset, "right"), np.searchsorted(starts, end + offset, "left")
        opens.append(np.maximum(starts[first:last] - offset, begin))
        closes.append(np.minimum(ends[first:last] - offset, end))
    return np.concatenate(opens), np.concatenate(closes)


def _stretches(zone: ZoneInfo) -> list[tuple[int, int, int]]:
    """Return stretches of UTC with one offset: begin, end and offset in microseconds; together they are all the years there are."""
    midnight = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    offsets = [_offset_us(midnight + timedelta(days=day), zone) for day in range(_LAST_DAY + 1)]
    changes = [0]
    for day in np.flatnonzero(np.diff(offsets)):
        low, high = int(day) * 86_400, (int(day) + 1) * 86_400
        while high - low > 1:
            middle = (low + high) // 2
            same = _offset_us(midnight + timedelta(seconds=middle), zone) == offsets[day]
            low, high = (middle, high) if same else (low, middle)
        changes.append(high * 1_000_000)
    changes.append(_LAST_DAY * DAY_US)
    return [
        (begin, end, _offset_us(midnight + timedelta(microseconds=begin), zone)) for begin, end in pairwise(changes)
    ]


def _offset_us(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)


def _by_day(opens: Ints, closes: Ints) -> OpeningTimes:
    """Return pieces, cut at midnight UTC, by the number of their day."""
    midnight = (opens // DAY_US + 1) * DAY_US
    over = closes > midnight
    opens = np.concatenate([opens, midnight[over]])
    closes = np.concatenate([np.minimum(closes, midnight), closes[over]])
    order = np.argsort(opens)
    opens, closes = opens[order], closes[order]
    days = opens // DAY_US
    place = np.arange(len(days)) - np.searchsorted(days, days)
    shape = (_LAST_DAY, int(place.max()) + 1)
    open_us, length_us = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    open_us[days, place], length_us[days, place] = opens, closes - opens
    total = np.cumsum(length_us.sum(axis=1))
    return OpeningTimes(before_us=np.concatenate([[0], total[:-1]]), open_us=open_us, length_us=length_us)
