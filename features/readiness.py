"""What the data can prove, what it cannot, and what would help: said before anything is trained.

Every statement carries its figures. Nothing here stops the work (the gate and the leak checks do); it is what sales, marketing
and a statistician should have read before they believe a score.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from agreement.schema import Agreement
from crm.history import History
from crm.ingest import NOTES, read_notes
from crm.rule_book import MIN_WINS
from features.fields import known_fields
from features.promise_evidence import detectable_error, leads_that_prove, rate_that_proves
from features.readiness_facts import COVERED, HistoryFacts, read_facts
from features.readiness_statements import Kind, Readiness, Statement
from features.training_data import HANDOFF, TrainingData

__all__ = ["Readiness", "readiness"]

_QUARTER_DAYS = 91
_TIER_SHARE = 0.2  # of a quarter's leads, for the example of how much a tier can prove


def readiness(history: History, data: TrainingData | None, agreement: Agreement) -> Readiness:
    """Say what ``history`` can and cannot prove for ``agreement``.

    Parameters
    ----------
    history : History
    data : TrainingData or None
        None where no training data could be built; what rests on it is then left out.
    agreement : Agreement
    """
    facts = read_facts(history)
    statements = [*_size(facts)]
    if history.dated:
        statements += [*_horizon(facts, agreement), *_length(facts, history, agreement), *_clocks(facts)]
    else:
        statements += _flat()
    statements += [*_worked(facts, history, data), *_fields(history), *_left_over(facts, history)]
    if data is not None:
        statements += [*_mature(data), *_promises(data, agreement)]
    return Readiness(statements=tuple(statements))


def _say(kind: Kind, topic: str, sentence: str, **figures: float) -> Statement:
    return Statement(kind=kind, topic=topic, sentence=sentence, figures=figures)


def _size(facts: HistoryFacts) -> Iterator[Statement]:
    figures = {"leads": facts.leads, "won": facts.won, "lost": facts.lost, "open": facts.open}
    counted = f"{facts.leads:,} leads: {facts.won:,} won, {facts.lost:,} lost, {facts.open:,} open"
    if facts.won >= MIN_WINS:
        error = detectable_error(facts.won)
        sentence = f"{counted}. An error of the predicted number of wins is noticed from about {error:.0%} on."
        yield _say("can", "size", sentence, **figures, detectable_error=error)
        more = f"Four times as many wins ({4 * facts.won:,}) would halve the error that can be noticed, to {error / 2:.0%}."
        yield _say("next", "more_wins", more, wins=4 * facts.won, detectable_error=error / 2)
    else:
        yield _say("cannot", "size", f"{counted}. Nothing useful is learnt from fewer than {MIN_WINS} wins.", **figures)
        missing = MIN_WINS - facts.won
        yield _say("next", "wins", f"Give a longer history: {missing} more wins are needed.", wins=missing)
    if facts.reopened:
        sentence = f"{facts.reopened:,} leads were re-opened; each counts as open again from then."
        yield _say("can", "reopened", sentence, leads=facts.reopened)


def _horizon(facts: HistoryFacts, agreement: Agreement) -> Iterator[Statement]:
    days = agreement.outcome.horizon_days
    if not facts.win_delays_days.size:
        return
    covered, quantile = facts.covered_by(days), float(np.quantile(facts.win_delays_days, COVERED))
    proposed = facts.round_horizon_days
    figures = {"horizon_days": days, "covered": covered, "delay_95_days": quantile}
    sentence = f"The agreed horizon of {days} days covers {covered:.0%} of the wins (95 % came within {quantile:.0f} days of creation)"
    if covered >= COVERED - 0.01:
        yield _say("can", "horizon", sentence + ".", **figures)
    else:
        late = f"{sentence}; the others stay label 0 and the score leaves them out."
        yield _say("cannot", "horizon", late, **figures)
    if proposed is not None and proposed != days:
        advice = f"The smallest round horizon that covers {COVERED:.0%} of the wins is {proposed} days."
        if covered < COVERED - 0.01 or proposed < days:
            yield _say("next", "round_horizon", advice, days=proposed)


def _length(facts: HistoryFacts, history: History, agreement: Agreement) -> Iterator[Statement]:
    if facts.first_created is None:
        yield _say(
            "cannot", "length", "No lead has a date of creation: nothing can be looked at as of a moment.", days=0
        )
        return
    days = (history.read_at - facts.first_created).days
    origins = max(0, (days - agreement.outcome.horizon_days) // _QUARTER_DAYS - 1)
    figures = {"days": days, "quarterly_origins": origins}
    span = f"The history is {days:,} days long ({_day(facts.first_created)} to {_day(history.read_at)})"
    if origins >= 4:
        yield _say("can", "length", f"{span}: {origins} quarterly tests in time are possible.", **figures)
    else:
        sentence = f"{span}: too short for four quarterly tests in time; shorter periods are used, and the season is not tested."
        yield _say("cannot", "length", sentence, **figures)
    if facts.first_close is not None and facts.expected_before >= 10:
        sentence = (
            f"No lead was closed before {_day(facts.first_close)}, though leads exist since {_day(facts.first_created)} and about "
            f"{facts.expected_before:.0f} should have been closed by then: leads closed earlier are missing (left truncation), "
            "and win rates of the first months are distorted."
        )
        yield _say("cannot", "left_truncation", sentence, expected_closings=facts.expected_before)
        advice = "Export closed leads of the first months too, or let the history begin at the first closing."
        yield _say("next", "left_truncation_mended", advice)


def _clocks(facts: HistoryFacts) -> Iterator[Statement]:
    if not facts.rows["events"]:
        yield _say(
            "cannot", "events", "No events: what buyers did is unknown, and scores rest on who they are.", events=0
        )
        yield _say("next", "events_mapped", "Map web visits, e-mail clicks or form fills as events.")
        return
    yield _say("can", "events", f"{facts.rows['events']:,} dated events.", events=facts.rows["events"])
    if not facts.rows["events_with_known_at"]:
        sentence = (
            "No event says when it became known: lists imported later cannot be told from what was known at once."
        )
        yield _say("cannot", "known_at", sentence, events_with_known_at=0)


def _flat() -> Iterator[Statement]:
    sentence = (
        "A source without dates: it cannot be proved that a column was known before the outcome, that labels are old enough, how "
        "fast leads are won, or how scores hold up over the months. Row order stands for time."
    )
    yield _say("cannot", "dates", sentence)
    yield _say(
        "next", "dates_mapped", "Add the date of creation, the date of the decision and dated events to the export."
    )


def _worked(facts: HistoryFacts, history: History, data: TrainingData | None) -> Iterator[Statement]:
    if not history.has_touches:
        sentence = (
            "Whether sales worked a lead is not recorded: all count as worked, and leads nobody called count as lost."
        )
        yield _say("cannot", "worked", sentence)
        yield _say("next", "touches", "Map calls, e-mails and meetings of sales as touches.")
    elif data is not None and len(data.meta):
        share = float(data.meta.groupby("lead_id")["worked"].any().mean())
        sentence = f"{share:.0%} of the leads were worked by sales; the score speaks of those."
        yield _say("can", "worked", sentence, share=share, touches=facts.rows["touches"])
    if not facts.rows["dispositions"]:
        sentence = (
            "No answer of sales (accepted, rejected and why) is recorded: the hand-off is taken from first touches."
        )
        yield _say("cannot", "dispositions", sentence, dispositions=0)


def _fields(history: History) -> Iterator[Statement]:
    fields = known_fields(history)
    own = [field for field in fields if field.own]
    unproven = [field.key for field in own if field.key not in history.tracked_since]
    proven = sorted(field.key for field in fields if field.key in history.tracked_since)
    if proven:
        sentence = f"The changes of {_few(proven)} are recorded: their values are known as of any moment."
        yield _say("can", "tracked_fields", sentence, fields=len(proven))
    if unproven:
        sentence = f"{len(unproven)} own fields have no recorded changes ({_few(unproven)}): they are used as they stand today, unproven."
        yield _say("cannot", "unproven_fields", sentence, fields=len(unproven))
        yield _say(
            "next", "field_history", "Map the CRM's field history, or run leadq nightly: it records from day one."
        )


def _left_over(facts: HistoryFacts, history: History) -> Iterator[Statement]:
    notes = read_notes(history.folder) if (history.folder / NOTES).exists() else ()
    for number, note in enumerate(note for note in notes if "unattributed" in note):
        yield _say("cannot", f"unattributed_{number}", f"Reading noted {note.strip().rstrip('.')}.")
    rejected = sum(count.rejected for count in history.counts.values())
    if rejected:
        sentence = (
            f"{rejected:,} rows were rejected when they were read; each stands with its reason in rejected.parquet."
        )
        yield _say("cannot", "rejected", sentence, rows=rejected)
    if facts.undated:
        yield _say(
            "cannot", "undated", f"{facts.undated:,} leads have no date and are not scored.", leads=facts.undated
        )


def _mature(data: TrainingData) -> Iterator[Statement]:
    usable = data.meta[data.meta["mature"] & data.meta["worked"]]
    wins = int(usable.loc[usable["label"] == 1, "lead_id"].nunique())
    leads = int(usable["lead_id"].nunique())
    sentence = f"{leads:,} worked leads with {wins:,} wins are old enough to learn from."
    kind: Kind = "can" if wins >= MIN_WINS else "cannot"
    yield _say(kind, "mature", sentence, leads=leads, wins=wins)
    if data.dated and data.catalogue.ages_days:
        last = data.catalogue.ages_days[-1]
        sentence = f"Leads up to {last:g} days old can be scored; older ones are left out as too old."
        yield _say("can", "ages", sentence, last_age_days=last)


def _promises(data: TrainingData, agreement: Agreement) -> Iterator[Statement]:
    first = data.meta[data.meta["landmark"].isin([HANDOFF, 0]) & data.meta["worked"]]
    leads = int(first["lead_id"].nunique())
    days = max(1.0, (first["as_of"].max() - first["as_of"].min()).total_seconds() / 86_400) if leads else 1.0
    quarter = leads * min(1.0, _QUARTER_DAYS / days) if data.dated else leads / 4
    n = max(1, round(quarter * _TIER_SHARE))
    confidence = agreement.acceptance.confidence
    for tier in agreement.tiers:
        if tier.promise is None:
            continue
        promise = tier.promise.win_rate_at_least
        needed = rate_that_proves(promise, n, confidence=confidence)
        enough = leads_that_prove(promise, min(1.2 * promise, 0.99), confidence=confidence)
        if needed is None or n < 30:
            sentence = f"A quarter brings about {n:,} leads to {tier.id} (a fifth of all): too few to test its promise of {promise:.0%}."
            yield _say("cannot", f"promise_{tier.id}", sentence, leads=n, promise=promise)
        else:
            sentence = (
                f"With about {n:,} leads a quarter in {tier.id} (a fifth of all) its promise of {promise:.0%} is proven from an "
                f"observed {needed:.1%} on, with {confidence:.0%} confidence."
            )
            yield _say("can", f"promise_{tier.id}", sentence, leads=n, promise=promise, rate_that_proves=needed)
        if enough is not None and enough > n:
            advice = f"With a fifth of headroom {tier.id}'s promise of {promise:.0%} is proven by {enough:,} leads."
            yield _say("next", f"leads_for_{tier.id}", advice, leads=enough)


def _few(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
