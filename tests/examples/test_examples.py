"""The three real data sets through their example configurations: what the issue promises of each, and what README says."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from crm.history import open_history
from pipelines.check import check
from pipelines.progress import silent
from pipelines.project import Project, open_project
from pipelines.promote import promote
from pipelines.score import score
from pipelines.training import train_all

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("LEADQ_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
NOW = datetime(2026, 11, 22, tzinfo=UTC)
README = (ROOT / "README.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA} (LEADQ_SHARED_DATA)")


def example(name: str, folder: Path) -> Project:
    """Copy an example into ``folder``, pointed at the real data, and open it."""
    shutil.copytree(ROOT / "examples" / name, folder / name)
    return open_project(folder / name, environment={"LEADQ_SHARED_DATA": str(DATA)}, now=NOW)


@pytest.fixture(scope="module")
def loan(tmp_path_factory) -> tuple[Project, dict[str, Any]]:
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
    for moment in ("hand-off", "1 days", "7 days"):
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


def test_opportunities_without_signal_get_no_tier(tmp_path):
    project = example("crm_opportunities", tmp_path)
    named = " ".join(finding["sentence"] for finding in check(project, silent).facts["leaks"])
    assert "close_value" in named
    facts = train_all(project, silent).facts
    assert facts["kind"] == "base_rate"
    assert any("Nothing beats the base rate" in sentence for sentence in facts["words"])
    history = open_history(project.work / "history")
    products = set(pq.read_table(history.path("leads"))["product"].to_pylist())
    assert "GTX Pro" in products
    assert "GTXPro" not in products
    score(project, silent)
    table = pq.read_table(next(iter((project.store.folder / "scores").rglob("*.parquet"))))
    assert table.num_rows == 2089
    assert set(table["tier"].to_pylist()) == {None}
    reasons = table["status_reason"].to_pylist()
    assert reasons.count("no date") == 500
    assert all(
        (status == "scored") == (reason is None)
        for status, reason in zip(table["status"].to_pylist(), reasons, strict=True)
    )


def test_bank_calls_run_flat_and_duration_is_named(tmp_path):
    project = example("bank_calls", tmp_path)
    sentences = [finding["sentence"] for finding in check(project, silent).facts["leaks"]]
    assert any(sentence.startswith("leads.duration alone") for sentence in sentences)
    text = (project.folder / "leadq.yaml").read_text(encoding="utf-8")
    refused = text.replace("  own_fields:\n", "  own_fields:\n    refuse: {duration: known only after the call}\n")
    assert refused != text
    (project.folder / "leadq.yaml").write_text(refused, encoding="utf-8")
    project = open_project(project.folder, environment={"LEADQ_SHARED_DATA": str(DATA)}, now=NOW)
    moments = train_all(project, silent).facts["metrics"]["moments"]
    (figures,) = moments.values()
    assert 0.60 <= figures["auc"] <= 0.75  # .67 by the reference; .82 and more would be duration
