"""A night's score table in a real PostgreSQL: the same rows as in its file, whole or not at all, never twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from leadq.crm.contract.score_table import SCORES
from leadq.crm.storage.source_locations import Database
from leadq.crm.warehouse.score_tables import newest_night, publish_scores
from leadq.crm.warehouse.table_definition import ScoreTarget
from leadq.foundation.problems import StoreError
from tests.postgres_server import Postgres

NIGHT = datetime(2026, 3, 1, 2, 0, 0, 250, tzinfo=UTC)
HOSTILE = "\"; DROP TABLE scores; -- \\N \\ ' , \r\n\t\u202e\U0001f4a9 \\u0000"


@pytest.fixture
def target(postgres: Postgres) -> Iterator[ScoreTarget]:
    """A table that is not there yet, in a schema that is not there either."""
    postgres.run('DROP SCHEMA IF EXISTS "Lead Q" CASCADE')
    yield ScoreTarget(
        name="warehouse", database=Database.model_construct(url=SecretStr(postgres.url())), table="Lead Q.scores"
    )
    postgres.run('DROP SCHEMA IF EXISTS "Lead Q" CASCADE')


def _row(place: int, run_id: str, as_of: datetime) -> dict[str, Any]:
    reason = {
        "code": "intent",
        "sentence": f"{HOSTILE} {place}",
        "strength": "strong",
        "family": "intent",
        "contribution": 0.1 + place / 3,
        "driving_values": [{"feature": "demo", "value": HOSTILE}],
    }
    scored = place % 3 != 0
    return {
        "lead_id": f"L{place:05d}",
        "owner": HOSTILE if place % 2 else "",
        "account_id": None,
        "created_at": as_of - timedelta(days=place, microseconds=1),
        "age_days": place / 7,
        "worked": bool(place % 2),
        "as_of": as_of,
        "scored_at": as_of + timedelta(seconds=9),
        "horizon_days": 90,
        "status": "scored" if scored else "not_scored",
        "probability": 5e-324 if place == 1 else 1 / (place + 3) if scored else None,
        "margin": -0.1 - place if scored else None,
        "contributions": [{"family": "intent", "contribution": -1 / 3}] if scored else None,
        "reasons_for": [reason] if scored else [],
        "reasons_against": [] if scored else None,
        "changed": [{"family": "intent", "lead": 1e-17, "model": None, "anchor": 0.0}],
        "unknowns": ["industry", HOSTILE],
        "agreement_version": 4,
        "run_id": run_id,
        "snapshot_id": run_id,
    }


def _write(path: Path, run_id: str = "run1", as_of: datetime = NIGHT, rows: int = 60) -> Path:
    table = pa.Table.from_pylist([_row(place, run_id, as_of) for place in range(rows)], schema=SCORES)
    pq.write_table(table, path)
    return path


def _publish(path: Path, target: ScoreTarget, run_id: str = "run1", as_of: datetime = NIGHT) -> int:
    return publish_scores(path, target, run_id=run_id, as_of=as_of, scored_at=as_of + timedelta(seconds=9))


def _rows(postgres: Postgres, table: str = '"Lead Q".scores') -> list[dict[str, Any]]:
    columns = ", ".join(f'"{name}"' for name in SCORES.names)
    found = postgres.run(f"SELECT {columns} FROM {table} ORDER BY lead_id")
    return [dict(zip(SCORES.names, row, strict=True)) for row in found]


def test_the_table_holds_what_the_file_holds(tmp_path: Path, target: ScoreTarget, postgres: Postgres) -> None:
    path = _write(tmp_path / "scores.parquet")
    assert _publish(path, target) == 60
    assert _rows(postgres) == pq.read_table(path).to_pylist()
    types = dict(
        postgres.run("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'scores'")
    )
    assert types["contributions"] == types["unknowns"] == types["reasons_for"] == "jsonb"
    assert types["as_of"] == types["created_at"] == "timestamp with time zone"
    assert (types["probability"], types["horizon_days"], types["worked"]) == ("double precision", "integer", "boolean")


def test_the_same_night_again_is_the_same_rows(tmp_path: Path, target: ScoreTarget, postgres: Postgres) -> None:
    path = _write(tmp_path / "scores.parquet")
    _publish(path, target)
    assert _publish(path, target) == 60
    assert _rows(postgres) == pq.read_table(path).to_pylist()
    assert postgres.run('SELECT run_id, leads FROM "Lead Q".scores_nights') == [("run1", 60)]


def test_the_view_shows_the_newest_night_whatever_came_last(
    tmp_path: Path, target: ScoreTarget, postgres: Postgres
) -> None:
    assert newest_night(target) is None
    for run_id, days, rows in (("run2", 1, 5), ("run1", 0, 7), ("run0", -1, 3)):
        as_of = NIGHT + timedelta(days=days)
        _publish(_write(tmp_path / "scores.parquet", run_id, as_of, rows), target, run_id, as_of)
    assert {row["run_id"] for row in _rows(postgres, '"Lead Q".scores_latest')} == {"run2"}
    assert len(_rows(postgres)) == 15
    assert newest_night(target) == NIGHT + timedelta(days=1)
    later = NIGHT + timedelta(days=2)
    assert _publish(_write(tmp_path / "scores.parquet", "run3", later, 0), target, "run3", later) == 0
    assert _rows(postgres, '"Lead Q".scores_latest') == []


def test_a_text_may_hold_what_postgresql_has_no_sign_for(
    tmp_path: Path, target: ScoreTarget, postgres: Postgres
) -> None:
    row = _row(1, "run1", NIGHT) | {"owner": "a\0\\\0", "unknowns": ["\\u0000 \0\0 \\\0", "\\\\u0000"]}
    pq.write_table(pa.Table.from_pylist([row], schema=SCORES), tmp_path / "scores.parquet")
    _publish(tmp_path / "scores.parquet", target)
    (found,) = _rows(postgres)
    assert found["owner"] == "a\ufffd\\\ufffd"
    assert found["unknowns"] == ["\\u0000 \ufffd\ufffd \\\ufffd", "\\\\u0000"]


_DIES_HALF_WAY = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from pydantic import SecretStr
from psycopg import Copy
from leadq.crm.storage.source_locations import Database
from leadq.crm.warehouse.score_tables import publish_scores
from leadq.crm.warehouse.table_definition import ScoreTarget
def dies_half_way(copy, block, write=Copy.write):
    write(copy, bytes(block[: len(block) // 2]))
    os.kill(os.getpid(), signal.SIGKILL)
Copy.write = dies_half_way
path, url = sys.argv[1:]
target = ScoreTarget(name="warehouse", database=Database.model_construct(url=SecretStr(url)), table="Lead Q.scores")
as_of = datetime(2026, 3, 2, tzinfo=UTC)
publish_scores(Path(path), target, run_id="run2", as_of=as_of, scored_at=as_of)
"""


