"""The calendar of the first 30 days is one that calendars read (RFC 5545), and the same for the same start and clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from leadq.foundation.problems import UsageError
from leadq.pipelines.draft.first_days import MEETINGS, calendar_text, write_calendar

NOW = datetime(2026, 9, 28, 6, tzinfo=UTC)


def parsed(text: str) -> list[dict[str, str]]:
    """Read a calendar as the standard says: lines end in CRLF, have at most 75 octets, and go on after a blank."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//leadq//first 30 days//EN"]
    assert lines[-1] == "END:VCALENDAR"
    events: list[dict[str, str]] = []
    for line in lines[1:-1]:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and name not in ("BEGIN", "END"):
            assert name not in events[-1]
            events[-1][name] = value.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
    return events


def test_calendars_read_it() -> None:
    events = parsed(calendar_text(date(2026, 10, 5), now=NOW))
    assert [one["SUMMARY"] for one in events] == [one.what for one in MEETINGS]
    assert [one["DESCRIPTION"] for one in events] == [one.how for one in MEETINGS]
    assert (events[0]["DTSTART"], events[0]["DTEND"]) == ("20261005T090000", "20261005T103000")
    assert events[-1]["DTSTART"] == "20261102T090000"
    assert {one["DTSTAMP"] for one in events} == {"20260928T060000Z"}
    assert len({one["UID"] for one in events}) == len(events)
    assert max(one.day for one in MEETINGS) <= 30


def test_a_file_that_is_there_stays_and_a_day_must_exist(tmp_path: Path) -> None:
    path = tmp_path / "first.ics"
    told = write_calendar(path, start="2026-10-05", now=NOW, again=False)
    assert path.read_bytes().decode() == calendar_text(date(2026, 10, 5), now=NOW)
    assert "Mon 2026-10-05, 90 min" in told.words
    with pytest.raises(UsageError, match="is there already"):
        write_calendar(path, start="2026-10-12", now=NOW, again=False)
    with pytest.raises(UsageError, match="must be a day that exists"):
        write_calendar(path, start="5 October", now=NOW, again=True)
