"""Killed at any instant and started again, every lead holds tonight's values and never held others of that night."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.postgres_server import Postgres
from tests.serving.delivery.company import FIELDS, Place, row, tonight, write_scores
from tests.serving.delivery.killed import target_at

ROOT = Path(__file__).parents[3]
NAMES = [field.name for field in FIELDS]
_LOG = """
CREATE TABLE delivered.written (lead_id text, score double precision);
CREATE FUNCTION delivered.log() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO delivered.written VALUES (NEW.lead_id, NEW.lq_score); RETURN NEW; END $$;
CREATE TRIGGER log AFTER INSERT OR UPDATE ON delivered."Scores" FOR EACH ROW EXECUTE FUNCTION delivered.log();
"""


@pytest.fixture
def schema(postgres: Postgres) -> Iterator[Postgres]:
    postgres.run("DROP SCHEMA IF EXISTS delivered CASCADE")
    yield postgres
    postgres.run("DROP SCHEMA IF EXISTS delivered CASCADE")


def _killed(instant: str, *given: str) -> None:
    command = [sys.executable, "-m", "tests.serving.delivery.killed", *given, instant]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "now\n"
        running.send_signal(signal.SIGKILL)
        assert running.wait(20) == -signal.SIGKILL


@pytest.mark.parametrize("instant", ["before", "after", "recording"])
@pytest.mark.parametrize("kind", ["files", "postgres"])
def test_killed_and_started_again(kind: str, instant: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    where = str(tmp_path / "there")
    leads = [f"L{lead:04d}" for lead in range(200)]
    scores = write_scores(tmp_path / "s.parquet", [row(lead, place / 200) for place, lead in enumerate(leads)])
    if kind == "postgres":
        server: Postgres = request.getfixturevalue("schema")
        where = server.url()
        target_at(kind, where).check(FIELDS)
        server.run(_LOG)
    place = Place(folder=tmp_path / "store", target=target_at(kind, where))
    _killed(instant, kind, where, str(place.folder), str(scores))
    assert place.deliver(tonight(scores)).facts["rows_by_state"] == {"ok": 200}
    held = place.target.read_back(leads, NAMES)
    assert {lead: held[lead]["lq_score"] for lead in leads} == {
        lead: round(at / 200 * 100) for at, lead in enumerate(leads)
    }
    if kind == "postgres":
        written = server.run("SELECT lead_id, count(DISTINCT score), count(*) FROM delivered.written GROUP BY lead_id")
    else:
        parts = [pq.read_table(path, columns=["lead_id", "lq_score"]) for path in Path(where).glob("*/*.parquet")]
        every = [(one["lead_id"], one["lq_score"]) for part in parts for one in part.to_pylist()]
        written = [(lead, len({value for key, value in every if key == lead}), 1) for lead in leads]
    assert len(written) == 200
    assert {values for _, values, _ in written} == {1}
    after = place.deliver(tonight(write_scores(tmp_path / "t.parquet", pq.read_table(scores).to_pylist()), night=1))
    assert after.facts["planned"] == 0
