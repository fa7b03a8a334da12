from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.crm_tables import LATER_TABLES, OUTCOMES, REJECTED, TABLES
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import read_history, read_notes
from leadq.crm.reading.proposal.mapping_proposal import propose_mapping
from tests.crm.reading.conftest import READ_AT, SIMPLE, SourceFolder, lead_rows

RowsOf = Callable[[History, str], list[dict[str, Any]]]


def _as_dicts(text: str) -> list[dict[str, str | None]]:
    header, *lines = [line.split(",") for line in text.strip().splitlines()]
    return [dict(zip(header, [cell or None for cell in line], strict=True)) for line in lines]


def test_every_format_gives_the_same_bytes(sources: SourceFolder) -> None:
    text = lead_rows(40)
    rows = _as_dicts(text)
    semicolons = "\ufeff" + text.replace(",", ";")
    json_lines = "".join(json.dumps(row) + "\n" for row in rows)
    table = pa.Table.from_pylist(rows)
    times = {
        name: pa.array([_moment(row[name]) for row in rows], pa.timestamp("ms", tz="UTC"))
        for name in ("created_at", "closed_at")
    }
    for name, values in times.items():
        table = table.set_column(table.column_names.index(name), name, values)
    pq.write_table(table, sources.path / "leads.parquet")
    sources.write("leads.csv", text)
    sources.write("leads.csv.gz", gzip.compress(text.encode()))
    sources.write("semicolons.csv", semicolons)
    sources.write("wide.txt", text.replace(",", "|").encode("utf-16"))
    sources.write("leads.jsonl", json_lines)
    sources.write("leads.jsonl.gz", gzip.compress(json_lines.encode()))
    sources.write("shuffled.csv", _shuffled(text))
    found = {}
    for name in ("leads.csv", "leads.csv.gz", "semicolons.csv", "wide.txt, encoding: utf-16", "leads.jsonl",
                 "leads.jsonl.gz", "leads.parquet", "shuffled.csv"):  # fmt: skip
        found[name] = sources.read(SIMPLE.replace("leads.csv", name)).sha256
    assert len(set(found.values())) == 1, found


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _shuffled(text: str) -> str:
    header, *lines = text.splitlines()
    random.Random(3).shuffle(lines)
    return "\n".join([header, *lines]) + "\n"


def test_threads_do_not_change_the_bytes(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(3000))
    assert sources.read(SIMPLE, threads=1).sha256 == sources.read(SIMPLE, threads=4).sha256


def test_tables_have_the_contracts_schema(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(9))
    history = sources.read(SIMPLE)
    for table, schema in {**TABLES, "outcomes": OUTCOMES, "rejected": REJECTED}.items():
        if table in LATER_TABLES:  # a history of sources without them stays the same to the last byte
            assert not history.has(table)
            assert history.rows(table).schema == schema
            continue
        assert pq.read_schema(history.path(table)).remove_metadata() == schema


