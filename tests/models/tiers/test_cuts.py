"""A cut comes from the promise, from capacity or from the lower bound, and says which."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from leadq.agreement.schema import Acceptance, Promise, Tier
from leadq.foundation.arrays import logit, sigmoid
from leadq.models.tiers.cuts import Cut, HeldOut, choose_cut, deviations, supported_rate

RULES = Acceptance()
T1 = Tier(id="T1", label="Tier 1", owner="sales", promise=Promise(win_rate_at_least=0.30), capacity_per_week=40)


def held_out(n: int = 10_000, *, error: float = 0.0, seed: int = 1, periods: int = 4) -> HeldOut:
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-2.4, 1.1, n)
    label = (rng.random(n) < sigmoid(log_odds + error)).astype(float)
    return HeldOut(probability=sigmoid(log_odds), label=label, group=np.arange(n), period=np.arange(n) % periods)


def cut(flow: float | None, *, tier: Tier = T1, leads: HeldOut | None = None, next_promise: float = 0.1) -> Cut:
    return choose_cut(tier, leads or held_out(), RULES, ceiling=np.inf, next_promise=next_promise, flow=flow)


def share_at(at: float) -> float:
    return float((held_out().probability >= at).mean())


def test_without_capacity_or_flow_the_promise_binds() -> None:
    for found in (cut(None), cut(100.0, tier=replace(T1, capacity_per_week=None))):
        assert (found.at, found.bound) == (0.30, "promise")
        assert "reaches the promise (30 %)" in found.words


def test_capacity_raises_the_cut_until_the_flow_fits() -> None:
    found = cut(flow=2000.0)  # 40 of 2,000 a week: the best 2 %
    assert found.bound == "capacity"
    assert found.at > 0.30
    assert share_at(found.at) == pytest.approx(0.02, abs=0.0005)
    assert "40 can be worked" in found.words
    tied = HeldOut(probability=np.full(1000, 0.5), label=np.ones(1000), group=np.arange(1000))
    assert cut(flow=2000.0, leads=tied).at > 0.5  # equal scores cannot be told apart: none of them
    assert (
        held_out(1000).probability >= cut(flow=1e6, leads=held_out(1000)).at
    ).sum() == 30  # what can still be judged


def test_room_lowers_the_cut_only_as_far_as_evidence_reaches() -> None:
    found = cut(flow=200.0)  # 40 of 200 a week would be the best 20 %
    assert found.bound == "lower bound"
    assert 0.20 <= found.at < 0.30
    inside = held_out().probability >= found.at
    assert sigmoid(np.array([logit(np.array([held_out().label[inside].mean()]))[0] - 1.6 * 0.2]))[0] > 0.30
    # room for little more than the promise's own leads is not exceeded
    little = cut(flow=40 / share_at(0.28))
    assert 0.28 <= little.at < 0.30
    # leads won less often than predicted lower nothing, and 100 pseudo-leads alone prove nothing
    assert cut(flow=200.0, leads=held_out(error=-0.5)).bound == "promise"
    assert cut(flow=200.0, leads=held_out(500)).bound == "promise"


def test_a_lowered_cut_respects_the_floor_and_the_next_tier() -> None:
    sure = held_out(error=1.5)  # wins far more often than predicted
    assert cut(flow=100.0, leads=sure).at >= 0.20  # two thirds of the promise
    agreed = replace(T1, promise=Promise(win_rate_at_least=0.30, marginal_at_least=0.26))
    assert 0.26 <= cut(flow=100.0, leads=sure, tier=agreed).at < 0.30
    assert cut(flow=100.0, leads=sure, next_promise=0.27).at > 0.27


def test_drift_is_assumed_until_six_periods_show_it() -> None:
    assert held_out(periods=5).drift_sd(RULES) == RULES.drift_sd
    assert replace(held_out(), period=None).drift_sd(RULES) == RULES.drift_sd
    calm = held_out(60_000, periods=6)
    assert calm.drift_sd(RULES) < 0.1
    shocks = np.array([0.4, -0.4] * 3)[np.arange(60_000) % 6]
    rng = np.random.default_rng(3)
    label = (rng.random(60_000) < sigmoid(logit(calm.probability) + shocks)).astype(float)
    assert replace(calm, label=label).drift_sd(RULES) == pytest.approx(0.8, abs=0.15)


def test_a_supported_rate_is_kept_in_the_next_quarter() -> None:
    rng = np.random.default_rng(4)
    z, drift = deviations(0.9), 0.2
    truth = rng.normal(-0.8, 0.3, 4000)
    won = rng.binomial(400, sigmoid(truth))
    supported = np.array([supported_rate(float(one), 400.0, z, drift) for one in won])
    kept = sigmoid(truth + rng.normal(0.0, drift, 4000)) >= supported
    assert 0.88 <= kept.mean() <= 0.93
    assert z == pytest.approx(norm.ppf(0.9))
