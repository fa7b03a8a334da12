"""Counting other rows changes what reasons are measured against, and nothing that the model predicts."""

from __future__ import annotations

import numpy as np
import pytest

from leadq.features.training_data import TrainingData
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.explainer.confirmation import check_explainer
from leadq.models.fit.contributions import explain, reference_rows
from leadq.models.fit.fit_model import booster_text, population
from leadq.models.fit.reference_counts import recount
from leadq.models.training.train_bundle import TrainResult

World = tuple[TrainingData, np.ndarray]


@pytest.fixture(scope="module")
def follower() -> tuple[str, np.ndarray, np.ndarray]:
    """A model whose second feature tells an age only, the rows it learnt from and reference rows where it never varies."""
    draw = np.random.default_rng(1)
    early = draw.random(4000) < 0.5
    known = early & (draw.random(4000) < 0.8)
    won = draw.random(4000) < np.where(known, 0.6, np.where(early, 0.3, 0.1))
    rows = np.column_stack([known, early, draw.normal(size=4000)]).astype(float)
    lightgbm = load_lightgbm()
    table = lightgbm.Dataset(rows, won.astype(float), params={"verbosity": -1})
    told = {"objective": "binary", "num_leaves": 4, "verbosity": -1, "seed": 1, "num_threads": 1, "extra_trees": True}
    return booster_text(lightgbm.train(told, table, num_boost_round=40)), rows, rows[early]


def test_predictions_stay_and_sums_too(follower: tuple[str, np.ndarray, np.ndarray]) -> None:
    text, rows, reference = follower
    before, after = (load_lightgbm().Booster(model_str=one) for one in (text, recount(text, reference)))
    assert np.array_equal(before.predict(rows, raw_score=True), after.predict(rows, raw_score=True))
    margin, parts = explain(after, rows)
    assert np.abs(parts.sum(axis=1) - margin).max() < 1e-9
    assert parts[0, -1] == pytest.approx(after.predict(reference, raw_score=True).mean(), abs=5e-3)
    assert check_explainer(after, rows[:200], adversarial=200, seed=1)[1].explained_by == "tables"


def test_a_fact_that_all_reference_leads_share_gets_no_credit(follower: tuple[str, np.ndarray, np.ndarray]) -> None:
    text, _, reference = follower
    ghost, none = (
        np.abs(explain(load_lightgbm().Booster(model_str=one), reference)[1][:, 1]).mean()
        for one in (text, recount(text, reference))
    )
    assert ghost > 0.05 > 0.002 > none


def test_the_text_is_what_lightgbm_itself_would_write(follower: tuple[str, np.ndarray, np.ndarray]) -> None:
    text, rows, reference = follower
    assert recount(text, rows) == text
    told = recount(text, reference)
    trees = text.count("\nTree=")
    sizes = next(line for line in told.splitlines() if line.startswith("tree_sizes=")).split("=")[1].split()
    starts = told.index("Tree=0")
    assert len(sizes) == trees == 40
    assert told[starts + sum(map(int, sizes)) :].startswith("end of trees")


def test_a_bundle_counts_its_reference_leads(trained: TrainResult, world: World) -> None:
    learnt = world[0].rows(population(world[0]))
    reference = learnt.features[reference_rows(learnt)[0]]
    assert recount(trained.bundle.booster_text, reference) == trained.bundle.booster_text
    assert recount(trained.bundle.booster_text, learnt.features[:50]) != trained.bundle.booster_text
