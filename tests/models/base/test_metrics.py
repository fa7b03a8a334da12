"""Metrics against their definitions and against scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss as sk_log_loss
from sklearn.metrics import roc_auc_score

from leadq.foundation.arrays import logit, sigmoid
from leadq.models.base.metrics import auc, brier, log_loss


def draw_scores(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = np.round(rng.uniform(0.02, 0.9, n), 1)  # many ties
    label = (rng.random(n) < probability).astype(float)
    return label, np.clip(probability, 0.01, 0.99), rng.uniform(0.1, 3, n)


@pytest.mark.parametrize("seed", range(5))
def test_auc_with_ties_and_weights_is_scikit_learns(seed: int) -> None:
    label, probability, weight = draw_scores(seed)
    assert auc(label, probability) == pytest.approx(roc_auc_score(label, probability))
    assert auc(label, probability, weight) == pytest.approx(roc_auc_score(label, probability, sample_weight=weight))
    assert log_loss(label, probability, weight) == pytest.approx(sk_log_loss(label, probability, sample_weight=weight))


def test_auc_of_one_class_is_not_defined() -> None:
    assert math.isnan(auc(np.ones(4), np.arange(4.0)))


def test_brier_of_a_sure_and_right_forecast_is_zero() -> None:
    label = np.array([0.0, 1.0])
    assert brier(label, label) == 0.0
    assert brier(label, 1 - label) == 1.0


def test_logit_and_sigmoid_are_inverse_and_never_overflow() -> None:
    log_odds = np.linspace(-20, 20, 101)
    np.testing.assert_allclose(logit(sigmoid(log_odds)), log_odds, atol=1e-6)
    assert sigmoid(np.array([-1e6, 1e6])).tolist() == [0.0, 1.0]
