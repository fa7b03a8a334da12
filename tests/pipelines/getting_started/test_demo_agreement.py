"""What a simulated company signs can be kept, whatever its size, and where nobody knows what comes nothing is owed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.signing.standing import standing_in_words
from leadq.features.readiness.achieved_by_month import Achieved
from leadq.models.tiers.tier_supply import TierSupply
from leadq.pipelines.getting_started.demo_agreement import (
    demo_agreement,
    owed_a_month,
    owed_in_words,
    signed_agreement,
)
from leadq.pipelines.training.feasibility.kept_agreement import Supply, kept_agreement

NOW = datetime(2026, 10, 1, tzinfo=UTC)
CAME = (16, 47, 32)
"""Leads of T1 a month in a company of 20,000 leads."""


def signed(leads: int, months: Sequence[int], *, recorded: bool = True) -> Agreement:
    text = demo_agreement(leads=leads, hand_overs_recorded=recorded)
    return parse_agreement(signed_agreement(text, months, on=NOW.date()), where="agreement.yaml")


@pytest.mark.parametrize("leads", [500, 2_000, 20_000, 300_000, 9_000_000])
def test_whatever_the_size_the_agreement_can_be_kept(leads: int) -> None:
    months = tuple(came * leads // 20_000 for came in CAME)
    best = TierSupply(tier_id="T1", share=0.04, won=0.4, months=months)
    supply = Supply(tiers=(best,), source="by tested forecasts of the live model")
    nothing = Achieved(wins=(), accepted=(), amount=None)
    remarks = kept_agreement(signed(leads, months), supply, nothing, hours_between_runs=24.0)
    assert [remark.sentence for remark in remarks if remark.kept is not True] == []


def test_what_is_owed_came_in_every_month_with_room_and_both_signed_it() -> None:
    agreement = signed(20_000, CAME)
    assert agreement.duties["marketing"]["T1_per_month"] == owed_a_month(CAME) == 12
    assert "T1_per_month: 12 # 16 to 47 came in each of the last 3 full months\n" in agreement.text
    assert "owes 12 leads of T1 a month; 16 to 47 came" in owed_in_words(CAME)
    assert agreement.clocks.hand_over == "handed_off_at"
    assert len(agreement.signed) == 2
    assert "changed" not in standing_in_words(agreement, NOW)


@pytest.mark.parametrize("months", [(), (0, 5, 9), (1, 2)])
def test_nothing_is_owed_where_nobody_knows_that_it_comes(months: Sequence[int]) -> None:
    agreement = signed(2_000, months)
    assert "T1_per_month" not in agreement.duties["marketing"]
    assert "is agreed when it is known" in owed_in_words(months)


def test_a_company_that_keeps_no_hand_over_is_measured_by_what_is_recorded_first() -> None:
    assert signed(2_000, (), recorded=False).clocks.hand_over == ""
