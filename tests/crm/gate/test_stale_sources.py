"""A source that had nothing new for longer than leadq.yaml allows is named; the remedy of each wrong line works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.gate.stale_sources import stale_sources
from leadq.foundation.problems import ConfigError

MONDAY = datetime(2026, 10, 5, 11, tzinfo=UTC)
FRIDAY = datetime(2026, 10, 2, 10, tzinfo=UTC)
USUAL = BusinessTime(Calendar())


@pytest.fixture
def history(tmp_path: Path, write_history: Callable[..., History]) -> History:
    later = datetime(2027, 1, 1, tzinfo=UTC)  # a date that lies ahead is nothing new
    rows = {
        "leads": [{"lead_id": "A", "created_at": MONDAY}],
        "touches": [{"lead_id": "A", "occurred_at": when, "kind": "call"} for when in (FRIDAY, later)],
        "opportunities": [{"opportunity_id": "1", "created_at": FRIDAY.replace(month=9), "closed_at": FRIDAY}],
    }
    return write_history(tmp_path / "history", rows, read_at=MONDAY)


@pytest.mark.parametrize(
    ("after", "is_old"),
    [("1 business day", True), ("9 business hours", False), ("2 days", True), ("73 hours", False), ("1 week", False)],
)
@pytest.mark.parametrize("table", ["touches", "opportunities"])
def test_age_is_by_the_clock_or_of_business(history: History, table: str, after: str, is_old: bool) -> None:
    found = stale_sources(history, [(table, after)], USUAL)
    assert [(one.table, one.newest) for one in found] == ([(table, FRIDAY)] if is_old else [])


def test_it_is_said_by_name_with_the_newest_row(history: History) -> None:
    touches, answers = stale_sources(
        history, [("leads", "1 day"), ("touches", "2 days"), ("dispositions", "9 weeks")], USUAL
    )
    assert str(touches.problem()).startswith("touches: must have something new within 2 days (leadq.yaml, stale_after)")
    assert "none since 2026-10-02 10:00 UTC" in str(touches.problem())
    assert "no row at all" in str(answers.problem())
    assert answers.facts() == {"source": "dispositions", "newest": None, "stale_after": "9 weeks"}


CONFIG = """
store: store
agreement: agreement.yaml
sources: {leads: {path: leads.csv}, touches: {path: touches.csv}}
outcome: {from: lead_columns, won: [won], lost: [lost]}
stale_after: {touches: 2 business days}
"""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{toches: 2 days}", "touches"),
        ("{touches: soon}", '"3 days", "12 hours" or "2 business days"'),
        ("{touches: 0 days}", '"3 days", "12 hours" or "2 business days"'),
        ("{events: 2 days}", "stale_after names events, but sources must have events"),
    ],
)
def test_wrong_lines_are_said_with_what_to_write(tmp_path: Path, wrong: str, said: str) -> None:
    path = tmp_path / "leadq.yaml"
    path.write_text(CONFIG)
    assert read_config(path).stale_after.items() == [("touches", "2 business days")]
    path.write_text(CONFIG.replace("{touches: 2 business days}", wrong))
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert said in str(caught.value)
