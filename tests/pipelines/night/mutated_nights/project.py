"""A company's project that has learnt from an export, and nights of it: what was said, and every lead's tier."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from leadq.foundation.problems import LeadqError
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.console.progress import silent
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.night.changed_fields import hold_against_training
from leadq.pipelines.night.field_reach import TonightsTiers
from leadq.pipelines.night.score import read_tonight
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.training.ingest import rejected_rows, rejected_words
from tests.pipelines.night.mutated_nights.export import TRAINED, Company
from tests.pipelines.night.mutated_nights.writing import Writing
from tests.shared_company import learn, live_bundle, put_live

CONFIG = """\
store: store
agreement: agreement.yaml
time_zone: UTC
sources:
  leads:
    path: leads.csv
    columns: {lead_id: Lead ID, created_at: Created Date, closed_at: Closed Date, source: Lead Source, campaign: Campaign,
      country: Country, account_id: Company, email: Email, title: Title}
outcome: {from: lead_columns, column: Status, won: [Closed Won], lost: [Closed Lost], open: [Working]}
"""
PARAMS = """\
fit: {grid_num_leaves: [6], learning_rate: 0.1, max_rounds: 80, early_stopping_rounds: 10, n_folds: 2, bootstrap_repeats: 20}
features: {ages_days: [0, 7, 30, 90]}
engine: {threads: 1}
"""
CSV = "leads.csv"


def trained(folder: Path, company: Company, writing: Writing) -> Project:
    """Make the project, learn from the export of the day of training, and put the model live."""
    folder.mkdir(parents=True)
    (folder / "leadq.yaml").write_text(CONFIG)
    (folder / "params.yaml").write_text(f'read_at: "{TRAINED.isoformat()}"\n{PARAMS}')
    init(folder)
    writing.write(company.export(TRAINED), folder / CSV)
    project = open_project(folder, environment={}, now=TRAINED)
    put_live(project, learn(project))
    shutil.rmtree(project.work, ignore_errors=True)
    return project


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What came of a night.

    Parameters
    ----------
    stopped : tuple of str
        Why nothing is scored; empty where it would be.
    said : tuple of str
        Lines above information.
    tiers : TonightsTiers or None
        Tiers of the open leads, which are counted only when somebody asks; None where the night was stopped.
    """

    stopped: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    tiers: TonightsTiers | None = None

    @property
    def scored(self) -> int:
        """How many leads have a tier."""
        return 0 if self.tiers is None else len(self.tiers.as_read())

    def moved_to(self, other: Mapping[str, str]) -> int:
        """Return how many leads are in another tier than in ``other``, or in one of the two only."""
        mine = {} if self.tiers is None else self.tiers.as_read()
        return sum(mine.get(lead) != other.get(lead) for lead in {*mine, *other})


def night(project: Project, bundle: Bundle, table: pd.DataFrame, *, separator: str) -> Night:
    """Read the export ``table`` (texts) and hold it against the training, as ``leadq score`` does before it scores."""
    table.to_csv(project.folder / CSV, index=False, sep=separator)
    try:
        history = read_tonight(project, bundle, silent)
        drift = hold_against_training(project, history, bundle, project.read_at, silent)
    except LeadqError as error:
        return Night(stopped=tuple(str(problem) for problem in error.problems))
    rejected = [rejected_words(history)] if rejected_rows(history) else []
    said = [*map(str, drift.warnings), *drift.not_compared, *rejected]
    return Night(said=tuple(said), tiers=TonightsTiers(project, history, bundle, project.read_at))


def opened_at(trained_in: Path, folder: Path, moment: datetime) -> tuple[Project, Bundle]:
    """Open a copy of a trained project, without its past, at the moment of a night; with the model that is live."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in trained_in.glob("*.yaml"):
        shutil.copy(path, folder / path.name)
    (folder / "params.yaml").write_text(f'read_at: "{moment.isoformat()}"\n{PARAMS}')
    shutil.copytree(trained_in / "store" / "models", folder / "store" / "models")
    project = open_project(folder, environment={}, now=moment)
    return project, live_bundle(project)
