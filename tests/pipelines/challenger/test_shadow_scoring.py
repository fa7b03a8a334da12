"""Shadow and comparison on a small simulated company: the champion's night stays as it is, and both models meet on the same leads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import open_history
from leadq.features.training_data import HANDOFF
from leadq.foundation.arrays import logit, sigmoid
from leadq.foundation.problems import GateStopped
from leadq.models.bundle.bundle import Bundle, keep_bundle, read_bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.fit.calibration import Calibrator
from leadq.models.live.comparison_result import comparison_path
from leadq.models.live.live_models import bundle_folder, models_folder, put_challenger, read_live
from leadq.models.live.live_models import promote as put_live
from leadq.pipelines.challenger.gather_evidence import compare_with_champion, refresh_comparison
from leadq.pipelines.challenger.past_forecasts import outcome_since, probability_then
from leadq.pipelines.challenger.shadow_scoring import SHADOW, score_in_shadow, shadow_looks, shadow_path, switch_shadow
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from leadq.pipelines.quarter.list_models import list_models
from leadq.pipelines.quarter.promote import promote
from leadq.pipelines.store.run_manifest import Run, RunInputs
from leadq.pipelines.training.training_files import read_training_data
from tests.shared_company import CompanyCopy, read_once

pytestmark = pytest.mark.integration

FLATTER = 0.4
"""The challenger's log-odds are the champion's times this: the same order, less sure, so worse."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Iterator[Project]:
    """A project with a champion, and a challenger that is the same model less sure of itself."""
    folder = tmp_path_factory.mktemp("shadow") / "company"
    project = company_copy(folder)
    add_challenger(project, flatter=FLATTER)
    with read_once():
        yield project
    shutil.rmtree(folder)


def live_bundle(project: Project, role: str = "champion") -> Bundle:
    standing = getattr(read_live(project.store.folder), role)
    return read_bundle(bundle_folder(project.store.folder, standing.version))


def add_challenger(project: Project, *, flatter: float, **changes: Any) -> Bundle:
    """Keep the champion with its log-odds drawn together as the challenger."""
    champion = live_bundle(project)
    calibrator = Calibrator(**{name: flatter * value for name, value in asdict(champion.calibrator).items()})
    table = champion.out_of_time.copy()
    table["probability"] = sigmoid(flatter * logit(table["probability"].to_numpy()))
    changed = replace(champion, calibrator=calibrator, out_of_time=table, **changes)
    version, folder = keep_bundle(changed, models_folder(project.store.folder))
    put_challenger(version, store=project.store.folder, now=project.now, why="a test")
    return read_bundle(folder)


def test_shadow_scores_the_same_leads_and_leaves_the_night_as_it_is(company: Project) -> None:
    plain = score(company, silent).facts
    before = Path(plain["scores"]).read_bytes()
    assert plain["shadow"] == ""
    assert switch_shadow(company, on=True).facts["shadow"]
    beside = score(company, silent).facts  # the same night again: only the shadow is new
    challenger = live_bundle(company, "challenger")
    assert beside["repeated"]
    assert beside["shadow"].startswith(f"Shadow: challenger {challenger.version} scored")
    assert Path(beside["scores"]).read_bytes() == before
    assert len(list((company.store.folder / "scores").rglob("*.parquet"))) == 1
    (path,) = (company.store.folder / SHADOW).rglob("*.parquet")
    ours = pd.read_parquet(path).set_index("lead_id")["probability"]
    theirs = pq.read_table(plain["scores"]).to_pandas().set_index("lead_id")
    theirs = theirs[theirs["status"] == "scored"]["probability"]
    assert list(ours.index) == list(theirs.index)
    assert np.allclose(logit(ours.to_numpy()), FLATTER * logit(theirs.to_numpy()))

    history, run = open_history(company.store.work / "history"), company.store.committed(plain["run_id"])
    assert run is not None
    path.unlink()
    alone = replace(run, inputs=replace(run.inputs, kind="lead", scope="L1"))
    assert score_in_shadow(company, history, alone) == ""
    other = replace(run, inputs=replace(run.inputs, bundle_version="0123456789ab"))
    assert score_in_shadow(company, history, other) == ""
    booster = bundle_folder(company.store.folder, challenger.version) / "booster.txt"
    whole = booster.read_text()
    booster.write_text("no booster")
    failed = score_in_shadow(company, history, run)
    booster.write_text(whole)
    assert failed.startswith(
        f"Shadow: challenger {challenger.version} could not score tonight's leads; the night itself is complete."
    )
    assert not list((company.store.folder / SHADOW).rglob("*.parquet*"))
    switch_shadow(company, on=False)
    assert score_in_shadow(company, history, run) == ""


