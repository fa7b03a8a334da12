"""The fit: folds, calibrated probabilities, repeatable bytes."""

from dataclasses import replace

import numpy as np
from scipy.stats import spearmanr

from leadq.features.training_data import TrainingData
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.fit.fit_model import assign_folds, fit_model, labels, population
from tests.models.conftest import QUICK, make_world


def test_folds_keep_accounts_together_and_share_wins_evenly() -> None:
    rng = np.random.default_rng(1)
    group = rng.integers(0, 700, 3000)
    label = (rng.random(3000) < 0.1).astype(float)
    fold = assign_folds(label, group, n_folds=5, seed=7)
    assert all(len(np.unique(fold[group == one])) == 1 for one in np.unique(group))
    wins = np.bincount(fold, weights=label)
    assert wins.max() - wins.min() <= 5
    assert np.bincount(fold).min() > 500


def test_out_of_fold_probabilities_come_near_the_truth() -> None:
    data, truth = make_world(3000, seed=11)
    keep = population(data)
    data, truth = data.rows(keep), truth[keep]
    fitted = fit_model(data, QUICK)
    probability = fitted.calibration.calibrator.probability(fitted.margins)
    assert np.sqrt(np.mean((probability - truth) ** 2)) < 0.08
    assert abs(probability.mean() / truth.mean() - 1) < 0.05
    assert spearmanr(probability, truth)[0] > 0.8


def test_two_fits_give_the_same_bytes_on_any_number_of_threads(world: tuple[TrainingData, np.ndarray]) -> None:
    data = world[0].rows(population(world[0]))
    one, two = fit_model(data, QUICK), fit_model(data, replace(QUICK, threads=2))
    assert one.booster_text == two.booster_text
    assert one.margins.tobytes() == two.margins.tobytes()
    assert one.calibration == two.calibration
    assert "num_threads" not in one.booster_text
    trees = load_lightgbm().Booster(model_str=one.booster_text).num_trees()
    assert 0.9 * one.rounds <= trees <= one.rounds  # a round whose few drawn features allow no split leaves no tree


def test_rows_not_mature_or_not_worked_do_not_train(world: tuple[TrainingData, np.ndarray]) -> None:
    data, _ = world
    keep = population(data)
    assert 0 < keep.sum() < len(keep)
    assert data.meta.loc[keep, ["mature", "worked"]].all().all()
    assert labels(data.rows(keep)).sum() > 100
