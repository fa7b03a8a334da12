"""The loan leads, real and dated, through their example configuration: what the issue promises of them, and what README says."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from tests.examples.conftest import ROOT
from tests.shared_company import learn, put_live

pytestmark = pytest.mark.integration

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def loan(example, tmp_path_factory) -> Project:
    """Return the loan example after learning, its model live."""
    project = example("loan_leads_2012", tmp_path_factory.mktemp("loan"))
    put_live(project, learn(project))
    return project


def moments_of(project: Project) -> dict[str, dict[str, Any]]:
    """Return the figures of the evaluation by how old leads were, as reports call it."""
    evaluation = json.loads((project.work / "bundle" / "evaluation.json").read_text(encoding="utf-8"))
    return {row["moment"]: row for row in evaluation["moments"]}


def test_loan_leads_out_of_time(loan):
    at = moments_of(loan)
    assert at["7 days"]["auc"] >= 0.70
    assert at["7 days"]["improvement_percent"] >= 12
    assert at["1 day"]["auc"] >= 0.68
    assert at["1 day"]["improvement_percent"] >= 7


def test_loan_slopes_meet_one(loan):
    slopes = {moment: row["calibration"] for moment, row in moments_of(loan).items()}
    for moment in ("hand-off", "1 day", "7 days"):
        assert slopes[moment]["slope_low"] <= 1.2, moment
        assert slopes[moment]["slope_high"] >= 0.8, moment


def test_readme_says_what_the_loan_example_gives(loan):
    rows = re.findall(
        r"^\| (hand-off|\d+ h|\d+ days) \| [\d,]+ \| ([\d.]+) \| ([\d.]+) % \|", README, flags=re.MULTILINE
    )
    assert len(rows) >= 3
    for moment, told_auc, told_gain in rows:
        found = moments_of(loan)[{"24 h": "1 day"}.get(moment, moment)]
        assert found["auc"] == pytest.approx(float(told_auc), abs=0.005), moment
        assert found["improvement_percent"] == pytest.approx(float(told_gain), abs=0.5), moment


def test_the_open_loan_leads_are_scored_or_say_why_not(loan):
    told = score(loan, silent)
    table = pq.read_table(next(iter((loan.store.folder / "scores").rglob("*.parquet"))))
    assert table.num_rows == 399, told.words
    scored = table.filter(pc.equal(table["status"], "scored"))
    assert scored.num_rows >= 300
    assert set(table["status_reason"].to_pylist()) == {None, "too old"}
    explained = [row for row in scored.to_pylist() if row["reasons_for"] or row["reasons_against"]]
    assert len(explained) >= 0.8 * scored.num_rows
