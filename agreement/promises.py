"""Tiers and what they promise, read best first: no gap, no overlap, the last takes the rest."""

from __future__ import annotations

from itertools import pairwise
from math import inf, isnan, nan

from leadq.agreement.calendar.weekly_calendar import Calendar
from leadq.agreement.schema import DISQUALIFIED, Promise, Sla, Tier
from leadq.agreement.sections import Section
from leadq.foundation.yaml_tree import Items

LONGEST_HOURS = 2_000.0
"""Longest time to a first touch, in business hours: a year of them."""
MOST_ATTEMPTS = 100


def read_tiers(top: Section, calendar: Calendar, *, stored: bool) -> tuple[Tier, ...]:
    """Read ``tiers`` of the agreement; what is wrong goes to its findings.

    ``stored``: the text is of a model, and may say more hours and attempts than are allowed since.
    """
    sections = top.sections("tiers", "tier")
    tiers = tuple(_read_tier(section, calendar, stored=stored) for section in sections)
    if isinstance(top.node("tiers"), Items) and len(top.items("tiers")) < 2:
        top.note("tiers", "must be at least two", "Add a last tier without a promise: it takes the rest.")
    _check_ids(tiers, sections)
    _check_promises(tiers, sections)
    return tiers


def _read_tier(section: Section, calendar: Calendar, *, stored: bool) -> Tier:
    tier_id = section.name_under("id", "")
    if tier_id:
        section.name = f"tier {tier_id}"
    section.require("id", "owner")
    tier = Tier(
        id=tier_id,
        label=section.text("label", tier_id),
        owner=section.text("owner", ""),
        promise=_read_promise(section),
        sla=_read_sla(section, calendar, stored=stored),
        capacity_per_week=section.whole_number("capacity_per_week", None, low=1),
        action=section.text("action", ""),
        line=section.line,
    )
    section.close()
    return tier


def _read_promise(tier: Section) -> Promise | None:
    section = tier.section("promise", tier.called("promise"))
    if section is None:
        return None
    section.require("win_rate_at_least")
    win_rate = section.probability("win_rate_at_least", nan)
    marginal = section.probability("marginal_at_least", None)
    section.close()
    if marginal is not None and marginal > win_rate:
        rule = "must not be above win_rate_at_least: the last lead of a tier is not better than its average"
        section.note("marginal_at_least", rule, "About two thirds of win_rate_at_least is usual.")
    return Promise(win_rate_at_least=win_rate, marginal_at_least=marginal)


def _read_sla(tier: Section, calendar: Calendar, *, stored: bool) -> Sla | None:
    section = tier.section("sla", tier.called("sla"))
    if section is None:
        return None
    sla = Sla(
        first_touch_business_hours=section.business_hours(
            "first_touch_business_hours", None, calendar, low=0.0, high=inf if stored else LONGEST_HOURS
        ),
        attempts=section.whole_number("attempts", None, low=1, high=None if stored else MOST_ATTEMPTS),
    )
    section.close()
    return sla


def _check_ids(tiers: tuple[Tier, ...], sections: tuple[Section, ...]) -> None:
    seen: set[str] = set()
    for tier, section in zip(tiers, sections, strict=True):
        if tier.id == DISQUALIFIED:
            section.note("id", "is reserved for what a rule disqualifies", "Choose another id.")
        elif tier.id and tier.id in seen:
            section.note("id", "must be unique", "Give each tier an id of its own.")
        seen.add(tier.id)


def _check_promises(tiers: tuple[Tier, ...], sections: tuple[Section, ...]) -> None:
    """Every tier but the last promises something, each less than the tier before it."""
    if not tiers:
        return
    if sections[-1].node("promise") is not None and len(tiers) > 1:
        rule = "must not be given: the last tier takes all other leads, so it can promise nothing"
        sections[-1].note("promise", rule, "Remove it, or add a last tier without a promise.")
    for section in sections[:-1]:
        if section.node("promise") is None:
            rule = "must be given: only the last tier has no promise, or there would be a gap between the tiers"
            section.note("promise", rule, "Add promise: {win_rate_at_least: ...}.")
    rated = [
        (tier.id, tier.promise.win_rate_at_least, section)
        for tier, section in zip(tiers, sections, strict=True)
        if tier.promise is not None and not isnan(tier.promise.win_rate_at_least)
    ]
    for (better, upper, _), (_, lower, section) in pairwise(rated):
        if lower >= upper:
            rule = f"must promise less than tier {better} ({upper:g}): tiers are listed best first and do not overlap"
            section.findings.note(
                section.line_of("promise"),
                f"{section.name} {rule}",
                "Order the tiers best first, each promise below the one before it.",
                value=f"{lower:g}",
            )
