"""An agreement as the text of its file: what :mod:`leadq.agreement.read` reads, with comments beside what they are about.

Reading the text gives the same agreement again, whatever words are in it. Leaves out signatures: a text that is written anew has none.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from leadq.agreement.calendar.weekly_calendar import USUAL_CALENDAR, WEEKDAYS, Calendar, clock
from leadq.agreement.condition import DutyValue
from leadq.agreement.schema import Acceptance, Agreement, Check, Rule, Tier
from leadq.agreement.terms.measured_terms import USUAL_CLOCKS, USUAL_REVIEW, AfterRejection, Clocks, Review
from leadq.foundation.yaml_scalars import plain_or_quoted, quoted

_WIDTH = 110
Notes = Mapping[str, Sequence[str]]
"""Comments by the key they are about: ``"outcome"``, ``"stages.MQL"``, ``"tiers.T1"``, ``"duties.sales.follow_up_share"``."""


def agreement_yaml(agreement: Agreement, *, head: Sequence[str] = (), notes: Notes | None = None) -> str:
    """Return the text of an agreement without its signatures.

    Parameters
    ----------
    agreement : Agreement
    head : sequence of str
        Comments at the top.
    notes : mapping, optional
        Comments by key; each stands above its line.
    """
    said = notes or {}
    parts = [
        [*comment(head)],
        [*_frame(agreement, said)],
        [*_calendar(agreement.calendar, said)],
        [*comment(said.get("outcome", ())), _outcome(agreement)],
        [*_stages(agreement, said)],
        [*_ideal_customer(agreement, said)],
        [*comment(said.get("tiers", ())), "tiers:", *(line for tier in agreement.tiers for line in _tier(tier, said))],
        [*_rules(agreement.rules, said)],
        [*_judging(agreement, said)],
        [*_goal(agreement, said)],
        [*_duties(agreement, said)],
        [*_clocks(agreement.clocks, said)],
        [*_review(agreement.review, said)],
        [*_reasons(agreement, said)],
        [*_buyer_needs(agreement, said)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def comment(texts: Iterable[str], *, indent: str = "") -> Iterator[str]:
    """Yield texts as comments of YAML; whatever is in them, each stays one."""
    for text in texts:
        plain = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
        wrapped = textwrap.wrap(plain, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
        yield from (f"{indent}# {line}" for line in wrapped)


def value_yaml(value: DutyValue) -> str:
    """Return a number, flag, text or list of texts as it stands in the file.

    >>> value_yaml(5.0), value_yaml("5"), value_yaml(True), value_yaml(("source", "account.industry"))
    ('5', '"5"', 'true', '[source, account.industry]')
    """
    if isinstance(value, tuple):
        return f"[{', '.join(value_yaml(one) for one in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(int(value)) if value == int(value) else repr(float(value))
    return plain_or_quoted(value)


def check_yaml(check: Check) -> str:
    """Return one check: ``{field: account.employees, between: [50, 5000]}``."""
    if check.subject != "field":
        within = "" if check.within_days is None else f", within_days: {check.within_days}"
        return f"{{{check.subject}: {plain_or_quoted(check.name)}{within}}}"
    return f"{{field: {plain_or_quoted(check.name)}, {check.operator}: {_operands(check)}}}"


def _operands(check: Check) -> str:
    if check.operator == "present":
        return "true"
    return value_yaml(check.values[0]) if check.operator in ("at_least", "at_most", "equals") else _list(check.values)


def _list(values: Iterable[DutyValue]) -> str:
    return f"[{', '.join(value_yaml(value) for value in values)}]"


def _frame(agreement: Agreement, notes: Notes) -> Iterator[str]:
    yield f"version: {agreement.version}"
    yield from comment(notes.get("effective_from", ()))
    yield f"effective_from: {agreement.effective_from.isoformat()}"
    if agreement.review_by is not None:
        yield f"review_by: {agreement.review_by.isoformat()}"
    if agreement.owners is not None:
        yield from comment(notes.get("owners", ()))
        sponsor = f", sponsor: {plain_or_quoted(agreement.owners.sponsor)}" if agreement.owners.sponsor else ""
        yield f"owners: {{agreement: {plain_or_quoted(agreement.owners.agreement)}{sponsor}}}"


def _calendar(calendar: Calendar, notes: Notes) -> Iterator[str]:
    if calendar == USUAL_CALENDAR and "calendar" not in notes:
        return
    yield from comment(notes.get("calendar", ()))
    yield "calendar:"
    yield f"  time_zone: {plain_or_quoted(calendar.time_zone)}"
    days = groupby(calendar.hours, key=lambda span: span.weekday)
    hours = {day: ", ".join(f"{clock(one.start)}-{clock(one.end)}" for one in spans) for day, spans in days}
    yield f"  hours: {{{', '.join(f'{WEEKDAYS[day]}: {quoted(spans)}' for day, spans in hours.items())}}}"
    if calendar.countries:
        yield f"  countries: [{', '.join(map(quoted, calendar.countries))}]"
    if calendar.holidays:
        yield f"  holidays: {plain_or_quoted(calendar.holidays)}"


def _outcome(agreement: Agreement) -> str:
    outcome = agreement.outcome
    return f"outcome: {{event: {plain_or_quoted(outcome.event)}, horizon_days: {outcome.horizon_days}}}"


def _stages(agreement: Agreement, notes: Notes) -> Iterator[str]:
    if not agreement.stages:
        return
    yield from comment(notes.get("stages", ()))
    yield "stages:"
    for stage, checks in agreement.stages.items():
        yield from comment(notes.get(f"stages.{stage}", ()), indent="  ")
        yield f"  {plain_or_quoted(stage)}:"
        yield from (f"    - {check_yaml(check)}" for check in checks)


def _ideal_customer(agreement: Agreement, notes: Notes) -> Iterator[str]:
    yield from comment(notes.get("ideal_customer", ()))
    if not agreement.ideal_customer:
        return
    yield "ideal_customer:"
    for check in agreement.ideal_customer:
        name = check.name if check.name.startswith("account.account.") else check.name.removeprefix("account.")
        yield f"  {plain_or_quoted(name)}: {_list(check.values)}"


def _tier(tier: Tier, notes: Notes) -> Iterator[str]:
    yield from comment(notes.get(f"tiers.{tier.id}", ()), indent="  ")
    yield f"  - id: {tier.id}"
    yield f"    label: {plain_or_quoted(tier.label)}"
    if tier.promise is not None:
        floor = tier.promise.marginal_at_least
        marginal = "" if floor is None else f", marginal_at_least: {value_yaml(floor)}"
        yield f"    promise: {{win_rate_at_least: {value_yaml(tier.promise.win_rate_at_least)}{marginal}}}"
    yield f"    owner: {plain_or_quoted(tier.owner)}"
    if tier.sla is not None:
        named = {
            "first_touch_business_hours": tier.sla.first_touch_business_hours,
            "attempts": tier.sla.attempts,
        }
        said = [f"{key}: {value_yaml(value)}" for key, value in named.items() if value is not None]
        yield from [f"    sla: {{{', '.join(said)}}}"] if said else []
    if tier.capacity_per_week is not None:
        yield f"    capacity_per_week: {tier.capacity_per_week}"
    if tier.action:
        yield f"    action: {plain_or_quoted(tier.action)}"


def _rules(rules: Sequence[Rule], notes: Notes) -> Iterator[str]:
    if not rules:
        return
    yield from comment(notes.get("rules", ()))
    yield "rules:"
    for rule in rules:
        yield from comment(notes.get(f"rules.{rule.id}", ()), indent="  ")
        yield f"  - id: {rule.id}"
        yield f"    when: [{', '.join(check_yaml(check) for check in rule.when)}]"
        yield f"    then: {'disqualify' if rule.disqualify else f'{{at_least: {rule.at_least}}}'}"


def _judging(agreement: Agreement, notes: Notes) -> Iterator[str]:
    yield from comment(notes.get("acceptance", ()))
    one: Acceptance = agreement.acceptance
    keys = ("confidence", "red_at", "amber_at", "drift_sd", "random_worked_share")
    yield f"acceptance: {{{', '.join(f'{key}: {value_yaml(getattr(one, key))}' for key in keys)}}}"
    if agreement.on_breach is not None:
        breach = agreement.on_breach
        yield from comment(notes.get("on_breach", ()))
        yield f"on_breach: {{owner: {plain_or_quoted(breach.owner)}, within_business_days: {breach.within_business_days}}}"


def _goal(agreement: Agreement, notes: Notes) -> Iterator[str]:
    yield from comment(notes.get("goal", ()))
    if (goal := agreement.goal) is None:
        return
    said = [f"period: {goal.period}"]
    said += [] if goal.revenue is None else [f"revenue: {value_yaml(goal.revenue)}", f"currency: {goal.currency}"]
    said += [] if goal.accepted_leads is None else [f"accepted_leads: {goal.accepted_leads}"]
    yield f"goal: {{{', '.join(said)}}}"


def _duties(agreement: Agreement, notes: Notes) -> Iterator[str]:
    sides = {side: duties for side, duties in agreement.duties.items() if duties}
    if not sides:
        return
    yield from comment(notes.get("duties", ()))
    yield "duties:"
    for side, duties in sides.items():
        yield f"  {side}:"
        for key, value in duties.items():
            yield from comment(notes.get(f"duties.{side}.{key}", ()), indent="    ")
            yield f"    {key}: {value_yaml(value)}"


def _clocks(clocks: Clocks, notes: Notes) -> Iterator[str]:
    if clocks == USUAL_CLOCKS and "clocks" not in notes:
        return
    yield from comment(notes.get("clocks", ()))
    yield "clocks:"
    if clocks.hand_over:
        yield f"  hand_over: {clocks.hand_over}"
    if clocks.counts_as_touch:
        yield f"  counts_as_touch: {_list(clocks.counts_as_touch)}"
    yield f"  unresponsive_after: {clocks.unresponsive_after or 'attempts'}"
    if clocks.logged_share_at_least is not None:
        yield f"  logged_share_at_least: {value_yaml(clocks.logged_share_at_least)}"


def _review(review: Review, notes: Notes) -> Iterator[str]:
    if review == USUAL_REVIEW and "review" not in notes:
        return
    yield from comment(notes.get("review", ()))
    people = "" if review.people else ", people: off"
    yield (
        f"review: {{weekday: {WEEKDAYS[review.weekday]}, at: {quoted(clock(review.at))}, grace_days: {review.grace_days}, "
        f"window_weeks: {review.window_weeks}{people}}}"
    )


def _reasons(agreement: Agreement, notes: Notes) -> Iterator[str]:
    if not agreement.rejection_reasons:
        return
    yield from comment(notes.get("rejection_reasons", ()))
    yield "rejection_reasons:"
    for reason in agreement.rejection_reasons:
        yield from comment(notes.get(f"rejection_reasons.{reason}", ()), indent="  ")
        after = agreement.after_rejection.get(reason)
        yield f"  - {reason}" if after is None else f"  - {{reason: {reason}{_after(after)}}}"


def _buyer_needs(agreement: Agreement, notes: Notes) -> Iterator[str]:
    if agreement.buyer_needs:
        yield from comment(notes.get("buyer_needs", ()))
        yield f"buyer_needs: {_list(agreement.buyer_needs)}"


def _after(after: AfterRejection) -> str:
    said = [f"then: {after.then}"] if after.then else []
    said += [] if after.wake_after_days is None else [f"wake_after_days: {after.wake_after_days}"]
    said += [f"returns_on: {_list(after.returns_on)}"] if after.returns_on else []
    needs = after.needs or (f"[{', '.join(check_yaml(check) for check in after.checks)}]" if after.checks else "")
    said += [f"needs: {needs}"] if needs else []
    return "".join(f", {one}" for one in said)
