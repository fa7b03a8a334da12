"""A column that tells much and is often empty is asked for; one that tells nothing, or is full, is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadq.features.readiness.columns_to_fill import columns_to_fill
from leadq.features.training_data import TrainingData
from tests.models.conftest import make_world


def emptied(share: float, place: int) -> TrainingData:
    data, _ = make_world(3000, seed=1)
    features = data.features.copy()
    features[np.random.default_rng(2).random(len(features)) < share, place] = np.nan
    return TrainingData(features=features, meta=data.meta, catalogue=data.catalogue)


@pytest.mark.parametrize(("share", "asked"), [(0.6, True), (0.05, False)])
def test_a_column_that_tells_is_asked_for_where_it_is_often_empty(share: float, asked: bool) -> None:
    topics = {one.topic: one for one in columns_to_fill(emptied(share, 1), seed=7)}
    assert ("fill_accounts.industry" in topics) == asked
    if asked:
        assert topics["fill_accounts.industry"].figures["empty"] == pytest.approx(0.6, abs=0.05)
        assert "is empty for" in topics["fill_accounts.industry"].sentence


def test_columns_that_no_lead_has_are_named_once() -> None:
    (usual,) = [one for one in columns_to_fill(emptied(0.0, 1), seed=7) if one.topic == "usual_columns"]
    assert "industry" not in usual.sentence
    assert usual.sentence.startswith("No lead has a source, the job title of its contact, ")
    assert " or a country: map" in usual.sentence


def test_a_country_of_the_lead_is_a_country() -> None:
    data = emptied(0.0, 1)
    features = [
        replace(one, source="leads.country") if one.source == "accounts.industry" else one
        for one in data.catalogue.features
    ]
    named = TrainingData(
        features=data.features, meta=data.meta, catalogue=replace(data.catalogue, features=tuple(features))
    )
    (usual,) = [one for one in columns_to_fill(named, seed=7) if one.topic == "usual_columns"]
    assert "country" not in usual.sentence
