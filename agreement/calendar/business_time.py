"""Business time between moments, whole columns at a time: what is open before the later one less what is open before the earlier one.

``bh(a, b) = C(b) - C(a)`` with ``C`` the open microseconds before a moment: additive and monotone, because ``C`` is a rising function
and everything is a whole number. Deadlines are its inverse. Leaves out tables of an engine (``features/business_hours.py``), whose
formula is this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leadq.agreement.calendar.closed_days import FOR_ALL, ClosedDays, public_holidays, read_closed_days
from leadq.agreement.calendar.opening_times import DAY_US, FIRST_YEAR, LAST_YEAR, OpeningTimes, opening_times
from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.foundation.arrays import Floats, Ints

HOUR_US = 3_600_000_000
NO_MOMENT = int(np.iinfo(np.int64).min)
"""A missing moment among microseconds, as ``NaT`` is one among ``datetime64``."""
LONGEST_HOURS = 100_000.0
"""No deadline is further away, in business hours."""

Moments = npt.NDArray[np.int64] | npt.NDArray[np.datetime64]
"""Moments: microseconds since 1970 (UTC) as int64, or datetime64; :data:`NO_MOMENT` or ``NaT`` where there is none."""
Countries = Sequence[str | None] | npt.NDArray[np.object_] | None
"""A country code for each row, that of the lead's owner; None where it is not known, or for all rows."""


class BusinessTime:
    """An agreed calendar that counts.

    Parameters
    ----------
    calendar : Calendar
    days : mapping of str to frozenset of date, optional
        Further closed days by country, as :func:`leadq.agreement.calendar.closed_days.read_closed_days` gives them.

    Examples
    --------
    >>> time = BusinessTime(Calendar())
    >>> friday, monday = np.array(["2026-10-02T16:00", "2026-10-05T10:00"], "datetime64[us]").reshape(2, 1)
    >>> time.business_hours(friday, monday), time.deadline(friday, 4.0).astype("datetime64[us]")
    (array([2.]), array(['2026-10-05T12:00:00.000000'], dtype='datetime64[us]'))
    """

    def __init__(self, calendar: Calendar, days: ClosedDays | None = None) -> None:
        self.calendar = calendar
        self._days = dict(days or {})
        self._by_country: dict[str, OpeningTimes] = {}

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """Countries with closed days of their own, the one that counts for everybody else first (empty: none does)."""
        standard, *others = [country.split("-", 1)[0] for country in self.calendar.countries] or [FOR_ALL]
        return (
            standard,
            *dict.fromkeys(one for one in (*others, *sorted(self._days)) if one not in {standard, FOR_ALL}),
        )

    def opening_times(self, country: str) -> OpeningTimes:
        """Return what is open in one of :attr:`countries`."""
        if country not in self._by_country:
            public = next((one for one in self.calendar.countries if one.split("-", 1)[0] == country), "")
            days = self._days.get(FOR_ALL, frozenset()) | self._days.get(country, frozenset())
            self._by_country[country] = _opening_times(self.calendar, public, days)
        return self._by_country[country]

    def country_places(self, country: Countries, n_rows: int) -> Ints:
        """Return for each row the place in :attr:`countries` of the country whose closed days count; 0 where it has none of its own."""
        if country is None or len(self.countries) == 1:
            return np.zeros(n_rows, np.int64)
        places = {name: place for place, name in enumerate(self.countries)}
        return np.fromiter((places.get(code_of(one), 0) for one in country), np.int64, n_rows)

    def business_us(self, start: Moments, end: Moments, country: Countries = None) -> Ints:
        """Return the business time from ``start`` to ``end`` in microseconds; :data:`NO_MOMENT` where one of them is missing.

        Parameters
        ----------
        start, end : ndarray of shape (n_rows,), int64 or datetime64
            Below zero where the end comes first: a touch before hand-over, say.
        country : sequence of str or None, shape (n_rows,), optional
            Whose holidays count; one that the calendar does not know counts as its first country.
        """
        begins, ends = microseconds_of(start), microseconds_of(end)
        places = self.country_places(country, len(begins))
        elapsed = self._open_before(ends, places) - self._open_before(begins, places)
        missing = (begins == NO_MOMENT) | (ends == NO_MOMENT)
        result: Ints = np.where(missing, NO_MOMENT, elapsed)
        return result

    def business_hours(self, start: Moments, end: Moments, country: Countries = None) -> Floats:
        """Return :meth:`business_us` in hours; NaN where a moment is missing."""
        elapsed = self.business_us(start, end, country)
        result: Floats = np.where(elapsed == NO_MOMENT, np.nan, elapsed / HOUR_US)
        return result

    def business_days(self, start: Moments, end: Moments, country: Countries = None) -> Floats:
        """Return :meth:`business_us` in standard business days; NaN where a moment is missing."""
        return self.business_hours(start, end, country) / self.calendar.hours_of_a_day

    def deadline(self, start: Moments, hours: float | Floats, country: Countries = None) -> Ints:
        """Return the first moment at which so much business time has passed since ``start``, in microseconds.

        Parameters
        ----------
        start : ndarray of shape (n_rows,), int64 or datetime64
        hours : float or ndarray of shape (n_rows,)
            Business hours; 0 is the start itself. A day is ``calendar.hours_of_a_day`` of them.
        country : sequence of str or None, shape (n_rows,), optional

        Returns
        -------
        ndarray of shape (n_rows,), int64
            :data:`NO_MOMENT` where the start is missing or the deadline lies after the last year that is counted.
        """
        begins = microseconds_of(start)
        wanted = np.broadcast_to(np.rint(np.clip(hours, 0.0, LONGEST_HOURS) * HOUR_US).astype(np.int64), begins.shape)
        places = self.country_places(country, len(begins))
        result = np.full(len(begins), NO_MOMENT)
        for place, name in enumerate(self.countries):
            rows = np.flatnonzero((places == place) & (begins != NO_MOMENT))
            if len(rows):
                times = self.opening_times(name)
                reached = _reached(times, open_before(times, begins[rows]) + wanted[rows])
                result[rows] = np.where(wanted[rows] == 0, begins[rows], reached)
        return result

    def _open_before(self, moments: Ints, places: Ints) -> Ints:
        if not places.any():
            return open_before(self.opening_times(self.countries[0]), moments)
        result = np.zeros(len(moments), np.int64)
        for place in np.unique(places):
            rows = places == place
            result[rows] = open_before(self.opening_times(self.countries[place]), moments[rows])
        return result


