"""The calendar as it was agreed: a time zone, opening hours by weekday, whose public holidays, and days of the company's own.

Data only. Which days are closed is found in ``closed_days.py``, how much business time lies between two moments in ``business_time.py``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_A_DAY = 1440


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """Open on a weekday (Monday is 0) from ``start`` to ``end``, in minutes since local midnight; an end of 1440 is midnight."""

    weekday: int
    start: int
    end: int


_USUAL = tuple(OpenSpan(weekday, 9 * 60, 17 * 60) for weekday in range(5))
Hours = tuple[OpenSpan, ...]
"""Opening spans of the week, in order and apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When business is open; without a word in the agreement Monday to Friday, 09:00 to 17:00 UTC, no holidays.

    Parameters
    ----------
    time_zone : str
        Name of the time zone database: ``"Europe/Berlin"``.
    hours : tuple of OpenSpan
        Opening spans of the week.
    countries : tuple of str
        Countries whose public holidays are closed, with a part of the country after a hyphen where that is meant
        (``"DE-BY"``). The first one is that of whoever has none of these.
    holidays : str
        File of further closed days; a relative path counts from the project's folder, also that of an agreement which is kept with a
        model. Empty without one.
    stated : bool
        Whether the agreement has a calendar at all: deadlines are told as moments only of one that was agreed.
    """

    time_zone: str = "UTC"
    hours: Hours = _USUAL
    countries: tuple[str, ...] = ()
    holidays: str = ""
    stated: bool = field(default=False, compare=False)

    @property
    def minutes_of_a_day(self) -> int:
        """Minutes of a standard business day: as long as most open weekdays are, of equally many the longest."""
        days = _by_weekday(self.hours).values()
        lengths = Counter(sum(span.end - span.start for span in spans) for spans in days)
        return max(lengths, key=lambda length: (lengths[length], length))

    @property
    def hours_of_a_day(self) -> float:
        """Business hours of a standard business day."""
        return self.minutes_of_a_day / 60


USUAL_CALENDAR = Calendar()
"""What counts where the agreement has none."""


def clock(minutes: int) -> str:
    """Return minutes since midnight as a time of day.

    >>> clock(540), clock(1440)
    ('09:00', '24:00')
    """
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def hours_in_words(hours: Hours) -> str:
    """Return opening hours, weekdays that have the same ones together.

    >>> hours_in_words(Calendar().hours)
    'Mon-Fri 09:00-17:00'
    """
    told: list[str] = []
    for spans, days in groupby(_by_weekday(hours).items(), key=lambda day: [(span.start, span.end) for span in day[1]]):
        for first, last in _runs([weekday for weekday, _ in days]):
            named = WEEKDAYS[first].title() + (f"-{WEEKDAYS[last].title()}" if last > first else "")
            told.append(f"{named} {' and '.join(f'{clock(start)}-{clock(end)}' for start, end in spans)}")
    return ", ".join(told)


def _by_weekday(hours: Hours) -> dict[int, Hours]:
    return {weekday: tuple(spans) for weekday, spans in groupby(sorted(hours), key=attrgetter("weekday"))}


def _runs(weekdays: list[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each run of weekdays that follow each other."""
    runs: list[tuple[int, int]] = []
    for weekday in weekdays:
        if runs and weekday == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], weekday)
        else:
            runs.append((weekday, weekday))
    return runs
