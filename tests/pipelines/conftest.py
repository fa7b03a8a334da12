"""Fixtures of the pipelines room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.pipelines.store.run_manifest import Run, RunInputs, RunKind, sha256_of
from leadq.pipelines.store.snapshots import new_snapshot
from leadq.pipelines.store.store import Store

NIGHT = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(folder=tmp_path / "store")


@pytest.fixture
def tonight_batch() -> Callable[..., pa.RecordBatch]:
    """Feature rows of leads: ids and one number each, beside a text with gaps."""

    def make(ids: list[str], numbers: list[float | None]) -> pa.RecordBatch:
        columns = {
            "lead_id": pa.array(ids, pa.string()),
            "age_days": pa.array(numbers, pa.float64()),
            "country": pa.array([None if lead == "b" else "DE" for lead in ids], pa.string()),
            "rule:student": pa.array([False] * len(ids)),
        }
        return pa.record_batch(columns)

    return make


@pytest.fixture
def commit_night(store: Store, tonight_batch: Callable[..., pa.RecordBatch]) -> Callable[..., Run]:
    """Commit a run with a snapshot of the given leads and a score table of the same."""

    def commit(
        day: int, ids: list[str], numbers: list[float | None], previous: tuple[str, ...] = (), kind: RunKind = "night"
    ) -> Run:
        inputs = RunInputs(
            kind=kind,
            as_of=NIGHT.replace(day=day),
            history_sha256="h",
            bundle_version="b",
            agreement_version=1,
            agreement_sha256="a",
            previous_runs=previous,
        )
        batch = tonight_batch(ids, numbers)
        with new_snapshot(store, inputs.run_id, as_of=inputs.as_of, previous_runs=previous) as writer:
            list(writer.keep(iter([batch])))
        scores = store.scores_path(inputs)
        scores.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"lead_id": ids}), scores)
        snapshot = store.snapshot_path(inputs.run_id)
        run = Run(
            inputs=inputs,
            scored_at=inputs.as_of,
            scores=str(scores.relative_to(store.folder)),
            scores_sha256=sha256_of(scores),
            snapshot=str(snapshot.relative_to(store.folder)),
            snapshot_sha256=sha256_of(snapshot),
            counts={"stored": writer.stored},
        )
        store.commit(run)
        return run

    return commit
