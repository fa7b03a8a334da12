"""What each side does today, as what it could owe: first touch, attempts, follow-up, answers and hand-over, in business time.

As it is, rounded to what people write: never what anybody hopes. Where a duty was never recorded its line of today stays and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil, floor, isinf

import numpy as np

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.calendar.weekly_calendar import hours_in_words
from leadq.agreement.condition import DutyValue
from leadq.agreement.plain_words import duties_in_words, percent_in_words
from leadq.agreement.schema import Agreement, Sla, Tier
from leadq.features.handover.sources import LAST_RESORT
from leadq.foundation.plurals import counted
from leadq.models.tiers.promise_test import MIN_TESTABLE, Judgement
from leadq.pipelines.draft.draft_line import CHOICE, DraftLine, interval_words, share_words
from leadq.pipelines.draft.lengths_of_time import (
    Lengths,
    lengths,
    quantile_with_interval,
    range_words,
    rounded_up,
    time_words,
)
from leadq.pipelines.draft.past_deals import PastDeals
from leadq.pipelines.measures.measure import SALES

_IN_TIME = 0.90
_NO_TOUCHES = "Not recorded: map the calls, e-mails and meetings of sales as touches."
_FIRST_ONLY = "Not recorded: no lead has more than one touch. Map all calls, e-mails and meetings, not the first alone."
_NO_ANSWERS = "Not recorded: map what sales answered as dispositions, or let sales answer at the desk."
_NO_HAND_OVER = (
    "Not recorded: a lead counts as handed over when it was created. Map owners and their changes, or leads.handed_off_at, or deliver "
    "scores to the CRM."
)
_NO_NURTURE = "Not recorded: which mailings a lead got. A choice of both sides until they are touches or events."


def propose_duties(
    agreement: Agreement, deals: PastDeals, time: BusinessTime
) -> tuple[Agreement, tuple[DraftLine, ...]]:
    """Return the agreement with duties as they are done today, and a line each."""
    lines: list[DraftLine] = []
    tiers: list[Tier] = []
    for tier in agreement.tiers:
        if tier.sla is None or tier.owner.strip().lower() != SALES:
            tiers.append(tier)
            continue
        hours, said = _first_touch(tier, tier.sla, agreement, deals, time)
        attempts, told = _attempts(tier, tier.sla, deals)
        lines += [*said, *told]
        tiers.append(replace(tier, sla=Sla(first_touch_business_hours=hours, attempts=attempts)))
    duties = {side: dict(of_side) for side, of_side in agreement.duties.items()}
    for side, key, line, value in _owed(agreement, deals, time):
        duties[side][key] = value
        lines.append(line)
    return replace(agreement, tiers=tuple(tiers), duties=duties), tuple(lines)


def _owed(
    agreement: Agreement, deals: PastDeals, time: BusinessTime
) -> Iterator[tuple[str, str, DraftLine, DutyValue]]:
    for side, duties in agreement.duties.items():
        for key, value in duties.items():
            line = _of_duty(side, key, value)
            if key == "follow_up_share":
                yield side, key, *_follow_up(line, value, deals)
            elif key == "feedback_due_business_days":
                yield side, key, *_feedback(line, value, agreement, deals, time)
            elif key == "hand_over_within_hours":
                yield side, key, *_hand_over(line, value, agreement, deals, time)
            elif key == "nurture_days_when_unresponsive":
                yield side, key, replace(line, evidence=_NO_NURTURE, basis="not recorded"), value
            elif not (side == "marketing" and key == f"{agreement.tiers[0].id}_per_month"):
                yield side, key, line, value


def _of_duty(side: str, key: str, value: DutyValue) -> DraftLine:
    ((about, words),) = duties_in_words({key: value})
    return DraftLine(
        key=f"duties.{side}.{key}",
        about=f"{side}: {about}",
        today=words,
        proposed=words,
        evidence=CHOICE,
        basis="a choice",
    )


def _words(key: str, value: DutyValue) -> str:
    ((_, words),) = duties_in_words({key: value})
    return words


def _first_touch(
    tier: Tier, sla: Sla, agreement: Agreement, deals: PastDeals, time: BusinessTime
) -> tuple[float | None, tuple[DraftLine, ...]]:
    today = sla.first_touch_business_hours
    if today is None:
        return None, ()
    line = _sla_line(tier, "first_touch_business_hours", "first touch within", counted(float(today), "business hour"))
    if deals.acts is None or not deals.acts.touches_recorded:
        return today, (replace(line, evidence=_NO_TOUCHES if deals.acts else deals.why_none),)
    first = deals.acts.rows["first_touch_us"]
    share = _share_in_time(agreement, SALES)
    found = lengths(time, deals.rows["handed_over_us"], first, share, open_until=deals.acts.rows["open_until_us"])
    if found is None:
        return today, (_few(line, int(first.notna().sum()), "lead with a first touch", "leads with a first touch"),)
    if isinf(found.most):
        return today, (_never_so_many(line, found, share, "had a first touch"),)
    hours = float(rounded_up(found.most))
    evidence = (
        f"Of {counted(found.n, 'lead')} handed over half had the first touch within {time_words(found.half)} and "
        f"{percent_in_words(share)} within {time_words(found.most)} ({range_words(found.low, found.high)}) of business time "
        f"({_calendar(agreement)}).{_open_ones(found, 'had no touch yet')}{_kinds(deals)}{_all_tiers(deals)}"
    )
    measured = replace(
        line,
        proposed=counted(hours, "business hour"),
        evidence=evidence,
        basis="measured",
        n=found.n,
        low=found.low,
        high=found.high,
    )
    return hours, (measured,)


def _attempts(tier: Tier, sla: Sla, deals: PastDeals) -> tuple[int | None, tuple[DraftLine, ...]]:
    today = sla.attempts
    if today is None:
        return None, ()
    line = _sla_line(tier, "attempts", "attempts before giving up", str(today))
    if deals.acts is None or not deals.acts.touches_recorded:
        return today, (replace(line, evidence=_NO_TOUCHES if deals.acts else deals.why_none),)
    given_up = deals.acts.rows["touches"].to_numpy(dtype=np.float64, na_value=np.nan)[deals.won == 0]
    tried = np.sort(given_up[~np.isnan(given_up)])
    if len(tried) < MIN_TESTABLE:
        one, more = "lead that was touched and not won", "leads that were touched and not won"
        return today, (_few(line, len(tried), one, more),)
    if tried[-1] <= 1:
        return today, (replace(line, evidence=_FIRST_ONLY),)
    half, low, high = quantile_with_interval(tried, 0.5)
    attempts = min(100, max(1, round(half)))
    evidence = (
        f"Of {counted(len(tried), 'lead')} that were touched and not won half had at most {counted(half, 'touch')} ({low:g} to {high:g}), "
        f"nine in ten at most {quantile_with_interval(tried, 0.9)[0]:g}.{_all_tiers(deals)}"
    )
    measured = replace(
        line, proposed=str(attempts), evidence=evidence, basis="measured", n=len(tried), low=low, high=high
    )
    return attempts, (measured,)


def _follow_up(line: DraftLine, value: DutyValue, deals: PastDeals) -> tuple[DraftLine, DutyValue]:
    if deals.acts is None or not deals.acts.touches_recorded:
        return replace(line, evidence=_NO_TOUCHES if deals.acts else deals.why_none, basis="not recorded"), value
    worked = deals.rows["worked"].fillna(False).to_numpy(dtype=bool)
    if not deals.acts.kinds_agreed:
        worked = worked | deals.acts.rows["first_touch_us"].notna().to_numpy()
    if len(worked) < MIN_TESTABLE:
        return _few(line, len(worked), "lead handed over", "leads handed over"), value
    found = Judgement(n=len(worked), won=int(worked.sum()), effective_n=float(len(worked)))
    surely = found.quantile(0.05)  # or the first lead that is missed breaks it
    share = max(0.05, floor(surely * 20 + 1e-9) / 20)
    evidence = (
        f"{found.won:,} of {counted(found.n, 'lead')} handed over were ever worked by sales: {share_words(found.rate)} "
        f"({interval_words(found)}).{_kinds(deals)}"
    )
    return _measured(
        line, "follow_up_share", share, evidence, found.n, found.quantile(0.05), found.quantile(0.95)
    ), share


def _feedback(
    line: DraftLine, value: DutyValue, agreement: Agreement, deals: PastDeals, time: BusinessTime
) -> tuple[DraftLine, DutyValue]:
    if deals.acts is None:
        return replace(line, evidence=deals.why_none, basis="not recorded"), value
    if not deals.acts.answers_recorded:
        return replace(line, evidence=_NO_ANSWERS, basis="not recorded"), value
    share, day = _share_in_time(agreement, SALES), agreement.calendar.hours_of_a_day
    answers = deals.acts.rows["answer_us"]
    found = lengths(time, deals.rows["handed_over_us"], answers, share, open_until=deals.acts.rows["open_until_us"])
    if found is None:
        return _few(line, int(answers.notna().sum()), "answer", "answers"), value
    if isinf(found.most):
        return _never_so_many(line, found, share, "were answered"), value
    days = min(250, max(1, ceil(found.most / day - 1e-9)))
    to = f"{found.high / day:.3g}" if not isinf(found.high) else "more"
    without = _open_ones(found, "got no answer") or " Every lead got one."
    evidence = (
        f"Of {counted(found.n, 'lead')} handed over {percent_in_words(share)} were answered within {found.most / day:.3g} business days "
        f"({found.low / day:.3g} to {to}).{without}"
    )
    return _measured(
        line, "feedback_due_business_days", days, evidence, found.n, found.low / day, found.high / day
    ), days


def _hand_over(
    line: DraftLine, value: DutyValue, agreement: Agreement, deals: PastDeals, time: BusinessTime
) -> tuple[DraftLine, DutyValue]:
    if deals.acts is None:
        return replace(line, evidence=deals.why_none, basis="not recorded"), value
    if deals.source == LAST_RESORT:
        return _for_the_night(replace(line, evidence=_NO_HAND_OVER, basis="not recorded"), value, agreement)
    share = _share_in_time(agreement, "marketing")
    found = lengths(time, deals.rows["entered_us"], deals.rows["handed_over_us"], share)
    if found is None:
        return _few(line, len(deals.rows), "lead handed over", "leads handed over"), value
    hours = rounded_up(found.most)
    evidence = (
        f"Of {counted(found.n, 'lead')} half were handed over within {time_words(found.half)} and {percent_in_words(share)} within "
        f"{time_words(found.most)} ({time_words(found.low)} to {time_words(found.high)}) of business time after they came in."
    )
    return _measured(line, "hand_over_within_hours", hours, evidence, found.n, found.low, found.high), hours


def _open_ones(found: Lengths, what: str) -> str:
    if not found.without:
        return ""
    return f" {counted(found.without, 'lead')} of them {what}; each counts as long as it was open."


def _never_so_many(line: DraftLine, found: Lengths, share: float, what: str) -> DraftLine:
    """Say that no time can be named, where fewer than ``share`` ever came so far."""
    there = found.n - found.without
    reached = Judgement(n=found.n, won=there, effective_n=float(found.n))
    evidence = (
        f"Only {there:,} of {counted(found.n, 'lead')} handed over {what} before they were closed or the data was read: "
        f"{share_words(reached.rate)} ({interval_words(reached)}). No time can be named within which {percent_in_words(share)} do; "
        "today's line stays."
    )
    low, high = reached.quantile(0.05), reached.quantile(0.95)
    return replace(line, evidence=evidence, basis="measured", n=found.n, low=low, high=high)


def _for_the_night(line: DraftLine, value: DutyValue, agreement: Agreement) -> tuple[DraftLine, DutyValue]:
    """Propose the next morning at the earliest, where leads are handed over by a delivery a night."""
    day = agreement.calendar.hours_of_a_day
    by_night = agreement.clocks.hand_over in ("", "delivered")
    if not by_night or not isinstance(value, (int, float)) or value >= day:
        return line, value
    hours = ceil(day)
    evidence = (
        f"{line.evidence} Once scores are delivered each night, a lead waits up to a business day for the next one."
    )
    return replace(line, proposed=_words("hand_over_within_hours", hours), evidence=evidence), hours


def _share_in_time(agreement: Agreement, side: str) -> float:
    agreed = agreement.duties.get(side, {}).get("share_in_time")
    return float(agreed) if isinstance(agreed, (int, float)) and 0.0 < agreed < 1.0 else _IN_TIME


def _sla_line(tier: Tier, key: str, about: str, today: str) -> DraftLine:
    return DraftLine(
        key=f"tiers.{tier.id}.sla.{key}",
        about=f"{tier.label} ({tier.id}): {about}",
        today=today,
        proposed=today,
        evidence="",
        basis="not recorded",
    )


def _measured(line: DraftLine, key: str, value: DutyValue, evidence: str, n: int, low: float, high: float) -> DraftLine:
    return replace(line, proposed=_words(key, value), evidence=evidence, basis="measured", n=n, low=low, high=high)


def _few(line: DraftLine, n: int, one: str, many: str) -> DraftLine:
    evidence = f"Too few to say: {counted(n, one, many)}, {MIN_TESTABLE} are needed."
    return replace(line, evidence=evidence, basis="too few", n=n)


def _calendar(agreement: Agreement) -> str:
    calendar = agreement.calendar
    return f"{hours_in_words(calendar.hours)} {calendar.time_zone}"


def _kinds(deals: PastDeals) -> str:
    if deals.acts is None or deals.acts.kinds_agreed:
        return ""
    return (
        " The kinds of touches that the agreement names are not in the data, so all outbound ones count here; once it is in force "
        "none would: name your own under clocks, counts_as_touch."
    )


def _all_tiers(deals: PastDeals) -> str:
    """Say that past leads had no tier, so that every tier's line shows the same."""
    return "" if deals.rows["tier"].notna().any() else " These are leads of all tiers: they had none then."
