from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from tests.crm.reading.conftest import SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
OPPORTUNITIES = """
sources:
  leads: {path: leads.csv}
  opportunities: {path: opportunities.csv}
outcome: {from: opportunities, won: [Closed Won], lost: [Closed Lost], open: ["*"], credit_within_days: 90}
"""
EVENTS = """
sources:
  leads: {path: leads.csv}
  events: {path: events.csv}
outcome: {from: event_kinds, won: [signed], lost: [declined, cancelled_*]}
"""


def _states(history: History, rows_of: RowsOf, lead: str) -> list[tuple[str, str]]:
    rows = [row for row in rows_of(history, "outcomes") if row["lead_id"] == lead]
    return [(row["occurred_at"].date().isoformat(), row["outcome"]) for row in rows]


def _read(sources: SourceFolder, opportunities: str, *, leads: str = "") -> History:
    sources.write(
        "leads.csv",
        leads or "lead_id,created_at,account_id,closed_at\nL1,2024-01-01,A,\nL2,2024-02-01,A,\nL3,2024-01-01,B,\n",
    )
    sources.write(
        "opportunities.csv", "opportunity_id,lead_id,account_id,created_at,closed_at,outcome\n" + opportunities
    )
    return sources.read(OPPORTUNITIES)


def test_lost_only_when_no_other_is_open(sources: SourceFolder, rows_of: RowsOf) -> None:
    history = _read(
        sources,
        "O1,L1,,2024-01-05,2024-02-05,Closed Lost\nO2,L1,,2024-01-20,2024-03-01,Closed Lost\n"
        "O3,L3,,2024-01-05,2024-02-05,Closed Lost\nO4,L3,,2024-01-20,,Negotiation\n",
    )
    assert _states(history, rows_of, "L1") == [("2024-03-01", "lost")]
    assert _states(history, rows_of, "L3") == []


def test_reopened_then_won(sources: SourceFolder, rows_of: RowsOf) -> None:
    history = _read(sources, "O1,L1,,2024-01-05,2024-02-05,Closed Lost\nO2,L1,,2024-03-01,2024-04-01,Closed Won\n")
    assert _states(history, rows_of, "L1") == [
        ("2024-02-05", "lost"),
        ("2024-03-01", "reopened"),
        ("2024-04-01", "won"),
    ]


def test_any_win_counts_and_a_loss_after_it_changes_nothing(sources: SourceFolder, rows_of: RowsOf) -> None:
    history = _read(
        sources,
        "O1,L1,,2024-01-05,2024-02-05,Closed Won\nO2,L1,,2024-01-06,2024-02-07,Closed Lost\n"
        "O3,L1,,2024-01-06,2024-02-09,Closed Won\n",
    )
    assert _states(history, rows_of, "L1") == [("2024-02-05", "won"), ("2024-02-09", "won")]


def test_an_accounts_opportunity_goes_to_its_latest_lead_before(sources: SourceFolder, rows_of: RowsOf) -> None:
    history = _read(
        sources,
        "O1,,A,2024-03-01,2024-03-09,Closed Won\nO2,,A,2024-01-15,2024-01-20,Closed Lost\n"
        "O3,,B,2024-06-01,2024-06-09,Closed Won\nO4,,C,2024-02-01,,Negotiation\n",
    )
    assert _states(history, rows_of, "L2") == [("2024-03-09", "won")]
    assert _states(history, rows_of, "L1") == [("2024-01-20", "lost")]
    assert _states(history, rows_of, "L3") == []
    assert any("2 opportunities (1 won) are unattributed" in note for note in read_notes(history.folder))
    assert history.counts["opportunities"].used == 4


def test_a_lead_closed_without_a_win_is_lost(sources: SourceFolder, rows_of: RowsOf) -> None:
    leads = "lead_id,created_at,account_id,closed_at\nL1,2024-01-01,,2024-02-01\nL2,2024-01-01,,2024-02-01\nL3,2024-01-01,,\n"
    history = _read(sources, "O1,L2,,2024-01-05,2024-03-05,Closed Won\n", leads=leads)
    assert _states(history, rows_of, "L1") == [("2024-02-01", "lost")]
    assert _states(history, rows_of, "L2") == [("2024-03-05", "won")]


def test_a_planned_closing_date_of_an_open_one_is_no_fact(sources: SourceFolder, rows_of: RowsOf) -> None:
    history = _read(sources, "O1,L1,,2024-01-05,2031-01-01,Negotiation\n")
    assert [row["closed_at"] for row in rows_of(history, "opportunities")] == [None]
    assert history.counts["opportunities"].rejected == 0


def test_event_kinds_keep_a_win_after_a_loss(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", "lead_id,created_at\nL1,2024-01-01\nL2,2024-01-01\n")
    sources.write(
        "events.csv",
        "lead_id,occurred_at,kind\nL1,2024-01-02T00:00:00Z,visit\nL1,2024-01-03T00:00:00Z,declined\n"
        "L1,2024-01-04T00:00:00Z,cancelled_late\nL1,2024-01-05T00:00:00Z,signed\n",
    )
    history = sources.read(EVENTS)
    assert _states(history, rows_of, "L1") == [("2024-01-03", "lost"), ("2024-01-05", "won")]
    assert len(rows_of(history, "events")) == 4
    assert history.outcome_kinds == ("signed", "declined", "cancelled_late")


def test_event_kinds_that_never_occur_are_a_problem(sources: SourceFolder) -> None:
    sources.write("leads.csv", "lead_id,created_at\nL1,2024-01-01\n")
    sources.write("events.csv", "lead_id,occurred_at,kind\nL1,2024-01-02T00:00:00Z,visit\n")
    assert "Use kinds that occur in the data: visit" in sources.problems(EVENTS)[0].remedy
