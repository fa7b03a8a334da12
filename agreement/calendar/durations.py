"""Lengths of business time as people write them, and moments as they say them: "1 business day", "by Thu 14:00".

Leaves out counting (``business_time.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.foundation.plurals import counted

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:business|working|bus\.)\s*(hours?|days?)", re.IGNORECASE)
_CLOCK_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(hours?|days?|weeks?)", re.IGNORECASE)
_HOURS = {"hour": 1.0, "day": 24.0, "week": 168.0}
LONGEST_HOURS = 24.0 * 366 * 2
"""No length that is written is longer."""
_WEEK = timedelta(days=6)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def business_hours_of(text: str, calendar: Calendar) -> float | None:
    """Return the business hours that ``"1 business day"`` or ``"4 business hours"`` are; None where it says neither.

    >>> business_hours_of("1 business day", Calendar()), business_hours_of("4 business hours", Calendar())
    (8.0, 4.0)
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    return float(found[1]) * (calendar.hours_of_a_day if found[2].lower().startswith("day") else 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A length of time as people write it: hours, of business or by the clock."""

    hours: float
    of_business: bool
    text: str


def length_of(text: str, calendar: Calendar) -> Length | None:
    """Return the length that ``"3 days"``, ``"12 hours"`` or ``"2 business days"`` is; None where it says none, or nothing at all.

    >>> length_of("2 business days", Calendar())
    Length(hours=16.0, of_business=True, text='2 business days')
    >>> length_of("3 days", Calendar()).hours, length_of("soon", Calendar()), length_of("0 days", Calendar())
    (72.0, None, None)
    """
    written = " ".join(text.split())
    of_business = business_hours_of(written, calendar)
    found = _CLOCK_TIME.fullmatch(written)
    if found is not None:
        hours: float | None = float(found[1]) * _HOURS[found[2].lower().rstrip("s")]
    else:
        hours = of_business
    if hours is None or not 0.0 < hours <= LONGEST_HOURS:
        return None
    return Length(hours=hours, of_business=found is None, text=written)


def hours_as_days(hours: float, calendar: Calendar) -> str:
    """Return business hours beside the business days they are.

    >>> hours_as_days(24, Calendar()), hours_as_days(4, Calendar())
    ('24 business hours = 3 days', '4 business hours = half a day')
    """
    days = hours / calendar.hours_of_a_day
    told = "half a day" if days == 0.5 else counted(float(f"{days:.3g}"), "day")
    return f"{counted(float(hours), 'business hour')} = {told}"


def moment_in_words(moment_us: int, calendar: Calendar, *, now: datetime) -> str:
    """Return a moment on the wall clock of the calendar, with its date where that is not of the next six days.

    Parameters
    ----------
    moment_us : int
        Microseconds since 1970.
    calendar : Calendar
    now : datetime
        Aware; from when it is read.

    Examples
    --------
    >>> now = datetime(2026, 12, 1, 10, tzinfo=UTC)
    >>> moment_in_words(1_796_306_400_000_000, Calendar(), now=now)
    'Thu 14:00'
    """
    zone = ZoneInfo(calendar.time_zone)
    local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment_us)).astimezone(zone)
    today = now.astimezone(zone).date()
    time = f"{_DAYS[local.weekday()]} {local:%H:%M}"
    if timedelta() <= local.date() - today <= _WEEK:
        return time
    year = f" {local.year}" if local.year != today.year else ""
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}{year} {local:%H:%M}"
