"""A company's own sentences are those of its scores and part of a run's name; its answers are in the next training's history."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from leadq.crm.answers.answer_log import ANSWERS, Answer, AnswerBook
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.features.training_data import HANDOFF
from leadq.pipelines.console.progress import silent
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import RunInputs
from leadq.pipelines.training.build import look_at_landmarks
from leadq.pipelines.training.ingest import ingest
from tests.shared_company import PARAMS, CompanyCopy, simulated

pytestmark = pytest.mark.integration

NIGHT = RunInputs(
    kind="night",
    as_of=datetime(2026, 10, 1, tzinfo=UTC),
    history_sha256="h" * 64,
    bundle_version="b" * 12,
    agreement_version=4,
    agreement_sha256="a" * 64,
    previous_runs=("p" * 16,),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, company_copy: CompanyCopy) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("words") / "company"
    yield company_copy(folder)
    shutil.rmtree(folder)


def _marked(folder: Path, mark: str) -> Path:
    """The default sentences, every fact of which begins with ``mark``."""
    document = yaml.safe_load(
        resources.files("leadq.serving.words").joinpath("sentences.yaml").read_text(encoding="utf-8")
    )
    for entry in document["features"]:
        for case in ("missing", "zero", "one", "negative", "value"):
            if case in entry:
                entry[case] = f"{mark} {entry[case]}"
    path = folder / "saetze.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


def _said(scores: str) -> list[str]:
    rows = pq.read_table(scores, columns=["reasons_for", "reasons_against"]).to_pylist()
    return [reason["sentence"] for row in rows for side in row.values() for reason in side or ()]


def test_runs_with_leadqs_own_sentences_keep_their_names() -> None:
    assert NIGHT.run_id == "70b52c8475797f2d"  # as it was before a company could have sentences of its own
    own = replace(NIGHT, sentences_sha256="s" * 64)
    assert own.run_id != NIGHT.run_id
    assert RunInputs.from_document(NIGHT.to_document()) == NIGHT
    assert RunInputs.from_document(own.to_document()) == own


@pytest.mark.acceptance
def test_a_company_hears_its_own_sentences_and_they_are_another_run(project: Project, tmp_path: Path) -> None:
    night = score(project, silent).facts
    assert _said(night["scores"])
    assert not [one for one in _said(night["scores"]) if one.startswith("»")]
    config = project.config.model_copy(update={"sentences": _marked(tmp_path, "»")})
    own = replace(project, config=config, now=project.now + timedelta(hours=1))
    lead_id = next(row["lead_id"] for row in _rows(night["scores"]) if row["reasons_for"])
    again = score(own, silent, lead_id=lead_id).facts
    assert again["run_id"] != score(project, silent, lead_id=lead_id).facts["run_id"]
    assert _said(again["scores"])
    assert all(sentence.startswith("» ") for sentence in _said(again["scores"]))
    assert score(own, silent, lead_id=lead_id).facts["repeated"]
    assert "» " in explain(own, silent, lead_id=lead_id).words
    before = own.sentences_sha256
    _marked(tmp_path, "*")
    assert own.sentences_sha256 != before


def _rows(scores: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(scores).to_pylist()
    return rows


def test_an_answer_is_in_the_next_trainings_history_and_is_the_hand_off(tmp_path: Path) -> None:
    project = simulated(tmp_path, PARAMS, CompanySettings(n_leads=300, base_rate=0.25, noise_fields=0, drift="none"))
    before = ingest(project, silent, folder=tmp_path / "before")
    known = {
        row["lead_id"] for table in ("touches", "dispositions") for row in pq.read_table(before.path(table)).to_pylist()
    }
    leads = pq.read_table(before.path("leads")).to_pylist()
    lead = next(
        row for row in leads if row["lead_id"] not in known and row["created_at"] < project.now - timedelta(days=200)
    )
    answered = lead["created_at"] + timedelta(hours=5)
    answer = Answer(lead_id=lead["lead_id"], decided_at=answered, decision="accepted", rep="Ann")
    AnswerBook(project.store.folder / ANSWERS).record(answer)
    after = ingest(project, silent, folder=tmp_path / "after")
    assert after.sha256 != before.sha256
    assert after.counts["dispositions"].used == before.counts["dispositions"].used + 1
    rows = look_at_landmarks(project, after).meta
    handed = rows[(rows["lead_id"] == lead["lead_id"]) & (rows["landmark"] == HANDOFF)]
    assert [moment.to_pydatetime() for moment in handed["as_of"]] == [answered]
    assert handed["worked"].all()
