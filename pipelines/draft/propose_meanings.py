"""What the words mean: checks of MQL and SQL and the ideal customer, out of the values that won more as of the hand-over.

Only fields whose changes are recorded, or that ``leadq.yaml`` vouches for, are proposed. Of the others there is no value but today's,
which somebody may have filled in when the deal closed: what they show is told beside the line and proposed by nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor, log10

import numpy as np

from leadq.agreement.checks import ACCOUNT
from leadq.agreement.schema import Agreement, Check
from leadq.features.agreement_evidence.known_then import PERSONAL
from leadq.foundation.arrays import Bools
from leadq.foundation.plurals import counted
from leadq.models.tiers.promise_test import MIN_TESTABLE, Judgement
from leadq.models.tiers.winning_values import Contrast, ValueGroup, best_by_field, contrasts, groups_of
from leadq.pipelines.draft.draft_line import Basis, DraftLine, share_words, won_words
from leadq.pipelines.draft.meaning_words import (
    against,
    checks_in_words,
    field_words,
    named,
    winners_in_words,
    without_history,
)
from leadq.pipelines.draft.past_deals import PastDeals

MQL, SAL, SQL, IDEAL = "MQL", "SAL", "SQL", "ideal_customer"
OF_SALES = frozenset({"lead.authority", "lead.budget", "lead.need", "lead.timeline"})
"""What sales finds out: the meaning of SQL is drafted from these, that of MQL from all others."""
_NOT_A_MEANING = PERSONAL | {"lead.campaign"}
MOST_CHECKS = 3
_EVENT_DAYS = 30
_BY_TODAYS_VALUES = "by today's values, which may have been filled in since, "
_HELD_FOR_NONE = "Cannot be shown: today's line held for none of these leads at the hand-over."


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """What each field shows.

    Parameters
    ----------
    winners, hints : dict of tuple of Contrast
        By field: of recorded ones, and of those with today's value only.
    looked_at : Counter
        How many values were looked at, by recorded field.
    untracked : tuple of str
        Fields with today's value only.
    """

    winners: dict[str, tuple[Contrast, ...]]
    hints: dict[str, tuple[Contrast, ...]]
    looked_at: Counter[str]
    untracked: tuple[str, ...]


def event_checks(kinds: Iterable[str]) -> tuple[Check, ...]:
    """Return the checks on events that are looked at: any and each kind, in the 30 days before."""
    return tuple(
        Check(subject="event", name=kind, operator="occurred", within_days=_EVENT_DAYS) for kind in ("any", *kinds)
    )


def find_meanings(deals: PastDeals, events: Sequence[Check]) -> Meanings:
    """Hold every value of every field, and every kind of event, against all other leads, in one family of looks."""
    if deals.known is None:
        return Meanings(winners={}, hints={}, looked_at=Counter(), untracked=())
    known = deals.known
    names = [field.key for field in known.fields if field.key not in _NOT_A_MEANING]
    tracked = [name for name in names if name in known.tracked]
    groups = [group for name in tracked for group in groups_of(name, known.values[name])]
    everyone = np.ones(len(deals.rows), bool)
    groups += [
        ValueGroup(field=f"event:{check.name}", value=check.name, inside=deals.held((check,)), known=everyone)
        for check in events
    ]
    others = [name for name in names if name not in known.tracked and known.values[name].notna().any()]
    loose = [group for name in others for group in groups_of(name, known.values[name])]
    found = contrasts(groups, deals.won, deals.account)
    hints = contrasts(loose, deals.won, deals.account)
    return Meanings(
        winners=best_by_field(found, deals.won, deals.account),
        hints=best_by_field(hints, deals.won, deals.account),
        looked_at=Counter(one.group.field for one in found),
        untracked=tuple(others),
    )


def propose_meanings(
    agreement: Agreement, deals: PastDeals, meanings: Meanings
) -> tuple[Agreement, tuple[DraftLine, ...]]:
    """Return the agreement with the checks that are proposed, and a line a stage and for the ideal customer."""
    lines: list[DraftLine] = []
    stages = dict(agreement.stages)
    for stage in dict.fromkeys((MQL, *agreement.stages, SQL)):
        today = agreement.stages.get(stage, ())
        if any(check.subject == "disposition" for check in today):
            lines.append(_choice(f"stages.{stage}", stage, today))
            continue
        found = _checks(meanings, stage) if stage in (MQL, SQL) else ()
        if not found and not today:
            continue
        stages[stage] = tuple(check for check, _ in found) or today
        lines.append(_line(f"stages.{stage}", stage, today, found, deals, meanings, stage))
    found = _checks(meanings, IDEAL)
    today = agreement.ideal_customer
    if found or today:
        lines.append(_line(IDEAL, "ideal customer", today, found, deals, meanings, IDEAL))
    ideal = tuple(check for check, _ in found) or today
    return replace(agreement, stages=stages, ideal_customer=ideal), tuple(lines)


def _belongs(field: str, place: str) -> bool:
    if place == SQL:
        return field in OF_SALES
    return field.startswith(ACCOUNT) if place == IDEAL else field not in OF_SALES


def _checks(meanings: Meanings, place: str) -> tuple[tuple[Check, Contrast], ...]:
    found = [
        (check, winners[0])
        for field, winners in meanings.winners.items()
        if _belongs(field, place) and (check := _check(field, winners, place)) is not None
    ]
    return tuple(found[:MOST_CHECKS])


def _check(field: str, winners: tuple[Contrast, ...], place: str) -> Check | None:
    """Return the check that a field's winners are; None where the place cannot say it."""
    if field.startswith("event:"):
        name = str(winners[0].group.value)
        return Check(subject="event", name=name, operator="occurred", within_days=_EVENT_DAYS)
    name = field.removeprefix("lead.")
    low, high = winners[0].group.low, winners[0].group.high
    values = tuple(one.group.value for one in winners if one.group.value is not None)
    if values:
        if place == IDEAL and any(isinstance(value, bool) for value in values):
            return None  # a list there holds texts and numbers
        return Check(subject="field", name=name, operator="in", values=values)
    if low is not None and high is not None:
        return Check(subject="field", name=name, operator="between", values=(low, high))
    if place == IDEAL:  # which knows only ranges with two ends
        least, most = winners[0].group.seen
        ends = (_outward(least, floor) if low is None else low, _outward(most, ceil) if high is None else high)
        return Check(subject="field", name=name, operator="between", values=ends)
    if low is not None:
        return Check(subject="field", name=name, operator="at_least", values=(low,))
    return Check(subject="field", name=name, operator="at_most", values=(0.0 if high is None else high,))


