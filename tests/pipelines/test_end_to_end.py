"""The whole way on a small simulated company: train, promote, score, explain, and the same bytes when done twice."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.score_table import SCORES
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.foundation.problems import GateStopped, StoreError, UsageError
from leadq.models.bundle.bundle import read_bundle
from leadq.models.live.live_models import bundle_folder
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import silent
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.quarter.list_models import list_models
from leadq.pipelines.quarter.promote import promote, rollback
from leadq.pipelines.store.snapshots import snapshot_of
from leadq.pipelines.training.build import build
from leadq.pipelines.training.ingest import ingest
from leadq.pipelines.training.simulate import write_simulated
from leadq.pipelines.training.stages import train_all
from leadq.pipelines.training.train import train
from leadq.serving.scoring.score_batches import ScoringRun, score_batches

pytestmark = pytest.mark.integration

PARAMS = """\
fit: {grid_num_leaves: [7], learning_rate: 0.1, max_rounds: 100, early_stopping_rounds: 15, n_folds: 3, bootstrap_repeats: 100}
features: {ages_days: [0, 7, 30]}
engine: {threads: 1}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A project after training, a first night by the base rate, and a second one by the promoted model."""

    project: Project
    trained: Told
    by_base_rate: Told
    promoted: Told
    night: Told
    scores: pa.Table


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    folder = tmp_path_factory.mktemp("company")
    made = write_simulated(folder, CompanySettings(n_leads=3000, base_rate=0.25, noise_fields=2, drift="none"), silent)
    (folder / "leadq.yaml").write_text(made.config_text)
    (folder / "params.yaml").write_text(f"read_at: {made.read_at.isoformat()}\n{PARAMS}")
    init(folder)
    project = open_project(folder, environment={}, now=made.read_at)
    trained = train_all(project, silent)
    by_base_rate = score(project, silent, as_of=made.read_at - timedelta(days=1))
    promoted = promote(project, because="a test", by="head of sales")
    night = score(project, silent)
    yield Trained(
        project=project,
        trained=trained,
        by_base_rate=by_base_rate,
        promoted=promoted,
        night=night,
        scores=pq.read_table(night.facts["scores"]),
    )
    shutil.rmtree(folder)


def test_training_says_what_it_found_and_writes_reports(done: Trained) -> None:
    facts = json.loads(json.dumps(done.trained.facts))
    assert facts["kind"] == "booster"
    assert facts["metrics"]["moments"]
    words = done.trained.words
    bundle = read_bundle(done.project.work / "bundle")
    assert words.startswith(
        f"Model {facts['version']} learnt from {bundle.trained['leads']:,} leads, each looked at at up to "
    )
    assert f": {bundle.trained['rows']:,} looks." in words.splitlines()[0]
    assert "of the 20 % of leads it rated highest" in words
    assert "leads.procurement_contact" in words
    assert "nats" in " ".join(facts["words"])
    assert not re.search("nats|slope|AUC|log-loss", words)
    reports = {path.name for path in done.project.reports.iterdir()}
    assert {"check.html", "evaluation.html", "gate.html", "reliability.png", "tiers.png"} <= reports
    metrics = json.loads((done.project.work / "metrics_all.json").read_text())
    assert metrics == facts["metrics"]
    assert (done.project.work / "plots" / "reliability.csv").read_text().startswith("predicted,observed,n\n")


def test_planted_leaks_are_quarantined(done: Trained) -> None:
    quarantined = " ".join(done.trained.facts["quarantined"])
    assert "procurement_contact" in quarantined
    assert "status" in quarantined


def test_without_a_champion_the_base_rate_scores(done: Trained) -> None:
    rows = pq.read_table(done.by_base_rate.facts["scores"]).to_pylist()
    scored = [row for row in rows if row["status"] == "scored"]
    assert scored
    assert {row["tier"] for row in scored} == {None}
    assert len({row["probability"] for row in scored}) == 1


def test_every_row_of_the_score_table_adds_up(done: Trained) -> None:
    assert done.scores.schema.equals(SCORES)
    assert done.night.facts["rows"] == done.scores.num_rows > 0
    scored = [row for row in done.scores.to_pylist() if row["status"] == "scored"]
    assert scored
    for row in scored:
        total = row["base"] + sum(part["contribution"] for part in row["contributions"])
        assert abs(total - np.log(row["probability"] / (1 - row["probability"]))) < 1e-6
        assert row["tier"] in {"T1", "T2", "T3", "disqualified"}
        assert (row["run_id"], row["snapshot_id"]) == (done.night.facts["run_id"],) * 2


def test_the_second_night_compares_with_the_first(done: Trained) -> None:
    earlier = {row["lead_id"]: row for row in pq.read_table(done.by_base_rate.facts["scores"]).to_pylist()}
    for row in done.scores.to_pylist():
        before = earlier.get(row["lead_id"])
        expected = before["probability"] if before else None
        if row["status"] == "scored":
            assert row["previous_probability"] == expected


def test_the_same_night_again_is_the_same_run(done: Trained) -> None:
    path = Path(done.night.facts["scores"])
    before = path.stat().st_mtime_ns
    again = score(replace(done.project, now=done.project.now + timedelta(hours=3)), silent)
    assert again.facts["repeated"]
    assert again.facts["run_id"] == done.night.facts["run_id"]
    assert path.stat().st_mtime_ns == before


def test_a_score_is_reproduced_exactly_from_its_run(done: Trained) -> None:
    store = done.project.store
    run = store.committed(done.night.facts["run_id"])
    assert run is not None
    bundle = read_bundle(bundle_folder(store.folder, run.inputs.bundle_version))
    again = ScoringRun(
        bundle=bundle,
        agreement=done.project.agreement,
        as_of=run.inputs.as_of,
        scored_at=run.scored_at,
        run_id=run.run_id,
        snapshot_id=run.run_id,
    )
    told_once = ("probability", "margin", "base", "contributions", "reasons_for", "reasons_against", "unknowns")
    for row in [row for row in done.scores.to_pylist() if row["status"] == "scored"][::25]:
        (batch,) = score_batches(iter([snapshot_of(store, row["lead_id"], run.run_id)]), again)
        (rebuilt,) = batch.to_pylist()
        assert {name: rebuilt[name] for name in told_once} == {name: row[name] for name in told_once}


@pytest.mark.acceptance
def test_two_runs_give_the_same_bytes_whatever_the_threads(done: Trained, tmp_path: Path) -> None:
    shutil.copytree(done.project.folder, tmp_path / "again", ignore=shutil.ignore_patterns("work", "store", "reports"))
    params = tmp_path / "again" / "params.yaml"
    params.write_text(params.read_text().replace("threads: 1", "threads: 2"))
    project = open_project(tmp_path / "again", environment={}, now=done.project.now)
    ingest(project, silent)
    build(project, silent)
    train(project, silent)
    ours, theirs = done.project.work / "bundle", project.work / "bundle"
    assert sorted(path.name for path in ours.iterdir()) == sorted(path.name for path in theirs.iterdir())
    for path in ours.iterdir():
        assert path.read_bytes() == (theirs / path.name).read_bytes(), path.name
    run = done.project.store.committed(done.night.facts["run_id"])
    assert run is not None
    files = (run.scores, run.snapshot, run.moves)
    first = [done.project.store.table(name).read_bytes() for name in files]
    shutil.copytree(done.project.store.folder, project.store.folder, dirs_exist_ok=True)
    project.store.manifest_path(run.run_id).unlink()
    for name in files:
        project.store.table(name).unlink()
    assert score(project, silent).facts["run_id"] == run.run_id
    assert [project.store.table(name).read_bytes() for name in files] == first


def test_one_lead_at_once_is_a_run_of_its_own(done: Trained) -> None:
    lead_id = str(done.scores.filter(pa.compute.equal(done.scores["status"], "scored"))["lead_id"][0])
    night = done.project.store.latest_night()
    later = replace(
        done.project,
        settings=replace(done.project.settings, read_at=done.project.read_at + timedelta(hours=1)),
        now=done.project.now + timedelta(hours=1),
    )
    told = score(later, silent, lead_id=lead_id)
    assert told.facts["rows"] == 1
    assert told.facts["kind"] == "lead"
    assert done.project.store.latest_night() == night
    assert json.loads(json.dumps(told.facts))["tiers"]


def test_explaining_a_lead(done: Trained) -> None:
    scored = done.scores.filter(pa.compute.equal(done.scores["status"], "scored"))
    lead_id = str(scored["lead_id"][1])
    told = explain(done.project, silent, lead_id=lead_id)
    assert lead_id in told.words
    assert "How the figure adds up" in told.words
    assert json.loads(json.dumps(told.facts))["probability"] == scored["probability"][1].as_py()
    then = explain(done.project, silent, lead_id=lead_id, as_of=done.project.read_at)
    assert then.facts["probability"] == told.facts["probability"]
    for as_of in (None, done.project.read_at):
        with pytest.raises(UsageError, match=r"must (name|be) a lead that was"):
            explain(done.project, silent, lead_id="nobody", as_of=as_of)


def test_models_lists_who_is_live_and_rollback_needs_a_reason(done: Trained) -> None:
    rows = list_models(done.project, silent).facts["models"]
    assert rows[0]["role"] == "champion"
    assert rows[0]["version"] == done.trained.facts["version"]
    assert [row["beats_base_rate"] for row in rows if row["kind"] == "booster"] == [True]
    rates = [row for row in rows if row["kind"] == "base_rate"]  # its evaluation is the trained model's
    assert [(row["beats_base_rate"], row["beats_points"], row["auc"]) for row in rates] == [(False, None, None)]
    with pytest.raises(UsageError, match="must say why"):
        rollback(done.project, because="")
    with pytest.raises(GateStopped, match="earlier champion"):
        rollback(done.project, because="it went wrong")


def test_wrong_use_of_score(done: Trained) -> None:
    with pytest.raises(UsageError, match="not both"):
        score(done.project, silent, lead_id="L1", since=done.project.read_at)
    with pytest.raises(UsageError, match="must not be after the data was read"):
        score(done.project, silent, as_of=done.project.read_at + timedelta(days=1))


def test_a_gate_stops_the_night_before_anything_is_written(done: Trained) -> None:
    (rule, *others) = done.project.agreement.rules
    check = replace(rule.when[0], name="account.no_such_field")
    agreement = replace(done.project.agreement, rules=(replace(rule, when=(check,)), *others))
    runs = done.project.store.runs()
    with pytest.raises(GateStopped, match="no_such_field"):
        score(replace(done.project, agreement=agreement), silent)
    assert done.project.store.runs() == runs


def test_a_full_disk_leaves_the_last_night(done: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    store = done.project.store
    runs, files = store.runs(), sorted(store.folder.rglob("*.parquet"))
    monkeypatch.setattr(pq.ParquetWriter, "write_batch", full)
    with pytest.raises(StoreError, match="No space left on device"):
        score(done.project, silent, as_of=done.project.read_at - timedelta(hours=5))
    assert store.runs() == runs
    assert [path for path in sorted(store.folder.rglob("*.parquet")) if "work" not in path.parts] == [
        path for path in files if "work" not in path.parts
    ]