def test_killed_half_way_nothing_is_visible_and_again_it_is_whole(
    tmp_path: Path, target: ScoreTarget, postgres: Postgres
) -> None:
    _publish(_write(tmp_path / "first.parquet"), target)
    before = _rows(postgres)
    assert len(before) == 60
    as_of = datetime(2026, 3, 2, tzinfo=UTC)
    table = pa.Table.from_pylist([_row(1, "run2", as_of)] * 10_000, schema=SCORES)
    ids = pa.array([f"M{place}" for place in range(table.num_rows)])
    path = tmp_path / "second.parquet"
    pq.write_table(table.set_column(0, SCORES.field("lead_id"), ids), path)
    writer = subprocess.run([sys.executable, "-c", _DIES_HALF_WAY, str(path), postgres.url()], check=False)
    assert writer.returncode == -signal.SIGKILL
    assert _rows(postgres) == _rows(postgres, '"Lead Q".scores_latest') == before
    assert _publish(path, target, "run2", as_of) == 10_000
    assert postgres.run('SELECT count(*), min(run_id) FROM "Lead Q".scores_latest') == [(10_000, "run2")]
    assert postgres.run('SELECT count(*) FROM "Lead Q".scores') == [(10_060,)]


def test_readers_see_a_whole_night_while_another_is_written(
    tmp_path: Path, target: ScoreTarget, postgres: Postgres
) -> None:
    _publish(_write(tmp_path / "scores.parquet"), target)
    with postgres.connect() as reader, reader.transaction():
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        counted = 'SELECT count(*), count(DISTINCT run_id) FROM "Lead Q".scores_latest'
        assert reader.execute(counted).fetchone() == (60, 1)
        _publish(_write(tmp_path / "scores.parquet", rows=20), target)
        assert reader.execute(counted).fetchone() == (60, 1)
    assert len(_rows(postgres)) == 20


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            'ALTER TABLE "Lead Q".scores DROP COLUMN trend CASCADE',
            "columns of this version's score table, got trend is absent",
        ),
        ('ALTER TABLE "Lead Q".scores ALTER unknowns TYPE text', "got unknowns string"),
    ],
)
def test_a_table_of_another_version_is_left_as_it_is(
    tmp_path: Path, target: ScoreTarget, postgres: Postgres, statement: str, expected: str
) -> None:
    path = _write(tmp_path / "scores.parquet")
    _publish(path, target)
    postgres.run('DROP VIEW "Lead Q".scores_latest', statement)
    with pytest.raises(StoreError) as stopped:
        _publish(path, target, "run2", NIGHT + timedelta(days=1))
    (problem,) = stopped.value.problems
    assert expected in f"{problem.rule}, got {problem.value}"
    assert postgres.run('SELECT DISTINCT run_id FROM "Lead Q".scores') == [("run1",)]
    postgres.run(problem.remedy.partition("(")[2].partition(")")[0])  # what the remedy says helps
    assert _publish(path, target) == 60
    assert len(_rows(postgres, '"Lead Q".scores_latest')) == 60


def test_a_further_column_of_the_company_may_stand_in_the_table(
    tmp_path: Path, target: ScoreTarget, postgres: Postgres
) -> None:
    path = _write(tmp_path / "scores.parquet")
    _publish(path, target)
    postgres.run('ALTER TABLE "Lead Q".scores ADD loaded_at timestamptz DEFAULT now()')
    assert _publish(path, target) == 60
    assert postgres.run('SELECT count(loaded_at) FROM "Lead Q".scores') == [(60,)]


def test_what_the_database_refuses_is_said_and_nothing_is_written(
    tmp_path: Path, target: ScoreTarget, postgres: Postgres
) -> None:
    path = _write(tmp_path / "scores.parquet")
    _publish(path, target)
    postgres.run(
        'REVOKE ALL ON "Lead Q".scores FROM PUBLIC',
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN PASSWORD 'x'",
    )
    weak = ScoreTarget(
        name="warehouse",
        database=Database.model_construct(url=SecretStr(postgres.url(user="reader", password="x"))),
        table=target.table,
    )
    with pytest.raises(StoreError, match=r"permission denied.*42501.*Grant the user"):
        _publish(path, weak, "run2", NIGHT + timedelta(days=1))
    absent = ScoreTarget(
        name="warehouse",
        database=Database.model_construct(url=SecretStr(f"postgresql://u:sEcret@/db?host={tmp_path}")),
        table=target.table,
    )
    with pytest.raises(StoreError, match="must let leadq connect") as stopped:
        _publish(path, absent)
    assert "sEcret" not in str(stopped.value)
    assert len(_rows(postgres)) == 60
