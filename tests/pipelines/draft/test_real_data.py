"""Drafts on data that nobody here has made: what is proposed is counted, and what today's values would fake is proposed by nobody."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.agreement.read import read_agreement
from leadq.crm.contract.history import open_history
from leadq.pipelines.console.progress import silent
from leadq.pipelines.draft.draft import DRAFT, Draft, draft, make_draft
from leadq.pipelines.project.project import open_project
from leadq.pipelines.training.validate import agreement_problems

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("LEADQ_SHARED_DATA") or ROOT.parent / "shared" / "data")
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(
        not (DATA / "loan_leads_2012").is_dir(), reason="LEADQ_SHARED_DATA names no folder with the examples' data"
    ),
]


def drafted(folder: Path, name: str) -> Draft:
    """Draft by the command, read the file back, and return what was proposed."""
    shutil.copytree(ROOT / "examples" / name, folder)
    project = open_project(folder, environment={"LEADQ_SHARED_DATA": str(DATA)}, now=datetime(2026, 12, 1, tzinfo=UTC))
    draft(project, silent, out=None)
    agreement = read_agreement(folder / DRAFT)
    history = open_history(folder / "work" / "draft" / "history")
    assert agreement_problems(project, history) == ()
    assert agreement.version == project.agreement.version + 1
    return make_draft(project, history, silent)


def test_loan_applications_have_measured_lines_with_their_interval(tmp_path: Path) -> None:
    lines = {line.key: line for line in drafted(tmp_path / "loans", "loan_leads_2012").lines}
    measured = [line for line in lines.values() if line.basis == "measured"]
    assert {"outcome.horizon_days", "tiers.T1.promise"} <= {line.key for line in measured}
    assert all(line.n and line.low is not None and line.high is not None for line in measured)


def test_accounts_filled_in_when_a_deal_closes_are_no_ideal_customer(tmp_path: Path) -> None:
    made = drafted(tmp_path / "deals", "crm_opportunities")
    lines = {line.key: line for line in made.lines}
    assert not lines["ideal_customer"].differs
    assert lines["ideal_customer"].basis == "not recorded"
    assert not lines["tiers.T1.promise"].differs  # nothing known at the start says which deal is won
