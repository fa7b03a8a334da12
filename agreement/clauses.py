"""An agreement as facts in words, one for everything that was agreed: nothing in the file is lost.

The text for people (``render.py``) and the comparison of versions (``difference.py``) are both made of these,
so they cannot say different things. Leaves out layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import expm1

from leadq.agreement.calendar.weekly_calendar import Calendar, hours_in_words
from leadq.agreement.checks import ACCOUNT, ANY_EVENT
from leadq.agreement.plain_words import duties_in_words, field_in_words, name_in_words, percent_in_words, value_in_words
from leadq.agreement.schema import Agreement, Check, Promise, Rule, Tier
from leadq.agreement.terms.term_words import (
    after_rejection_in_words,
    clocks_in_words,
    goal_in_words,
    owners_in_words,
    review_in_words,
)
from leadq.foundation.plurals import counted

VERSION = "version"
_DOUBLED = 0.69
WEAKEST = "the weakest leads in it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that was agreed.

    Parameters
    ----------
    part : str
        Where it belongs: ``"Tiers"``.
    subject : str
        What it is about: ``"T1"``; empty for the part as a whole.
    about : str
        Which side of the subject: ``"owner"``. The three together are unique.
    words : str
        What was agreed: ``"sales"``; empty where ``about`` says it all.
    """

    part: str
    about: str
    words: str
    subject: str = ""


def facts(agreement: Agreement) -> tuple[Fact, ...]:
    """Return everything agreed, in the order in which people read it."""
    return (
        *_frame(agreement),
        *_lines("The goal of both sides", goal_in_words(agreement.goal)),
        *_calendar(agreement.calendar),
        *_tiers(agreement),
        *_rules(agreement),
        *_meanings(agreement),
        *_judging(agreement),
        *_duties(agreement),
        *_lines("What is measured, and when", clocks_in_words(agreement.clocks)),
        *_lines("The weekly review", review_in_words(agreement.review)),
        *(
            Fact(part="Reasons for rejecting a lead", about=name_in_words(one), words="")
            for one in agreement.rejection_reasons
        ),
        *(
            fact
            for reason, after in agreement.after_rejection.items()
            for fact in _lines(
                "After a rejection", after_rejection_in_words(after, _checks), subject=name_in_words(reason)
            )
        ),
        *(
            Fact(part="Needs that sales may name beside an answer", about=name_in_words(one), words="")
            for one in agreement.buyer_needs
        ),
    )


def check_in_words(check: Check) -> str:
    """Return one check as a clause: ``"number of employees of the account is between 50 and 5000"``."""
    if check.subject == "disposition":
        return f"sales {check.name} the lead"
    if check.subject == "event":
        event = "any event" if check.name == ANY_EVENT else f"the event {name_in_words(check.name)}"
        return f"{event} occurred" + (f" in the last {counted(check.within_days, 'day')}" if check.within_days else "")
    whose = "account" if check.name.startswith(ACCOUNT) else "lead"
    return f"{field_in_words(check.name)} of the {whose} {condition_in_words(check)}"


def condition_in_words(check: Check) -> str:
    """Return what a check on a field asks of its value: ``"is one of a, b"``."""
    shown = [value_in_words(value) for value in check.values]
    listed = ", ".join(shown)
    words = {
        "in": f"is one of {listed}",
        "not_in": f"is none of {listed}",
        "between": f"is between {' and '.join(shown)} (both included)",
        "at_least": f"is at least {listed}",
        "at_most": f"is at most {listed}",
        "equals": f"is {listed}",
        "ends_with": f"ends with {' or '.join(shown)}",
        "present": "is known",
        "occurred": "occurred",
    }
    return words[check.operator]


def _checks(checks: tuple[Check, ...]) -> str:
    return "; and ".join(check_in_words(check) for check in checks)


def _frame(agreement: Agreement) -> Iterator[Fact]:
    part = "Frame"
    yield Fact(part=part, about=VERSION, words=str(agreement.version))
    yield Fact(part=part, about="in force from", words=agreement.effective_from.isoformat())
    if agreement.review_by is not None:
        yield Fact(part=part, about="both sides review it by", words=agreement.review_by.isoformat())
    signed = "; ".join(f"{signature.role} on {signature.on.isoformat()}" for signature in agreement.signed)
    yield Fact(part=part, about="signed by", words=signed or "nobody yet")
    yield from _lines(part, owners_in_words(agreement.owners))
    yield Fact(part=part, about="what counts as won", words=agreement.outcome.event)
    yield Fact(part=part, about="a win counts within", words=counted(agreement.outcome.horizon_days, "day"))


def _lines(part: str, lines: Iterable[tuple[str, str]], *, subject: str = "") -> Iterator[Fact]:
    return (Fact(part=part, subject=subject, about=about, words=words) for about, words in lines)


