from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadq.crm.contract.history import History
from tests.crm.reading.conftest import SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
CONFIG = """
sources:
  leads: {path: leads.csv}
  events: {path: events.csv}
  touches: {path: touches.csv}
  field_history: {path: changes.csv}
  lead_aliases: {path: merged.csv}
outcome: {from: event_kinds, won: [signed], lost: [declined]}
"""


def _write(sources: SourceFolder, merged: str) -> None:
    sources.write(
        "leads.csv", "lead_id,created_at,title\nA,2024-01-01,x\nB,2024-01-01,x\nC,2024-01-01,x\nD,2024-01-01,x\n"
    )
    sources.write(
        "events.csv",
        "lead_id,occurred_at,kind\nA,2024-01-02T00:00:00Z,visit\nB,2024-01-03T00:00:00Z,signed\nC,2024-06-05T00:00:00Z,visit\n",
    )
    sources.write("touches.csv", "lead_id,occurred_at\nA,2024-01-02T00:00:00Z\n")
    sources.write("changes.csv", "entity,entity_id,field,changed_at,old_value,new_value\nlead,A,title,2024-02-01,,x\n")
    sources.write("merged.csv", "old_lead_id,lead_id,merged_at\n" + merged)


def test_chains_are_followed_and_known_from_the_last_merge(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources, "A,B,2024-03-01T00:00:00Z\nB,C,2024-05-01T00:00:00Z\n")
    history = sources.read(CONFIG)
    events = [(row["lead_id"], row["known_at"].date().isoformat(), row["kind"]) for row in rows_of(history, "events")]
    assert events == [("C", "2024-05-01", "visit"), ("C", "2024-05-01", "signed"), ("C", "2024-06-05", "visit")]
    assert [row["lead_id"] for row in rows_of(history, "leads")] == ["C", "D"]
    assert [row["lead_id"] for row in rows_of(history, "touches")] == ["C"]
    assert [row["entity_id"] for row in rows_of(history, "field_history")] == ["C"]
    assert [(row["lead_id"], row["outcome"]) for row in rows_of(history, "outcomes")] == [("C", "won")]
    count = history.counts["leads"]
    assert (count.read, count.used, count.rejected) == (4, 4, 0)


def test_a_merge_without_a_time_is_known_from_the_reading_on(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources, "A,C,\n")
    history = sources.read(CONFIG)
    moved = [row for row in rows_of(history, "events") if row["kind"] == "visit" and row["occurred_at"].month == 1]
    assert [(row["lead_id"], row["known_at"]) for row in moved] == [("C", history.read_at)]


def test_circles_are_refused(sources: SourceFolder) -> None:
    _write(sources, "A,B,\nB,C,\nC,A,\n")
    assert any("circle" in problem.rule for problem in sources.problems(CONFIG))


def test_two_survivors_are_refused(sources: SourceFolder) -> None:
    _write(sources, "A,B,\nA,C,\n")
    assert any("into one lead" in problem.rule for problem in sources.problems(CONFIG))


def test_an_unknown_survivor_is_a_rejected_row(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(sources, "A,Z,\n")
    assert any("merges into a lead that is not in leads" in problem.rule for problem in sources.problems(CONFIG))
    _write(sources, "A,Z,\nB,C,\n")
    history = sources.read("rejected_share: 0.5\n" + CONFIG)
    assert [(row["table"], row["key"]) for row in rows_of(history, "rejected")] == [("lead_aliases", "A")]
    assert [row["lead_id"] for row in rows_of(history, "leads")] == ["A", "C", "D"]
