from __future__ import annotations

import gzip
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_notes
from leadq.foundation.problems import StoreError
from tests.crm.reading.conftest import LEADS, SIMPLE, SourceFolder, lead_rows

RowsOf = Callable[[History, str], list[dict[str, Any]]]
WITH_EVENTS = SIMPLE.replace("sources:", "sources:\n  events: {path: events.csv}")


def _one(problems: tuple[Any, ...], part: str) -> Any:
    found = [problem for problem in problems if part in str(problem)]
    assert len(found) == 1, [str(problem) for problem in problems]
    return found[0]


def test_missing_files_and_columns_are_all_named(sources: SourceFolder) -> None:
    sources.write("leads.csv", "lead_id,created,closed_at,status\nL1,2024-01-01,,open\n")
    problems = sources.problems(WITH_EVENTS)
    assert _one(problems, "must exist").where.endswith("events.csv")
    assert "Did you mean created?" in _one(problems, "created_at must be a column").remedy


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "must not be empty"),
        (gzip.compress(b"", mtime=0), "must not be empty"),
        (LEADS.encode(), "must have rows"),
        (LEADS.encode() + b"L1,2024-01-01,,open\nL2,2024-01-01,,\xc3\xa9t\xc3\xa9 \xe9\n", "must be text in UTF-8"),
        (gzip.compress(lead_rows(500).encode(), mtime=0)[:-40], "must be readable"),
    ],
)
def test_files_that_cannot_be_read(sources: SourceFolder, content: bytes, rule: str) -> None:
    sources.write("leads.csv", content)
    assert rule in str(_one(sources.problems(SIMPLE), "leads.csv"))


def test_unknown_format_and_damaged_parquet(sources: SourceFolder) -> None:
    sources.write("leads.xlsx", "nonsense")
    assert "format: csv" in sources.problems(SIMPLE.replace("leads.csv", "leads.xlsx"))[0].remedy
    sources.write("leads.parquet", "nonsense")
    problem = sources.problems(SIMPLE.replace("leads.csv", "leads.parquet"))[0]
    assert problem.rule == "must be a Parquet file as its name says"


def test_an_empty_parquet_table_is_no_broken_export(sources: SourceFolder, rows_of: RowsOf) -> None:
    """A CRM's extract has all tables, also those that nothing stands in yet; leads are the exception."""
    sources.write("leads.csv", lead_rows(30))
    for table in TABLES:
        pq.write_table(TABLES[table].empty_table(), sources.path / f"{table}.parquet")
    others = [table for table in TABLES if table not in ("leads", "opportunities")]
    listed = "".join(f"\n  {table}: {{path: {table}.parquet}}" for table in others)
    history = sources.read(SIMPLE.replace("sources:", f"sources:{listed}"))
    assert all(rows_of(history, table) == [] for table in others)
    problem = _one(sources.problems(SIMPLE.replace("leads.csv", "leads.parquet")), "must have rows")
    assert problem.where.endswith("leads.parquet")


def test_a_column_of_the_wrong_type(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(30))
    sources.write("accounts.csv", "account_id,employees\n" + "".join(f"A{i},many\n" for i in range(9)))
    problem = _one(
        sources.problems(SIMPLE.replace("sources:", "sources:\n  accounts: {path: accounts.csv}")), "employees"
    )
    assert problem.count == 9
    assert problem.examples[0] == "row 2: 'many'"
    assert len(problem.examples) == 5


