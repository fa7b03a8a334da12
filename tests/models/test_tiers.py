"""Tiers are offered where held-out leads support the promise, and refused in words where they do not."""

import numpy as np
import pytest
from scipy.stats import beta

from models.tiers import cut_by_tier, judge, no_tiers, offer_tiers
from tests.models.conftest import make_agreement


def draw_held_out(n: int, *, keep: float = 1.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probability = 1 / (1 + np.exp(-rng.normal(-2, 1, n)))
    return probability, (rng.random(n) < keep * probability).astype(float), np.arange(n)


def test_a_calibrated_forecast_keeps_its_promises() -> None:
    offered = 0
    for seed in range(40):
        top, second = offer_tiers(*draw_held_out(3000, seed=seed), make_agreement(0.4, 0.2))
        offered += top.offered and second.offered
        assert second.light == "PROVEN"
        assert (second.cut, second.promise) == (0.2, 0.2)
    assert offered >= 36


def test_a_forecast_that_promises_too_much_is_refused_with_what_the_data_supports() -> None:
    probability, label, group = draw_held_out(4000, keep=0.5)
    top, second = offer_tiers(probability, label, group, make_agreement(0.4, 0.2))
    assert not top.offered
    assert top.cut is None
    assert top.light == "RED"
    assert "no T1 can be promised at 40 %" in top.why
    assert "the largest promise this data supports is" in top.why
    # the leads of the refused tier fall to the next one
    assert second.n == int((probability >= 0.2).sum())
    assert cut_by_tier((top, second)) == {"T1": None, "T2": second.cut}


def test_under_thirty_leads_nothing_is_testable() -> None:
    (only,) = offer_tiers(np.full(29, 0.6), np.ones(29), np.arange(29), make_agreement(0.5))
    assert (only.light, only.offered, only.n) == ("not testable", False, 29)
    assert "only 29 held-out leads" in only.why


def test_jeffreys_by_hand_and_with_accounts_that_go_together() -> None:
    label = np.array([1.0] * 12 + [0.0] * 28)
    alone = judge(label, np.arange(40))
    assert alone.probability_at_least(0.3) == pytest.approx(beta.sf(0.3, 12.5, 28.5))
    paired = judge(np.repeat(label, 2), np.repeat(np.arange(40), 2))
    assert paired.effective_n == pytest.approx(40)
    assert paired.probability_at_least(0.3) == pytest.approx(alone.probability_at_least(0.3))


def test_red_is_judged_over_all_tiers_together() -> None:
    # 25 of 100 won: alone, a promise of 33 % is broken with probability just above .95, with Holm over two it is not
    probability = np.concatenate([np.full(100, 0.5), np.full(100, 0.1)])
    label = np.concatenate([np.ones(25), np.zeros(75), np.ones(20), np.zeros(80)])
    alone = offer_tiers(probability, label, np.arange(200), make_agreement(0.33))
    both = offer_tiers(probability, label, np.arange(200), make_agreement(0.33, 0.1))
    assert 0.95 < 1 - (alone[0].probability_kept or 0) < 0.975
    assert alone[0].light == "RED"
    assert both[0].light == "AMBER"


def test_no_tiers_says_why() -> None:
    cuts = no_tiers(make_agreement(0.4, 0.2), "nothing beats the base rate")
    assert [cut.tier_id for cut in cuts] == ["T1", "T2"]
    assert not any(cut.offered for cut in cuts)
    assert "nothing beats the base rate" in cuts[0].why
