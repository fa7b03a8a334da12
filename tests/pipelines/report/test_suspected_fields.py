"""A field that a leak check only names stands beside the verdict it could spoil, with how many of the best leads hang on it."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from leadq.features.leak_checks.finding import LeakFinding
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.pipelines.console.progress import silent
from leadq.pipelines.report.suspected_fields import doubts, suspected_fields
from leadq.pipelines.report.training_words import Training, training_words
from leadq.pipelines.training.audit import reference_leads
from leadq.pipelines.training.evaluate import evaluate
from leadq.pipelines.training.leak_checks import FINDINGS, read_findings
from leadq.pipelines.training.training_files import read_training_data
from tests.pipelines.report.conftest import Company


def _finding(bundle: Bundle, **changed: object) -> LeakFinding:
    """Suspect the feature that moves scores most."""
    strongest = bundle.catalogue.features[int(np.argmax(bundle.reference.mean_absolute))]
    whole = LeakFinding(
        check=4, name="filled in after the decision", field=strongest.source or strongest.name, features=(strongest.name,),
        figure=0.7, limit=0.65, consequence="name", sentence="It was raised after half of the wins.",
    )  # fmt: skip
    return replace(whole, **changed)  # type: ignore[arg-type]


def test_a_named_field_stands_on_the_first_page_the_card_and_in_the_terminal(company: Company) -> None:
    work, reports = company.project.work, company.project.reports
    kept = {path: path.read_bytes() for path in (work / FINDINGS, *reports.iterdir()) if path.is_file()}
    finding = _finding(company.bundle)
    (work / FINDINGS).write_text(json.dumps([asdict(finding)]))
    try:
        evaluated = evaluate(company.project, silent)
        (found,) = evaluated.suspected
        first = (reports / "evaluation.html").read_text(encoding="utf-8").split("For a statistician")[0]
        card = (reports / "model_card.md").read_text(encoding="utf-8")
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
    (said,) = doubts(evaluated.suspected)
    assert said.startswith(
        f"Under suspicion: {finding.field}. It was raised after half of the wins. It is the strongest reason of "
    )
    assert f"of {found.best:,} past leads in T1, so what is said here of the model may be too good." in said
    assert said.endswith(found.advice)
    assert found.advice
    assert said in html.unescape(first)
    assert first.index("Under suspicion") < first.index("Does each tier keep its promise?")
    assert "Under suspicion" in card.split("## How well it works")[1].split("\n## ")[0]
    training = Training(
        bundle=company.bundle, held=company.held, agreement=company.project.agreement, most_looks=3, doubts=(said,)
    )
    told = training_words(training)
    assert told.index(said) == 2  # before the verdict
    assert told[3].startswith(("You can rely on it", "It ranks leads", "Do not rely"))


def test_the_count_is_that_of_the_models_own_reasons(company: Company) -> None:
    rows = reference_leads(read_training_data(company.project.work / "training")[0]).features
    finding = _finding(company.bundle)
    (found,) = suspected_fields([finding], company.bundle, rows, seed=7, threads=1)
    scored = MatrixScorer(company.bundle).score(rows)
    cut = next(tier.cut for tier in company.bundle.tiers if tier.cut is not None)
    best = [
        scored.families[int(np.argmax(row))] for row in scored.contributions[scored.probability >= cut] if row.max() > 0
    ]
    (family,) = {one.family for one in company.bundle.catalogue.features if one.name in finding.features}
    if len(rows) <= 2_000:
        assert (found.best, found.strongest) == (len(best), best.count(family))
    assert found.share == pytest.approx(best.count(family) / len(best), abs=0.1)
    assert found.strongest > 0


def test_what_the_model_does_not_use_is_no_doubt(company: Company) -> None:
    rows = np.empty((0, len(company.bundle.catalogue.features)))
    kept = {"seed": 7, "threads": 1}
    for finding in (
        _finding(company.bundle, consequence="quarantine"),
        _finding(company.bundle, field="leads.shoe_size", features=()),
        _finding(company.bundle, check=7),
        _finding(company.bundle, check=8),
    ):
        assert suspected_fields([finding], company.bundle, rows, **kept) == ()
    base_rate = replace(company.bundle, kind="base_rate")
    assert suspected_fields([_finding(company.bundle)], base_rate, rows, **kept) == ()


def test_findings_are_read_as_they_were_written(company: Company) -> None:
    assert all(isinstance(one, LeakFinding) for one in read_findings(company.project.work))
    assert read_findings(company.project.work / "not there") == ()
    assert company.evaluated.suspected == suspected_fields(
        read_findings(company.project.work), company.bundle,
        reference_leads(read_training_data(company.project.work / "training")[0]).features, seed=7, threads=1,
    )  # fmt: skip