def test_unparsable_dates_are_rejected_while_few(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", lead_rows(300).replace("L0007,2024-01-08T10:00:00Z", "L0007,2024-02-31T10:00:00Z"))
    history = sources.read(SIMPLE)
    assert history.counts["leads"].rejected == 1
    assert rows_of(history, "rejected") == [
        {"table": "leads", "row": 9, "key": "L0007", "reason": "created_at cannot be read as a time"}
    ]
    assert len(rows_of(history, "leads")) == 299


def test_unparsable_dates_stop_when_many(sources: SourceFolder) -> None:
    written = lead_rows(100).replace("2024-01-08T10:00:00Z", "8th of January 10:00:00Z")
    sources.write("leads.csv", written)
    problem = _one(sources.problems(SIMPLE), "created_at cannot be read as a time")
    assert problem.count == 4
    assert problem.examples[0] == "row 9 (L0007): '8th of January 10:00:00Z'"
    assert "correct these where they come from, or leave them empty" in problem.remedy
    for followed in ("2024-01-08T10:00:00Z", ""):
        sources.write("leads.csv", written.replace("8th of January 10:00:00Z", followed))
        assert sources.read(SIMPLE).counts["leads"].used == 100


@pytest.mark.parametrize(
    "written", ["%d|%Y|%m", "%m %d %Y", "day %d, month %m, year %Y", "%Y%d%m", "%H:%M on %d-%Y-%m"]
)
def test_the_line_offered_for_times_of_no_known_writing_reads_them(sources: SourceFolder, written: str) -> None:
    days = [datetime(2024, 1, 1 + place % 28, 10, tzinfo=UTC).strftime(written) for place in range(60)]
    rows = lead_rows(60).splitlines()[1:]
    changed = [re.sub(",[^,]+", f',"{day}"', row, count=1) for row, day in zip(rows, days, strict=True)]
    sources.write("leads.csv", LEADS + "\n".join(changed) + "\n")
    remedy = _one(sources.problems(SIMPLE + "time_zone: UTC\n"), "created_at cannot be read as a time").remedy
    assert "rejected_share" not in remedy
    line = re.search(r"read: (\{.*?\})(?: or |\.$)", remedy)
    assert line is not None, remedy
    read = SIMPLE.replace("path: leads.csv", f"path: leads.csv, read: {line[1]}") + "time_zone: UTC\n"
    found = pq.read_table(sources.read(read).path("leads"))["created_at"].to_pylist()
    assert sorted(day.date() for day in found) == sorted(date(2024, 1, 1 + place % 28) for place in range(60))


@pytest.mark.parametrize(
    ("day", "said"),
    [("1.70474E+12", "A spreadsheet has shortened"), ("令和6年1月1日", "No format reads them"), ("soon", "No format")],
)
def test_times_that_nothing_reads_are_to_be_written_anew(sources: SourceFolder, day: str, said: str) -> None:
    sources.write("leads.csv", re.sub(",2024-01-[^,]+", f",{day}", lead_rows(60)))
    remedy = _one(sources.problems(SIMPLE), "created_at cannot be read as a time").remedy
    assert said in remedy
    assert "read:" not in remedy
    assert "rejected_share" not in remedy


def test_naive_times_need_a_zone(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", lead_rows(9).replace("Z", ""))
    problems = sources.problems(SIMPLE)
    assert {problem.where.split()[-1] for problem in problems} == {"created_at", "closed_at"}
    assert all("naive time zone" in problem.rule for problem in problems)
    history = sources.read("time_zone: Europe/Amsterdam\n" + SIMPLE)
    assert rows_of(history, "leads")[0]["created_at"].isoformat() == "2024-01-01T09:00:00+00:00"


def test_a_duplicate_id_with_another_content_stops(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(300) + "L0004,2024-01-05T10:00:00Z,,open\n")
    problem = _one(sources.problems(SIMPLE), "an id must be unique")
    assert problem.examples == ("'L0004' in rows 6, 302",)


def test_a_row_twice_is_counted_once(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(300) + lead_rows(1).splitlines()[1] + "\n")
    count = sources.read(SIMPLE).counts["leads"]
    assert (count.read, count.used, count.rejected) == (301, 300, 1)


def test_orphans(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", lead_rows(30))
    events = "lead_id,occurred_at,kind\n" + "".join(f"L{i % 30:04d},2024-02-01,visit\n" for i in range(200))
    sources.write("events.csv", events + "GONE,2024-02-01,visit\n")
    history = sources.read(WITH_EVENTS)
    assert history.counts["events"].rejected == 1
    assert rows_of(history, "rejected")[0]["reason"] == "lead_id names no lead that is in leads"
    sources.write("events.csv", events + "GONE,2024-02-01,visit\n" * 9)
    (sources.path / "history").rename(sources.path / "older")
    assert "lead_aliases" in _one(sources.problems(WITH_EVENTS), "names no lead").remedy


def test_unknown_outcome_words(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(30).replace(",open", ",Wonn"))
    problem = _one(sources.problems(SIMPLE), "won, lost or open")
    assert problem.count == 10
    assert problem.examples == ("'Wonn': 10 rows",)
    assert "Did you mean won?" in problem.remedy


def test_future_dates(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(300).replace("L0007,2024-01", "L0007,2031-01"))
    assert sources.read(SIMPLE).counts["leads"].rejected == 1
    (sources.path / "history").rename(sources.path / "older")
    sources.write("leads.csv", lead_rows(300).replace(",2024-01", ",2031-01"))
    assert "lies after the data was read" in _one(sources.problems(SIMPLE), "created_at").rule


@pytest.mark.parametrize("reading", [1, 2])
def test_closed_before_created_and_won_without_a_time(sources: SourceFolder, rows_of: RowsOf, reading: int) -> None:
    """The first reading lost a lead for a wrong date."""
    bad = "X1,2024-03-01T00:00:00Z,2024-02-01T00:00:00Z,won\nX2,2024-03-01T00:00:00Z,,won\n"
    sources.write("leads.csv", lead_rows(300) + bad)
    history = sources.read(f"reading: {reading}\n{SIMPLE}")
    lost = {"X2": "won or lost without closed_at"} | ({"X1": "closed before it was created"} if reading == 1 else {})
    assert {row["key"]: row["reason"] for row in rows_of(history, "rejected")} == lost


def test_lines_that_are_no_rows(sources: SourceFolder, rows_of: RowsOf) -> None:
    lines = lead_rows(300).splitlines()
    lines[5] = "L0004,too few"
    lines[9] = lines[9].replace("2024", "x")
    sources.write("leads.csv", "\n".join(lines) + "\n")
    history = sources.read(SIMPLE)
    assert [(row["row"], row["reason"][:9]) for row in rows_of(history, "rejected")] == [
        (6, "is no row"),
        (10, "created_a"),
    ]
    assert (history.counts["leads"].read, history.counts["leads"].used) == (300, 298)


def test_a_lead_without_a_date_is_kept(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", lead_rows(3) + "L9,,,open\n")
    history = sources.read(SIMPLE)
    assert [row["created_at"] for row in rows_of(history, "leads") if row["lead_id"] == "L9"] == [None]
    assert history.counts["leads"].used == 4


def test_a_failed_reading_keeps_the_last_one(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(30))
    before = sources.read(SIMPLE)
    files = {path.name: path.read_bytes() for path in before.folder.iterdir()}
    sources.write("leads.csv", "")
    with pytest.raises(Exception, match="must not be empty"):
        sources.read(SIMPLE)
    assert {path.name: path.read_bytes() for path in before.folder.iterdir()} == files


def test_a_full_disk_keeps_the_last_one(sources: SourceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    sources.write("leads.csv", lead_rows(30))
    before = sources.read(SIMPLE)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("leadq.crm.reading.history_files.write_table", full)
    with pytest.raises(StoreError, match="No space left"):
        sources.read(SIMPLE)
    assert sorted(path.name for path in sources.path.iterdir()) == ["history", "leadq.yaml", "leads.csv"]
    assert read_notes(before.folder) == ()


def test_a_killed_reading_leaves_the_last_one_and_runs_again(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(30))
    before = sources.read(SIMPLE).sha256
    code = (
        "import os, signal, sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from leadq.crm.config.leadq_yaml import read_config; from leadq.crm.reading.ingest import read_history\n"
        "def die(words):\n    if words.startswith('writing'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder = Path(sys.argv[1])\n"
        "read_history(read_config(folder / 'leadq.yaml'), folder=folder / 'history', "
        "read_at=datetime(2024, 7, 1, tzinfo=UTC), progress=die)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(sources.path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (sources.path / "history.partial").exists()
    assert sources.read(SIMPLE).sha256 == before
    assert not (sources.path / "history.partial").exists()


def test_a_date_that_only_open_leads_have_is_none_of_the_closed_ones(sources: SourceFolder) -> None:
    rows = [row + (",2024-02-01" if row.endswith("open") else ",") for row in lead_rows(60).splitlines()[1:]]
    undated = [row.replace("2024-03-05T09:00:00Z", "") for row in rows]
    sources.write("leads.csv", LEADS.strip() + ",changed\n" + "\n".join(undated) + "\n")
    problem = _one(sources.problems(SIMPLE), "closed_at")
    assert "changed" not in problem.remedy
