"""The company that tests share, evaluated anew with a report of its own segments: real parts, a few seconds."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest

from leadq.crm.contract.history import History, open_history
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.pipelines.console.progress import silent
from leadq.pipelines.project.project import Project
from leadq.pipelines.report.figures import Held, gather
from leadq.pipelines.training.evaluate import Evaluated, evaluate
from leadq.pipelines.training.train import HELD_OUT
from tests.shared_company import CompanyCopy, opened

REPORT = "report: {segments: [leads.source, accounts.employees, leads.shoe_size], sensitive: [accounts.country]}\n"


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
def company(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Company:
    folder = tmp_path_factory.mktemp("report") / "company"
    company_copy(folder)
    params = folder / "params.yaml"
    params.write_text(params.read_text() + REPORT)
    project = opened(folder)
    evaluated = evaluate(project, silent)
    bundle, history = read_bundle(project.work / "bundle"), open_history(project.work / "history")
    held_out = pd.read_parquet(project.work / HELD_OUT)
    held = gather(held_out, bundle, project.agreement, history, project.settings.report, seed=7)
    assert held is not None
    return Company(project=project, bundle=bundle, history=history, held_out=held_out, held=held, evaluated=evaluated)
