"""The first draft: every line has its evidence or says why not, the file is an agreement, and words of the CRM stay words."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from leadq.agreement.read import read_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.signing.standing import standing
from leadq.crm.contract.history import open_history
from leadq.foundation.problems import UsageError
from leadq.pipelines.console.progress import silent
from leadq.pipelines.draft.draft import DRAFT, draft
from leadq.pipelines.draft.draft_line import DraftLine
from leadq.pipelines.draft.sheet import SHEET
from leadq.pipelines.quarter.sign_agreement import sign_agreement
from leadq.pipelines.training.validate import agreement_problems
from tests.pipelines.draft.conftest import HOSTILE, READ_AT, TOLD, WINS, lacking, opened


@dataclass(frozen=True)
class Made:
    """What the command proposed: its lines as data, and the agreement in its file."""

    lines: tuple[DraftLine, ...]
    window: str
    agreement: Agreement


@pytest.fixture(scope="module")
def made(drafted: Path) -> Made:
    """Return what the command told and wrote."""
    told = json.loads((drafted / TOLD).read_text())
    lines = tuple(DraftLine(**{key: value for key, value in one.items() if key != "differs"}) for one in told["lines"])
    return Made(lines=lines, window=told["window"], agreement=read_agreement(drafted / DRAFT))


def test_every_line_shows_how_many_and_an_interval_or_says_why_not(made: Made) -> None:
    assert len({line.key for line in made.lines}) == len(made.lines)
    assert lacking(made.lines) == []
    assert lacking([replace(made.lines[0], low=None)]) == ["outcome.horizon_days"]
    assert all(line.evidence.endswith(".") for line in made.lines)
    keys = {line.key for line in made.lines}
    wanted = "outcome.horizon_days stages.MQL stages.SAL stages.SQL ideal_customer tiers.T1.promise tiers.T2.promise"
    wanted += (
        " duties.marketing.T1_per_month tiers.T1.sla.first_touch_business_hours tiers.T1.sla.attempts rejection_reasons"
    )
    wanted += (
        " duties.sales.follow_up_share duties.sales.feedback_due_business_days rules.student effective_from calendar"
    )
    assert set(wanted.split()) <= keys


def test_what_is_measured_is_what_was_made(made: Made) -> None:
    lines = {line.key: line for line in made.lines}
    assert lines["outcome.horizon_days"].proposed == "90 days"  # wins come 8 to 70 days after creation
    assert lines["ideal_customer"].basis == "measured"
    assert lines["ideal_customer"].proposed == f"industry of the account is one of {WINS}"
    (check,) = made.agreement.ideal_customer
    assert check.values == (WINS,)
    assert "four quarters" not in made.window
    assert "the last" in made.window
    sla = made.agreement.tiers[0].sla
    assert sla is not None
    assert sla.attempts in (2, 3)
    assert (
        made.agreement.duties["sales"]["follow_up_share"] == 0.95
    )  # all were worked; one that is missed must not break it
    hand_over = lines["duties.marketing.hand_over_within_hours"]
    assert (hand_over.basis, hand_over.proposed) == (
        "not recorded",
        "8 business hours",
    )  # no owners, no date: a night's wait


def test_the_evidence_is_what_a_spreadsheet_counts_as_of_the_hand_over(made: Made, drafted: Path) -> None:
    tables = {
        name: pd.read_csv(drafted / f"{name}.csv") for name in ("leads", "accounts", "opportunities", "field_history")
    }
    leads = tables["leads"].merge(tables["accounts"]).merge(tables["opportunities"].drop(columns="created_at"))
    before = tables["field_history"].set_index("entity_id")["old_value"]
    industry = leads["account_id"].map(before).fillna(leads["industry"])
    created, closed = (pd.to_datetime(leads[name], format="ISO8601", utc=True) for name in ("created_at", "closed_at"))
    mature = created + timedelta(days=90 + 7) <= READ_AT
    inside = mature & (created > created[mature].max() - timedelta(days=4 * 91)) & (industry == WINS)
    won = (leads["outcome"] == "won") & (closed - created <= timedelta(days=90))
    (line,) = (line for line in made.lines if line.key == "ideal_customer")
    assert line.n == inside.sum()
    assert f"{(inside & won).sum()} of {inside.sum()} were won" in line.evidence
    assert (
        leads["industry"][leads["outcome"] == "won"] == "customer"
    ).mean() > 0.4  # what today's values would propose
    assert "customer" not in line.evidence


def test_the_draft_is_an_unsigned_agreement_of_the_next_version_that_fits_the_data(drafted: Path) -> None:
    project = opened(drafted)
    agreement = read_agreement(drafted / DRAFT)
    assert agreement.version == project.agreement.version + 1
    assert not agreement.signed
    assert agreement.effective_from > READ_AT.date()
    history = open_history(drafted / "work" / "draft" / "history")
    assert agreement_problems(replace(project, agreement=agreement), history) == ()


def test_the_draft_can_be_signed(drafted: Path, tmp_path: Path) -> None:
    path = tmp_path / DRAFT
    shutil.copy(drafted / DRAFT, path)
    sign_agreement(path, roles=("head of sales", "head of marketing"), on="", now=READ_AT)
    assert standing(read_agreement(path), READ_AT).signed


def test_the_crms_own_words_become_reasons_and_keep_what_follows(made: Made, drafted: Path) -> None:
    reasons = made.agreement.rejection_reasons
    assert reasons[0] == "no_budget"
    assert made.agreement.after_rejection["no_budget"].wake_after_days == 180  # the template's
    assert set(opened(drafted).agreement.rejection_reasons) <= set(reasons)
    assert {"went_to_a_rival", "hyperlink_x_nein_geld"} <= set(reasons)
    assert any(reason.startswith("reason_") for reason in reasons)  # 失注 has none of our letters
    text = (drafted / DRAFT).read_text(encoding="utf-8")
    assert "失注" in text
    assert all(line.lstrip().startswith("#") for line in text.splitlines() if "HYPERLINK" in line)


def test_the_sheet_shows_every_line_and_runs_nothing(drafted: Path, made: Made) -> None:
    page = (drafted / "reports" / SHEET).read_text(encoding="utf-8")
    assert HOSTILE not in page
    assert "<script" not in page
    assert "http" not in page.split("</style>")[0].replace("http-equiv", "")
    assert page.count("<tr><td>") == len(made.lines)
    assert "leadq agreement sign agreement-draft.yaml" in page
    assert page.index("What would change") < page.index("Choices of both sides") < page.index("Signatures")


def test_nothing_is_written_over_without_saying_so(drafted: Path) -> None:
    project = opened(drafted)
    before = (drafted / DRAFT).read_bytes()
    for out, rule in (
        (None, "is there already"),
        (project.config.agreement, "in force"),
        (drafted / "reports", "a file"),
    ):
        with pytest.raises(UsageError, match=rule):
            draft(project, silent, out=out)
    assert (drafted / DRAFT).read_bytes() == before
