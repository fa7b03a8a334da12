"""A toy group the whole way, with no line of leadq changed: declared, computed, trained on, scored, explained, and then missed."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.history import open_history
from leadq.features.catalogue import PlugIn
from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.foundation.problems import ConfigError, GateStopped
from leadq.models.bundle.bundle import Bundle, keep_bundle, read_bundle
from leadq.models.bundle.past_leads import keep_past_leads, past_leads_path
from leadq.models.live.live_models import bundle_folder, models_folder, promote
from leadq.pipelines.challenger.gather_evidence import compare_with_champion
from leadq.pipelines.console.progress import silent
from leadq.pipelines.explaining.explain import explain
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from leadq.pipelines.report.model_card import make_card
from leadq.pipelines.training.night_rescoring import read_night
from leadq.pipelines.training.stages import train_all
from leadq.pipelines.training.train import PAST_LEADS
from leadq.serving.words.sentences import read_sentences
from tests.conformance.feature_groups.plug_in_packages import on_the_path
from tests.shared_company import CompanyCopy, learn, live_bundle, opened

pytestmark = pytest.mark.integration

FEATURES = ("reply_hours", "reply_count_30d", "reply_speed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company whose live model knows of events by the toy group alone, and its first night."""

    project: Project
    bundle: Bundle
    scores: Path


@pytest.fixture(scope="module")
def company(
    company_copy: CompanyCopy, replies_site: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company") / "project"
    company_copy(folder)
    params = (
        (folder / "params.yaml")
        .read_text()
        .replace("ages_days: [0, 7, 30]", "ages_days: [0, 7, 30], min_leads_of_kind: 1000000, groups: [replies]")
    )
    (folder / "params.yaml").write_text(params.replace("max_rounds: 60", "n_origins: 2, max_rounds: 30"))
    with on_the_path(replies_site):
        project = opened(folder)
        bundle, models = learn(project), models_folder(project.store.folder)
        version, _ = keep_bundle(bundle, models)
        keep_past_leads(project.work / PAST_LEADS, past_leads_path(models, version), version=version)
        promote(version, store=project.store.folder, now=project.now, because="a test", by="head of sales")
        told = score(project, silent)
        yield Company(project=project, bundle=bundle, scores=Path(told.facts["scores"]))


def test_the_model_was_trained_on_the_group_and_says_so(company: Company) -> None:
    catalogue = company.bundle.catalogue
    assert company.bundle.kind == "booster"
    assert set(FEATURES) <= set(catalogue.names)
    assert catalogue.plug_ins == (PlugIn(name="replies", distribution="leadq-replies", version="1.0"),)
    card = make_card(company.bundle, company.project.agreement, None, span=None, cannot=()).to_markdown()
    assert "replies (leadq-replies 1.0)" in card


def test_the_night_is_scored_with_it_and_its_reasons_add_up(company: Company) -> None:
    rows = pq.read_table(company.scores, columns=["status", "contributions"]).to_pylist()
    scored = [
        {one["family"]: one["contribution"] for one in row["contributions"]}
        for row in rows
        if row["status"] == "scored"
    ]
    moved = [contributions["replies"] for contributions in scored]
    assert len(moved) > 50
    assert len(set(moved)) > 5


def test_the_explanation_of_a_lead_counts_it_and_has_its_words(company: Company) -> None:
    rows = pq.read_table(company.scores, columns=["lead_id", "contributions"]).to_pylist()
    moved = {
        row["lead_id"]: abs(one["contribution"])
        for row in rows
        for one in row["contributions"] or []
        if one["family"] == "replies"
    }
    explained = explain(company.project, silent, lead_id=max(moved, key=lambda lead_id: moved[lead_id]))
    assert "Reproduced exactly" in explained.words
    assert re.search(r"^  Replies +[+-]\d", explained.words, re.MULTILINE)
    kept = read_bundle(bundle_folder(company.project.store.folder, explained.facts["model_version"]))
    said = {one.feature.name: one.text("value") for one in read_sentences().wordings(kept.catalogue)}
    assert said["reply_hours"] == "First replied {value} hours after coming in"
    assert said["reply_speed"] == "Speed of the first reply: {value}"


def _held(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "lock")
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def without_the_package(company: Company, replies_site: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(replies_site)])
    return company


def test_without_the_package_the_night_stops_before_anything_is_written(without_the_package: Company) -> None:
    project = without_the_package.project
    tomorrow = opened(project.folder)
    before = _held(project.folder)
    with pytest.raises(GateStopped) as stopped:
        score(tomorrow, silent)
    (problem,) = stopped.value.problems
    assert str(problem).startswith("the model's feature group replies: needs leadq-replies 1.0")
    assert "pip install 'leadq-replies==1.0'" in problem.remedy
    assert _held(project.folder) == before


def test_installed_again_the_night_goes_on(company: Company) -> None:
    assert score(company.project, silent).facts["repeated"]


def test_without_the_package_a_past_score_is_still_explained(without_the_package: Company) -> None:
    """What was known is in the snapshot, and the words are in the model: nothing has to be computed."""
    row = pq.read_table(without_the_package.scores, columns=["lead_id"]).slice(0, 1).to_pylist()[0]
    explained = explain(without_the_package.project, silent, lead_id=row["lead_id"])
    assert "Reproduced exactly" in explained.words


def test_without_the_package_another_model_is_compared_by_what_is_left(without_the_package: Company) -> None:
    """So that a model without the group can be promoted where the package is gone, as the message of the night says."""
    project = without_the_package.project
    (other,) = {one.name for one in models_folder(project.store.folder).iterdir() if one.is_dir()} - {
        live_bundle(project).version
    }
    challenger = read_bundle(bundle_folder(project.store.folder, other))
    challenger = replace(
        challenger, trained={**challenger.trained, "history_sha256": open_history(project.work / "history").sha256}
    )
    comparison = compare_with_champion(project, challenger, silent)
    assert comparison is not None
    assert "the champion cannot be applied to this data: the model's feature group replies" in str(comparison)


def test_without_the_package_a_night_is_held_against_the_rest_of_its_features(without_the_package: Company) -> None:
    project = without_the_package.project
    (run,) = project.store.runs()
    with open_engine() as backend:
        tables = open_tables(backend, open_history(project.work / "history"))
        night = read_night(project.store, tables, run, project.agreement, leads=20, seed=1)
        assert night is not None
        differing = night.differing()
    assert set(FEATURES) <= set(differing)
    assert not any(night.proven(one) for one in night.bundle.catalogue.features if one.group)
    assert "timing_age_days" not in differing


def test_without_the_package_a_training_that_names_it_stops_before_reading(without_the_package: Company) -> None:
    before = _held(without_the_package.project.folder)
    with pytest.raises(ConfigError, match=r"features: groups: must be a feature group that is installed, got replies"):
        train_all(without_the_package.project, silent)
    assert _held(without_the_package.project.folder) == before


def test_the_catalogue_of_the_model_holds_the_words(company: Company) -> None:
    rows = {row["name"]: row for row in json.loads(company.bundle.catalogue.to_json())["features"]}
    assert rows["reply_hours"]["words"]["value"] == "First replied {value} hours after coming in"
    assert rows["reply_hours"]["absent"] == "missing"
    assert rows["reply_count_30d"]["absent"] == "zero"
    assert "words" not in rows["company_employees"]
