"""Simulated companies with known truth, out of time: the figures that issue 2 promises, five seeds of 20,000 leads."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.known_truth import AgainstTruth, against_truth

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def found() -> list[AgainstTruth]:
    return [against_truth(seed, 20_000) for seed in (1, 2, 3, 4, 5)]


def test_ranking_is_close_to_the_best_possible(found):
    assert all(0.72 <= one.true_auc <= 0.80 for one in found)
    assert all(abs(one.true_auc - one.model_auc) <= 0.03 for one in found)
    assert all(one.spearman >= 0.80 for one in found)


def test_predicted_matches_true_on_average(found):
    assert 0.9 <= float(np.mean([one.predicted_to_true for one in found])) <= 1.1


def test_the_planted_leaks_are_quarantined(found):
    assert all(one.planted_caught for one in found)
