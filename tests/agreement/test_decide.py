"""The order of deciding, the cuts, and hysteresis as in docs/method.md."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadq.agreement.decide import Decision, decide_tiers, model_tiers
from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement, Rule
from leadq.agreement.template import template_text
from leadq.foundation.problems import AgreementError

SIGNED = parse_agreement(template_text(), where="agreement.yaml")
CUTS: dict[str, float | None] = {"T1": 0.30, "T2": 0.10}
RANK = {"T1": 0, "T2": 1, "T3": 2, "disqualified": 3}

probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=30)
cut = st.one_of(st.none(), st.floats(0.001, 0.999))


def _tonight(now: float, before: float, tier: str) -> str:
    (decided,) = model_tiers([now], CUTS, SIGNED, previous_tier=[tier], previous_probability=[before])
    return str(decided)


def _decide(model_tier: list[str | None], agreement: Agreement = SIGNED, **hits: list[int]) -> Decision:
    """Decide with ``hits`` naming the rows a rule holds for."""
    rows = np.arange(len(model_tier))
    rule_hits = {rule.id: np.isin(rows, hits.get(rule.id, [])) for rule in agreement.rules}
    return decide_tiers(model_tier=np.array(model_tier, dtype=object), rule_hits=rule_hits, agreement=agreement)


def test_the_best_tier_whose_cut_is_reached() -> None:
    tiers = model_tiers([0.0, 0.0999, 0.10, 0.2999, 0.30, 1.0], CUTS, SIGNED)
    assert tiers.tolist() == ["T3", "T3", "T2", "T2", "T1", "T1"]


def test_leads_of_a_tier_that_is_not_offered_fall_to_the_next() -> None:
    assert model_tiers([0.05, 0.2, 0.9], {"T1": None, "T2": 0.1}, SIGNED).tolist() == ["T3", "T2", "T2"]
    assert model_tiers([0.05, 0.2, 0.9], {"T1": 0.3, "T2": None}, SIGNED).tolist() == ["T3", "T3", "T1"]
    assert model_tiers([0.05, 0.2, 0.9], {"T1": 0.3}, SIGNED).tolist() == ["T3", "T3", "T1"]
    assert model_tiers([0.05, 0.2, 0.9], {"T3": None}, SIGNED).tolist() == ["T3", "T3", "T3"]


def test_a_lead_without_a_score_has_no_tier() -> None:
    assert model_tiers([np.nan, 0.5], CUTS, SIGNED).tolist() == [None, "T1"]
    assert model_tiers([], CUTS, SIGNED).tolist() == []


@pytest.mark.parametrize("cuts", [{"T9": 0.3}, {"T3": 0.01}, {"T1": float("nan")}])
def test_cuts_of_another_agreement_are_refused(cuts: dict[str, float | None]) -> None:
    with pytest.raises(AgreementError, match="Train again under this agreement; tiers with a promise: T1, T2"):
        model_tiers([0.5], cuts, SIGNED)


@settings(deadline=None)
@given(probabilities, cut, cut)
def test_a_higher_probability_never_has_a_worse_tier(p: list[float], t1: float | None, t2: float | None) -> None:
    ranks = [RANK[tier] for tier in model_tiers(np.sort(p), {"T1": t1, "T2": t2}, SIGNED)]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize(
    ("now", "before", "tier", "expected"),
    [
        (0.31, 0.29, "T2", "T2"),  # first night above, by less than 10 %
        (0.31, 0.31, "T2", "T1"),  # second night
        (0.34, 0.29, "T2", "T1"),  # by more than 10 %
        (0.29, 0.31, "T1", "T1"),  # first night below
        (0.29, 0.29, "T1", "T2"),  # second night
        (0.26, 0.31, "T1", "T2"),  # by more than 10 %
        (0.31, 0.29, "T1", "T1"),  # back above after one night below
        (0.29, 0.31, "T2", "T2"),  # back below after one night above
        (0.105, 0.05, "T3", "T3"),
        (0.105, 0.35, "T1", "T2"),  # far below T1; T2's own cut was never crossed
        (0.095, 0.35, "T1", "T2"),  # far below T1, only just below T2 and for one night
        (0.05, 0.35, "T1", "T3"),
        (0.31, 0.05, "T3", "T2"),  # far above T2's cut, only just above T1's
        (0.95, 0.05, "T3", "T1"),
    ],
)
def test_hysteresis(now: float, before: float, tier: str, expected: str) -> None:
    assert _tonight(now, before, tier) == expected


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(["T1", "T2", "T3"]))
def test_two_nights_alike_or_a_clear_crossing_end_hysteresis(now: float, before: float, tier: str) -> None:
    (free,) = model_tiers([now], CUTS, SIGNED)
    (free_before,) = model_tiers([before], CUTS, SIGNED)
    clear = all(abs(now - at) > 0.1001 * at for at in (0.30, 0.10))
    if free == free_before or clear:
        assert _tonight(now, before, tier) == free
    between = sorted([RANK[free], RANK[tier]])
    assert between[0] <= RANK[_tonight(now, before, tier)] <= between[1]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.floats(0, 1), st.sampled_from(["T1", "T2", "T3"]))
def test_hysteresis_keeps_the_order_of_leads_with_one_past(p: list[float], before: float, tier: str) -> None:
    ranks = [RANK[_tonight(now, before, tier)] for now in sorted(p)]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.parametrize(
    ("tier", "before"), [(None, np.nan), (np.nan, 0.29), ("T2", np.nan), ("disqualified", 0.29), ("Gold", 0.29)]
)
def test_a_lead_without_a_usable_past_has_no_hysteresis(tier: object, before: float) -> None:
    past = np.array([tier], dtype=object)
    decided = model_tiers([0.31], CUTS, SIGNED, previous_tier=past, previous_probability=[before])
    assert decided.tolist() == ["T1"]


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        model_tiers([0.3, 0.4], CUTS, SIGNED, previous_tier=["T1"], previous_probability=[0.3])
    with pytest.raises(ValueError, match="bool of shape"):
        decide_tiers(
            model_tier=["T1", "T2"],
            rule_hits={rule.id: np.array([True]) for rule in SIGNED.rules},
            agreement=SIGNED,
        )


def test_disqualify_then_at_least_then_the_model() -> None:
    decision = _decide(
        ["T1", "T3", "T3", "T1", "T2", None],
        competitor=[0, 1, 5],
        student=[1],
        hand_raiser=[0, 1, 2, 3, 4, 5],
    )
    assert decision.tier.tolist() == ["disqualified", "disqualified", "T2", "T1", "T2", None]
    assert decision.tier_by.tolist() == ["competitor", "competitor", "hand_raiser", "model", "model", None]


def test_of_several_lifts_the_best_holds_and_none_lowers() -> None:
    lifts = tuple(Rule(id=f"to_{tier}{n}", when=(), at_least=tier) for n, tier in enumerate(["T2", "T1", "T1"]))
    agreement = replace(SIGNED, rules=lifts)
    decision = _decide(["T3", "T3", "T1", "T2"], agreement, to_T20=[0, 1, 2, 3], to_T11=[1], to_T12=[1, 3])
    assert decision.tier.tolist() == ["T2", "T1", "T1", "T1"]
    assert decision.tier_by.tolist() == ["to_T20", "to_T11", "model", "to_T12"]


def test_a_rule_that_was_forgotten_is_an_error_not_a_miss() -> None:
    with pytest.raises(ValueError, match="exactly the rules"):
        decide_tiers(model_tier=["T1"], rule_hits={"student": np.array([True])}, agreement=SIGNED)
    with pytest.raises(ValueError, match="model_tier must be one of"):
        _decide(["T7"])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["T1", "T2", "T3"]), st.booleans(), st.booleans(), st.booleans()), max_size=20)
)
def test_laws_of_deciding(rows: list[tuple[str, bool, bool, bool]]) -> None:
    hits = {
        rule.id: np.array([row[place] for row in rows], dtype=bool) for place, rule in enumerate(SIGNED.rules, start=1)
    }
    model = [row[0] for row in rows]
    decision = decide_tiers(model_tier=model, rule_hits=hits, agreement=SIGNED)
    for (before, competitor, student, raised), tier, by in zip(rows, decision.tier, decision.tier_by, strict=True):
        assert (tier == "disqualified") == (competitor or student)
        if tier != "disqualified":
            assert RANK[tier] <= RANK[before]
            assert RANK[tier] <= RANK["T2"] or not raised
        assert (by == "model") == (tier == before)


def test_a_million_leads_are_decided_in_seconds() -> None:
    p = np.random.default_rng(7).random(1_000_000)
    tiers = model_tiers(p, CUTS, SIGNED)
    again = model_tiers(p, CUTS, SIGNED, previous_tier=tiers, previous_probability=p)
    assert (again == tiers).all()
