"""What is owed is held against what comes, the run's rhythm and the goal, each with the right figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.template import template_text
from leadq.agreement.terms.measured_terms import Goal
from leadq.features.readiness.achieved_by_month import Achieved
from leadq.models.tiers.tier_offers import TierCut
from leadq.models.tiers.tier_supply import TierSupply, tier_supply
from leadq.pipelines.training.feasibility.kept_agreement import EarlierSupply, Remark, Supply, kept_agreement

CAME = (6, 38, 22, 20, 18, 30, 22, 24, 12, 26, 24, 22)
T1 = TierSupply(tier_id="T1", share=0.03, won=0.4, months=CAME)
T2 = TierSupply(tier_id="T2", share=0.2, won=0.15, months=(100,) * 12)
LIVE = Supply(tiers=(T1, T2), source="by tested forecasts of the live model")
NOTHING = Achieved(wins=(), accepted=(), amount=None)
GOAL = Goal(period="quarter", revenue=500_000.0, currency="EUR", accepted_leads=180)


@pytest.fixture(scope="module")
def agreed() -> Agreement:
    return parse_agreement(template_text(), where="agreement.yaml")


def told(
    agreement: Agreement, supply: Supply = LIVE, achieved: Achieved = NOTHING, *, hours: float | None = None
) -> dict[str, Remark]:
    remarks = kept_agreement(agreement, supply, achieved, hours_between_runs=hours)
    assert len({remark.topic for remark in remarks}) == len(remarks)
    return {remark.topic: remark for remark in remarks}


def owing(agreement: Agreement, **duties: float | str) -> Agreement:
    return replace(agreement, duties={"marketing": dict(duties)})


def test_a_duty_is_held_against_what_comes(agreed: Agreement) -> None:
    found = told(agreed)["supply_T1"]
    assert found.kept is False
    assert found.sentence == (
        "Sales-ready (T1): 80 leads a month are owed; 6 to 38 came in each of the last 12 full months, mean 22 (by tested "
        "forecasts of the live model); capacity 120 a week. Agree on what comes, about 22, or find more of them."
    )
    assert told(owing(agreed, T1_per_month=22))["supply_T1"].kept is True
    assert told(owing(agreed, T1_per_week=22))["supply_T1"].kept is False
    assert told(owing(agreed, T2_per_quarter=240))["supply_T2"].kept is True


def test_hand_overs_stand_beside_and_versions_before_a_line_each(agreed: Agreement) -> None:
    found = told(agreed, replace(LIVE, all_months=(800, 1000, 900)))
    assert found["hand_overs"].sentence.startswith(
        "All hand-overs, worked or not: 800 to 1,000 in each of the last 3 full months, mean 900."
    )
    before = EarlierSupply(version=3, tiers=(replace(T1, months=(50, 60)),))
    of_two = told(agreed, replace(LIVE, earlier=(before,)))
    assert of_two["supply_T1"].sentence.endswith("Under version 3 50 to 60 a month came, mean 55 of 2 full months.")
    assert "hand_overs" not in of_two


def test_capacity_is_held_against_what_comes(agreed: Agreement) -> None:
    first, *rest = agreed.tiers
    tight = replace(agreed, tiers=(replace(first, capacity_per_week=4), *rest), duties={})
    assert told(tight)["supply_T1"].kept is False
    assert "capacity 4 a week. More come than can be worked" in told(tight)["supply_T1"].sentence


def test_what_is_not_known_is_said(agreed: Agreement) -> None:
    none = told(agreed, Supply(tiers=(), source="there is no model, and nothing could be tested on later leads"))[
        "supply_T1"
    ]
    assert none.kept is None
    assert none.sentence == (
        "Sales-ready (T1): 80 leads a month are owed; how many come is not known yet: there is no model, and nothing could be "
        "tested on later leads; capacity 120 a week."
    )
    undated = Supply(tiers=(replace(T1, months=()),), source="at first look, no model yet")
    assert (
        "3.0% of all leads handed over are T1 (at first look, no model yet)"
        in told(agreed, undated)["supply_T1"].sentence
    )


@pytest.mark.parametrize(
    ("agreed_hours", "between", "kept"),
    [
        (1, None, False),
        (1, 24.0, False),
        (1, 1.0, True),
        (8, 24.0, True),
        (4, 6.0, False),
        (8, 48.0, False),
        (16, 48.0, True),
    ],
)
def test_hours_are_held_against_the_rhythm_of_the_runs(
    agreed: Agreement, agreed_hours: float, between: float | None, kept: bool
) -> None:
    found = told(owing(agreed, hand_over_within_hours=agreed_hours), hours=between)["rhythm"]
    assert found.kept is kept
    if not kept and between == 24.0:
        assert found.sentence.startswith("Scores are delivered once a night, a lead may wait 8 h of business time")
        assert (
            "1 h cannot be kept. Score more often (leadq score --since, leadq deliver), or agree on the next morning"
            in found.sentence
        )


def test_the_remedy_of_the_rhythm_is_kept(agreed: Agreement) -> None:
    text = template_text().replace("hand_over_within_hours: 1\n", "hand_over_within_hours: 1 business day\n")
    assert told(parse_agreement(text, where="x"), hours=24.0)["rhythm"].kept is True


def test_no_run_hands_over_where_an_owner_does(agreed: Agreement) -> None:
    assert "rhythm" not in told(replace(agreed, clocks=replace(agreed.clocks, hand_over="owner_assigned")))


def test_hours_are_said_as_days(agreed: Agreement) -> None:
    assert told(agreed)["length_T2"].sentence == "High intent (T2): first contact within 24 business hours = 3 days."


def test_the_goal_is_reckoned_backwards(agreed: Agreement) -> None:
    achieved = Achieved(wins=(9,) * 12, accepted=(41, 77, 62), amount=6_666.67)
    found = told(replace(agreed, goal=GOAL), LIVE, achieved)
    assert found["goal"].sentence == (
        "The goal of 500,000 EUR a quarter takes 25 wins a month at 6,667 EUR each; 9 came, mean of 12 months. At today's shares "
        "of the tiers that needs 61 leads a month in Sales-ready (T1); 22 come (by tested forecasts of the live model)."
    )
    assert found["goal"].kept is False
    assert found["goal_accepted"].sentence == (
        "The goal of 180 accepted leads a quarter is 60 a month; 41 to 77 were accepted in each of the last 3 full months, mean 60."
    )
    assert found["goal_accepted"].kept is True
    assert told(replace(agreed, goal=GOAL))["goal"].kept is None
    assert "map dispositions" in told(replace(agreed, goal=GOAL))["goal_accepted"].sentence


def test_a_reason_with_attempts_of_its_own_is_named(agreed: Agreement) -> None:
    old = replace(agreed, rejection_reasons=("unreachable_after_6_attempts",))
    found = told(old)["reason_unreachable_after_6_attempts"]
    assert "says 6, but attempts are agreed for T2 on 4" in found.sentence
    assert not [topic for topic in told(agreed) if topic.startswith("reason")]


def cut(tier: str, promise: float, at: float | None) -> TierCut:
    return TierCut(tier_id=tier, promise=promise, cut=at, offered=at is not None)


def test_leads_are_counted_by_tier_and_full_month() -> None:
    as_of = pd.to_datetime(
        ["2026-01-15", "2026-02-01", "2026-02-28", "2026-03-03", "2026-03-20", "2026-04-02"], utc=True
    )
    probability = np.array([0.5, 0.5, 0.25, 0.5, 0.05, 0.5])
    first, second = tier_supply(
        probability, (probability > 0.3).astype(float), pd.Series(as_of), (cut("T1", 0.4, 0.4), cut("T2", 0.2, None))
    )
    assert (first.months, first.share, first.won, first.a_month) == ((1, 1), 4 / 6, 1.0, 1.0)
    assert (second.months, second.share, second.won) == ((1, 0), 1 / 6, 0.0)
    texts = pd.Series([moment.isoformat() for moment in as_of])
    assert tier_supply(probability, probability, texts, (cut("T1", 0.4, 0.4),))[0].months == (1, 1)
    assert tier_supply(probability, probability, None, (cut("T1", 0.4, 0.4),))[0].a_month is None
    assert tier_supply(np.zeros(0), np.zeros(0), None, (cut("T1", 0.4, 0.4),))[0].share == 0.0


@pytest.mark.parametrize("kind", [object, "string"])
def test_months_are_read_however_precise_the_moments_are(kind: str) -> None:
    """Evidence keeps moments as text, with the parts of a second that each of them has."""
    moments = [
        "2026-01-31T12:00:00.5+00:00",
        "2026-02-01T00:00:00+00:00",
        "2026-02-28T23:59:59+00:00",
        "2026-03-01T00:00:00+00:00",
    ]
    probability = np.full(4, 0.5)
    (found,) = tier_supply(probability, probability, pd.Series(moments, dtype=kind), (cut("T1", 0.4, 0.4),))
    assert found.months == (2,)
