"""Whether the agreement can be kept at all: duties and capacity against what comes, against the run's own rhythm, and the goal backwards.

Sentences for both sides, with their figures; nothing here stops the work. Leaves out whether a promise can be proved
(``features/readiness``) and what was kept, which is measured elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from leadq.agreement.calendar.durations import hours_as_days
from leadq.agreement.schema import Agreement, Tier
from leadq.agreement.terms.measured_terms import MONTHS_OF, Goal
from leadq.agreement.terms.read_duties import tier_duties
from leadq.agreement.terms.tier_duties import weeks_in
from leadq.features.readiness.achieved_by_month import Achieved
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.tiers.tier_supply import TierSupply

_LIFTED = "Leads that an agreed rule lifts count as well, and are not among these."
_ATTEMPTS = re.compile(r"unreachable_after_([0-9]+)_attempts?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One sentence on a term of the agreement; ``kept`` is False where it cannot be kept, None where that is not known."""

    topic: str
    sentence: str
    kept: bool | None = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierSupply:
    """Hand-overs by month and tier under a version of the agreement that is no longer in force."""

    version: int
    tiers: tuple[TierSupply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What comes, and how that is known: ``"by the live model's tested forecasts"``; no tier where nothing could be tested.

    Parameters
    ----------
    tiers : tuple of TierSupply
    source : str
    all_months : tuple of int
        All hand-overs of each full month, where those of each tier are of leads that sales worked only.
    earlier : tuple of EarlierSupply
        What came under versions of the agreement before, where hand-overs are counted.
    """

    tiers: tuple[TierSupply, ...]
    source: str
    all_months: tuple[int, ...] = ()
    earlier: tuple[EarlierSupply, ...] = ()

    @property
    def shares(self) -> dict[str, float]:
        """Share of each tier among all hand-overs."""
        return {tier.tier_id: tier.share for tier in self.tiers}


def kept_agreement(
    agreement: Agreement, supply: Supply, achieved: Achieved, *, hours_between_runs: float | None
) -> tuple[Remark, ...]:
    """Say what of an agreement can be kept.

    Parameters
    ----------
    agreement : Agreement
    supply : Supply
    achieved : Achieved
    hours_between_runs : float or None
        Between two deliveries as they have come; None before there are two: once a night is taken.
    """
    return (
        *_supply(agreement, supply),
        *_rhythm(agreement, hours_between_runs),
        *_lengths(agreement),
        *_attempts(agreement),
        *(_goal(agreement, agreement.goal, supply, achieved) if agreement.goal else ()),
    )


def _supply(agreement: Agreement, supply: Supply) -> Iterator[Remark]:
    by_tier = {tier.tier_id: tier for tier in supply.tiers}
    duties = {duty.tier_id: duty for duty in tier_duties(agreement)}
    owed = {name: duty.a_month for name, duty in duties.items()}
    for tier in agreement.tiers:
        found, duty = by_tier.get(tier.id), owed.get(tier.id)
        if duty is None and (tier.capacity_per_week is None or found is None):
            continue
        if found is None or found.a_month is None:
            yield Remark(topic=f"supply_{tier.id}", sentence=_unknown(tier, duty, found, supply), kept=None)
        else:
            remark = _held(tier, duty, found.months, found.a_month, supply)
            lifted = tier.id in duties and duties[tier.id].rules_count
            remark = replace(remark, sentence=f"{remark.sentence} {_LIFTED}") if lifted else remark
            yield replace(remark, sentence=" ".join([remark.sentence, *_earlier(tier, supply)]))
    if supply.all_months:
        yield Remark(topic="hand_overs", sentence=_in_all(supply.all_months))


def _earlier(tier: Tier, supply: Supply) -> Iterator[str]:
    for one in supply.earlier:
        found = next((known for known in one.tiers if known.tier_id == tier.id), None)
        if found is not None and found.a_month is not None:
            months = counted(len(found.months), "full month")
            yield f"Under version {one.version} {_span(found.months)} a month came, mean {found.a_month:.0f} of {months}."


def _in_all(months: Sequence[int]) -> str:
    mean = sum(months) / len(months)
    return (
        f"All hand-overs, worked or not: {_span(months)} {_each(months)}, mean {mean:,.0f}. How many of each tier come is counted "
        "among them from the first full month of nightly scores on."
    )


def _held(tier: Tier, duty: float | None, months: Sequence[int], mean: float, supply: Supply) -> Remark:
    room = None if tier.capacity_per_week is None else tier.capacity_per_week * weeks_in("month")
    came = f"{_span(months)} came {_each(months)}, mean {mean:.0f} ({supply.source})"
    words = f"{_named(tier)}: {_owed(duty)}{came}" if duty is not None else f"{_named(tier)}: {came}"
    if tier.capacity_per_week is not None:
        words += f"; capacity {tier.capacity_per_week:,} a week"
    enough = duty is None or mean >= duty
    fits = room is None or mean <= room
    if not enough:
        words += f". Agree on what comes, about {mean:.0f}, or find more of them"
    elif not fits:
        words += ". More come than can be worked: raise the capacity, or the cut follows it"
    return Remark(topic=f"supply_{tier.id}", sentence=f"{words}.", kept=enough and fits)


def _unknown(tier: Tier, duty: float | None, found: TierSupply | None, supply: Supply) -> str:
    owed = _owed(duty) if duty is not None else ""
    capacity = f"; capacity {tier.capacity_per_week:,} a week" if tier.capacity_per_week is not None else ""
    if found is None:
        return f"{_named(tier)}: {owed}how many come is not known yet: {supply.source}{capacity}."
    share = f"{found.share:.1%} of all leads handed over are {tier.id} ({supply.source})"
    return f"{_named(tier)}: {owed}{share}, but there is no full month with dates to count them in{capacity}."


def _rhythm(agreement: Agreement, hours_between_runs: float | None) -> Iterator[Remark]:
    """Hold the hand-over against the runs.

    A lead waits at most for the time between two of them, in a night no longer than a business day.
    """
    agreed = agreement.duties.get("marketing", {}).get("hand_over_within_hours")
    if (
        not isinstance(agreed, (int, float))
        or isinstance(agreed, bool)
        or agreement.clocks.hand_over not in {"", "delivered"}
    ):
        return
    day = agreement.calendar.hours_of_a_day
    between = 24.0 if hours_between_runs is None else hours_between_runs
    longest = min(between, day) if between <= 24.0 else day * between / 24.0
    told = "once a night" if 20.0 <= between <= 28.0 else f"every {counted(round(between, 1), 'hour')}"
    known = "scores are delivered" if hours_between_runs is not None else "as long as scores are delivered"
    if agreed >= longest:
        yield Remark(topic="rhythm", sentence=f"{known.capitalize()} {told}: {_length(agreed, agreement)} can be kept.")
        return
    sentence = (
        f"{known.capitalize()} {told}, a lead may wait {longest:.3g} h of business time for the next run: {agreed:.3g} h cannot "
        f"be kept. Score more often (leadq score --since, leadq deliver), or agree on the next morning: hand_over_within_hours: "
        f"1 business day."
    )
    yield Remark(topic="rhythm", sentence=sentence, kept=False)


def _lengths(agreement: Agreement) -> Iterator[Remark]:
    for tier in agreement.tiers:
        if tier.sla is not None and tier.sla.first_touch_business_hours is not None:
            length = _length(tier.sla.first_touch_business_hours, agreement)
            yield Remark(topic=f"length_{tier.id}", sentence=f"{_named(tier)}: first contact within {length}.")


def _attempts(agreement: Agreement) -> Iterator[Remark]:
    """Name a reason whose number of attempts is not that of a tier."""
    for reason in agreement.rejection_reasons:
        found = _ATTEMPTS.fullmatch(reason)
        others = [
            f"{tier.id} on {tier.sla.attempts}"
            for tier in agreement.tiers
            if found and tier.sla and tier.sla.attempts and tier.sla.attempts != int(found[1])
        ]
        if found and others:
            sentence = (
                f"The reason {reason} says {found[1]}, but attempts are agreed for {', '.join(others)}. Write {{reason: "
                "unreachable, needs: attempts}, which takes them from the tier."
            )
            yield Remark(topic=f"reason_{reason}", sentence=sentence, kept=False)


def _goal(agreement: Agreement, goal: Goal, supply: Supply, achieved: Achieved) -> Iterator[Remark]:
    """Hold the goal backwards against what comes."""
    months = MONTHS_OF[goal.period]
    if goal.revenue is not None:
        yield _revenue(agreement, goal, goal.revenue / months, supply, achieved)
    if goal.accepted_leads is not None:
        wanted = goal.accepted_leads / months
        words = f"The goal of {counted(goal.accepted_leads, 'accepted lead')} a {goal.period} is {wanted:.0f} a month"
        if not achieved.accepted:
            sentence, kept = (
                f"{words}; what sales accepts is not recorded: map dispositions, or answer at the desk.",
                None,
            )
        else:
            mean = sum(achieved.accepted) / len(achieved.accepted)
            sentence = f"{words}; {_span(achieved.accepted)} were accepted {_each(achieved.accepted)}, mean {mean:.0f}."
            kept = mean >= wanted
        yield Remark(topic="goal_accepted", sentence=sentence, kept=kept)


def _revenue(agreement: Agreement, goal: Goal, wanted: float, supply: Supply, achieved: Achieved) -> Remark:
    words = f"The goal of {goal.revenue:,.0f} {goal.currency} a {goal.period}"
    if achieved.amount is None or achieved.amount <= 0:
        missing = (
            f"{words}: no won opportunity has an amount in {goal.currency}. Map amount and currency of opportunities."
        )
        return Remark(topic="goal", sentence=missing, kept=None)
    needed = wanted / achieved.amount
    takes = f"{words} takes {counted(round(needed), 'win')} a month at {achieved.amount:,.0f} {goal.currency} each"
    if not achieved.wins or not sum(achieved.wins):
        return Remark(topic="goal", sentence=f"{takes}; no full month with wins is recorded.", kept=None)
    mean = sum(achieved.wins) / len(achieved.wins)
    factor = needed / mean
    sentence = f"{takes}; {mean:.0f} came, mean of {counted(len(achieved.wins), 'month')}."
    best = agreement.tiers[0]
    found = next((tier for tier in supply.tiers if tier.tier_id == best.id), None)
    if found is not None and found.a_month:
        come = f"{found.a_month:.0f} {one_or_many(round(found.a_month), 'comes', 'come')}"
        needs = f"that needs {counted(round(factor * found.a_month), 'lead')} a month in {_named(best)}"
        sentence += f" At today's shares of the tiers {needs}; {come} ({supply.source})."
    return Remark(topic="goal", sentence=sentence, kept=factor <= 1.0)


def _named(tier: Tier) -> str:
    return f"{tier.label} ({tier.id})" if tier.label != tier.id else tier.id


def _owed(a_month: float) -> str:
    leads = round(a_month)
    return f"{counted(leads, 'lead')} a month {one_or_many(leads, 'is', 'are')} owed; "


def _each(months: Sequence[int]) -> str:
    return "in the last full month" if len(months) == 1 else f"in each of the last {counted(len(months), 'full month')}"


def _span(months: Sequence[int]) -> str:
    low, high = min(months), max(months)
    return f"{low:,} to {high:,}" if low < high else f"{low:,}"


def _length(hours: float, agreement: Agreement) -> str:
    return hours_as_days(float(hours), agreement.calendar)