def test_values_joins_and_filters(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write(
        "deals.csv",
        "Deal,Start,Article,State,Country\nD1,2024-01-01,GTXPro,live,X\nD2,2024-01-01,GTX Basic,live,NL\nD3,2024-01-01,MG,dead_1,NL\n",
    )
    sources.write("articles.csv", "name,series,line\nGTX Pro,G,a\nGTX Basic,G,b\nMG,M,mediocre\n")
    config = """
sources:
  leads:
    path: deals.csv
    columns: {lead_id: Deal, created_at: Start, status: State}
    values: {Article: {GTXPro: GTX Pro}, country: {X: }, line: {mediocre: M}}
    where: {State: [live, dead_*], line: [a, b, M]}
    join: [{path: articles.csv, on: {Article: name}, take: [series, line], values: {series: {G: Gold}}}]
outcome: {from: lead_columns, won: [won], lost: [dead*], open: [live]}
"""
    history = sources.read(config.replace("dead_*", "dead_2"))
    rows = [(row["lead_id"], row["Article"], row["country"], row["line"]) for row in rows_of(history, "leads")]
    assert rows == [("D1", "GTX Pro", None, "a"), ("D2", "GTX Basic", "NL", "b")]
    assert [field.name for field in history.own_fields if field.status == "refused"] == ["series"]
    assert history.counts["leads"].read == 2
    assert any("select 2 of 3 rows" in note for note in read_notes(history.folder))


def test_a_join_names_the_keys_it_does_not_find(sources: SourceFolder) -> None:
    rows = "".join(f"L{place},2024-01-01,{('GTXPro', 'MG')[place % 2]}\n" for place in range(20))
    sources.write("leads.csv", "lead_id,created_at,product\n" + rows)
    sources.write("products.csv", "product,price\nGTX Pro,1\nMG,2\nMG,3\n")
    config = SIMPLE.replace("leads.csv}", "leads.csv, join: [{path: products.csv, on: product, take: [price]}]}")
    problems = sources.problems(config.replace("lead_columns", "lead_columns, column: product"))
    assert any("have each key only once" in problem.rule for problem in problems)
    lost = next(problem for problem in problems if "have no match there" in problem.rule)
    assert lost.value == "'GTXPro' (10 rows)"
    assert "Did you mean GTX Pro?" in lost.remedy


@pytest.mark.parametrize(
    ("written", "settings", "expected"),
    [
        ("2024-01-02", "", "2024-01-02T00:00:00+00:00"),
        ("2024-01-02T10:00:00+02:00", "", "2024-01-02T08:00:00+00:00"),
        ("2024-01-02 10:00:00.25 UTC", "", "2024-01-02T10:00:00.250000+00:00"),
        ("02/01/2024", ", time_format: '%d/%m/%Y'", "2024-01-02T00:00:00+00:00"),
        ("1704189600", ", time_format: epoch_s", "2024-01-02T10:00:00+00:00"),
        ("1704189600250", ", time_format: epoch_ms", "2024-01-02T10:00:00.250000+00:00"),
    ],
)
def test_ways_to_write_a_time(
    sources: SourceFolder, rows_of: RowsOf, written: str, settings: str, expected: str
) -> None:
    sources.write("leads.csv", f"lead_id,created_at,status\nL1,{written},open\n")
    history = sources.read(SIMPLE.replace("leads.csv}", f"leads.csv{settings}}}"))
    assert rows_of(history, "leads")[0]["created_at"].isoformat() == expected


def test_a_date_is_a_local_day_that_closes_at_its_end(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write(
        "leads.csv", "lead_id,created_at,closed_at,status\nL1,2024-06-01,2024-06-01,won\nL2,2024-06-01,2024-07-01,won\n"
    )
    history = sources.read("time_zone: Europe/Amsterdam\n" + SIMPLE)
    first, second = rows_of(history, "leads")
    assert first["created_at"].isoformat() == "2024-05-31T22:00:00+00:00"
    assert first["closed_at"].isoformat() == "2024-06-01T21:59:59.999999+00:00"
    assert second["closed_at"] == READ_AT  # its day was not over when the data was read


def test_decimal_comma(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write(
        "leads.csv", "lead_id;created_at;status;Umsatz\nL1;2024-01-01;open;1.234,5\nL2;2024-01-01;open;0,25\n"
    )
    history = sources.read(SIMPLE.replace("leads.csv}", "leads.csv, decimal: ','}"))
    assert [row["Umsatz"] for row in rows_of(history, "leads")] == [1234.5, 0.25]


def test_an_event_names_a_lead_or_an_account(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", lead_rows(9))
    sources.write(
        "events.csv",
        "lead_id,account_id,occurred_at,kind,known_at\nL0001,A,2024-02-01T00:00:00Z,visit,\n,A,2024-02-01T00:00:00Z,visit,2024-03-01T00:00:00Z\n",
    )
    history = sources.read(SIMPLE.replace("sources:", "sources:\n  events: {path: events.csv}"))
    rows = [(row["lead_id"], row["account_id"], row["known_at"].month) for row in rows_of(history, "events")]
    assert sorted(rows, key=str) == [("L0001", None, 2), (None, "A", 3)]
    sources.write("events.csv", "occurred_at,kind\n2024-02-01T00:00:00Z,visit\n")
    (sources.path / "history").rename(sources.path / "older")
    config = SIMPLE.replace("sources:", "sources:\n  events: {path: events.csv}")
    assert "lead_id or account_id" in sources.problems(config)[0].rule


def test_flat_rows_are_ordered_by_a_column(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("flat.csv", "n,y,size\n10,yes,1\n9,no,2\n11,,3\n")
    history = sources.read("flat: {path: flat.csv, outcome: y, won: yes, lost: no, order: n}\n")
    leads = rows_of(history, "leads")
    assert [(row["lead_id"], row["size"], row["created_at"].second) for row in leads] == [
        ("row-000000001", 2.0, 0),
        ("row-000000002", 1.0, 1),
        ("row-000000003", 3.0, 2),
    ]
    outcomes = rows_of(history, "outcomes")
    assert [(row["lead_id"][-1], row["outcome"]) for row in outcomes] == [("1", "lost"), ("2", "won")]
    for row, following in zip(outcomes, leads[1:], strict=True):
        created = next(lead["created_at"] for lead in leads if lead["lead_id"] == row["lead_id"])
        assert created < row["occurred_at"] < following["created_at"]
    assert not history.dated


def test_a_proposal_can_be_read(sources: SourceFolder, tmp_path: Path) -> None:
    text = "Deal ID;Created Date;Close Date;Stage;Größe\n" + "".join(
        f"D{place};2024-01-0{1 + place % 9};{'2024-02-01' if place % 3 else ''};{('New', 'Closed Won', 'Closed Lost')[place % 3]};{place}\n"
        for place in range(30)
    )
    sources.write("export.csv", text.encode("cp1252"))
    sources.write("leadq.yaml", propose_mapping(sources.path / "export.csv"))
    config = read_config(tmp_path / "leadq.yaml")
    history = read_history(config, folder=tmp_path / "history", read_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert history.dated
    assert pq.read_metadata(history.path("outcomes")).num_rows == 20
    assert [field.name for field in history.own_fields] == ["Größe"]


def test_how_a_column_is_written_is_said_by_the_contracts_name_for_all_columns_it_is_read_from(
    sources: SourceFolder, rows_of: RowsOf
) -> None:
    rows = [f"L{n},2023-01-0{1 + n % 9},{'won,03/04/2024,' if n % 2 else 'lost,,04/05/2024'}" for n in range(20)]
    sources.write("leads.csv", "lead_id,created_at,status,Won time,Lost time\n" + "\n".join(rows) + "\n")
    said = "read: {closed_at: '%d/%m/%Y'}, "
    config = """
sources:
  leads: {path: leads.csv, SAIDcolumns: {closed_at: [Won time, Lost time]}}
outcome: {from: lead_columns, won: [won], lost: [lost]}
"""
    asked = sources.problems(config.replace("SAID", ""))
    assert sorted(problem.where.rpartition("column ")[2] for problem in asked) == ["Lost time", "Won time"]
    leads = rows_of(sources.read(config.replace("SAID", said)), "leads")
    assert {row["closed_at"].strftime("%Y-%m-%d") for row in leads} == {"2024-04-03", "2024-05-04"}
