"""What the data can prove, what it cannot, and what would help: said before anything is trained.

Every statement carries its figures. Nothing here stops the work (the gate and the leak checks do); it is what sales, marketing
and a statistician should have read before they believe a score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.crm.gate.rule_book import MIN_WINS
from leadq.crm.reading.history_notes import NOTES
from leadq.crm.reading.ingest import read_notes
from leadq.features.field_values import known_fields
from leadq.features.readiness.history_figures import HistoryFacts, read_facts
from leadq.features.readiness.population import mature, worked
from leadq.features.readiness.provable_promises import promises
from leadq.features.readiness.statements import Kind, Readiness, Statement, say
from leadq.features.readiness.time_span import horizon, left_truncation, length
from leadq.features.training_data import TrainingData
from leadq.foundation.plurals import counted, one_or_many

__all__ = ["Readiness", "readiness"]


def readiness(
    history: History, data: TrainingData | None, agreement: Agreement, *, shares: Mapping[str, float] | None = None
) -> Readiness:
    """Say what ``history`` can and cannot prove for ``agreement``.

    Parameters
    ----------
    history : History
    data : TrainingData or None
        All rows, immature and never-worked ones too. None where no training data could be built; what rests on it is left out.
    agreement : Agreement
    shares : mapping of str to float, optional
        Share of each promised tier among the leads handed over, by tested forecasts; without it nothing is said of how many there are.
    """
    facts = read_facts(history, agreement.outcome.horizon_days)
    statements = [*_size(facts)]
    if history.dated:
        statements += [*horizon(facts, agreement), *length(facts, history, agreement), *left_truncation(facts)]
        statements += _clocks(facts)
    else:
        statements += _flat(history)
    statements += [*worked(facts, history, data), *_fields(history), *_left_over(facts, history)]
    if data is not None:
        statements += [*mature(data), *promises(data, agreement, shares)]
    return Readiness(statements=tuple(statements))


def _size(facts: HistoryFacts) -> Iterator[Statement]:
    figures = {"leads": facts.leads, "won": facts.won, "lost": facts.lost, "open": facts.open}
    size = f"{counted(facts.leads, 'lead')}: {facts.won:,} won, {facts.lost:,} lost, {facts.open:,} open."
    enough = facts.won >= MIN_WINS
    kind: Kind = "can" if enough else "cannot"
    yield say(
        kind,
        "size",
        size if enough else f"{size} Nothing useful can be learnt from fewer than {MIN_WINS} wins.",
        **figures,
    )
    if facts.reopened:
        sentence = (
            f"{counted(facts.reopened, 'lead was', 'leads were')} re-opened, and count as open again from that moment."
        )
        yield say("can", "reopened", sentence, leads=facts.reopened)


def _clocks(facts: HistoryFacts) -> Iterator[Statement]:
    if not facts.rows["events"]:
        yield say(
            "cannot",
            "events",
            "No events: it is unknown what buyers did, so scores depend only on who they are.",
            events=0,
        )
        yield say("next", "events_mapped", "Map web visits, e-mail clicks or form fills as events.")
        return
    events = facts.rows["events"]
    yield say("can", "events", f"{counted(events, 'dated event')}.", events=events)
    if not facts.rows["events_with_known_at"]:
        sentence = (
            "Events do not say when they became known: a list imported later looks as if it had been known at once."
        )
        yield say("cannot", "known_at", sentence, events_with_known_at=0)


def _flat(history: History) -> Iterator[Statement]:
    order = "The order of the rows is used as time."
    if not history.order_is_time:
        order = (
            "Nothing proves that the rows are in order of time, so nothing is said of time: leads are tested at random, the model has no "
            "anchor, and drift is not looked for."
        )
    sentence = (
        "The source has no dates. So nothing can be said about whether a column was known before the outcome, how fast leads "
        f"are won, or how scores hold up over the months. {order}"
    )
    yield say("cannot", "dates", sentence)
    yield say(
        "next", "dates_mapped", "Add the date of creation, the date of the decision and dated events to the export."
    )


def _fields(history: History) -> Iterator[Statement]:
    fields = known_fields(history)
    own = [field for field in fields if field.own]
    unproven = [field.key for field in own if field.key not in history.tracked_since]
    proven = sorted(field.key for field in fields if field.key in history.tracked_since)
    if proven:
        sentence = f"Changes of {_few(proven)} are recorded, so their values are known at any moment."
        yield say("can", "tracked_fields", sentence, fields=len(proven))
    if unproven:
        sentence = (
            f"{counted(len(unproven), 'own field has', 'own fields have')} no recorded changes ({_few(unproven)}): today's "
            "values are used, and may differ from what was known at the time."
        )
        yield say("cannot", "unproven_fields", sentence, fields=len(unproven))
        advice = (
            "Map the CRM's field history (field_history in leadq.yaml). Each night of leadq score also keeps what was known then:"
            " the next training says which facts have changed since."
        )
        yield say("next", "field_history", advice)


def _left_over(facts: HistoryFacts, history: History) -> Iterator[Statement]:
    notes = read_notes(history.folder) if (history.folder / NOTES).exists() else ()
    for number, note in enumerate(note for note in notes if "unattributed" in note):
        yield say("cannot", f"unattributed_{number}", f"Reading noted {note.strip().rstrip('.')}.")
    rejected = sum(count.rejected for count in history.counts.values())
    if rejected:
        sentence = (
            f"{counted(rejected, 'row was', 'rows were')} rejected; rejected.parquet lists "
            f"{one_or_many(rejected, 'it', 'each one')} with the reason."
        )
        yield say("cannot", "rejected", sentence, rows=rejected)
    if facts.undated:
        undated = counted(facts.undated, "lead has no date and is", "leads have no date and are")
        yield say("cannot", "undated", f"{undated} not scored.", leads=facts.undated)


def _few(names: list[str], most: int = 6) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