def _outward(number: float, towards: Callable[[float], int]) -> float:
    """Round to two digits, away from the other numbers."""
    step = 10.0 ** max(0, floor(log10(abs(number))) - 1) if number else 1.0
    return float(towards(number / step) * step)


def _line(
    key: str,
    about: str,
    today: tuple[Check, ...],
    found: tuple[tuple[Check, Contrast], ...],
    deals: PastDeals,
    meanings: Meanings,
    place: str,
) -> DraftLine:
    said = checks_in_words(today)
    line = DraftLine(key=key, about=about, today=said, proposed=said, evidence=deals.why_none, basis="not recorded")
    if deals.window is None or deals.known is None:
        return line
    if found:
        line, evidence = _proposed(line, today, found, deals)
    else:
        line, evidence = _nothing_found(line, today, deals, meanings, place)
    return replace(line, evidence=" ".join([*evidence, *_without_history(meanings, place), *_hints(meanings, place)]))


def _proposed(
    line: DraftLine, today: tuple[Check, ...], found: tuple[tuple[Check, Contrast], ...], deals: PastDeals
) -> tuple[DraftLine, list[str]]:
    together = deals.judged(_together([one.group for _, one in found]))
    evidence = [f"{named(check)}: {against(one)}." for check, one in found]
    if len(found) > 1:
        evidence.append(f"All together: {won_words(together)}.")
    evidence += [_share_of_wins(together.won, deals), *_vouched(found, deals)]
    evidence += [f"Today's line: {_today(today, deals)}."] if today else []
    checks = checks_in_words(tuple(check for check, _ in found))
    return _with_figures(replace(line, proposed=checks, basis="measured"), together), evidence


