"""One simulated company that has learnt and whose model is live, made once a test run; tests take a copy of it.

Training is what most tests of a night would else spend their time on. A test of training makes a company of its own.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadq.crm.contract.history import History
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.features.leak_checks.run_checks import check_leaks, quarantine
from leadq.models.bundle.bundle import Bundle, keep_bundle, read_bundle
from leadq.models.bundle.past_leads import keep_past_leads, past_leads_path
from leadq.models.live.live_models import bundle_folder, models_folder, promote, read_live
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night import score as night
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.training.build import look_at_landmarks
from leadq.pipelines.training.ingest import ingest
from leadq.pipelines.training.leak_checks import LeakReport, write_leak_checks
from leadq.pipelines.training.simulate import write_simulated
from leadq.pipelines.training.train import PAST_LEADS, train
from leadq.pipelines.training.training_files import Origin, write_training_data

CompanyCopy = Callable[[Path], Project]
"""Copies the company into a folder that is not there yet, and opens it."""
MadeOnce = Callable[[str, Callable[[Path], object]], Path]
"""Makes a folder of this name once a test run, whatever the number of workers."""
SETTINGS = CompanySettings(n_leads=3000, base_rate=0.25, noise_fields=2, drift="none")
PARAMS = """\
fit: {grid_num_leaves: [7], learning_rate: 0.1, max_rounds: 60, early_stopping_rounds: 10, n_folds: 2, bootstrap_repeats: 20}
features: {ages_days: [0, 7, 30]}
engine: {threads: 1}
"""


def learn(project: Project) -> Bundle:
    """Read, look, leave out what leaks and train: the stages without canaries, gate and reports, which need most of the time."""
    history = ingest(project, silent)
    whole = look_at_landmarks(project, history)
    leaks = check_leaks(whole, history, seed=project.settings.seed)
    write_leak_checks(LeakReport(findings=leaks.findings, rows=leaks.rows(not_run="a test")), project.work)
    data = whole.without(quarantine(leaks.findings, history))
    read_at = history.read_at.isoformat()
    origin = Origin(history_sha256=history.sha256, agreement_sha256=project.agreement.sha256, read_at=read_at)
    write_training_data(data, origin, project.work / "training")
    return train(project, silent).bundle


def simulated(folder: Path, params: str, settings: CompanySettings) -> Project:
    """Simulate a company into ``folder`` as a project that has not learnt yet."""
    made = write_simulated(folder, settings, silent)
    (folder / "leadq.yaml").write_text(made.config_text)
    (folder / "params.yaml").write_text(f"read_at: {made.read_at.isoformat()}\n{params}")
    init(folder)
    return open_project(folder, environment={}, now=made.read_at)


def live_company(folder: Path, params: str = PARAMS, settings: CompanySettings = SETTINGS) -> Project:
    """Simulate a company into ``folder``, learn, and put the model live with its past leads."""
    project = simulated(folder, params, settings)
    put_live(project, learn(project))
    return project


def put_live(project: Project, bundle: Bundle) -> None:
    """Put a bundle live with the past leads that its training kept, as registering and promoting would, but without MLflow."""
    models = models_folder(project.store.folder)
    version, _ = keep_bundle(bundle, models)
    keep_past_leads(project.work / PAST_LEADS, past_leads_path(models, version), version=version)
    promote(version, store=project.store.folder, now=project.now, because="a test", by="head of sales")


@contextmanager
def read_once() -> Iterator[None]:
    """Let nights in this block read and gate a project's sources once: half of a small night, and the same every time.

    For tests of what comes after; that every night reads its sources is held by ``tests/pipelines/test_end_to_end.py``.
    """
    read, readings = night.read_tonight, dict[tuple[Path, datetime], History]()

    def once(project: Project, *rest: Any) -> History:
        key = (project.folder, project.read_at)
        readings[key] = readings.get(key) or read(project, *rest)
        return readings[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(night, "read_tonight", once)
        yield


def live_bundle(project: Project) -> Bundle:
    """Read the bundle that is live."""
    champion = read_live(project.store.folder).champion
    assert champion is not None
    return read_bundle(bundle_folder(project.store.folder, champion.version))


def opened(folder: Path) -> Project:
    """Open a copy, at the moment its history was read."""
    read_at = yaml.safe_load((folder / "params.yaml").read_text())["read_at"]
    moment = read_at if isinstance(read_at, datetime) else datetime.fromisoformat(read_at)
    return open_project(folder, environment={}, now=moment.astimezone(UTC))


def copy_of_the_company(shared: Path, folder: Path) -> Project:
    """Copy the company of this test run into ``folder``, which is not there yet."""
    shutil.copytree(made_once(shared, "company", live_company), folder)
    return opened(folder)


def made_once(shared: Path, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder ``name`` of this test run, made by whichever worker needs it first. Not to be written to: copy it."""
    shared.mkdir(parents=True, exist_ok=True)
    folder, whole = shared / name, shared / f"{name}.whole"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            whole.touch()
    return folder
