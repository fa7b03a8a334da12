"""Two fits on the same leads: the same fit is perfectly stable, a fit on noise is not."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from leadq.agreement.schema import Agreement
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.evaluation.rolling_origins import fit_origins
from leadq.models.evaluation.stability import Refit, Stability, between_origins, compare_refits, rank_correlation
from leadq.models.evaluation.time_split import rolling_origins
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.fit_model import booster_text, labels, population
from tests.models.conftest import QUICK

CUTS = [("T1", 0.4), ("T2", 0.2)]


def fit(data: TrainingData, label: np.ndarray, seed: int) -> Refit:
    lightgbm = load_lightgbm()
    table = lightgbm.Dataset(data.features, label, params={"verbosity": -1})
    parameters = {"objective": "binary", "num_leaves": 4, "verbosity": -1, "seed": seed, "num_threads": 1}
    booster = lightgbm.train({**parameters, "feature_fraction": 0.5}, table, num_boost_round=40)
    return Refit(booster_text=booster_text(booster), calibrator=Calibrator(slope=1.0, intercept=0.0))


def test_the_same_fit_is_perfectly_stable(world: tuple[TrainingData, np.ndarray]) -> None:
    data = world[0]
    one = fit(data, labels(data), 1)
    found = compare_refits(one, one, data.features[:500], data.catalogue, CUTS, "T3")
    assert found.n == sum(sum(row) for row in found.moved) == 500
    assert (found.rank_correlation, found.churn, found.families_kept) == (pytest.approx(1.0), 0.0, 1.0)
    assert found.strongest_before == found.strongest_after
    assert found.strongest_before[0] in {"company", "intent_web", "intent_demo"}


def test_honest_refits_agree_and_a_fit_on_noise_does_not(world: tuple[TrainingData, np.ndarray]) -> None:
    data = world[0]
    rows = data.features[:800]
    one, other = fit(data, labels(data), 1), fit(data, labels(data), 2)
    shuffled = fit(data, np.random.default_rng(3).permutation(labels(data)), 1)
    honest = compare_refits(one, other, rows, data.catalogue, CUTS, "T3")
    noise = compare_refits(one, shuffled, rows, data.catalogue, CUTS, "T3")
    assert honest.rank_correlation > 0.9 > 0.5 > noise.rank_correlation
    assert honest.churn < 0.2 < noise.churn
    assert honest.families_kept > noise.families_kept


def test_it_survives_a_bundle(world: tuple[TrainingData, np.ndarray]) -> None:
    data = world[0]
    one = fit(data, labels(data), 1)
    found = compare_refits(one, one, data.features[:50], data.catalogue, CUTS, "T3")
    assert Stability.from_document(json.loads(json.dumps(asdict(found)))) == found


def test_ranks_of_constant_scores() -> None:
    assert rank_correlation(np.zeros(3), np.zeros(3)) == 1.0
    assert rank_correlation(np.zeros(3), np.arange(3.0)) == 0.0
    assert rank_correlation(np.arange(4.0), -np.arange(4.0)) == pytest.approx(-1.0)


def test_the_last_two_origins_look_at_the_same_leads(
    world: tuple[TrainingData, np.ndarray], agreement: Agreement
) -> None:
    data = world[0]
    learnable = population(data)
    learnt = data.rows(learnable)
    settings = replace(QUICK, max_rounds=40, n_folds=3)
    splits = rolling_origins(learnt, settings)[-2:]
    fits = fit_origins(data, learnable, splits, settings)
    found = between_origins(learnt, fits, agreement)
    assert found is not None
    assert found.n == (splits[1].test & (learnt.meta["landmark"] == HANDOFF).to_numpy()).sum()
    assert found.tiers == ("T1", "T2", "T3")
    assert found.rank_correlation > 0.7
    assert 0 < found.churn < 0.5
    assert between_origins(learnt, fits[:1], agreement) is None
    assert between_origins(learnt, [fits[0], replace(fits[1], usable=False)], agreement) is None