def _vouched(found: tuple[tuple[Check, Contrast], ...], deals: PastDeals) -> list[str]:
    """Say whose word it is that these values are those of the hand-over."""
    trusted = [
        one.group.field for _, one in found if deals.known is not None and one.group.field in deals.known.vouched
    ]
    fields = ", ".join(map(field_words, trusted))
    return [f"By today's values of {fields}, which leadq.yaml vouches for."] if trusted else []


def _nothing_found(
    line: DraftLine, today: tuple[Check, ...], deals: PastDeals, meanings: Meanings, place: str
) -> tuple[DraftLine, list[str]]:
    held = deals.judged(deals.held(today))
    looked_at = sum(n for field, n in meanings.looked_at.items() if _belongs(field, place))
    evidence = [f"Today's line: {_today(today, deals)}."] if held.n else [_HELD_FOR_NONE] if today else []
    if not looked_at and any(_belongs(field, place) for field in meanings.untracked):
        return _with_figures(line, held), evidence
    if not looked_at:
        evidence.append(
            f"Not recorded: no field that its meaning could be drawn from has two values of {MIN_TESTABLE} leads each at the hand-over."
        )
        return _with_figures(line, held), evidence
    evidence.append(
        f"No value wins more than elsewhere beyond chance among {counted(len(deals.rows), 'lead')} "
        f"({counted(looked_at, 'value or range', 'values and ranges')} looked at), so today's line stays."
    )
    basis: Basis = "measured" if held.n else "too few"
    return _with_figures(replace(line, basis=basis), held), evidence


def _with_figures(line: DraftLine, of: Judgement) -> DraftLine:
    low, high = (of.quantile(0.05), of.quantile(0.95)) if of.n else (None, None)
    return replace(line, n=of.n, low=low, high=high)


def _without_history(meanings: Meanings, place: str) -> list[str]:
    fields = [field for field in meanings.untracked if _belongs(field, place)]
    return [without_history(fields)] if fields else []


def _hints(meanings: Meanings, place: str) -> list[str]:
    """Say what fields with today's value only would show."""
    told = [
        f"{field_words(field)} {winners_in_words(winners)} ({against(winners[0])})"
        for field, winners in meanings.hints.items()
        if _belongs(field, place)
    ][:MOST_CHECKS]
    if not told:
        return []
    return [f"By today's values, which may have been filled in since, and so not proposed: {'; '.join(told)}."]


def _today(today: tuple[Check, ...], deals: PastDeals) -> str:
    inside = deals.held(today)
    if not inside.any():
        return "it held for none of these leads at the hand-over"
    held, others = deals.judged(inside), deals.judged(~inside)
    elsewhere = f", elsewhere {share_words(others.rate)} of {counted(others.n, 'lead')}" if others.n else ""
    fields = {
        f"lead.{check.name}" if "." not in check.name else check.name for check in today if check.subject == "field"
    }
    unproven = deals.known is not None and not fields <= deals.known.tracked
    return f"{_BY_TODAYS_VALUES if unproven else ''}{won_words(held)}{elsewhere}"


def _share_of_wins(won: int, deals: PastDeals) -> str:
    every = int(deals.won.sum())
    return f"Of {counted(every, 'win')} in this time {share_words(won / every)} are inside." if every else ""


def _together(groups: list[ValueGroup]) -> Bools:
    inside: Bools = np.logical_and.reduce([group.inside for group in groups])
    return inside


def _choice(key: str, about: str, today: tuple[Check, ...]) -> DraftLine:
    words = checks_in_words(today)
    evidence = "What sales answers defines it: a choice of both sides, not a measurement."
    return DraftLine(key=key, about=about, today=words, proposed=words, evidence=evidence, basis="a choice")
