"""What the dates of a history prove: how long wins take, how long it is, and since when closings are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import moment
from leadq.features.readiness.history_figures import COVERED, HistoryFacts
from leadq.features.readiness.statements import Statement, say
from leadq.foundation.plurals import counted

QUARTER_DAYS = 91


def horizon(facts: HistoryFacts, agreement: Agreement) -> Iterator[Statement]:
    """Hold the agreed horizon against the delays of past wins, as the label counts them."""
    times, days = facts.win_times, agreement.outcome.horizon_days
    if not times.wins:
        return
    covered, quantile = times.delays.covered_by(days), times.delays.quantile(COVERED)
    from_creation = times.delays_from_creation.covered_by(days)
    figures = {
        "horizon_days": days,
        "covered": covered,
        "delay_95_days": quantile,
        "covered_from_creation": from_creation,
    }
    since = "from hand-off" if times.handed_off else "from creation"
    sentence = (
        f"The agreed horizon of {counted(days, 'day')} covers {covered:.0%} of the wins, counted {since} "
        f"(95 % came within {counted(round(quantile), 'day')})"
    )
    if times.handed_off:
        sentence += f"; counted from creation, it covers {from_creation:.0%}"
    yield say("can" if covered >= COVERED - 0.01 else "cannot", "horizon", sentence + ".", **figures)
    if times.late:
        share = times.late / times.wins
        late = (
            f"{times.late:,} of {counted(times.wins, 'win')} ({share:.1%}) came later than {counted(days, 'day')}, counted "
            f"{since}: these leads count as not won."
        )
        yield say("cannot", "late_wins", late, wins=times.late, share=share)
    seen = times.delays.seen_up_to_days
    if seen < 2 * quantile:
        young = (
            f"The history is too short to show wins that take longer than {counted(round(seen), 'day')}: wins may really take "
            "longer than it seems."
        )
        yield say("cannot", "horizon_young", young, seen_up_to_days=seen)
    proposed = times.round_horizon_days
    if proposed is not None and proposed != days and (covered < COVERED - 0.01 or proposed < days):
        advice = f"The smallest round horizon that covers {COVERED:.0%} of the wins is {counted(proposed, 'day')}."
        yield say("next", "round_horizon", advice, days=proposed)


def length(facts: HistoryFacts, history: History, agreement: Agreement) -> Iterator[Statement]:
    """Say how long the history is, and how many tests in time that allows."""
    if facts.first_created is None:
        yield say("cannot", "length", "No lead has a date of creation: it is unknown what was known when.", days=0)
        return
    days = (history.read_at - facts.first_created).days
    origins = max(0, (days - agreement.outcome.horizon_days) // QUARTER_DAYS - 1)
    figures = {"days": days, "quarterly_origins": origins}
    span = f"The history is {counted(days, 'day')} long ({_day(facts.first_created)} to {_day(history.read_at)})"
    if origins >= 4:
        yield say("can", "length", f"{span}: enough for {origins} quarterly tests on later leads.", **figures)
    else:
        sentence = (
            f"{span}: too short for four quarterly tests on later leads. Shorter periods are used, and seasonal effects are "
            "not tested."
        )
        yield say("cannot", "length", sentence, **figures)


def left_truncation(facts: HistoryFacts) -> Iterator[Statement]:
    """Name closed leads of the first months that are missing."""
    closings = facts.closings
    if facts.first_created is None or closings.first_us is None or not closings.truncated:
        return
    few = (
        "No lead was"
        if not closings.closed_before
        else f"Only {counted(closings.closed_before, 'lead was', 'leads were')}"
    )
    sentence = (
        f"{few} closed before {_day(moment(closings.first_us))}, although leads go back to {_day(facts.first_created)} and about "
        f"{closings.expected_before:,.0f} of them should have been closed by then. Leads closed earlier are probably missing, "
        "which distorts the win rates of the first months."
    )
    yield say(
        "cannot",
        "left_truncation",
        sentence,
        expected_closings=closings.expected_before,
        first_close_us=closings.first_us,
    )
    advice = (
        "Export closed leads of the first months too, or leave out leads created before "
        f"{_day(moment(closings.first_us))}."
    )
    yield say("next", "left_truncation_mended", advice)


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")
