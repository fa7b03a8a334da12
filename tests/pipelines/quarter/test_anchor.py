"""``leadq anchor`` on a simulated company that goes downhill: the base follows, the reasons stay, nothing is trained."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from leadq.crm.simulated import simulate, write_company
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.tables.company_files import leadq_yaml
from leadq.foundation.problems import GateStopped, StoreError
from leadq.models.bundle.bundle import Bundle, documents, read_bundle
from leadq.models.bundle.past_leads import PastLeads, past_leads_path
from leadq.models.live.live_models import bundle_folder, models_folder, put_challenger, read_live
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.quarter.anchor import anchor
from leadq.pipelines.quarter.promote import promote
from tests.shared_company import learn, put_live, read_once

pytestmark = pytest.mark.integration

PARAMS = """\
fit: {grid_num_leaves: [3], max_rounds: 60, early_stopping_rounds: 10, n_folds: 3, bootstrap_repeats: 50}
features: {ages_days: [0, 14], max_event_kinds: 4}
engine: {threads: 1}
"""
SETTINGS = CompanySettings(n_leads=3500, base_rate=0.25, noise_fields=0, drift="trend", drift_sd=0.25)


def read_company(folder: Path, days: int) -> Project:
    """Write what the company's CRM holds ``days`` after its start, and open the project as of then."""
    company = simulate(SETTINGS, read_at=SETTINGS.start + timedelta(days=days))
    shutil.rmtree(folder / "source", ignore_errors=True)
    write_company(company, folder / "source")
    (folder / "leadq.yaml").write_text(leadq_yaml(company).replace("{path: ", "{path: source/"))
    (folder / "params.yaml").write_text(f"read_at: {company.read_at.isoformat()}\n{PARAMS}")
    init(folder)
    return open_project(folder, environment={}, now=company.read_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A champion of day 500, a night by it, and what ``leadq anchor`` made of it on day 725."""

    project: Project
    champion: Bundle
    bundle: Bundle
    told: Told


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anchored]:
    folder = tmp_path_factory.mktemp("downhill")
    early = read_company(folder, 500)
    put_live(early, learn(early))
    project = read_company(folder, 725)
    store = project.store.folder
    champion = read_live(store).champion
    assert champion is not None
    with read_once():
        score(project, silent, as_of=project.read_at - timedelta(days=1))
        told = anchor(project, silent)
        challenger = read_live(store).challenger
        assert challenger is not None
        yield Anchored(
            project=project,
            champion=read_bundle(bundle_folder(store, champion.version)),
            bundle=read_bundle(bundle_folder(store, challenger.version)),
            told=told,
        )
    shutil.rmtree(folder)


@pytest.mark.integration
def test_the_base_follows_the_company_downhill_and_nothing_else_changes(done: Anchored) -> None:
    assert done.bundle.calibrator.anchor < done.champion.calibrator.anchor - 0.1
    before, after = documents(done.champion), documents(done.bundle)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"calibrator.json", "trained.json", "bundle.json"}
    assert done.bundle.trained["anchored_from"] == done.champion.version
    assert done.told.facts["anchor"]["wins"] < done.told.facts["anchor"]["expected"]
    assert "Ranking and reasons do not change." in done.told.words


def test_the_past_leads_of_the_model_are_those_of_its_anchored_version(done: Anchored) -> None:
    folder = models_folder(done.project.store.folder)
    kept, shared = (past_leads_path(folder, one.version) for one in (done.champion, done.bundle))
    assert PastLeads.read(kept).drawn["version"] == done.champion.version
    assert shared.read_bytes() == kept.read_bytes()


def test_damaged_past_leads_leave_the_challenger_as_it_was(done: Anchored, tmp_path: Path) -> None:
    shutil.copytree(done.project.folder, tmp_path / "copy")
    project = open_project(tmp_path / "copy", environment={}, now=done.project.now)
    models = models_folder(project.store.folder)
    put_challenger("the one before", store=project.store.folder, now=project.now, why="trained")
    before = (models / "live.json").read_bytes()
    past_leads_path(models, done.champion.version).write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"past\.parquet"):
        anchor(project, silent)
    assert (models / "live.json").read_bytes() == before


def test_a_reanchored_champion_needs_no_better_log_loss_and_the_night_says_what_moved(done: Anchored) -> None:
    promote(done.project, because="signed in the test", by="test")
    live = read_live(done.project.store.folder)
    assert live.champion is not None
    assert live.champion.version == done.bundle.version
    assert "does not beat champion" not in live.champion.why
    told = score(done.project, silent)
    table = pq.read_table(str(told.facts["scores"]))
    changed = [row for row in table["changed"].to_pylist() if row]
    moved = np.array([abs(one["anchor"]) for row in changed for one in row])
    assert len(changed) >= 20
    assert moved.max() > 0.05, "the anchor is told apart"
    assert max(abs(one["model"]) for row in changed for one in row) == 0.0, "no other model"


def test_nothing_to_anchor_is_said_and_nothing_is_written(done: Anchored, tmp_path: Path) -> None:
    shutil.copytree(done.project.folder, tmp_path / "copy")
    project = open_project(tmp_path / "copy", environment={}, now=done.project.now)
    shutil.rmtree(project.store.folder / "models")
    with pytest.raises(GateStopped, match="a trained model must be live"):
        anchor(project, silent)
