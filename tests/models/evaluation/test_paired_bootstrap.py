"""Paired bootstrap over accounts: against plain loops, and its error rate in worlds without a difference."""

from __future__ import annotations

import numpy as np
import pytest

from leadq.models.base.metrics import auc
from leadq.models.evaluation.paired_bootstrap import auc_difference, captured_difference, paired_difference


def world(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n)
    label = (rng.random(n) < 1 / (1 + np.exp(1.5 - score))).astype(np.float64)
    return label, score, np.round(score + rng.normal(0, 0.7, n), 1), rng.integers(0, n // 2, n)


def test_auc_is_that_of_the_metrics_ties_included() -> None:
    label, good, poor, group = world(1)
    found = auc_difference(label, good, poor, group, seed=3, repeats=400)
    assert found is not None
    assert found.mean == pytest.approx(auc(label, good) - auc(label, poor))
    assert found.low < found.mean < found.high
    assert found.better
    assert (found.n, found.n_groups) == (400, len(np.unique(group)))


def test_each_draw_is_what_a_plain_loop_over_drawn_accounts_gives() -> None:
    label, good, poor, group = world(2, 60)
    accounts = np.unique(group)
    rng = np.random.default_rng(5)
    by_hand = []
    for _ in range(300):
        rows = np.concatenate(
            [np.flatnonzero(group == accounts[one]) for one in rng.integers(0, len(accounts), len(accounts))]
        )
        by_hand.append(auc(label[rows], good[rows]) - auc(label[rows], poor[rows]))
    found = auc_difference(label, good, poor, group, seed=5, repeats=300)
    assert found is not None
    assert [found.low, found.high] == pytest.approx(np.nanquantile(by_hand, [0.05, 0.95]))


def test_wins_within_capacity_are_counted_and_ties_shared() -> None:
    label = np.array([1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    best_two_won = np.array([9.0, 1.0, 8.0, 1.0, 1.0, 7.0, 1.0, 1.0, 1.0, 1.0])
    no_idea = np.zeros(10)
    found = captured_difference(label, best_two_won, no_idea, np.arange(10), share=0.2, seed=1, repeats=50)
    assert found is not None
    assert found.mean == pytest.approx(2 / 3 - 0.2)
    assert captured_difference(np.zeros(10), no_idea, no_idea, np.arange(10), share=0.2, seed=1) is None
    assert auc_difference(np.zeros(10), no_idea, no_idea, np.arange(10), seed=1) is None


def test_accounts_widen_the_interval() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(100), 10)
    difference = rng.normal(size=100)[group] + rng.normal(size=1000)
    together = paired_difference(difference, np.zeros(1000), group, seed=1, repeats=500)
    alone = paired_difference(difference, np.zeros(1000), np.arange(1000), seed=1, repeats=500)
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_without_a_difference_one_in_twenty_looks_better() -> None:
    better = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(150), 3)
        difference = 0.7 * rng.normal(size=150)[group] + rng.normal(size=450)
        better += paired_difference(difference, np.zeros(450), group, seed=seed, repeats=300).better
    assert 4 <= better <= 29  # 15 expected; 0.1 % on either side
