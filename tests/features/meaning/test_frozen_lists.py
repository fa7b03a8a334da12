"""What a training froze is what its nights read by: lists and spellings travel in the bundle, and a model without any reads as it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from leadq.features import build_training_data as building
from leadq.features.assemble import model_columns
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.meaning import choose_lists
from leadq.features.tonight import OpenLeads, tonight
from leadq.models.bundle.encode_rows import encode_rows
from leadq.serving.scoring.changes.previous_facts import _codes
from tests.features.meaning.conftest import COUNTRIES, DAY, OWN, OWN_TYPES, SOURCES, START, spelling_company

SETTINGS = FeatureSettings(ages_days=(0,), min_rows_of_value=20)
SIZE = "own_account_size_as_number"


def learn(history, agreement, settings=SETTINGS):
    with open_engine() as backend:
        return build_training_data(backend, history, agreement, settings)


def tonights(history, agreement, catalogue) -> pa.Table:
    as_of = START + 400 * DAY / 4
    leads = OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=as_of)
    with open_engine() as backend:
        return pa.Table.from_batches(list(tonight(backend, leads)))


@pytest.fixture(scope="module")
def data(spelling_history, agreement):
    return learn(spelling_history, agreement)


@pytest.fixture(scope="module")
def learnt(data):
    return data.catalogue


@pytest.fixture(scope="module")
def seen(open_history, agreement, learnt):
    return tonights(open_history, agreement, learnt)


@pytest.fixture(scope="module")
def open_history(tmp_path_factory, write_history):
    """Return the same people without outcomes: all leads are open."""
    rows = spelling_company() | {"outcomes": []}
    return write_history(
        tmp_path_factory.mktemp("open") / "history",
        rows,
        own_types=OWN_TYPES,
        own_fields=OWN,
        read_at=START + timedelta(days=100),
    )


def test_one_word_for_all_spellings(learnt):
    features = {one.name: one for one in learnt.features}
    for name, ways in (("person_country", COUNTRIES), ("company_country", COUNTRIES), ("source_name", SOURCES)):
        assert len(features[name].vocabulary) == len(ways)
        assert all(word in {one for many in ways.values() for one in many} for word in features[name].vocabulary)
    assert set(features["person_seniority"].vocabulary) == {"director", "specialist"}
    assert set(features["person_email_kind"].vocabulary) == {"free mail", "education", "public body", "company"}
    assert features[SIZE].family == features["own_account_size"].name
    assert features[SIZE].source == features["own_account_size"].source


def test_without_lists_a_word_is_what_it_is(spelling_history, agreement):
    data = learn(spelling_history, agreement, replace(SETTINGS, same_meaning=False))
    features = {one.name: one for one in data.catalogue.features}
    assert data.catalogue.meaning is None
    assert len(features["person_country"].vocabulary) == 8
    assert SIZE not in features
    assert "spellings" not in data.catalogue.to_json()
    assert "meaning" not in data.catalogue.to_json().replace('"meaning": "', "")


def test_the_catalogue_is_read_as_it_was_written(learnt):
    assert Catalogue.from_json(learnt.to_json()) == learnt


def test_tonight_a_spelling_never_seen_has_the_code_of_its_country(learnt, seen):
    assert set(seen["code:person_country"].to_pylist()) == {0.0, 1.0}
    country = next(one for one in learnt.features if one.name == "person_country")
    raw = pa.array(["Niemcy", "ALLEMAGNE", "Deutschland", "Francia", "Italy", "nowhere", None])
    german = country.vocabulary.index(next(word for word in country.vocabulary if word in COUNTRIES["DE"]))
    expected = [german, german, german, 1 - german, 2, 2, np.nan]
    np.testing.assert_array_equal(_codes(raw, country), expected)


def test_a_frame_is_encoded_as_the_night_encodes(learnt, seen):
    night = np.column_stack([seen[name].to_numpy() for name in model_columns(learnt)])
    assert night.dtype == np.float64
    frame = seen.select(list(learnt.names)).to_pandas()
    np.testing.assert_array_equal(encode_rows(frame, learnt), night)
    for at, feature in enumerate(learnt.features):
        np.testing.assert_array_equal(_codes(seen[feature.name].combine_chunks(), feature), night[:, at])


def test_the_night_codes_what_the_training_learnt(data, learnt, seen):
    at = {lead: row for row, lead in enumerate(data.meta["lead_id"])}
    rows = [at[lead] for lead in seen["lead_id"].to_pylist()]
    for column, feature in enumerate(learnt.features):
        if feature.source.startswith(("leads.", "accounts.")):
            code = seen[f"code:{feature.name}" if feature.kind == "category" else feature.name].to_numpy()
            np.testing.assert_array_equal(data.features[rows, column], code)


def test_an_upgrade_of_the_lists_changes_no_night(open_history, agreement, learnt, seen, monkeypatch):
    def nothing():
        raise AssertionError("a night gathers no lists")

    monkeypatch.setattr(choose_lists, "newest_meaning", nothing)
    monkeypatch.setattr("leadq.features.meaning.gather_lists.newest_meaning", nothing)
    monkeypatch.setattr("leadq.features.meaning.countries.code_by_name", nothing)
    assert tonights(open_history, agreement, Catalogue.from_json(learnt.to_json())).equals(seen)
    with pytest.raises(AssertionError, match="gathers no lists"):
        building.lists_for(None, SETTINGS)


def test_a_title_that_a_list_of_tomorrow_knows_stays_unknown(open_history, agreement, learnt):
    lists = learnt.meaning
    fewer = replace(lists, seniority=tuple((label, ("never",)) for label, _ in lists.seniority))
    seen = tonights(open_history, agreement, replace(learnt, meaning=fewer))
    assert set(seen["person_seniority"].to_pylist()) == {"other"}
