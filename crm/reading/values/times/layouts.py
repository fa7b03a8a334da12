"""Shapes of times as layouts: which part is the year, the clock, the zone; day and month open where only values can tell.

``99.99.9999 99:99`` is ``{1}.{2}.%Y %H:%M``: whether {1} is the day is judged for the whole column (:mod:`.times`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadq.crm.reading.values.times.month_names import MONTHS, POLISH_OR_CZECH
from leadq.crm.reading.values.times.zone_names import ZONE, name_of_zone

ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|z| ?UTC| ?GMT|[+-]\d{2}(?::?\d{2})?)?)?"
"""ISO 8601 as it is read without rewriting."""
_ISO = re.compile(ISO.replace(r"\d", "9"))
_ZONE = ZONE.replace(r"\d", "9")
_MERIDIEM = r"(?P<half> ?(?:[AaPp]\.? ?[Mm]\b\.?)|上午|下午|오전|오후)"
_CLOCK = re.compile(
    rf"(?P<before>(?:T|,? ?(?:at|um|kl\.?|à|a las|às|alle|om|o|в|-|–|klo)? ?| ?,? ))(?P<early>(?:上午|下午|오전|오후) ?)?"
    rf"(?P<hour>9{{1,2}})(?P<colon>[:.]| ?h ?|时|時|시 ?)(?P<minute>99)(?P<minutes>分|분)?"
    rf"(?:(?P<second_colon>[:.]|(?<=[分분]) ?)(?P<second>99)(?P<fraction>[.,]9+|:999)?(?P<seconds>秒|초)?)?"
    rf"(?P<end>{_MERIDIEM})?(?P<uhr> ?(?:Uhr|uur|h|Hrs|hrs))?(?P<zone>{_ZONE})?$"
)
_YEAR_FIRST = re.compile(r"(?P<year>9999)(?P<a>[-/.]|年|\. )9{1,2}(?P<b>[-/.]|月|\. )9{1,2}(?P<c>日|\.)?")
_YEAR_LAST = re.compile(r"9{1,2}(?P<sep>[-/.] ?)9{1,2}(?P=sep)(?P<year>9999|99)(?P<end>\.?| г\.?)")
_DOTTED = re.compile(r"(?:9{4},?|[^\W\d_]-99) (?:klo |kl\.? )?9{1,2}\.99")
"""A clock with points, which stands after a year."""
_WHOLE = (
    (re.compile(r"9999-W99-9"), "%G-W%V-%u"),
    (re.compile(rf"9{{8}}T9{{6}}(?P<zone>{_ZONE})?"), "%Y%m%dT%H%M%S"),
    (
        re.compile(
            rf"[^\W\d_]{{2,}}\.?,? (?P<month>[^\W\d_]{{3,}})\.? {{1,2}}9{{1,2}} 99:99:99(?P<zone>{_ZONE})? 9999"
        ),
        "%A %b %d %H:%M:%S %Y",
    ),
)
"""Times that are not a date before a clock: days of ISO weeks, ISO without separators, the year at the end as C and Java write it."""
_WEEKDAY = re.compile(r"[^\W\d_]{2,}\.?,? ")
_NAMED = re.compile(
    r"(?P<day>9{1,2})(?P<th>st|nd|rd|th|º|er)?(?P<a>\.? ?(?:de |of )?|[-/ ])(?P<name>[^\W\d_]{3,})(?P<b>\.?(?:,? | de | del |[-/]))"
    r"(?P<year>9999|99)(?P<end> г\.?| г| r\.?)?"
    r"|(?P<name2>[^\W\d_]{3,})(?P<c>\.? )(?P<day2>9{1,2})(?P<th2>st|nd|rd|th)?(?P<d>,? )(?P<year2>9999|99)"
    r"|(?P<year3>9999)(?P<e>[-/ ])(?P<name3>[^\W\d_]{3,})(?P<f>[-/ ])(?P<day3>9{1,2})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a shape writes a time.

    Parameters
    ----------
    form : str
        strptime format; ``{1}``, ``{2}``, ``{3}`` in the place of day, month and two-digit year where only values can tell
        (``{3}`` absent: the year has four digits). ``%z`` at its end: an offset or the name of a zone.
    separator : str
        Between the open parts; empty where none is open.
    zone : str
        Name of the zone, empty for an offset or none.
    """

    form: str
    separator: str = ""
    zone: str = ""


