"""Drafts on data that nobody here has made, and on a simulated company: what is measured is shown, what today's values fake is not."""

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
from tests.pipelines.draft.conftest import lacking
from tests.shared_company import CompanyCopy

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
    measured = {line.key for line in lines.values() if line.basis == "measured"}
    assert {"outcome.horizon_days", "tiers.T1.promise"} <= measured
    assert lacking(lines.values()) == []


def test_calls_without_dates_have_a_draft_too(tmp_path: Path) -> None:
    lines = {line.key: line for line in drafted(tmp_path / "calls", "bank_calls").lines}
    assert lacking(lines.values()) == []
    assert lines["tiers.T1.promise"].basis == "measured"
    assert {line.basis for key, line in lines.items() if key.startswith("duties.")} <= {"not recorded", "a choice"}


def test_a_simulated_company_shows_its_evidence(tmp_path: Path, company_copy: CompanyCopy) -> None:
    project = company_copy(tmp_path / "company")
    draft(project, silent, out=None)
    history = open_history(project.work / "draft" / "history")
    lines = {line.key: line for line in make_draft(project, history, silent).lines}
    assert lacking(lines.values()) == []
    measured = {key for key, line in lines.items() if line.basis == "measured"}
    assert {"tiers.T1.sla.first_touch_business_hours", "duties.sales.follow_up_share", "rejection_reasons"} <= measured


def test_accounts_filled_in_when_a_deal_closes_are_no_ideal_customer(tmp_path: Path) -> None:
    made = drafted(tmp_path / "deals", "crm_opportunities")
    lines = {line.key: line for line in made.lines}
    assert not lines["ideal_customer"].differs
    assert lines["ideal_customer"].basis == "not recorded"
    assert not lines["tiers.T1.promise"].differs  # nothing known at the start says which deal is won
