"""Fixtures of the pipelines room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm.company.settings import CompanySettings
from features.leaks import find_leaks, quarantine
from models.bundle import Bundle, keep_bundle
from models.live import models_folder, promote
from models.past_leads import keep_past_leads, past_leads_path
from pipelines.build import look_at_landmarks
from pipelines.ingest import ingest
from pipelines.init import init
from pipelines.progress import silent
from pipelines.project import Project, open_project
from pipelines.runs import Run, RunInputs, RunKind, sha256_of
from pipelines.simulate import write_simulated
from pipelines.snapshots import new_snapshot
from pipelines.store import Store
from pipelines.train import PAST_LEADS, train
from pipelines.training_files import Origin, write_training_data

NIGHT = datetime(2026, 10, 1, tzinfo=UTC)


def learn(project: Project) -> Bundle:
    """Read, look, leave out what leaks and train: the stages without canaries, gate and reports, which need most of the time."""
    history = ingest(project, silent)
    whole = look_at_landmarks(project, history)
    data = whole.without(quarantine(find_leaks(whole, history, seed=project.settings.seed), history))
    read_at = history.read_at.isoformat()
    origin = Origin(history_sha256=history.sha256, agreement_sha256=project.agreement.sha256, read_at=read_at)
    write_training_data(data, origin, project.work / "training")
    return train(project, silent).bundle


def live_company(folder: Path, params: str, **company: Any) -> Project:
    """Simulate a company into ``folder``, learn, and put the model live with its past leads."""
    made = write_simulated(folder, CompanySettings(**company), silent)
    (folder / "leadq.yaml").write_text(made.config_text)
    (folder / "params.yaml").write_text(f"read_at: {made.read_at.isoformat()}\n{params}")
    init(folder)
    project = open_project(folder, environment={}, now=made.read_at)
    bundle, models = learn(project), models_folder(project.store.folder)
    version, _ = keep_bundle(bundle, models)
    keep_past_leads(project.work / PAST_LEADS, past_leads_path(models, version), version=version)
    promote(version, store=project.store.folder, now=project.now, because="a test", by="head of sales")
    return project


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