ISO_LAYOUT = Layout(form="iso")


def layout_of(shape: str) -> Layout | None:
    """Return the layout of a shape, or None where it is no time.

    >>> layout_of("99/99/9999 9:99 PM").form
    '{1}/{2}/%Y %I:%M %p'
    """
    if _ISO.fullmatch(shape):
        return ISO_LAYOUT
    for pattern, form in _WHOLE:
        if match := pattern.fullmatch(shape):
            return _whole(match.groupdict(), form)
    date, clock, zone = _clock_of(shape)
    if clock is None:
        return None
    weekday = _WEEKDAY.match(date)
    inner = (
        _date_of(date[weekday.end() :]) if weekday else None
    )  # mar. is a day of the week before a whole date, else a month
    if inner is not None:
        return Layout(form="%A " + inner[0] + clock, separator=inner[1], zone=zone)
    found = _date_of(date)
    return None if found is None else Layout(form=found[0] + clock, separator=found[1], zone=zone)


def _whole(parts: dict[str, str | None], form: str) -> Layout | None:
    if "month" in parts and (parts["month"] or "").casefold() not in MONTHS:
        return None
    zone = parts.get("zone") or ""
    if zone:
        form = form.replace(" %Y", "%z %Y") if form.endswith(" %Y") else form + "%z"
    return Layout(form=form, zone=name_of_zone(zone))


def _clock_of(shape: str) -> tuple[str, str | None, str]:
    """Return the date before the clock, the format of the clock ('' for none, None where it is not one), and the zone's name."""
    start = re.search(r"9(?:[:h时時]|시 ?9)", shape) or _DOTTED.search(shape)
    if start is None:
        return shape, "", ""
    for match in (_CLOCK.search(shape, place) for place in range(len(shape))):
        if match is None:
            return shape, None, ""
        half, early = match["end"] or "", match["early"] or ""
        if match["colon"] == "." and re.search(r"(?:9{4}|[^\W\d_]-99)$", shape[: match.start()]) is None:
            continue
        hour = "%I" if half or early else "%H"
        seconds = (
            f"{match['second_colon']}%S"
            + (f"{match['fraction'][0]}%f" if match["fraction"] else "")
            + (match["seconds"] or "")
            if match["second"]
            else ""
        )
        clock = f"{_literal(match['before'])}{'%p ' if early else ''}{hour}{_literal(match['colon'])}%M{match['minutes'] or ''}{seconds}"
        clock += (" %p" if half.startswith(" ") else "%p") if half else ""
        zone = match["zone"] or ""
        clock += _literal(match["uhr"] or "") + ("%z" if zone else "")
        return shape[: match.start()], clock, name_of_zone(zone)
    return shape, None, ""


def _date_of(date: str) -> tuple[str, str] | None:
    """Return the format of a date and the separator of its open parts."""
    if match := _YEAR_FIRST.fullmatch(date):
        return f"%Y{match['a']}%m{match['b']}%d{match['c'] or ''}", ""
    if match := _YEAR_LAST.fullmatch(date):
        year = "%Y" if match["year"] == "9999" else "{3}"
        return f"{{1}}{match['sep']}{{2}}{match['sep']}{year}{match['end']}", match["sep"].strip()
    match = _NAMED.fullmatch(date)
    word = (match["name"] or match["name2"] or match["name3"]) if match else ""
    month = "%b" if word.casefold() in MONTHS else "%B"
    if match is None or (month == "%B" and word.casefold() not in POLISH_OR_CZECH):
        return None
    if match["name3"]:
        return f"%Y{match['e']}{month}{match['f']}%d", ""
    year = "%Y" if (match["year"] or match["year2"]) == "9999" else "%y"
    if match["name2"]:
        return f"{month}{match['c']}%d{match['th2'] or ''}{match['d']}{year}", ""
    return f"%d{match['th'] or ''}{match['a']}{month}{match['b']}{year}{match['end'] or ''}", ""


def _literal(written: str) -> str:
    return written.replace("%", "%%")
