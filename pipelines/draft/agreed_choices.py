"""Lines that no data can propose: they are shown all the same, so that both sides see what they sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.clauses import Fact, facts
from leadq.agreement.schema import Agreement, Check
from leadq.agreement.terms.term_words import owners_in_words
from leadq.features.field_values import Field
from leadq.foundation.arrays import Ints
from leadq.foundation.plurals import counted
from leadq.models.tiers.promise_test import MIN_TESTABLE, Judgement
from leadq.pipelines.draft.draft_line import CHOICE, DraftLine, interval_words, share_words, won_words
from leadq.pipelines.draft.past_deals import PastDeals

_BASELINE_DAYS = 28
_REVIEW_DAYS = 100
_PARTS = {
    "Business hours": "calendar",
    "How the promises are judged": "acceptance",
    "The goal of both sides": "goal",
    "What is measured, and when": "clocks",
    "The weekly review": "review",
}


def with_dates(agreement: Agreement, today: date) -> tuple[Agreement, DraftLine]:
    """Return the next version of an agreement: in force from the Monday after four weeks of baseline, reviewed about a quarter later."""
    start = today + timedelta(days=_BASELINE_DAYS)
    start += timedelta(days=-start.weekday() % 7)
    review = start + timedelta(days=_REVIEW_DAYS)
    changed = replace(agreement, version=agreement.version + 1, effective_from=start, review_by=review)
    line = DraftLine(
        key="effective_from",
        about="in force from, and reviewed by",
        today=_days(agreement),
        proposed=_days(changed),
        evidence=f"{CHOICE} The first Monday after {counted(_BASELINE_DAYS // 7, 'week')} of baseline, and {_REVIEW_DAYS} days later.",
        basis="a choice",
    )
    return changed, line


def choices(agreement: Agreement, deals: PastDeals, time: BusinessTime) -> Iterator[DraftLine]:
    """Yield a line for each part of the agreement that is a choice: business hours, capacity, how promises are judged, the review."""
    yield _choice("outcome.event", "what counts as won", agreement.outcome.event)
    if agreement.owners is not None:
        yield _choice(
            "owners", "who keeps it", "; ".join(": ".join(line) for line in owners_in_words(agreement.owners))
        )
    for part, key in _PARTS.items():
        found = [fact for fact in facts(agreement) if fact.part == part]
        if found:
            line = _choice(key, part.lower(), "; ".join(map(_words, found)))
            yield _with_touches(line, deals, time) if key == "calendar" else line
    for tier in agreement.tiers:
        if tier.capacity_per_week is not None:
            room = f"{tier.capacity_per_week:,} a week"
            yield _choice(f"tiers.{tier.id}.capacity_per_week", f"{tier.label} ({tier.id}): room for new leads", room)


def _with_touches(line: DraftLine, deals: PastDeals, time: BusinessTime) -> DraftLine:
    """Say how many first touches lie within the agreed hours: few, and they are not the hours in which people work."""
    if deals.acts is None or not deals.acts.touches_recorded:
        return line
    moments: Ints = deals.acts.rows["first_touch_us"].dropna().to_numpy().astype(np.int64)
    if len(moments) < MIN_TESTABLE:
        return line
    inside = time.business_us(moments, moments + 1) > 0
    found = Judgement(n=len(inside), won=int(inside.sum()), effective_n=float(len(inside)))
    evidence = (
        f"{CHOICE} {found.won:,} of {counted(found.n, 'first touch', 'first touches')} lie within these hours: {share_words(found.rate)} "
        f"({interval_words(found)})."
    )
    return replace(line, evidence=evidence, n=found.n, low=found.quantile(0.05), high=found.quantile(0.95))


def rule_lines(agreement: Agreement, deals: PastDeals) -> Iterator[DraftLine]:
    """Yield a line a rule: at how many hand-overs it held, and how many of those leads were won all the same."""
    for rule in agreement.rules:
        said = "; ".join(_words(fact) for fact in facts(agreement) if fact.part == "Rules" and fact.subject == rule.id)
        line = _choice(f"rules.{rule.id}", f"rule {rule.id}", said)
        if deals.known is None:
            yield replace(line, evidence=f"{CHOICE} {deals.why_none}")
            continue
        inside = deals.held(rule.when)
        if not inside.any():
            yield replace(
                line, evidence=f"{CHOICE} It held for none of {counted(len(inside), 'lead')} at the hand-over.", n=0
            )
            continue
        held = deals.judged(inside)
        yield replace(
            line,
            evidence=f"{CHOICE} It held at the hand-over of {counted(held.n, 'lead')}; {won_words(held)}.",
            n=held.n,
            low=held.quantile(0.05),
            high=held.quantile(0.95),
        )


def without_unfit_checks(agreement: Agreement, fields: Sequence[Field]) -> tuple[Agreement, tuple[str, ...]]:
    """Return the agreement without checks that stop a training, and their fields: not in the data, or a number compared with words."""
    types = {field.name if field.entity == "lead" else field.key: field.type for field in fields}

    def there(check: Check) -> bool:
        if check.subject != "field":
            return True
        words = any(isinstance(value, str) for value in check.values)
        return check.name in types and not (types[check.name] == "number" and words)

    every = [check for checks in agreement.stages.values() for check in checks]
    every += [*agreement.ideal_customer, *(check for rule in agreement.rules for check in rule.when)]
    gone = tuple(dict.fromkeys(check.name for check in every if not there(check)))
    stages = {stage: tuple(filter(there, checks)) for stage, checks in agreement.stages.items()}
    after = {
        name: replace(one, checks=tuple(filter(there, one.checks))) for name, one in agreement.after_rejection.items()
    }
    context = agreement.duties.get("marketing", {}).get("context_fields")
    duties = {side: dict(of_side) for side, of_side in agreement.duties.items()}
    if isinstance(context, tuple):
        duties["marketing"]["context_fields"] = tuple(name for name in context if name in types)
        if not duties["marketing"]["context_fields"]:
            del duties["marketing"]["context_fields"]
    changed = replace(
        agreement,
        stages={stage: checks for stage, checks in stages.items() if checks},
        ideal_customer=tuple(filter(there, agreement.ideal_customer)),
        rules=tuple(rule for rule in agreement.rules if all(map(there, rule.when))),
        after_rejection=after,
        duties=duties,
    )
    return changed, gone


def _choice(key: str, about: str, words: str) -> DraftLine:
    return DraftLine(key=key, about=about, today=words, proposed=words, evidence=CHOICE, basis="a choice")


def _words(fact: Fact) -> str:
    return f"{fact.about}: {fact.words}" if fact.words else fact.about


def _days(agreement: Agreement) -> str:
    review = "" if agreement.review_by is None else f", reviewed by {agreement.review_by.isoformat()}"
    return f"version {agreement.version}, from {agreement.effective_from.isoformat()}{review}"
