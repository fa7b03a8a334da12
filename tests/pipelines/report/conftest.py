"""A small simulated company, trained up to its evaluation: real parts, a few seconds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from leadq.crm.contract.history import History, open_history
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.report.figures import Held, gather
from leadq.pipelines.training.build import build
from leadq.pipelines.training.evaluate import Evaluated, evaluate
from leadq.pipelines.training.ingest import ingest
from leadq.pipelines.training.simulate import write_simulated
from leadq.pipelines.training.train import HELD_OUT, train

PARAMS = """\
fit: {grid_num_leaves: [4], max_rounds: 40, early_stopping_rounds: 10, n_folds: 3, bootstrap_repeats: 100}
features: {ages_days: [0, 30]}
engine: {threads: 1}
report: {segments: [leads.source, accounts.employees, leads.shoe_size], sensitive: [accounts.country]}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A trained project and what its report is made of."""

    project: Project
    bundle: Bundle
    history: History
    held_out: pd.DataFrame
    held: Held
    evaluated: Evaluated


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    folder = tmp_path_factory.mktemp("report_company")
    made = write_simulated(folder, CompanySettings(n_leads=1400, base_rate=0.3, noise_fields=1, drift="none"), silent)
    (folder / "leadq.yaml").write_text(made.config_text)
    (folder / "params.yaml").write_text(f"read_at: {made.read_at.isoformat()}\n{PARAMS}")
    init(folder)
    project = open_project(folder, environment={}, now=made.read_at)
    for stage in (ingest, build, train):
        stage(project, silent)
    evaluated = evaluate(project, silent)
    bundle, history = read_bundle(project.work / "bundle"), open_history(project.work / "history")
    held_out = pd.read_parquet(project.work / HELD_OUT)
    held = gather(held_out, bundle, project.agreement, history, project.settings.report, seed=7)
    assert held is not None
    return Company(project=project, bundle=bundle, history=history, held_out=held_out, held=held, evaluated=evaluated)
