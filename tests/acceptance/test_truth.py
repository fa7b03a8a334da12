"""Simulated companies with known truth, judged on the quarter after the origin: the smallest run of ``benchmarks.truth``."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.kinds import KINDS
from benchmarks.trial import Trial, run_trial
from benchmarks.world import see_world

pytestmark = pytest.mark.acceptance

KIND = next(kind for kind in KINDS if kind.name == "10k, 25 %")
PLANTED = {"own_lead_procurement_contact", "leads.status"}
RIVALS = ("isotonic", "Venn-Abers", "beta", "uncalibrated", "latest 20 % held out")


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return [run_trial(KIND, seed) for seed in (1, 2, 3, 4)]


def mean(values: list[float]) -> float:
    return float(np.mean(values))


def test_ranking_is_close_to_the_best_possible(trials: list[Trial]) -> None:
    assert mean([one.true_auc - one.auc for one in trials]) <= 0.03


def test_predicted_matches_true_on_average(trials: list[Trial]) -> None:
    assert 0.9 <= mean([one.ratio["leadq"] for one in trials]) <= 1.1


def test_no_other_calibration_is_clearly_nearer_the_truth(trials: list[Trial]) -> None:
    ours = mean([one.rmse["leadq"] for one in trials])
    assert all(ours <= 1.05 * mean([one.rmse[rival] for one in trials]) for rival in RIVALS)


def test_an_offered_tier_keeps_its_promise_in_truth(trials: list[Trial]) -> None:
    offered = [tier for one in trials for tier in one.tiers if tier.true_mean is not None]
    assert len(offered) >= len(trials)
    assert mean([tier.true_mean >= tier.promise for tier in offered]) >= 0.75


def test_the_planted_leaks_are_quarantined() -> None:
    assert set(see_world(KIND, 1).data.catalogue.quarantined) >= PLANTED
