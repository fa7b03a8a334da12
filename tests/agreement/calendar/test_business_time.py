"""Business time: additive, monotone, and what somebody counts who looks at the wall clock every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

from leadq.agreement.calendar.business_time import HOUR_US, NO_MOMENT, BusinessTime, business_time
from leadq.agreement.calendar.weekly_calendar import WEEKDAYS, Calendar, Hours, OpenSpan
from leadq.foundation.arrays import Ints
from leadq.foundation.problems import AgreementError

MINUTE_US = 60_000_000


def week(*days: tuple[str, str, str]) -> Hours:
    """Opening hours as ``("mon tue", "09:00", "17:00")``."""
    minutes = lambda text: int(text[:2]) * 60 + int(text[3:])  # noqa: E731
    return tuple(
        sorted(OpenSpan(WEEKDAYS.index(day), minutes(a), minutes(b)) for names, a, b in days for day in names.split())
    )


SPLIT = week(("mon tue wed thu fri", "08:00", "12:00"), ("mon tue wed thu", "13:00", "17:30"))
ALL_NIGHT = week((" ".join(WEEKDAYS), "00:00", "24:00"))
OVER_CHANGE = week(("mon tue wed thu fri", "09:00", "17:00"), ("sat sun", "02:00", "03:30"))
"""Open at the weekend when clocks change in Berlin."""
TIMES = {
    "usual": BusinessTime(Calendar()),
    "Berlin": BusinessTime(Calendar(time_zone="Europe/Berlin", hours=OVER_CHANGE, countries=("DE-BY",))),
    "New York": BusinessTime(Calendar(time_zone="America/New_York", hours=SPLIT, countries=("US",))),
    "Lord Howe": BusinessTime(Calendar(time_zone="Australia/Lord_Howe", hours=OVER_CHANGE, countries=("AU", "FR"))),
    "always": BusinessTime(Calendar(time_zone="Pacific/Apia", hours=ALL_NIGHT)),
}
BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


def us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def at(text: str, zone: ZoneInfo = BERLIN) -> Ints:
    """A moment of the wall clock, as a column of one row."""
    return np.array([us(datetime.fromisoformat(text).replace(tzinfo=zone))])


def by_the_minute(calendar: Calendar, closed: frozenset[date], start: int, end: int) -> int:
    """Open minutes between two full minutes, by looking at the wall clock in each."""
    zone, minutes = ZoneInfo(calendar.time_zone), 0
    for minute in range(start // MINUTE_US, end // MINUTE_US):
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(zone)
        now = local.hour * 60 + local.minute
        spans = () if local.date() in closed else calendar.hours
        minutes += any(span.weekday == local.weekday() and span.start <= now < span.end for span in spans)
    return minutes


moments = st.integers(us(datetime(1969, 6, 1, tzinfo=UTC)), us(datetime(2101, 1, 1, tzinfo=UTC)))
times = st.sampled_from(sorted(TIMES))


@pytest.mark.law
@given(times, moments, moments, moments)
def test_it_adds_up_and_never_runs_back(name: str, a: int, b: int, c: int) -> None:
    first, second, third = sorted((a, b, c))
    between = lambda start, end: int(TIMES[name].business_us(np.array([start]), np.array([end]))[0])  # noqa: E731
    assert between(first, second) + between(second, third) == between(first, third)
    assert 0 <= between(first, second) <= second - first
    assert between(second, first) == -between(first, second)


@pytest.mark.law
@given(
    times,
    st.integers(us(datetime(1971, 1, 1, tzinfo=UTC)), us(datetime(2095, 1, 1, tzinfo=UTC))),
    st.floats(0.0, 2000.0),
)
def test_a_deadline_is_the_first_moment_at_which_the_time_has_passed(name: str, start: int, hours: float) -> None:
    time, begin = TIMES[name], np.array([start])
    deadline = time.deadline(begin, hours)
    wanted = round(hours * HOUR_US)
    assert time.business_us(begin, deadline)[0] == wanted
    assert deadline[0] == start if wanted == 0 else time.business_us(begin, deadline - 1)[0] == wanted - 1


AROUND = [
    ("Berlin", "2026-03-27", "clocks go forward: 02:00 to 03:00 is not there"),
    ("Berlin", "2026-10-23", "clocks go back: 02:00 to 03:00 comes twice"),
    ("Berlin", "2026-12-24", "Christmas, over the year's end"),
    ("New York", "2026-03-06", "clocks go forward"),
    ("New York", "2027-07-02", "Independence Day on a Sunday is observed on the Monday"),
    ("Lord Howe", "2026-04-03", "clocks go back by half an hour"),
    ("Lord Howe", "2026-10-02", "clocks go forward by half an hour"),
    ("always", "2011-12-28", "a whole day was left out of the calendar"),
    ("usual", "2028-02-27", "a leap day"),
]


@pytest.mark.parametrize(("name", "day", "why"), AROUND)
def test_it_is_what_the_wall_clock_shows_minute_by_minute(name: str, day: str, why: str) -> None:
    time = TIMES[name]
    calendar, start = time.calendar, us(datetime.fromisoformat(day).replace(tzinfo=UTC))
    closed = _closed(calendar, (int(day[:4]), int(day[:4]) + 1))
    ends = start + np.arange(1, 25) * 5 * HOUR_US
    counted = time.business_us(np.full(len(ends), start), ends) // MINUTE_US
    told, minutes = [], 0
    for begin, end in zip([start, *ends[:-1]], ends, strict=True):
        minutes += by_the_minute(calendar, closed, int(begin), int(end))
        told.append(minutes)
    assert counted.tolist() == told, why


def _closed(calendar: Calendar, years: tuple[int, ...]) -> frozenset[date]:
    if not calendar.countries:
        return frozenset()
    country, _, part = calendar.countries[0].partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=years))


def test_a_start_outside_of_hours_counts_from_the_next_opening_and_an_act_before_it_took_no_time() -> None:
    time = TIMES["Berlin"]
    assert time.business_hours(at("2026-09-18T20:00"), at("2026-09-21T11:00")).tolist() == [
        5.0
    ]  # Sat and Sun 02:00 to 03:30
    assert time.business_hours(at("2026-09-21T06:00"), at("2026-09-21T08:59")).tolist() == [0.0]
    assert time.business_hours(at("2026-09-21T16:00"), at("2026-09-21T22:00")).tolist() == [1.0]


def test_a_deadline_passes_nights_weekends_and_holidays() -> None:
    time = BusinessTime(Calendar(time_zone="Europe/Berlin", countries=("DE",)))
    assert time.deadline(at("2026-12-24T16:00"), 4.0).tolist() == at("2026-12-28T12:00").tolist()
    assert time.deadline(at("2026-12-24T13:00"), 4.0).tolist() == at("2026-12-24T17:00").tolist()
    assert time.deadline(at("2026-12-24T13:00"), np.array([8.0])).tolist() == at("2026-12-28T13:00").tolist()


def test_a_lead_takes_the_holidays_of_its_owner_and_else_those_of_the_first_country() -> None:
    time = BusinessTime(
        Calendar(countries=("DE", "FR")),
        {
            "": frozenset({date(2026, 7, 15)}),
            "FR": frozenset({date(2026, 7, 16)}),
            "ES": frozenset({date(2026, 7, 13)}),
        },
    )
    owners = ["DE", "fr ", "ES", "NL", None]
    start, end = np.full(5, us(datetime(2026, 7, 13, tzinfo=UTC))), np.full(5, us(datetime(2026, 7, 18, tzinfo=UTC)))
    assert time.business_days(start, end, owners).tolist() == [4.0, 2.0, 3.0, 4.0, 4.0]
    assert time.business_days(start, end).tolist() == [4.0] * 5
    deadlines = time.deadline(start, 8.0, owners).astype("datetime64[us]").astype("datetime64[D]").astype(str)
    assert deadlines.tolist() == ["2026-07-13", "2026-07-13", "2026-07-14", "2026-07-13", "2026-07-13"]


def test_a_country_whose_holidays_are_known_for_some_years_only_is_counted_all_the_same() -> None:
    india = BusinessTime(Calendar(time_zone="Asia/Kolkata", countries=("IN",)))
    assert india.business_days(at("2026-01-26", UTC_ZONE), at("2026-01-28", UTC_ZONE)).tolist() == [1.0]
    assert india.business_days(at("2090-01-02", UTC_ZONE), at("2090-01-03", UTC_ZONE)).tolist() == [1.0]


def test_a_missing_moment_gives_none() -> None:
    start = np.array(["2026-10-01T08:00", "NaT", "2026-10-01T08:00"], "datetime64[us]")
    end = np.array(["2026-10-01T10:00", "2026-10-01T10:00", "NaT"], "datetime64[us]")
    assert TIMES["usual"].business_hours(start, end).tolist() == pytest.approx([1.0, np.nan, np.nan], nan_ok=True)
    assert TIMES["usual"].deadline(start, 1.0).tolist()[1] == NO_MOMENT
    assert TIMES["usual"].business_us(start, end).tolist()[1:] == [NO_MOMENT, NO_MOMENT]


def test_a_deadline_after_the_last_year_is_none() -> None:
    late = np.array([us(datetime(2099, 12, 31, tzinfo=UTC))])
    assert TIMES["usual"].deadline(late, 40.0).tolist() == [NO_MOMENT]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("day,name\n2026-12-24,x\n", "must name the columns date, name and country"),
        ("date,name,country\n24.12.2026,x,\n", "line 2: date must be a day that exists, got 24.12.2026"),
        ("date,name,country\n2026-12-24,x,Germany\n", "line 2: country must be a code, got Germany"),
        ("", "must name the columns"),
    ],
)
def test_a_file_of_holidays_says_what_is_wrong_in_it(tmp_path: Path, text: str, rule: str) -> None:
    (tmp_path / "days.csv").write_text(text)
    with pytest.raises(AgreementError, match=rule):
        business_time(Calendar(holidays="days.csv"), tmp_path)


def test_a_missing_file_of_holidays_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgreementError, match=r"days\.csv: must be a file that can be read.*calendar: holidays"):
        business_time(Calendar(holidays="days.csv"), tmp_path)


def test_the_days_of_a_file_are_closed(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("\ufeffDate, Name, Country\n2026-10-01, our day,\n2026-10-02,fair,FR\n", "utf-8")
    time = business_time(Calendar(holidays="days.csv"), tmp_path)
    start, end = (np.full(2, us(datetime(2026, 10, day, tzinfo=UTC))) for day in (1, 3))
    assert time.countries == ("", "FR")
    assert time.business_hours(start, end, ["FR", "DE"]).tolist() == [0.0, 8.0]
