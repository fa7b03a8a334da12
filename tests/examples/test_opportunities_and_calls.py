"""Real data without signal, and a flat file without dates, through their example configurations: what the issue promises of each."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import open_history
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.score import score
from leadq.pipelines.training.check import check
from leadq.pipelines.training.stages import train_all
from tests.examples.conftest import open_example
from tests.shared_company import learn

pytestmark = pytest.mark.acceptance


def test_opportunities_without_signal_get_no_tier(example, tmp_path):
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


def test_bank_calls_run_flat_and_duration_is_named(example, tmp_path):
    project = example("bank_calls", tmp_path)
    sentences = [finding["sentence"] for finding in check(project, silent).facts["leaks"]]
    assert any(sentence.startswith("leads.duration alone") for sentence in sentences)
    text = (project.folder / "leadq.yaml").read_text(encoding="utf-8")
    refused = text.replace("  own_fields:\n", "  own_fields:\n    refuse: {duration: known only after the call}\n")
    assert refused != text
    (project.folder / "leadq.yaml").write_text(refused, encoding="utf-8")
    with (project.folder / "params.yaml").open("a", encoding="utf-8") as params:
        params.write(
            "fit: {n_folds: 2, grid_num_leaves: [6]}\n"
        )  # the question is whether duration is gone, not the last digit
    project = open_example(project.folder)
    (figures,) = learn(project).evaluation["moments"]
    assert 0.60 <= figures["auc"] <= 0.75  # .67 by the reference; .82 and more would be duration
