"""The first thirty days as a calendar file (RFC 5545): draft, blind round, signing, four weeks of baseline, first states.

Made for a start day, in the time of whoever opens it; no addresses, no alarms. What is done in each meeting is in
``docs/howto/first-30-days.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import Problem, UsageError
from leadq.foundation.yaml_scalars import day_of
from leadq.foundation.yaml_tree import shortened
from leadq.pipelines.console.command_result import Told

_MOST_OCTETS = 75
_REMEDY = "Write it as YYYY-MM-DD, such as 2026-10-05; a Monday is usual."


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting so many days after the start, with who takes part and what is done."""

    day: int
    at: time
    minutes: int
    what: str
    how: str


MEETINGS = (
    Meeting(
        day=0,
        at=time(9, 0),
        minutes=90,
        what="Draft the agreement and play the blind round",
        how="Head of sales, head of marketing, data team. leadq agreement draft; leadq agreement blind-round --leads 20; read the sheet; "
        "sign what you agree on.",
    ),
    Meeting(
        day=3,
        at=time(9, 0),
        minutes=30,
        what="Sign the agreement",
        how="Head of sales, head of marketing. Lines left open; leadq agreement sign; name the signed file in leadq.yaml.",
    ),
    Meeting(
        day=7,
        at=time(9, 0),
        minutes=15,
        what="Baseline, week 1 of 4: is everything recorded?",
        how="Data team. leadq check: which duties say not recorded, and which column would change that.",
    ),
    Meeting(
        day=14,
        at=time(9, 0),
        minutes=15,
        what="Baseline, week 2 of 4: read the figures, judge nobody",
        how="Head of sales, head of marketing. leadq check: hand-overs and their results.",
    ),
    Meeting(
        day=21,
        at=time(9, 0),
        minutes=30,
        what="Baseline, week 3 of 4: ten leads, both sides",
        how="Sales leads, marketing listens. leadq agreement blind-round --leads 10, then --compare.",
    ),
    Meeting(
        day=28,
        at=time(9, 0),
        minutes=45,
        what="First states: the baseline is over",
        how="Head of sales, head of marketing, data team. leadq check: from now on duties are judged as signed; keep or change each line.",
    ),
)
"""The days of ``docs/howto/first-30-days.md``."""


def calendar_text(start: date, *, now: datetime) -> str:
    """Return the meetings as the text of a calendar file.

    Parameters
    ----------
    start : date
        The day of the first meeting.
    now : datetime
        Aware; the clock of the run.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//leadq//first 30 days//EN", "CALSCALE:GREGORIAN"]
    for place, meeting in enumerate(MEETINGS):
        lines += _event(meeting, place, start, now)
    folded = [part for line in [*lines, "END:VCALENDAR"] for part in _folded(line)]
    return "\r\n".join(folded) + "\r\n"


def write_calendar(path: Path, *, start: str, now: datetime, again: bool) -> Told:
    """Write the calendar file.

    Raises
    ------
    UsageError
        The start is not a day, or the file is there already; nothing was written.
    """
    day = day_of(start)
    if day is None or not date(1970, 1, 1) <= day <= date(9000, 1, 1):
        rule = "must be a day that exists"
        raise UsageError(Problem(where="--from", rule=rule, value=shortened(start), remedy=_REMEDY))
    if path.exists() and not again:
        remedy = "Name another file with --out, or replace it with --replace."
        raise UsageError(Problem(where=str(path), rule="is there already", remedy=remedy))
    write_text(path, calendar_text(day, now=now))
    days = [(day + timedelta(days=one.day), one) for one in MEETINGS]
    rows = [{"day": when.isoformat(), "minutes": one.minutes, "what": one.what, "how": one.how} for when, one in days]
    said = [f"  {when:%a} {when}, {one.minutes} min: {one.what}" for when, one in days]
    words = "\n".join([f"{path}: open it with your calendar.", *said])
    return Told(facts={"file": str(path), "meetings": rows}, words=words)


def _event(meeting: Meeting, place: int, start: date, now: datetime) -> Iterator[str]:
    begins = datetime.combine(start + timedelta(days=meeting.day), meeting.at)
    ends = begins + timedelta(minutes=meeting.minutes)
    uid = hashlib.sha256(f"first 30 days {start.isoformat()} {place}".encode()).hexdigest()[:32]
    yield "BEGIN:VEVENT"
    yield f"UID:{uid}@leadq"
    yield f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}"
    yield f"DTSTART:{begins:%Y%m%dT%H%M%S}"
    yield f"DTEND:{ends:%Y%m%dT%H%M%S}"
    yield f"SUMMARY:{_text(meeting.what)}"
    yield f"DESCRIPTION:{_text(meeting.how)}"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _text(words: str) -> str:
    return words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most 75 octets, the later ones after a blank."""
    piece = ""
    for sign in line:
        if len((piece + sign).encode()) > _MOST_OCTETS:
            yield piece
            piece = " "
        piece += sign
    yield piece