def business_time(calendar: Calendar, folder: Path) -> BusinessTime:
    """Return the agreed calendar ready to count; its file of holidays is read from ``folder``, that of the project.

    Raises
    ------
    AgreementError
        The file of holidays is not there or cannot be used.
    """
    return BusinessTime(calendar, read_closed_days(folder / calendar.holidays) if calendar.holidays else None)


def open_before(times: OpeningTimes, moments: Ints) -> Ints:
    """Return the open microseconds before each moment, counted from 1970."""
    day = np.clip(moments // DAY_US, 0, len(times.before_us) - 1)
    into = moments[:, np.newaxis] - times.open_us[day]
    result: Ints = times.before_us[day] + np.clip(into, 0, times.length_us[day]).sum(axis=1)
    return result


def microseconds_of(moments: Moments) -> Ints:
    """Return moments as int64 microseconds since 1970."""
    if moments.dtype.kind == "M":
        return moments.astype("datetime64[us]").view(np.int64)
    return moments.astype(np.int64, copy=False)


def code_of(country: str | None) -> str:
    """Return a country as calendars name it: ``"DE"``; empty where it is missing (None, NaN)."""
    return country.strip().upper() if isinstance(country, str) else FOR_ALL


def _reached(times: OpeningTimes, wanted: Ints) -> Ints:
    """Return the first moment before which ``wanted`` microseconds are open; :data:`NO_MOMENT` where they never are."""
    opens, lengths = times.open_us.ravel(), times.length_us.ravel()
    opens, lengths = opens[lengths > 0], lengths[lengths > 0]
    total = np.cumsum(lengths)
    piece = np.searchsorted(total, wanted, "left")
    within = np.minimum(piece, len(total) - 1)
    moment = opens[within] + wanted - (total[within] - lengths[within])
    result: Ints = np.where(piece < len(total), moment, NO_MOMENT)
    return result


@lru_cache(maxsize=64)
def _opening_times(calendar: Calendar, public: str, days: frozenset[date]) -> OpeningTimes:
    years = range(FIRST_YEAR - 1, LAST_YEAR + 2)
    closed = days | public_holidays(public, years) if public else days
    return opening_times(calendar.hours, closed, calendar.time_zone)
