"""Calibration recovers what is known, sees what is wrong, and says when there is no signal."""

import numpy as np
import pytest
from scipy.optimize import minimize

from leadq.foundation.arrays import logit, sigmoid
from leadq.models.base.logistic_regression import fit_line, log_likelihood
from leadq.models.fit.beta_calibration import even
from leadq.models.fit.calibration import Calibrator, check_calibration, fit_calibrator


def draw_margins(n: int, slope: float, intercept: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1.2, n)
    return margin, (rng.random(n) < sigmoid(slope * margin + intercept)).astype(float)


def test_newton_finds_the_maximum_of_the_weighted_likelihood() -> None:
    margin, label = draw_margins(500, 0.8, 0.3, 1)
    weight = np.random.default_rng(2).uniform(0.2, 2, 500)
    line = fit_line(label, margin, weight, np.arange(500))
    best = minimize(lambda ab: -log_likelihood(label, ab[0] * margin + ab[1], weight), [1.0, 0.0], tol=1e-12)
    assert (line.slope, line.intercept) == pytest.approx(tuple(best.x), abs=1e-4)


def test_calibrator_recovers_slope_and_intercept() -> None:
    margin, label = draw_margins(40_000, 0.7, -0.4, 3)
    found = fit_calibrator(label, margin, np.ones(40_000), np.arange(40_000))
    assert found.usable
    assert found.calibrator.slope == pytest.approx(0.7, abs=4 * found.slope_error)
    assert found.calibrator.intercept == pytest.approx(-0.4, abs=0.08)
    assert found.calibrator.probability(margin).mean() == pytest.approx(label.mean(), abs=1e-8)


@pytest.mark.parametrize("slope", [0.0, -0.8])
def test_margins_without_signal_are_refused(slope: float) -> None:
    margin, label = draw_margins(2_000, slope, -1, 6)
    found = fit_calibrator(label, margin, np.ones(2_000), np.arange(2_000))
    assert not found.usable
    assert "is not above 0" in found.why


def test_perfectly_separated_margins_do_not_run_away() -> None:
    margin = np.linspace(-1, 1, 100)
    found = fit_calibrator((margin > 0).astype(float), margin, np.ones(100), np.arange(100))
    assert found.usable
    assert np.isfinite(found.calibrator.slope)


def test_the_calibration_test_passes_truth_nine_times_in_ten_and_more() -> None:
    passed, covered = 0, 0
    for seed in range(120):
        margin, label = draw_margins(600, 1.0, 0.0, 100 + seed)
        test = check_calibration(label, sigmoid(margin), np.arange(600))
        assert test is not None
        passed += test.p_value > 0.05
        covered += test.slope_low < 1 < test.slope_high
    assert passed >= 0.88 * 120
    assert covered >= 0.88 * 120


def test_the_calibration_test_sees_extreme_and_shifted_probabilities() -> None:
    margin, label = draw_margins(3_000, 1.0, 0.0, 9)
    extreme = check_calibration(label, sigmoid(2 * margin), np.arange(3_000))
    shifted = check_calibration(label, sigmoid(margin + 0.5), np.arange(3_000))
    assert extreme is not None
    assert shifted is not None
    assert extreme.slope_high < 0.7
    assert extreme.p_value < 1e-6
    assert shifted.intercept_high < 0
    assert shifted.p_value_robust < 1e-6


def test_leads_of_one_account_widen_the_interval() -> None:
    margin, label = draw_margins(300, 1.0, 0.0, 4)
    ten = np.repeat(np.arange(300), 10)
    alone = check_calibration(np.repeat(label, 10), sigmoid(np.repeat(margin, 10)), np.arange(3_000))
    together = check_calibration(np.repeat(label, 10), sigmoid(np.repeat(margin, 10)), ten)
    assert alone is not None
    assert together is not None
    wide, narrow = together.slope_high - together.slope_low, alone.slope_high - alone.slope_low
    assert wide / narrow == pytest.approx(10**0.5, rel=0.05)
    assert together.detectable_ratio > alone.detectable_ratio


def test_nothing_is_tested_without_both_classes() -> None:
    assert check_calibration(np.zeros(10), np.full(10, 0.2), np.arange(10)) is None
    assert check_calibration(np.array([0.0, 1.0]), np.full(2, 0.2), np.arange(2)) is None


def test_a_bend_is_taken_only_where_the_line_is_wrong() -> None:
    taken = {bend: sum(_bent(seed, bend) for seed in range(60)) for bend in (0.0, 0.45)}
    assert taken[0.0] <= 4  # 1 % of tests reject a true line
    assert taken[0.45] >= 55


def _bent(seed: int, bend: float) -> bool:
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1.0, 1.6, 6000)
    label = (rng.random(6000) < sigmoid(0.9 * margin + bend * even(margin) - bend)).astype(float)
    group = rng.integers(0, 4000, 6000)
    return fit_calibrator(label, margin, np.ones(6000), group).bent is not None


def test_a_bent_calibrator_keeps_the_order_and_its_reasons_add_up() -> None:
    calibrator = Calibrator(slope=1.1, intercept=-0.2, anchor=0.1, bend=0.6)
    margin = np.linspace(-6, 6, 2001)
    log_odds = calibrator.log_odds(margin)
    assert (np.diff(log_odds) > 0).all()
    center = -1.3
    rebuilt = calibrator.log_odds(np.array([center]))[0] + calibrator.steepness(margin, center) * (margin - center)
    assert np.abs(rebuilt - log_odds).max() < 1e-12
    assert calibrator.steepness(np.array([center]), center)[0] == pytest.approx(1.1 + 0.6 * np.tanh(center / 2))


@pytest.mark.parametrize("bend", [0.0, 1.9])
def test_reasons_add_up_to_the_surest_chance_that_a_double_can_tell(bend: float) -> None:
    """Beyond it ``log(p / (1 - p))`` of a stored chance is wrong in the sixth place, and at 1 it is no number."""
    calibrator = Calibrator(slope=2.3, intercept=0.6, bend=bend, anchor=0.2)
    margin, reference = np.linspace(-60.0, 60.0, 2401), -1.7
    base = calibrator.log_odds(np.array([reference]))[0]
    reasons = calibrator.steepness(margin, reference) * (margin - reference)
    probability = calibrator.probability(margin)
    assert 0.0 < probability.min() < probability.max() < 1.0
    assert np.all(np.diff(probability) >= 0)
    assert np.abs(base + reasons - logit(probability)).max() < 1e-6
