"""The files and the PostgreSQL table that take scores: whole or not at all, hostile texts, rows that the table refuses."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from agreement.problems import LeadqError, StoreError
from crm.file_target import FileTarget
from crm.places import Database
from crm.postgres_target import PostgresTarget
from crm.targets import Chunk, TargetField, TargetRow, UnheardError, Value
from tests.postgres_server import Postgres

HOSTILE = "=HYPERLINK(A1)\"; DROP TABLE x; -- '\\N\t\u202e\0"
FIELDS = (
    TargetField(name="lq_score", kind="number"),
    TargetField(name='lq "tier', kind="picklist", choices=("T1",)),
    TargetField(name="lq_scored_at", kind="moment"),
)


def _chunk(*scores: float | None, number: int = 0, text: str = HOSTILE) -> Chunk:
    values: list[dict[str, Value]] = [
        {"lq_score": score, 'lq "tier': text, "lq_scored_at": "2026-03-01T02:00:00Z"} for score in scores
    ]
    rows = tuple(TargetRow(key=f"{text}{at}", values=one) for at, one in enumerate(values))
    return Chunk(run_id="r1", number=number, rows=rows)


@pytest.fixture
def table(postgres: Postgres) -> Iterator[PostgresTarget]:
    postgres.run('DROP SCHEMA IF EXISTS "Lead Q2" CASCADE')
    database = Database.model_construct(url=SecretStr(postgres.url()))
    yield PostgresTarget(name="warehouse", database=database, table='Lead Q2.now"')
    postgres.run('DROP SCHEMA IF EXISTS "Lead Q2" CASCADE')


def test_files_hold_no_formula_and_the_newest_values_win(tmp_path: Path) -> None:
    target = FileTarget(name="files", folder=tmp_path / "out")
    target.check(FIELDS)
    target.step(_chunk(1, None), None)
    again = target.step(_chunk(1, None), None)
    assert [one.state for one in again.outcomes or ()] == ["ok", "ok"]
    target.step(_chunk(7, number=1), None)
    assert [path.name for path in sorted(target.folder.iterdir())] == ["000001-r1-00000", "000002-r1-00001"]
    with (target.folder / "000001-r1-00000" / "scores.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["lead_id", "lq_score", 'lq "tier', "lq_scored_at"]
    assert {rows[1][column][:2] for column in (0, 2)} == {"'="}
    held = target.read_back([f"{HOSTILE}0", f"{HOSTILE}1", "nobody"], ["lq_score"])
    assert held == {f"{HOSTILE}0": {"lq_score": 7}, f"{HOSTILE}1": {"lq_score": None}}


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(LeadqError, match="must be a folder"):
        FileTarget(name="files", folder=tmp_path / "out").check(FIELDS)


def test_rows_are_put_in_and_changed(table: PostgresTarget) -> None:
    table.check(FIELDS)
    table.step(_chunk(1, 2), None)
    done = table.step(_chunk(3, None), None)
    assert [one.state for one in done.outcomes or ()] == ["ok", "ok"]
    key = HOSTILE.replace("\0", "\ufffd")
    held = table.read_back([f"{key}0", f"{key}1", "nobody"], [field.name for field in FIELDS])
    assert held[f"{key}0"] == {"lq_score": 3, 'lq "tier': key, "lq_scored_at": "2026-03-01T02:00:00Z"}
    assert held[f"{key}1"]["lq_score"] is None
    assert len(held) == 2


def test_a_row_that_the_table_refuses_takes_no_other_with_it(table: PostgresTarget, postgres: Postgres) -> None:
    table.check(FIELDS)
    postgres.run('ALTER TABLE "Lead Q2"."now""" ADD CHECK (lq_score < 50)')
    done = table.step(_chunk(1, 60, 3), None)
    assert [(one.state, one.code) for one in done.outcomes or ()] == [("ok", ""), ("rejected", "23514"), ("ok", "")]
    assert "violates check constraint" in (done.outcomes or ())[1].text
    assert postgres.run('SELECT count(*) FROM "Lead Q2"."now"""') == [(2,)]


def test_a_table_that_does_not_fit_is_told_before_anything_is_written(
    table: PostgresTarget, postgres: Postgres
) -> None:
    postgres.run('CREATE SCHEMA "Lead Q2"', 'CREATE TABLE "Lead Q2"."now""" (lead_id text, lq_score float8)')
    with pytest.raises(LeadqError) as stopped:
        table.check(FIELDS)
    said = [problem.rule for problem in stopped.value.problems]
    assert said == ["must have the column", "must have the column", "must have one row for each lead_id"]


def test_a_cut_connection_is_unheard_and_a_wrong_password_is_not(table: PostgresTarget, postgres: Postgres) -> None:
    table.check(FIELDS)
    postgres.run(
        'CREATE FUNCTION "Lead Q2".cut() RETURNS trigger LANGUAGE plpgsql AS '
        "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$",
        'CREATE TRIGGER cut BEFORE INSERT ON "Lead Q2"."now""" FOR EACH ROW EXECUTE FUNCTION "Lead Q2".cut()',
    )
    with pytest.raises(UnheardError):
        table.step(_chunk(1), None)
    table.database = Database.model_construct(url=SecretStr(postgres.url(password="wr0ng-secret")))
    with pytest.raises(StoreError) as stopped:
        table.step(_chunk(1), None)
    assert "wr0ng" not in str(stopped.value)
