"""What a night says of own fields: compared with training, changed since, or never recorded; never nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from leadq.crm.contract.history import open_history
from leadq.models.bundle.bundle import Bundle, keep_bundle
from leadq.models.live.live_models import models_folder, promote
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.changed_fields import field_drift
from leadq.pipelines.night.score import score
from leadq.pipelines.project.project import Project
from tests.shared_company import CompanyCopy, live_bundle

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def company(company_copy: CompanyCopy, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return company_copy(tmp_path_factory.mktemp("night") / "company")


def used_profile(bundle: Bundle) -> dict[str, object]:
    """Return a field of the profile that the model uses and that every lead has."""
    used = {feature.source for feature in bundle.catalogue.features}
    rows = json.loads(bundle.field_profiles_text)
    return next(row for row in rows if f"{row['entity']}s.{row['name']}" in used and row["missing"] == 0)


def test_fields_as_they_were_are_compared_without_a_warning(company: Project) -> None:
    told = score(company, silent)
    found = told.facts["own_fields"]
    assert found["recorded"]
    assert found["compared"]
    assert found["warnings"] == []
    assert f"Fields: {len(found['compared'])} fields compared" in told.words


def test_a_field_filled_in_otherwise_is_told_and_the_night_goes_on(company: Project) -> None:
    bundle = live_bundle(company)
    row = used_profile(bundle)
    column = f"{row['entity']}s.{row['name']}"
    rows = [
        {**one, "missing": one["rows"] // 2 if one["name"] == row["name"] else one["missing"]}
        for one in json.loads(bundle.field_profiles_text)
    ]
    store = company.store.folder
    version, _ = keep_bundle(replace(bundle, field_profiles_text=json.dumps(rows)), models_folder(store))
    promote(version, store=store, now=company.now, because="a test", by="head of sales")
    told = score(company, silent)
    (warning,) = told.facts["own_fields"]["warnings"]
    assert warning.startswith(f"{column}: must be missing about as often as when the model was trained (50%")
    assert "Fields: 1 warning on" in told.words
    assert warning in told.words
    assert Path(told.facts["scores"]).is_file()


def test_a_model_from_before_profiles_were_kept_says_so(company: Project) -> None:
    before = replace(live_bundle(company), field_profiles_text="")
    drift = field_drift(open_history(company.work / "history"), before)
    assert not drift.recorded
    assert "not recorded when the model was trained" in drift.in_words()
