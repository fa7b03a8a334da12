"""Delays of wins are those of all wins, though young leads have shown only their fast ones."""

from __future__ import annotations

import numpy as np
import pytest

from leadq.features.readiness.win_delays import win_delays


def seen(seed: int, *, span_days: float, n: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Delays and follow-up of the wins seen, and all delays: leads come evenly over ``span_days`` before the reading."""
    rng = np.random.default_rng(seed)
    delay = rng.lognormal(np.log(30.0), 0.67, n)  # 95 % within 90 days
    followed = rng.uniform(0, span_days, n)
    return delay[delay <= followed], followed[delay <= followed], delay


def test_a_young_history_does_not_make_wins_look_faster() -> None:
    fair, naive = [], []
    for seed in range(20):
        delay, followed, _ = seen(seed, span_days=250)
        fair.append(win_delays(delay, followed).quantile(0.95))
        naive.append(np.quantile(delay, 0.95))
    truth = np.exp(np.log(30.0) + 0.67 * 1.645)
    assert np.mean(fair) == pytest.approx(truth, rel=0.04)
    assert np.mean(naive) < 0.93 * truth  # the test can fail


def test_the_share_covered_is_that_of_all_wins() -> None:
    delay, followed, every = seen(3, span_days=300, n=20_000)
    estimate = win_delays(delay, followed)
    for days in (5, 20, 60, 90, 120):
        assert estimate.covered_by(days) == pytest.approx((every <= days).mean(), abs=0.015)
    assert estimate.covered_by(0) == 0.0
    assert estimate.covered_by(1e9) == 1.0


def test_without_cut_offs_it_is_the_plain_share() -> None:
    delay = np.random.default_rng(1).exponential(20, 500)
    estimate = win_delays(delay, np.full(500, 1e6))
    assert estimate.covered_by(20) == pytest.approx((delay <= 20).mean())
    assert estimate.quantile(0.95) == pytest.approx(np.quantile(delay, 0.95, method="inverted_cdf"))


def test_no_win_says_nothing() -> None:
    nothing = win_delays(np.empty(0), np.empty(0))
    assert np.isnan(nothing.covered_by(90))
    assert np.isnan(nothing.quantile(0.95))


def test_one_win() -> None:
    one = win_delays(np.array([12.0]), np.array([40.0]))
    assert (one.covered_by(11), one.covered_by(12), one.seen_up_to_days) == (0.0, 1.0, 40.0)
