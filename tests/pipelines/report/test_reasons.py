"""The report shows what moves the scores and whether the reasons are true; the same audit can be made again without a training."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import pytest

from leadq.models.audit.reason_audit import audit_reasons
from leadq.models.bundle.bundle import read_bundle
from leadq.pipelines.report.reasons import DEPENDENCE, FEATURES, audit_metrics, audit_words
from leadq.pipelines.training.audit import audit_bundle, audit_training, reference_leads
from leadq.pipelines.training.training_files import read_training_data
from leadq.serving.words.sentences import read_sentences
from tests.pipelines.report.conftest import Company


def test_the_page_shows_the_audit_and_its_pictures(company: Company) -> None:
    page = (company.project.reports / "evaluation.html").read_text(encoding="utf-8")
    for heading in ("What moves the scores", "Are the reasons true?", "Interventional SHAP", "Deletion"):
        assert heading in page
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in page
    pictures = [base64.b64decode(one) for one in re.findall(r'src="data:image/png;base64,([^"]+)"', page)]
    assert pictures == [(company.project.reports / name).read_bytes() for name in (FEATURES, DEPENDENCE)]
    assert "keep their strongest one in the same direction" in page


def test_the_metrics_say_the_same(company: Company) -> None:
    reasons = company.evaluated.metrics["reasons"]
    data, _ = read_training_data(company.project.work / "training")
    found = audit_reasons(company.bundle, reference_leads(data).features, seed=company.project.settings.seed)
    assert found is not None
    assert reasons == audit_metrics(found)
    assert reasons["deletion_correlation"] > 0.9
    assert reasons["deletion_median_ratio"] == pytest.approx(1.0, abs=0.2)
    assert 0 < company.evaluated.metrics["strongest_reason_kept_between_refits"] <= 1
    assert any("Deletion confirms the reasons: correlation" in said for said in audit_words(found, read_sentences()))
    wrong = audit_words(replace(found, ratio=1.4), read_sentences())
    assert any("does not confirm" in said for said in wrong)


@pytest.mark.integration
def test_a_bundle_is_audited_without_a_training(company: Company) -> None:
    found = audit_bundle(company.project, read_bundle(company.project.work / "bundle"))
    assert found is not None
    assert found.faithful
    assert found.leads == 200


def test_pictures_of_a_training_before_do_not_stay(company: Company) -> None:
    data, _ = read_training_data(company.project.work / "training")
    kept = {name: (company.project.reports / name).read_bytes() for name in (FEATURES, DEPENDENCE)}
    try:
        assert audit_training(company.project, replace(company.bundle, kind="base_rate"), data) is None
        assert not any((company.project.reports / name).exists() for name in kept)
    finally:
        for name, content in kept.items():
            (company.project.reports / name).write_bytes(content)
