"""A lead that is known is not lost for a wrong date, nothing becomes known too early, and what it costs is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.landmarks import tonight_points, training_points
from tests.crm.reading.conftest import READ_AT, SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
CONFIG = """
%s
sources:
  leads: {path: leads.csv}
outcome: {from: lead_columns, won: [won], lost: [lost]}
"""
LEADS = 180


def _write(sources: SourceFolder, closing: Callable[[int, str, datetime], str], header: str = "closed_at") -> None:
    rows = [f"lead_id,created_at,{header},status"]
    for place in range(LEADS):
        status = ("won", "lost", "open")[place % 3]
        created = datetime(2024, 1 + place % 5, 1 + place % 28, 15, 30, tzinfo=UTC)
        rows.append(f"L{place:03d},{created:%Y-%m-%dT%H:%M:%SZ},{closing(place, status, created)},{status}")
    sources.write("leads.csv", "\n".join(rows) + "\n")


def _usual(place: int, status: str, created: datetime) -> str:
    return "" if status == "open" else f"{created.replace(month=6):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("wrong", [1, 20, 100])
def test_closed_before_created_keeps_every_lead_and_its_outcome(
    sources: SourceFolder, rows_of: RowsOf, wrong: int
) -> None:
    """Also where it is every second one: a remedy that loses them would lose wins for ever."""

    def closing(place: int, status: str, created: datetime) -> str:
        return "2023-11-05T09:00:00Z" if place < wrong and status != "open" else _usual(place, status, created)

    _write(sources, closing)
    history = sources.read(CONFIG % "")
    assert history.counts["leads"].rejected == 0
    created = {row["lead_id"]: row["created_at"] for row in rows_of(history, "leads")}
    outcomes = {row["lead_id"]: row for row in rows_of(history, "outcomes")}
    assert len(outcomes) == LEADS * 2 // 3
    for place in range(LEADS):
        if (lead := f"L{place:03d}") in outcomes:
            assert outcomes[lead]["outcome"] == ("won", "lost")[place % 3]
            assert (outcomes[lead]["occurred_at"] == created[lead]) == (place < wrong)
    (note,) = [note for note in read_notes(history.folder) if "before created_at" in note]
    assert "row 2: 2023-11-05 09:00" in note
    assert ("Probably" in note) == (wrong > 1)


@pytest.mark.parametrize(
    ("closing", "cause"),
    [
        (lambda created: f"{created.replace(hour=9):%Y-%m-%dT%H:%M:%SZ}", "two time zones"),
        (lambda created: f"{created.replace(hour=0, minute=0):%Y-%m-%dT%H:%M:%SZ}", "is written in days"),
        (lambda created: "2021-11-05T09:00:00Z", "not when leads were created"),
    ],
)
def test_a_likely_cause_is_named(sources: SourceFolder, closing: Callable[[datetime], str], cause: str) -> None:
    _write(sources, lambda place, status, created: "" if status == "open" else closing(created))
    history = sources.read(CONFIG % "")
    assert any(cause in note for note in read_notes(history.folder))


def test_a_lead_closed_when_created_is_never_looked_at_and_teaches_nothing(sources: SourceFolder) -> None:
    """No look after its close, at no age and at no hand-off, so its label cannot leak."""
    _write(sources, lambda place, status, created: "" if status == "open" else "2023-11-05T09:00:00Z")
    history = sources.read(CONFIG % "")
    with open_engine() as engine:
        tables = open_tables(engine, history)
        learnt = training_points(tables, (0.0, 1 / 24, 1.0, 7.0)).lead_id.to_pyarrow().to_pylist()
        tonight = tonight_points(tables, microseconds(READ_AT)).lead_id.to_pyarrow().to_pylist()
    still_open = {f"L{place:03d}" for place in range(LEADS) if place % 3 == 2}
    assert set(learnt) == set(tonight) == still_open


@pytest.mark.parametrize("plan", ["2027-01-15T00:00:00Z", "2021-01-15T00:00:00Z", "TBD", "next quarter"])
def test_the_plan_of_an_open_lead_is_no_matter_however_it_is_written(
    sources: SourceFolder, rows_of: RowsOf, plan: str
) -> None:
    _write(sources, lambda place, status, created: plan if status == "open" else _usual(place, status, created))
    history = sources.read(CONFIG % "")
    assert history.counts["leads"].rejected == 0
    assert {row["closed_at"] is None for row in rows_of(history, "leads") if row["status"] == "open"} == {True}
    assert len(rows_of(history, "outcomes")) == LEADS * 2 // 3


def test_a_win_that_closes_in_the_future_is_a_win_now_while_few_do(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(
        sources,
        lambda place, status, created: "2031-01-15T00:00:00Z" if place == 3 else _usual(place, status, created),
    )
    history = sources.read(CONFIG % "")
    assert history.counts["leads"].rejected == 0
    (late,) = [row for row in rows_of(history, "outcomes") if row["lead_id"] == "L003"]
    assert (late["outcome"], late["occurred_at"]) == ("won", READ_AT)
    assert any("row 5: 2031-01-15" in note and "after the data was read" in note for note in read_notes(history.folder))


def test_many_wins_in_the_future_are_refused_and_the_remedies_lose_none(sources: SourceFolder, rows_of: RowsOf) -> None:
    def closing(place: int, status: str, created: datetime) -> str:
        plan = "2031-01-15T00:00:00Z" if status == "won" else _usual(place, status, created)
        return f"{plan},{_usual(place, status, created)}"

    _write(sources, closing, "closed_at,actually_closed")
    (problem,) = sources.problems(CONFIG % "")
    assert "closed_at lies after the data was read" in problem.rule
    assert "without these rows" not in problem.remedy
    assert "count as closed when the data was read" in problem.remedy
    for config in (
        CONFIG % "rejected_share: 0.5",
        (CONFIG % "").replace("leads.csv", "leads.csv, columns: {closed_at: actually_closed}"),
    ):
        history = sources.read(config)
        assert history.counts["leads"].rejected == 0
        assert len(rows_of(history, "outcomes")) == LEADS * 2 // 3


def test_a_hand_off_that_cannot_be_read_loses_no_lead(sources: SourceFolder, rows_of: RowsOf) -> None:
    _write(
        sources,
        lambda place, status, created: f"{_usual(place, status, created)},{'soon' if place == 4 else ''}",
        "closed_at,handed_off_at",
    )
    history = sources.read(CONFIG % "")
    assert history.counts["leads"].rejected == 0
    assert {row["handed_off_at"] for row in rows_of(history, "leads")} == {None}


@pytest.mark.parametrize(("created", "offered"), [("won", False), ("all", True)])
def test_a_higher_rejected_share_is_offered_only_where_it_loses_no_outcome_more_than_others(
    sources: SourceFolder, created: str, *, offered: bool
) -> None:
    _write(sources, _usual)
    lines = (sources.path / "leads.csv").read_text().splitlines()
    wrong = [
        n
        for n, line in enumerate(lines)
        if n and (n % 10 == 1 if created == "all" else line.endswith(",won") and n % 2)
    ]
    for n in wrong:
        lead, _, *rest = lines[n].split(",")
        lines[n] = ",".join([lead, "2031-01-01T00:00:00Z", *rest])
    sources.write("leads.csv", "\n".join(lines) + "\n")
    (problem,) = [one for one in sources.problems(CONFIG % "") if "created_at lies after" in one.rule]
    assert ("Or raise rejected_share" in problem.remedy) is offered
    assert ("50.0% of your wins" in problem.remedy) is not offered
