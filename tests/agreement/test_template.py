"""What leadq init writes is an agreement that holds."""

from __future__ import annotations

from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text


def test_the_template_parses_clean_and_keeps_its_promises_apart() -> None:
    agreement = parse_agreement(template_text(), where="agreement.yaml")
    assert agreement.outcome.horizon_days == 90
    promises = [tier.promise.win_rate_at_least if tier.promise else None for tier in agreement.tiers]
    assert promises == [0.30, 0.10, None]
    assert agreement.tiers[0].capacity_per_week == 120
    lifted_to = [rule.at_least for rule in agreement.rules if rule.at_least]
    assert lifted_to == ["T2"], "a rule must not fill T1 with leads that do not keep its promise"


def test_the_template_explains_every_part() -> None:
    lines = template_text().splitlines()
    parts = ["outcome", "stages", "ideal_customer", "tiers", "rules", "acceptance", "duties", "rejection_reasons"]
    for part in parts:
        place = next(number for number, line in enumerate(lines) if line.startswith(f"{part}:"))
        assert lines[place - 1].startswith("# "), part
