"""Mail that a sequence sends under a rep's name is no touch: marked, counted and said; calls, and what a person wrote, stay touches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadq.crm.contract.crm_tables import TOUCHES
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.labels import first_worked
from leadq.features.landmarks import handoffs
from tests.crm.reading.conftest import SIMPLE, SourceFolder, lead_rows

RowsOf = Callable[[History, str], list[dict[str, Any]]]
PLAIN = SIMPLE.replace("sources:", "sources:\n  touches: {path: touches.csv}")
SUBJECT = SIMPLE.replace("sources:", "sources:\n  touches: {path: touches.csv, columns: {message: Subject}}")
SENT = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


def _touches(
    sources: SourceFolder,
    *,
    minutes: float = 2.0,
    kind: str = "email",
    leads: int = 12,
    subject: str = "Our offer",
    auto: str = "",
) -> None:
    """One message of one rep to ``leads`` leads, and to others five calls and four mails of their own."""
    sources.write("leads.csv", lead_rows(60))
    rows = [(f"L{n:04d}", SENT + n * timedelta(minutes=minutes), kind, "ann", subject, auto) for n in range(leads)]
    rows += [
        (f"L{n:04d}", SENT + n * timedelta(hours=3, seconds=7), "call", "ann", "Call", "no") for n in range(30, 35)
    ]
    rows += [
        (f"L{n:04d}", SENT + n * timedelta(minutes=9, seconds=11), "email", "ben", f"To {n}", "no")
        for n in range(40, 44)
    ]
    lines = [
        f"{lead},{at:%Y-%m-%dT%H:%M:%SZ},{what},out,{rep},{text},{auto}" for lead, at, what, rep, text, auto in rows
    ]
    sources.write("touches.csv", "lead_id,occurred_at,kind,direction,rep,Subject,Automatic\n" + "\n".join(lines) + "\n")


def _marked(rows: list[dict[str, Any]]) -> set[str]:
    return {row["lead_id"] for row in rows if row["automatic"]}


def _worked(history: History) -> tuple[set[str], set[str]]:
    """Leads that sales worked, and leads with a hand-off."""
    with open_engine(threads=1) as backend:
        tables = open_tables(backend, history)
        found = [one.to_pyarrow()["lead_id"].to_pylist() for one in (first_worked(tables), handoffs(tables, 2**60))]
        assert tables.touches.count().to_pyarrow().as_py() == history.counts["touches"].used
    return set(found[0]), set(found[1])


def test_one_text_to_many_leads_within_an_hour_is_no_touch(sources: SourceFolder, rows_of: RowsOf) -> None:
    _touches(sources)
    history = sources.read(SUBJECT)
    bulk = {f"L{n:04d}" for n in range(12)}
    assert _marked(rows_of(history, "touches")) == bulk
    assert history.counts["touches"].used == 21  # none is dropped
    assert (note := next(one for one in read_notes(history.folder) if one.startswith("touches: 12 of 21")))
    assert "12 as one message to 10 or more leads within an hour" in note
    assert "9 of people are left" in note
    assert all(b"Our offer" not in file.read_bytes() for file in history.folder.glob("*.parquet"))
    others = {f"L{n:04d}" for n in (*range(30, 35), *range(40, 44))}
    assert _worked(history) == (others, others)


@pytest.mark.parametrize(
    "given",
    [{"leads": 9}, {"minutes": 20}, {"kind": "call"}, {"kind": "Meeting"}, {"subject": ""}],
    ids=["to few", "over hours", "calls", "meetings", "no text"],
)
def test_what_people_do_stays_a_touch(sources: SourceFolder, rows_of: RowsOf, given: dict[str, Any]) -> None:
    _touches(sources, **given)
    history = sources.read(SUBJECT)
    assert _marked(rows_of(history, "touches")) == set()


def test_how_many_are_many_can_be_said(sources: SourceFolder, rows_of: RowsOf) -> None:
    _touches(sources, leads=5)
    history = sources.read(SUBJECT.replace("{path: touches.csv,", "{path: touches.csv, bulk: 5,"))
    assert len(_marked(rows_of(history, "touches"))) == 5


def test_a_mapped_flag_says_it(sources: SourceFolder, rows_of: RowsOf) -> None:
    _touches(sources, minutes=90, auto="Yes")
    config = PLAIN.replace("touches.csv}", "touches.csv, columns: {automatic: Automatic}}")
    history = sources.read(config)
    assert len(_marked(rows_of(history, "touches"))) == 12
    assert any("12 by the mapped column, 0 as" in note for note in read_notes(history.folder))


@pytest.mark.parametrize("word", ["Cadence", "it's", 'a ""word""', "yes: always #1", "NULL-ish}"])
def test_a_word_that_is_no_yes_and_no_no_is_mapped_by_the_printed_line(
    sources: SourceFolder, rows_of: RowsOf, word: str
) -> None:
    _touches(sources, minutes=90, auto=f'"{word}"')
    config = PLAIN.replace("touches.csv}", "touches.csv, columns: {automatic: Automatic}}")
    (problem,) = sources.problems(config)
    assert problem.rule == "must say yes or no"
    line = problem.remedy.partition("leadq.yaml: ")[2].partition(', the others to "no"')[0]
    again = sources.read(config.replace("touches.csv,", f"touches.csv, {line},"))
    assert len(_marked(rows_of(again, "touches"))) == 12


def test_bursts_are_named_and_the_printed_line_settles_them(sources: SourceFolder, rows_of: RowsOf) -> None:
    _touches(sources, minutes=0)
    history = sources.read(PLAIN)
    assert "automatic" not in rows_of(history, "touches")[0]
    (note,) = [one for one in read_notes(history.folder) if "look like bulk mail" in one]
    assert note.startswith("touches: 12 of 21 touches look like bulk mail")
    line = note.partition("leadq.yaml: ")[2].partition(";")[0]
    again = sources.read(PLAIN.replace("touches.csv}", f"touches.csv, {line}}}"))
    assert len(_marked(rows_of(again, "touches"))) == 12
    assert _worked(again)[0] == {f"L{n:04d}" for n in (*range(30, 35), *range(40, 44))}


def test_touches_by_the_day_are_no_bursts(sources: SourceFolder, rows_of: RowsOf) -> None:
    _touches(sources, minutes=0)
    text = (sources.path / "touches.csv").read_text()
    days = "\n".join(
        ",".join([line.split(",")[0], line.split(",")[1][:10], *line.split(",")[2:]]) for line in text.splitlines()
    )
    sources.write("touches.csv", days.replace("lead_id,occurred_a,", "lead_id,occurred_at,") + "\n")
    assert not any("bulk" in note for note in read_notes(sources.read(PLAIN).folder))


def test_an_old_mapping_reads_the_same_bytes(sources: SourceFolder, rows_of: RowsOf) -> None:
    """A file's own columns of these names are not taken for ours: they were there before, and were not read."""
    _touches(sources)
    text = (sources.path / "touches.csv").read_text()
    before = sources.read(PLAIN)
    sources.write("touches.csv", text.replace("Subject,Automatic", "message,automatic"))
    after = sources.read(PLAIN)
    assert before.sha256 == after.sha256
    assert list(rows_of(after, "touches")[0]) == TOUCHES.names