def test_what_a_model_would_have_said_then_is_what_training_saw(company: Project) -> None:
    data, _ = read_training_data(company.work / "training")
    champion, history = live_bundle(company), open_history(company.work / "history")
    rows = data.meta["landmark"].to_numpy() == HANDOFF
    looks = data.rows(rows)
    again = probability_then(company, history, champion, looks.meta[["lead_id", "as_of"]])
    assert np.abs(again - MatrixScorer(champion).score(looks.features).probability).max() < 1e-12
    label = outcome_since(company, history, looks.meta[["lead_id", "as_of"]], data.catalogue.horizon_days)
    mature = looks.meta["mature"].to_numpy()
    assert (np.isnan(label) == ~mature).all()
    assert (label[mature] == looks.meta["label"].to_numpy()[mature]).all()
    gone = pd.DataFrame({"lead_id": ["nobody"], "as_of": looks.meta["as_of"].head(1)})
    assert np.isnan(probability_then(company, history, champion, gone)).all()


def commit_shadowed_night(project: Project, looks: pd.DataFrame, days_ago: int) -> None:
    """Commit a night of the champion with these leads' probabilities, and the challenger's beside it."""
    champion, challenger, store = live_bundle(project), live_bundle(project, "challenger"), project.store
    as_of = project.read_at - timedelta(days=days_ago)
    inputs = RunInputs(
        kind="night",
        as_of=as_of,
        history_sha256="h",
        bundle_version=champion.version,
        agreement_version=1,
        agreement_sha256="a",
    )
    looks = looks.assign(as_of=as_of, status="scored")
    path, snapshot = store.scores_path(inputs), store.snapshot_path(inputs.run_id)
    for file in (path, snapshot):
        file.parent.mkdir(parents=True, exist_ok=True)
        looks.rename(columns={"champion": "probability"}).to_parquet(file, index=False)
    names = [str(one.relative_to(store.folder)) for one in (path, snapshot)]
    run = Run(inputs=inputs, scored_at=as_of, scores=names[0], scores_sha256="", snapshot=names[1], snapshot_sha256="")
    store.commit(run)
    beside = shadow_path(store, run, challenger.version)
    beside.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame({"lead_id": looks["lead_id"], "probability": looks["challenger"]}).to_parquet(beside, index=False)


def test_shadow_evidence_comes_first_and_stops_a_worse_model(company: Project) -> None:
    data, _ = read_training_data(company.work / "training")
    young = data.meta[(data.meta["landmark"] == 0) & data.meta["mature"]].tail(320)
    looks = young[["lead_id", "account_id"]].assign(worked=True)
    looks["champion"] = live_bundle(company).out_of_time["label"].mean()
    rng = np.random.default_rng(3)
    looks["challenger"] = sigmoid(logit(looks["champion"].to_numpy()) + rng.normal(0, 2, len(looks)))
    commit_shadowed_night(company, looks.assign(worked=[False] * 20 + [True] * 300), 95)
    commit_shadowed_night(company, looks.assign(challenger=0.5), 91)  # the first worked night counts
    commit_shadowed_night(company, looks.assign(challenger=0.5), 80)  # its horizon is not over
    champion, challenger = live_bundle(company), live_bundle(company, "challenger")
    seen = shadow_looks(company.store, champion=champion, challenger=challenger, read_at=company.read_at)
    assert seen["lead_id"].is_unique
    assert (len(seen), (seen["challenger"] == 0.5).sum()) == (320, 20)
    assert shadow_looks(company.store, champion=challenger, challenger=champion, read_at=company.read_at).empty

    found = refresh_comparison(company, challenger, silent)
    assert found is not None
    assert (found.evidence, found.n) == ("shadow", 320)
    assert found.log_loss is not None
    assert found.log_loss.worse
    with pytest.raises(GateStopped, match=r"is worse than champion .* leads that both scored on the same nights"):
        promote(company)
    switch_shadow(company, on=True)
    told = list_models(company, silent)
    assert told.facts["comparison"]["evidence"] == "shadow"
    assert "scores in shadow every night" in told.words


def test_held_out_evidence_is_on_leads_that_the_champion_had_not_learnt_from(company: Project) -> None:
    store = company.store.folder
    earlier = (company.read_at - timedelta(days=70)).isoformat()
    champion = live_bundle(company)
    older, _ = keep_bundle(replace(champion, trained={**champion.trained, "read_at": earlier}), models_folder(store))
    put_live(older, store=store, now=company.now, because="a test")
    challenger = add_challenger(company, flatter=1.0)
    found = compare_with_champion(company, challenger, silent)
    assert found is not None
    assert found.evidence == "held-out"
    created = pd.read_parquet(company.work / "history" / "leads.parquet").set_index("lead_id")["created_at"]
    new = created[challenger.out_of_time["lead_id"]] + timedelta(days=90) > company.read_at - timedelta(days=70)
    assert found.n == new.sum() < len(challenger.out_of_time)
    assert "scored in shadow (200 needed)" in found.why_not
    assert comparison_path(models_folder(store), challenger.version).exists()
    moved = add_challenger(company, flatter=1.0, trained={**challenger.trained, "history_sha256": "other"})
    weaker = compare_with_champion(company, moved, silent)
    assert weaker is not None
    assert weaker.evidence == "shared"
    assert "no longer in work/" in weaker.why_not
    assert compare_with_champion(company, live_bundle(company), silent) is None
