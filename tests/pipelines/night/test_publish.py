"""Committed nights into a real PostgreSQL: this one and those that were missed; a failure takes nothing back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.score_table import SCORES
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night.publish import Published, publish_night
from leadq.pipelines.project.file_names import CONFIG
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.run_manifest import Run, RunInputs, RunKind, sha256_of
from tests.postgres_server import Postgres

NIGHT = datetime(2026, 10, 1, 2, tzinfo=UTC)
LATEST = "SELECT lead_id FROM nightly.scores_latest ORDER BY lead_id"


@pytest.fixture
def project(tmp_path: Path, postgres: Postgres) -> Iterator[Project]:
    postgres.run("DROP SCHEMA IF EXISTS nightly CASCADE")
    init(tmp_path)
    with (tmp_path / CONFIG).open("a", encoding="utf-8") as config:
        config.write(
            "databases: {warehouse: {url: '${WAREHOUSE_URL}'}}\nscore_table: {database: warehouse, table: nightly.scores}\n"
        )
    yield _open(tmp_path, postgres.url())
    postgres.run("DROP SCHEMA IF EXISTS nightly CASCADE")


def _open(folder: Path, url: str) -> Project:
    return open_project(folder, environment={"WAREHOUSE_URL": url}, now=NIGHT)


def _commit(project: Project, day: int, kind: RunKind = "night") -> Run:
    """A committed run of two leads."""
    as_of = NIGHT + timedelta(days=day)
    inputs = RunInputs(
        kind=kind, as_of=as_of, history_sha256="h", bundle_version="m", agreement_version=1, agreement_sha256="a"
    )
    path, snapshot = project.store.scores_path(inputs), project.store.snapshot_path(inputs.run_id)
    rows = [
        {
            "lead_id": f"{day}-{lead}",
            "as_of": as_of,
            "scored_at": as_of,
            "run_id": inputs.run_id,
            "status": "not_scored",
        }
        for lead in "ab"
    ]
    for file in (path, snapshot):
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=SCORES), file)
    run = Run(
        inputs=inputs,
        scored_at=as_of,
        scores=str(path.relative_to(project.store.folder)),
        scores_sha256=sha256_of(path),
        snapshot=str(snapshot.relative_to(project.store.folder)),
        snapshot_sha256=sha256_of(snapshot),
    )
    project.store.commit(run)
    return run


def test_a_night_goes_where_leadq_yaml_says(project: Project, postgres: Postgres) -> None:
    _commit(project, 0)  # from before the table was named: history that nobody asked for
    run = _commit(project, 1)
    published = publish_night(project, run, silent)
    assert published.facts == {"table": "warehouse table nightly.scores", "nights": [run.run_id], "rows": 2}
    assert published.words == "Also written to warehouse table nightly.scores: 2 rows."
    assert not published.paused
    assert postgres.run(LATEST) == [("1-a",), ("1-b",)]


def test_without_a_table_and_for_a_few_leads_nothing_happens(project: Project, postgres: Postgres) -> None:
    assert publish_night(project, _commit(project, 0, kind="since"), silent) == Published()
    (project.folder / CONFIG).write_text(
        (project.folder / CONFIG).read_text(encoding="utf-8").replace("score_table:", "# ")
    )
    assert publish_night(_open(project.folder, postgres.url()), _commit(project, 1), silent) == Published()
    assert postgres.run("SELECT 1 FROM pg_namespace WHERE nspname = 'nightly'") == []


def test_nights_missed_while_the_database_was_away_come_with_the_next(project: Project, postgres: Postgres) -> None:
    first = _commit(project, 0)
    publish_night(project, first, silent)
    away = _open(project.folder, postgres.url(password="sEcret"))
    missed = [_commit(project, day) for day in (1, 2)]
    for run in missed:
        published = publish_night(away, run, silent)
        assert published.paused
        assert "The night is complete in the store" in published.words
        assert "password authentication failed" in published.words
        assert "sEcret" not in published.words
        assert project.store.committed(run.run_id) == run
    assert postgres.run(LATEST) == [("0-a",), ("0-b",)]
    last = _commit(project, 3)
    assert publish_night(project, last, silent).facts["nights"] == [run.run_id for run in (*missed, last)]
    assert postgres.run("SELECT run_id FROM nightly.scores_nights ORDER BY as_of") == [
        (run.run_id,) for run in (first, *missed, last)
    ]
    assert publish_night(project, last, silent).facts["nights"] == [last.run_id]
    assert postgres.run("SELECT count(*) FROM nightly.scores") == [(8,)]


def test_an_older_night_scored_again_leaves_the_newest_on_top(project: Project, postgres: Postgres) -> None:
    older, newer = _commit(project, 0), _commit(project, 1)
    publish_night(project, newer, silent)
    publish_night(project, older, silent)
    assert postgres.run(LATEST) == [("1-a",), ("1-b",)]
