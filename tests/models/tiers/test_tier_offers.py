"""Tiers are offered where held-out leads support the promise, and refused in words where they do not."""

import re
from dataclasses import replace

import numpy as np

from leadq.foundation.arrays import logit, sigmoid
from leadq.models.tiers.tier_offers import cut_by_tier, no_tiers, offer_tiers
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
    assert "T1 cannot be promised at 40 %" in top.why
    assert "the highest promise this data supports is" in top.why
    # the leads of the refused tier fall to the next one
    assert second.n == int((probability >= 0.2).sum())
    assert cut_by_tier((top, second)) == {"T1": None, "T2": second.cut}


def test_under_thirty_leads_nothing_is_testable() -> None:
    (only,) = offer_tiers(np.full(29, 0.6), np.ones(29), np.arange(29), make_agreement(0.5))
    assert (only.light, only.offered, only.n) == ("not testable", False, 29)
    assert "only 29 test leads" in only.why


def test_capacity_shapes_the_tiers_and_says_so() -> None:
    agreement = make_agreement(0.4, 0.2)
    best, second, rest = agreement.tiers
    agreement = replace(agreement, tiers=(replace(best, capacity_per_week=10), second, rest))
    held_out = draw_held_out(8000)
    tight = offer_tiers(*held_out, agreement, weekly_flow=1000.0)
    assert (tight[0].bound, tight[0].offered) == ("capacity", True)
    assert tight[0].n == 80  # 1 % of the flow
    assert tight[1].n == int((held_out[0] >= 0.2).sum()) - 80
    roomy = offer_tiers(*held_out, agreement, weekly_flow=20.0)
    assert (roomy[0].bound, roomy[0].offered) == ("lower bound", True)
    assert 0.2 < (roomy[1].cut or 0) + 1e-9 < (roomy[0].cut or 0) < 0.4


def test_more_periods_that_differ_prove_less() -> None:
    probability, label, group = draw_held_out(4000)
    period = np.argsort(np.argsort(label + np.random.default_rng(2).normal(0, 3, 4000))) // 1000  # unequal luck
    alone = offer_tiers(probability, label, group, make_agreement(0.4, 0.2))
    shaken = offer_tiers(probability, label, group, make_agreement(0.4, 0.2), period=period)
    assert alone[1].effective_n == alone[1].n
    assert shaken[1].effective_n < 0.5 * shaken[1].n


def test_what_could_have_been_found_stands_beside_every_verdict() -> None:
    good = offer_tiers(*draw_held_out(3000), make_agreement(0.4, 0.2))
    bad = offer_tiers(*draw_held_out(3000, keep=0.5), make_agreement(0.4, 0.2))
    for cut in (*good, *bad):
        assert cut.detectable_rate is not None
        assert cut.detectable_rate < cut.promise
        assert "or less would have been noticed" in cut.why


def test_the_largest_promise_is_kept_in_nine_of_ten_next_quarters() -> None:
    """Whatever size looks best: named at a confidence that holds for all sizes, drift allowed for."""
    kept = []
    for seed in range(60):
        probability, label, group = draw_held_out(2000, keep=0.5, seed=seed)
        words = offer_tiers(probability, label, group, make_agreement(0.6))[0].why
        named = re.findall(r"([\d.]+) % for the best (\d+) %", words)
        assert [size for _, size in named] == ["5", "10", "20"]
        shift = np.random.default_rng(seed).normal(0, 0.2)
        truth = np.sort(sigmoid(logit(0.5 * probability) + shift))[::-1]
        kept.append(all(truth[: 20 * int(size)].mean() >= float(rate) / 100 for rate, size in named))
    assert np.mean(kept) >= 0.85


def test_no_tiers_says_why() -> None:
    cuts = no_tiers(make_agreement(0.4, 0.2), "nothing beats the base rate")
    assert [cut.tier_id for cut in cuts] == ["T1", "T2"]
    assert not any(cut.offered for cut in cuts)
    assert "nothing beats the base rate" in cuts[0].why
