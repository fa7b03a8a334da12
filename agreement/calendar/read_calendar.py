"""``calendar`` of the agreement, read and checked; the file of holidays is only named here (``closed_days.py`` opens it)."""

from __future__ import annotations

import re
from itertools import pairwise
from zoneinfo import available_timezones

from leadq.agreement.calendar.closed_days import country_codes, wrong_country
from leadq.agreement.calendar.weekly_calendar import MINUTES_OF_A_DAY, WEEKDAYS, Calendar, Hours, OpenSpan
from leadq.agreement.sections import Section
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_tree import Items, Node, Scalar, shown

_SPAN = re.compile(r"([0-2]?[0-9]):([0-5][0-9])\s*-\s*([0-2]?[0-9]):([0-5][0-9])")
_HOURS_REMEDY = 'Write hours: {mon-fri: "09:00-17:00"}, or "09:00-12:00, 13:00-17:00" for two spans.'


def read_calendar(top: Section) -> Calendar:
    """Read ``calendar`` of the agreement; what is wrong goes to its findings."""
    section = top.section("calendar", "calendar")
    usual = Calendar()
    if section is None:
        return usual
    calendar = Calendar(
        time_zone=_time_zone(section, usual.time_zone),
        hours=_hours(section, usual.hours),
        countries=_countries(section),
        holidays=section.text("holidays", ""),
        stated=True,
    )
    section.close()
    return calendar


def _time_zone(section: Section, usual: str) -> str:
    name = section.text("time_zone", usual)
    known = available_timezones()
    if name in known:
        return name
    cities = {zone.rsplit("/", 1)[-1].lower(): zone for zone in sorted(known, reverse=True)}
    meant = cities.get(name.strip().lower().replace(" ", "_"))
    hint = f"Did you mean {meant}? " if meant else did_you_mean(name, known)
    section.note("time_zone", "must be a time zone", f"{hint}Write a continent and a city, such as Europe/Berlin.")
    return usual


def _hours(calendar: Section, usual: Hours) -> Hours:
    section = calendar.section("hours", calendar.called("hours"))
    if section is None:
        return usual
    week: list[OpenSpan] = []
    given: dict[int, str] = {}
    for key in section.keys:
        spans = _spans(section, key)
        days = _days(section, key)
        if again := [day for day in days if day in given]:
            rule = f"gives {WEEKDAYS[again[0]]} a second time (first in {given[again[0]]})"
            section.note(key, rule, "Write each weekday once, several spans as one text.")
        for day in days:
            given.setdefault(day, key)
            week += (OpenSpan(day, start, end) for start, end in spans)
    if not week:
        calendar.note("hours", "must open on one weekday at least", _HOURS_REMEDY)
        return usual
    return tuple(sorted(week))


def _days(section: Section, key: str) -> tuple[int, ...]:
    """Return the weekdays that a key such as ``mon-fri`` or ``sat`` names, Monday as 0; a range may go over Sunday."""
    names = [name.strip().lower() for name in key.split("-")]
    if len(names) > 2 or any(name not in WEEKDAYS for name in names):
        hint = next((did_you_mean(name[:3], WEEKDAYS) for name in names if name not in WEEKDAYS), "")
        known = ", ".join(WEEKDAYS)
        section.findings.note(
            section.line_of(key),
            f"{section.name} must be by weekday",
            f"{hint}Write a day or two with a hyphen, such as mon-fri. Days: {known}.",
            value=key,
        )
        return ()
    first, last = WEEKDAYS.index(names[0]), WEEKDAYS.index(names[-1])
    length = (last - first) % len(WEEKDAYS) + 1
    return tuple((first + ahead) % len(WEEKDAYS) for ahead in range(length))


def _spans(section: Section, key: str) -> tuple[tuple[int, int], ...]:
    """Return the opening spans under ``key``, in order; none where a day is said to be closed."""
    node = section.node(key)
    spans: list[tuple[int, int]] = []
    for text in _texts(node):
        found = _SPAN.fullmatch(text.strip())
        start, end = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
        if not start < end <= MINUTES_OF_A_DAY:
            rule = "must be opening hours from an earlier to a later time of the same day"
            section.note(key, rule, f"{_HOURS_REMEDY} A span over midnight is two: until 24:00, and from 00:00.")
            return ()
        spans.append((start, end))
    spans.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        section.note(key, "must be spans that do not overlap", "Join the two, or leave a gap between them.")
        return ()
    return tuple(spans)


def _texts(node: Node | None) -> list[str]:
    if isinstance(node, Items):
        return [shown(item) for item in node.items]
    if isinstance(node, Scalar) and node.text.strip().lower() != "closed":
        return node.text.split(",")
    return [] if node is None or isinstance(node, Scalar) else [shown(node)]


def _countries(section: Section) -> tuple[str, ...]:
    countries: dict[str, str] = {}
    node = section.node("countries")
    nodes = (node,) if isinstance(node, Scalar) else section.items("countries")
    for item in nodes:
        written = item.text.strip().upper() if isinstance(item, Scalar) else ""
        country = written.split("-", 1)[0]
        rule = "" if written else "must be a country"
        if rule or (rule := wrong_country(written)):
            hint = did_you_mean(country, country_codes())
            remedy = f"{hint}Write its code of two letters, such as DE, or DE-BY for a part of it."
            section.findings.note(item.line, f"{section.called('countries')} {rule}", remedy, value=shown(item))
        elif country in countries:
            rule = f"{section.called('countries')} must name a country once (first {countries[country]})"
            section.findings.note(item.line, rule, "Keep one of the two.", value=shown(item))
        else:
            countries[country] = written
    return tuple(countries.values())
