"""Agreed overrides as data: when all checks hold, disqualify or lift to at least a tier.

Applying them to leads is in ``decide.py``; whether one holds is found by the features room.
"""

from __future__ import annotations

from collections.abc import Collection

from leadq.agreement.checks import read_checks
from leadq.agreement.schema import BY_MODEL, Rule, Tier
from leadq.agreement.sections import Section
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_tree import Entries, Scalar, shortened


def read_rules(top: Section, tiers: tuple[Tier, ...]) -> tuple[Rule, ...]:
    """Read ``rules`` of the agreement; what is wrong goes to its findings."""
    rules: list[Rule] = []
    tier_ids = {tier.id: None for tier in tiers if tier.id}
    seen: set[str] = set()
    for section in top.sections("rules", "rule"):
        rule = _read_rule(section, tier_ids)
        if rule.id == BY_MODEL:
            section.note("id", "is reserved for the model's own decision", "Choose another id.")
        elif rule.id and rule.id in seen:
            section.note("id", "must be unique", "Give each rule an id of its own.")
        seen.add(rule.id)
        rules.append(rule)
    return tuple(rules)


def _read_rule(section: Section, tier_ids: Collection[str]) -> Rule:
    rule_id = section.name_under("id", "")
    if rule_id:
        section.name = f"rule {rule_id}"
    section.require("id", "when", "then")
    when = section.node("when")
    line = section.line_of("when")
    checks = () if when is None else read_checks(when, section.name, section.findings, line=line)
    then = section.node("then")
    disqualify = isinstance(then, Scalar) and then.text == "disqualify"
    at_least: str | None = None
    if isinstance(then, Entries):
        at_least = _read_lift(Section(then, section.called("then"), section.findings), tier_ids)
    elif then is not None and not disqualify:
        section.note("then", "must be disqualify or {at_least: TIER}", "Write then: disqualify or {at_least: T1}.")
    section.close()
    return Rule(id=rule_id, when=checks, disqualify=disqualify, at_least=at_least, line=section.line)


def _read_lift(then: Section, tier_ids: Collection[str]) -> str | None:
    then.require("at_least")
    tier = then.text("at_least", None)
    if tier is not None and tier not in tier_ids:
        hint, shown = did_you_mean(tier, tier_ids), shortened(", ".join(tier_ids), most=200)
        then.note("at_least", "must name a tier of this agreement", f"{hint}Tiers: {shown}.")
    then.close()
    return tier
