"""The files and the PostgreSQL table that take scores: whole or not at all, hostile texts, rows that the table refuses."""

from __future__ import annotations

import csv
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from leadq.crm.connectors.files.target import HIGHEST, FileTarget
from leadq.crm.connectors.postgres.target import PostgresTarget
from leadq.crm.connectors.protocol import Chunk, TargetField, TargetRow, UnheardError, Value
from leadq.crm.storage.postgres_transaction import _LIMITS, place_of, transaction
from leadq.crm.storage.source_locations import Database
from leadq.foundation.problems import LeadqError, StoreError
from tests.postgres_server import Postgres

HOSTILE = "=HYPERLINK(A1)\"; DROP TABLE x; -- '\\N\t\u202e\0"
ID = "L\u00fc'; DROP TABLE x; -- \\N"
"""An id as odd as one may be that no spreadsheet would run."""
FIELDS = (
    TargetField(name="lq_score", kind="number"),
    TargetField(name='lq "tier', kind="picklist", choices=("T1",)),
    TargetField(name="lq_scored_at", kind="moment"),
)


def _chunk(*scores: float | None, number: int = 0, text: str = HOSTILE, key: str = HOSTILE) -> Chunk:
    values: list[dict[str, Value]] = [
        {"lq_score": score, 'lq "tier': text, "lq_scored_at": "2026-03-01T02:00:00Z"} for score in scores
    ]
    rows = tuple(TargetRow(key=f"{key}{at}", values=one) for at, one in enumerate(values))
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
    target.step(_chunk(1, None, key=ID), None)
    again = target.step(_chunk(1, None, key=ID), None)
    assert [one.state for one in again.outcomes or ()] == ["ok", "ok"]
    target.step(_chunk(7, number=1, key=ID), None)
    assert _parts(target) == ["000001-r1-00000", "000002-r1-00001"]
    with (target.folder / "000001-r1-00000" / "scores.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    assert rows[0] == ["lead_id", "lq_score", 'lq "tier', "lq_scored_at"]
    assert (rows[1][0], rows[1][2][:2]) == (f"{ID}0", "'=")
    held = target.read_back([f"{ID}0", f"{ID}1", "nobody"], ["lq_score"])
    assert held == {f"{ID}0": {"lq_score": 7}, f"{ID}1": {"lq_score": None}}


def test_numbers_grow_where_parts_were_taken_on_and_a_damaged_part_holds_nothing(tmp_path: Path) -> None:
    target = FileTarget(name="files", folder=tmp_path / "out")
    target.check(FIELDS)
    for number, score in enumerate((1, 2)):
        target.step(_chunk(score, number=number, key=ID), None)
    for part in target.folder.glob("0*"):
        part.rename(tmp_path / part.name)
    target.step(_chunk(3, number=2, key=ID), None)
    assert _parts(target) == ["000003-r1-00002"]
    (target.folder / HIGHEST).write_text("what?")
    target.step(_chunk(4, number=3, key=ID), None)
    target.step(_chunk(5, number=4, key=ID), None)
    (target.folder / "000004-r1-00003" / "scores.parquet").unlink()
    (target.folder / "000005-r1-00004" / "scores.parquet").write_bytes(b"PAR1 torn")
    assert target.read_back([f"{ID}0"], ["lq_score"]) == {f"{ID}0": {"lq_score": 3}}


@pytest.mark.parametrize("key", ["=A1", "@SUM(A1)", "-1+cmd|'/c calc'!A1", "\t=A1", "\uff1dA1", "+HYPERLINK(A1)"])
def test_an_id_that_a_spreadsheet_would_run_is_refused_by_name_and_takes_no_other_with_it(
    tmp_path: Path, key: str
) -> None:
    target = FileTarget(name="files", folder=tmp_path / "out")
    target.check(FIELDS)
    rows = tuple(TargetRow(key=one, values={"lq_score": 1.0}) for one in (key, "-1001"))
    outcomes = target.step(Chunk(run_id="r1", number=0, rows=rows), None).outcomes or ()
    assert [(one.key, one.state) for one in outcomes] == [(key, "rejected"), ("-1001", "ok")]
    assert "never changed" in outcomes[0].text
    held = (target.folder / "000001-r1-00000" / "scores.csv").read_text(encoding="utf-8")
    assert held.splitlines()[1:] == ["-1001,1,,"]
    assert set(target.read_back([key, "-1001"], ["lq_score"])) == {"-1001"}


def _parts(target: FileTarget) -> list[str]:
    return [path.name for path in sorted(target.folder.glob("0*"))]


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


def test_one_refused_row_among_five_thousand_costs_one_row(table: PostgresTarget, postgres: Postgres) -> None:
    table.check(FIELDS)
    assert table.empty
    postgres.run('ALTER TABLE "Lead Q2"."now""" ADD CHECK (lq_score <> 4321)')
    done = table.step(_chunk(*range(5_000), text="L", key="L"), None)
    assert {one.key: one.code for one in done.outcomes or () if one.state != "ok"} == {"L4321": "23514"}
    assert postgres.run('SELECT count(*) FROM "Lead Q2"."now"""') == [(4_999,)]
    table.check(FIELDS)
    assert not table.empty


def test_a_row_is_refused_by_a_code_of_the_companys_own_by_its_data_and_by_what_is_looked_at_last(
    table: PostgresTarget, postgres: Postgres
) -> None:
    table.check(FIELDS)
    postgres.run(
        'CREATE FUNCTION "Lead Q2".judge() RETURNS trigger LANGUAGE plpgsql AS '
        "$$ BEGIN IF NEW.lq_score = 1 THEN RAISE 'not this one' USING ERRCODE = '45000'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER judge BEFORE INSERT ON "Lead Q2"."now""" FOR EACH ROW EXECUTE FUNCTION "Lead Q2".judge()',
        'ALTER TABLE "Lead Q2"."now""" ADD UNIQUE (lq_score) DEFERRABLE INITIALLY DEFERRED',
    )
    chunk = _chunk(1, 2, 2, 3)
    wrong = TargetRow(
        key="no moment", values={**chunk.rows[0].values, "lq_score": 4, "lq_scored_at": "tomorrow, perhaps"}
    )
    done = table.step(replace(chunk, rows=(*chunk.rows, wrong)), None)
    said = [(one.state, one.code) for one in done.outcomes or ()]
    assert said == [("rejected", "45000"), ("ok", ""), ("rejected", "23505"), ("ok", ""), ("rejected", "22007")]


def test_who_holds_the_table_is_not_waited_for_without_end(
    table: PostgresTarget, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.check(FIELDS)
    monkeypatch.setitem(_LIMITS, "lock_timeout", "100ms")
    other = postgres.connect()
    other.autocommit = False
    other.execute('LOCK TABLE "Lead Q2"."now"""')
    let_go = threading.Timer(5.0, other.close)  # without a limit the test fails and does not hang
    let_go.start()
    try:
        with pytest.raises(UnheardError, match="55P03"):
            table.step(_chunk(1), None)
    finally:
        let_go.cancel()
        other.close()
    with transaction("warehouse", table.database, read_only=False) as backend:
        limits = [backend.con.execute(f"SHOW {one}").fetchone()[0] for one in ("lock_timeout", "statement_timeout")]
        assert limits == ["100ms", "10min"]
        assert backend.con.info.get_parameters()["tcp_user_timeout"] == "60000"
    stricter = Database.model_construct(url=SecretStr(postgres.url() + "&options=-c%20statement_timeout%3D5s"))
    with transaction("warehouse", stricter, read_only=False) as backend:  # the company's own limit stands
        assert backend.con.execute("SHOW statement_timeout").fetchone()[0] == "5s"


def test_a_full_server_and_a_cut_handshake_are_away(table: PostgresTarget, postgres: Postgres) -> None:
    postgres.run("DROP ROLE IF EXISTS few", "CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 0")
    table.database = Database.model_construct(url=SecretStr(postgres.url(user="few", password="few")))
    with pytest.raises(UnheardError, match=r"too many connections.*Free up disk space or connections"):
        table.check(FIELDS)
    postgres.run("DROP ROLE few")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def cut() -> None:
            with server.accept()[0] as line:
                line.recv(8)
                line.sendall(b"S")
                line.recv(5_000)  # the beginning of the handshake

        cutting = threading.Thread(target=cut)
        cutting.start()
        address = f"postgresql://u:p@127.0.0.1:{server.getsockname()[1]}/d?sslmode=require"
        table.database = Database.model_construct(url=SecretStr(address))
        with pytest.raises(UnheardError, match="SSL error: unexpected eof"):
            table.check(FIELDS)
        cutting.join()


def test_a_place_is_told_without_user_and_password(postgres: Postgres) -> None:
    for address, place in (
        ("postgresql://u:s3cret@DB.example/leads", "db.example:5432/leads"),
        ("postgresql://u:s3cret@db.example:5433/leads?sslmode=require", "db.example:5433/leads"),
        (postgres.url(), f"{str(postgres.socket).lower()}:5432/postgres"),
        ("postgresql://u:p@ss@h/d", ""),
    ):
        assert place_of(Database.model_construct(url=SecretStr(address))) == place


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


def test_a_server_that_is_away_is_unheard_at_the_first_call_too(table: PostgresTarget, postgres: Postgres) -> None:
    nobody = Database.model_construct(url=SecretStr("postgresql://u:wr0ng-secret@127.0.0.1:9/leads"))
    away = PostgresTarget(name="warehouse", database=nobody, table="t")
    with pytest.raises(UnheardError) as stopped:
        away.check(FIELDS)
    assert stopped.value.exit_code == 4
    assert "wr0ng" not in str(stopped.value)
    for broken in (postgres.url(database="no_such_base"), postgres.url(user="nobody"), "postgresql://u:p@ss@h/d"):
        table.database = Database.model_construct(url=SecretStr(broken))
        with pytest.raises(StoreError) as refused:
            table.check(FIELDS)
        assert refused.value.exit_code == 1