def _calendar(calendar: Calendar) -> Iterator[Fact]:
    part = "Business hours"
    yield Fact(part=part, about="open", words=hours_in_words(calendar.hours))
    yield Fact(part=part, about="time zone", words=calendar.time_zone)
    yield Fact(part=part, about="a business day has", words=counted(calendar.hours_of_a_day, "business hour"))
    public = ", ".join(calendar.countries)
    yield Fact(part=part, about="public holidays", words=f"those of {public}" if public else "none are agreed")
    if calendar.holidays:
        yield Fact(part=part, about="further closed days", words=f"in the file {value_in_words(calendar.holidays)}")
    if not calendar.stated:
        yield Fact(part=part, about="deadlines", words="in business hours, not as moments: no calendar is agreed")


def _tiers(agreement: Agreement) -> Iterator[Fact]:
    part = "Tiers"
    yield Fact(part=part, about="best first", words=", ".join(tier.id for tier in agreement.tiers))
    for tier in agreement.tiers:
        for about, words in _tier(tier):
            yield Fact(part=part, subject=tier.id, about=about, words=words)


def _tier(tier: Tier) -> Iterator[tuple[str, str]]:
    yield "name", tier.label
    yield "owner", tier.owner
    yield from _promise(tier.promise)
    if tier.sla is not None and tier.sla.first_touch_business_hours is not None:
        yield "first contact", f"within {counted(tier.sla.first_touch_business_hours, 'business hour')}"
    if tier.sla is not None and tier.sla.attempts is not None:
        yield "attempts before giving up", str(tier.sla.attempts)
    if tier.capacity_per_week is not None:
        yield "capacity", f"{counted(tier.capacity_per_week, 'new hand-off')} a week"
    if tier.action:
        yield "what to do", tier.action


def _promise(promise: Promise | None) -> Iterator[tuple[str, str]]:
    if promise is None:
        yield "promise", "none; this tier takes all other leads"
        return
    yield "promise", f"at least {percent_in_words(promise.win_rate_at_least)} of the leads handed over are won"
    if promise.marginal_at_least is None:
        yield WEAKEST, "at least two thirds of that, as is usual; nothing else is agreed"
    else:
        yield WEAKEST, f"at least {percent_in_words(promise.marginal_at_least)} of leads like it are won"


def _rules(agreement: Agreement) -> Iterator[Fact]:
    part = "Rules"
    if agreement.rules:
        yield Fact(
            part=part, about="these decide before the model", words=", ".join(rule.id for rule in agreement.rules)
        )
    for rule in agreement.rules:
        yield Fact(part=part, subject=rule.id, about="when", words=_checks(rule.when))
        yield Fact(part=part, subject=rule.id, about="then", words=_effect(rule))


def _effect(rule: Rule) -> str:
    return "the lead is disqualified" if rule.disqualify else f"the lead is in {rule.at_least} or a better tier"


def _meanings(agreement: Agreement) -> Iterator[Fact]:
    for stage, checks in agreement.stages.items():
        yield Fact(part="What the words mean", about=stage, words=_checks(checks))
    for check in agreement.ideal_customer:
        words = condition_in_words(check).removeprefix("is ")
        yield Fact(part="The ideal customer", about=field_in_words(check.name), words=words)


def _judging(agreement: Agreement) -> Iterator[Fact]:
    part, acceptance = "How the promises are judged", agreement.acceptance
    sure = percent_in_words(acceptance.confidence)
    yield Fact(part=part, about="a promise is proven", words=f"once it is {sure} sure that it is kept")
    red, amber = percent_in_words(acceptance.red_at), percent_in_words(acceptance.amber_at)
    yield Fact(part=part, about="it turns red", words=f"once it is {red} sure that it is broken")
    yield Fact(part=part, about="it turns amber", words=f"once it is {amber} sure that it is broken")
    yield Fact(part=part, about="usual change of wins between quarters", words=_drift(acceptance.drift_sd))
    share = percent_in_words(acceptance.random_worked_share)
    yield Fact(part=part, about="share of low-tier leads worked all the same, drawn by lot", words=share)
    if agreement.on_breach is not None:
        days = counted(agreement.on_breach.within_business_days, "business day")
        yield Fact(part=part, about="who acts on a broken promise", words=agreement.on_breach.owner)
        yield Fact(part=part, about="acts within", words=days)


def _duties(agreement: Agreement) -> Iterator[Fact]:
    part = "Duties"
    for side, duties in agreement.duties.items():
        for about, words in duties_in_words(duties):
            yield Fact(part=part, subject=side, about=about, words=words)
        if not duties:
            yield Fact(part=part, subject=side, about="nothing agreed", words="")


def _drift(drift_sd: float) -> str:
    """Return how far the odds of a win may move, as a share; the figure in the file beside it, for it is not rounded."""
    figure = f"({value_in_words(drift_sd)} in the file)"
    if drift_sd > _DOUBLED:
        return f"twice as many or half as many, or more {figure}"
    return f"about {100 * expm1(drift_sd):.2g} % more or fewer {figure}"
