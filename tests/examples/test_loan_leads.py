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
from leadq.pipelines.quarter.promote import promote
from leadq.pipelines.training.stages import train_all
from tests.examples.conftest import ROOT

pytestmark = pytest.mark.integration

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def loan(example, tmp_path_factory) -> tuple[Project, dict[str, Any]]:
    """Return the trained, promoted loan example and what training told."""
    project = example("loan_leads_2012", tmp_path_factory.mktemp("loan"))
    facts = train_all(project, silent).facts
    promote(project, by="test")
    return project, facts


def test_loan_leads_out_of_time(loan):
    _, facts = loan
    at = facts["metrics"]["moments"]
    assert at["7_days"]["auc"] >= 0.70
    assert at["7_days"]["improvement_percent"] >= 12
    assert at["1_days"]["auc"] >= 0.68
    assert at["1_days"]["improvement_percent"] >= 7


def test_loan_slopes_meet_one(loan):
    project, _ = loan
    evaluation = json.loads((project.work / "bundle" / "evaluation.json").read_text(encoding="utf-8"))
    slopes = {row["moment"]: row["calibration"] for row in evaluation["moments"]}
    for moment in ("hand-off", "1 day", "7 days"):
        assert slopes[moment]["slope_low"] <= 1.2, moment
        assert slopes[moment]["slope_high"] >= 0.8, moment


def test_readme_says_what_the_loan_example_gives(loan):
    _, facts = loan
    rows = re.findall(
        r"^\| (hand-off|\d+ h|\d+ days) \| [\d,]+ \| ([\d.]+) \| ([\d.]+) % \|", README, flags=re.MULTILINE
    )
    assert len(rows) >= 3
    names = {"hand-off": "hand_off", "24 h": "1_days"}
    for moment, told_auc, told_gain in rows:
        found = facts["metrics"]["moments"][names.get(moment, moment.replace(" ", "_"))]
        assert found["auc"] == pytest.approx(float(told_auc), abs=0.005), moment
        assert found["improvement_percent"] == pytest.approx(float(told_gain), abs=0.5), moment


def test_the_open_loan_leads_are_scored_or_say_why_not(loan):
    project, _ = loan
    told = score(project, silent)
    table = pq.read_table(next(iter((project.store.folder / "scores").rglob("*.parquet"))))
    assert table.num_rows == 399, told.words
    scored = table.filter(pc.equal(table["status"], "scored"))
    assert scored.num_rows >= 300
    assert set(table["status_reason"].to_pylist()) == {None, "too old"}
    explained = [row for row in scored.to_pylist() if row["reasons_for"] or row["reasons_against"]]
    assert len(explained) >= 0.8 * scored.num_rows
