"""An agreement as facts in words, one for everything that was agreed: nothing in the file is lost.

The text for people (``render.py``) and the comparison of versions (``difference.py``) are both made of these,
so they cannot say different things. Leaves out layout.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from leadq.agreement.checks import ACCOUNT, ANY_EVENT
from leadq.agreement.schema import Agreement, Check, Promise, Rule, Tier
from leadq.agreement.sections import NUMBER
from leadq.foundation.plurals import counted

VERSION = "version"
FLAGS = ("true", "false", "")


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
        *_tiers(agreement),
        *_rules(agreement),
        *_meanings(agreement),
        *_judging(agreement),
        *_duties(agreement),
        *(Fact(part="Reasons for rejecting a lead", about=reason, words="") for reason in agreement.rejection_reasons),
    )


def check_in_words(check: Check) -> str:
    """Return one check as a clause: ``"employees of the account is between 50 and 5000"``."""
    if check.subject == "disposition":
        return f"sales {check.name} the lead"
    if check.subject == "event":
        event = "any event" if check.name == ANY_EVENT else f"the event {check.name}"
        return f"{event} occurred" + (f" in the last {counted(check.within_days, 'day')}" if check.within_days else "")
    field = (
        f"{check.name.removeprefix(ACCOUNT)} of the account"
        if check.name.startswith(ACCOUNT)
        else f"{check.name} of the lead"
    )
    return f"{field} {condition_in_words(check)}"


def condition_in_words(check: Check) -> str:
    """Return what a check on a field asks of its value: ``"is one of a, b"``."""
    shown = [_value(value) for value in check.values]
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


def _value(value: str | float | bool) -> str:
    """Return a value so that the text ``"5"`` and the number 5 read differently."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if value == int(value) else str(value)
    plain = value.strip() == value and not NUMBER.fullmatch(value) and value.lower() not in FLAGS
    return value if plain and not set(value) & set(',"\n') else json.dumps(value, ensure_ascii=False)


def _percent(probability: float) -> str:
    return f"{100 * probability:.12g} %"


def _checks(checks: tuple[Check, ...]) -> str:
    return "; and ".join(check_in_words(check) for check in checks)


def _frame(agreement: Agreement) -> Iterator[Fact]:
    part = "Frame"
    yield Fact(part=part, about=VERSION, words=str(agreement.version))
    yield Fact(part=part, about="in force from", words=agreement.effective_from.isoformat())
    if agreement.review_by is not None:
        yield Fact(part=part, about="reviewed by both sides by", words=agreement.review_by.isoformat())
    signed = "; ".join(f"{signature.role} on {signature.on.isoformat()}" for signature in agreement.signed)
    yield Fact(part=part, about="signed by", words=signed or "nobody yet")
    yield Fact(part=part, about="what counts as won", words=agreement.outcome.event)
    yield Fact(part=part, about="horizon", words=counted(agreement.outcome.horizon_days, "day"))


def _tiers(agreement: Agreement) -> Iterator[Fact]:
    part = "Tiers"
    yield Fact(part=part, about="best first", words=", ".join(tier.id for tier in agreement.tiers))
    for tier in agreement.tiers:
        for about, words in _tier(tier):
            yield Fact(part=part, subject=tier.id, about=about, words=words)


def _tier(tier: Tier) -> Iterator[tuple[str, str]]:
    yield "label", tier.label
    yield "owner", tier.owner
    yield from _promise(tier.promise)
    if tier.sla is not None and tier.sla.first_touch_business_hours is not None:
        yield "first touch", f"within {counted(tier.sla.first_touch_business_hours, 'business hour')}"
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
    yield "promise", f"at least {_percent(promise.win_rate_at_least)} of the leads handed over are won"
    if promise.marginal_at_least is None:
        yield "lowest chance of a lead in it", "not agreed (two thirds of the promise is usual)"
    else:
        yield "lowest chance of a lead in it", f"at least {_percent(promise.marginal_at_least)}"


def _rules(agreement: Agreement) -> Iterator[Fact]:
    part = "Rules"
    if agreement.rules:
        yield Fact(part=part, about="decided before the model", words=", ".join(rule.id for rule in agreement.rules))
    for rule in agreement.rules:
        yield Fact(part=part, subject=rule.id, about="when", words=_checks(rule.when))
        yield Fact(part=part, subject=rule.id, about="then", words=_effect(rule))


def _effect(rule: Rule) -> str:
    return "the lead is disqualified" if rule.disqualify else f"the lead is in {rule.at_least} or a better tier"


def _meanings(agreement: Agreement) -> Iterator[Fact]:
    for stage, checks in agreement.stages.items():
        yield Fact(part="What the words mean", about=stage, words=_checks(checks))
    for check in agreement.ideal_customer:
        about = check.name.removeprefix(ACCOUNT)
        yield Fact(part="The ideal customer", about=about, words=condition_in_words(check))


def _judging(agreement: Agreement) -> Iterator[Fact]:
    part, acceptance = "How the promises are judged", agreement.acceptance
    yield Fact(part=part, about="proven when kept with probability", words=_percent(acceptance.confidence))
    yield Fact(part=part, about="red when broken with probability", words=_percent(acceptance.red_at))
    yield Fact(part=part, about="amber when broken with probability", words=_percent(acceptance.amber_at))
    drift = f"{_value(acceptance.drift_sd)} in log-odds (0.2 is about a fifth more or fewer wins)"
    yield Fact(part=part, about="allowance for change between quarters", words=drift)
    share = _percent(acceptance.random_worked_share)
    yield Fact(part=part, about="share of low-tier leads worked at random", words=share)
    if agreement.on_breach is not None:
        days = counted(agreement.on_breach.within_business_days, "business day")
        yield Fact(part=part, about="who acts on a broken promise", words=agreement.on_breach.owner)
        yield Fact(part=part, about="acts within", words=days)


def _duties(agreement: Agreement) -> Iterator[Fact]:
    part = "Duties"
    for side, duties in agreement.duties.items():
        for duty, value in duties.items():
            yield Fact(part=part, subject=side, about=duty.replace("_", " "), words=_duty(value))
        if not duties:
            yield Fact(part=part, subject=side, about="nothing agreed", words="")


def _duty(value: float | int | bool | str) -> str:
    return repr(value) if isinstance(value, float) else _value(value)
