"""The acceptance test says red as often as it may, and as often as it must, also where leads of one account go together."""

import numpy as np
import pytest
from scipy.stats import beta, binom

from benchmarks.acceptance_test import COMPANY, KINDS, reds
from leadq.agreement.schema import Acceptance
from leadq.models.tiers.promise_test import Judgement, detectable_rate, judge, judge_tiers


def judgement(won: int, n: int, effective_n: float | None = None) -> Judgement:
    return Judgement(n=n, won=won, effective_n=n if effective_n is None else effective_n)


def test_jeffreys_by_hand() -> None:
    label = np.array([1.0] * 12 + [0.0] * 28)
    alone = judge(label, np.arange(40))
    assert alone == judgement(12, 40)
    assert alone.probability_at_least(0.3) == pytest.approx(beta.sf(0.3, 12.5, 28.5))
    assert alone.quantile(0.05) == pytest.approx(beta.ppf(0.05, 12.5, 28.5))


def test_leads_that_go_together_count_once() -> None:
    label = np.array([1.0] * 12 + [0.0] * 28)
    paired = judge(np.repeat(label, 2), np.repeat(np.arange(40), 2))
    assert paired.effective_n == pytest.approx(40, rel=0.02)
    with_period = judge(np.repeat(label, 5), np.arange(200), np.repeat(np.arange(40), 5))
    assert with_period.effective_n == pytest.approx(40, rel=0.03)


def test_shocks_between_periods_count_from_four_periods_on() -> None:
    label = np.concatenate([np.arange(100) < won for won in (10, 50, 12, 48)]).astype(float)
    group = np.arange(400)
    assert judge(label, group).effective_n == 400
    assert judge(label, group, np.repeat([0, 0, 1, 2], 100)).effective_n == 400
    assert judge(label, group, np.repeat(np.arange(4), 100)).effective_n < 40


def test_no_leads_and_one_outcome_are_no_accident() -> None:
    assert judge(np.array([]), np.array([], dtype=np.int64)).probability_at_least(0.5) == pytest.approx(0.5)
    assert judge(np.ones(50), np.zeros(50, dtype=np.int64)).effective_n == 50


def test_the_light_by_its_limits() -> None:
    rules = Acceptance()
    lights = {
        won: judge_tiers([judgement(won, 100)], [0.30], rules)[0].light for won in (20, 22, 23, 24, 26, 27, 35, 36)
    }
    assert lights == {
        20: "RED", 22: "RED", 23: "AMBER", 24: "AMBER", 26: "AMBER", 27: "GREEN", 35: "GREEN", 36: "PROVEN",
    }  # fmt: skip
    assert judge_tiers([judgement(0, 29)], [0.30], rules)[0].light == "not testable"


def test_holm_over_the_testable_tiers() -> None:
    # 25 of 100 won: alone, a promise of 33 % is broken with probability just above .95, with a second tier it is not red
    weak, fine, untestable = judgement(25, 100), judgement(20, 100), judgement(0, 10)
    rules = Acceptance()
    assert judge_tiers([weak], [0.33], rules)[0].light == "RED"
    assert [one.light for one in judge_tiers([weak, untestable], [0.33, 0.1], rules)] == ["RED", "not testable"]
    assert [one.light for one in judge_tiers([weak, fine], [0.33, 0.1], rules)] == ["AMBER", "PROVEN"]
    # a tier far below its promise opens the second step for the other
    assert [one.light for one in judge_tiers([weak, judgement(1, 100)], [0.33, 0.1], rules)] == ["RED", "RED"]


def test_the_detectable_rate_would_have_been_found() -> None:
    rate = detectable_rate(300, 0.30, 0.95)
    assert rate is not None
    most_red = max(won for won in range(301) if beta.cdf(0.30, won + 0.5, 300.5 - won) >= 0.95)
    assert binom.cdf(most_red, 300, rate) == pytest.approx(0.80, abs=0.03)
    assert detectable_rate(30, 0.05, 0.95) is None  # 5 % of 30 leads: even no win proves nothing
    verdict = judge_tiers([judgement(0, 30)], [0.05], Acceptance())[0]
    assert (verdict.light, verdict.detectable_rate) == ("AMBER", None)


def test_size_and_power() -> None:
    found = reds(KINDS[1], quarters=300, seed=2)
    assert KINDS[1].sizes == COMPANY
    assert found.size <= 0.06 + 2 * np.sqrt(0.05 * 0.95 / 900)
    assert found.broken >= 0.70 - 2 * np.sqrt(0.7 * 0.3 / 300)
    assert max(found.any_of_three.values()) <= 0.06 + 2.5 * np.sqrt(0.05 * 0.95 / 300)
    assert 0.3 < found.broken_of_three < found.broken
