"""The reliability curve, its band and the decomposition keep their laws."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from leadq.models.base.metrics import brier, log_loss
from leadq.models.evaluation.reliability import decompose, pool_adjacent, reliability


def draw_calibrated(seed: int, n: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = np.round(rng.beta(2, 8, n), 3)
    return (rng.random(n) < probability).astype(float), np.clip(probability, 0.001, 0.999)


def test_pooling_is_isotonic_regression_with_ties() -> None:
    label, probability = draw_calibrated(1)
    expected = IsotonicRegression().fit(probability, label).predict(probability)
    np.testing.assert_allclose(pool_adjacent(label, probability), expected, atol=1e-9)


@pytest.mark.parametrize("score", [brier, log_loss])
def test_decomposition_adds_up_and_no_part_is_negative(score) -> None:  # type: ignore[no-untyped-def]
    label, probability = draw_calibrated(2)
    parts = decompose(label, probability, score)
    assert parts.score == pytest.approx(parts.miscalibration - parts.discrimination + parts.uncertainty, abs=1e-12)
    assert parts.miscalibration >= 0
    assert parts.discrimination >= 0
    assert decompose(label, np.sqrt(probability), score).miscalibration > 5 * parts.miscalibration


def test_band_holds_calibrated_curves_and_not_others() -> None:
    inside, outside = [], []
    for seed in range(12):
        label, probability = draw_calibrated(seed)
        curve = reliability(label, probability, seed=seed, repeats=80)
        order = np.sort(probability)
        for shape, kept in ((probability, inside), (np.sqrt(probability), outside)):
            bent = reliability(label, shape, seed=seed, repeats=80) if kept is outside else curve
            fitted = np.interp(bent.at, np.sort(shape), pool_adjacent(label, shape)[np.argsort(shape)])
            kept.append(np.mean((fitted >= bent.band_low) & (fitted <= bent.band_high)))
        assert sum(block.n for block in curve.blocks) == len(order)
    assert np.mean(inside) > 0.8
    assert np.mean(outside) < 0.4
