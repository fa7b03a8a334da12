"""A delivery from scores to report: taken up where it was left, else planned, judged, kept and sent.

Which runs a call plans and sends, and in what order, is ``sending/run_queue.py``'s. Leaves out where scores come from and the lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from leadq.crm.connectors.protocol import Target, TargetField
from leadq.foundation.problems import LeadqError
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import ENDED, DeliveryRun, PlannedRow
from leadq.serving.delivery.planning.delivery_request import Tonight, Wish
from leadq.serving.delivery.planning.guards import judge_model, judge_plan, judge_taken_up
from leadq.serving.delivery.planning.payload import read_scores, takes_rejections
from leadq.serving.delivery.planning.plan import Tally, differences, unscored
from leadq.serving.delivery.reporting.delivery_report import Report, report_of, together
from leadq.serving.delivery.reporting.maintenance import upkeep
from leadq.serving.delivery.reporting.report_files import reported, write_plan, write_waiting
from leadq.serving.delivery.sending.rate_limit import Effects
from leadq.serving.delivery.sending.row_outcomes import supersede, try_again
from leadq.serving.delivery.sending.run_queue import Asked, asked_for, covers, goes_on, waiting
from leadq.serving.delivery.sending.send import Sender, StoppedError, sender

__all__ = ["Tonight", "Wish", "deliver", "send_run"]


def deliver(
    ledger: Ledger, target: Target, tonight: Tonight, fields: Sequence[TargetField], *, effects: Effects, wish: Wish
) -> Report:
    """Deliver scores to a target.

    Raises
    ------
    GateStopped
        A guard stopped it before anything was written.
    TargetPausedError
        Only time helps; the same call goes on.
    LeadqError
        The target cannot be used as it is.
    """
    effects.must_go_on()
    asked = asked_for(ledger, target.name, tonight, fields, wish)
    begun = waiting(ledger, asked, wish)
    plans = not goes_on(asked, begun, wish)
    if plans:
        judge_model(tonight.scores)
        if not wish.force:
            asked.must_not_be_set_back(ledger)
    for run in () if plans else begun:
        judge_taken_up(run, tonight.scores)
    if wish.dry_run:
        return _dry(ledger, asked.run, tonight, wish) if plans else _said_once_more(ledger, asked, begun, wish)
    if not plans and not begun:
        return _said_once_more(ledger, asked, begun, wish)
    target.check(fields)
    sending = sender(ledger, target, effects, many_skipped=wish.force)
    if plans:
        _end_others(sending)
        _plan(ledger, asked.run, tonight, target.chunk_rows, now=effects.clock(), force=wish.force)
    said = [_said_once_more(ledger, asked, (), wish)] if _stands_by(asked, wish) else []
    for run in waiting(ledger, asked, wish):
        _end_others(sending, run)
        said.append(send_run(sending, run, fields if run.kind in ("night", "refresh") else ()))
    return together(said, first=asked.run.run_id)


def send_run(sending: Sender, run: DeliveryRun, fields: Sequence[TargetField] = ()) -> Report:
    """Send what is left of a planned run and report the result.

    Parameters
    ----------
    fields : sequence of TargetField
        What is read back once a week; nothing where it is empty.
    """
    ledger, effects = sending.ledger, sending.effects
    if run.state == "stopped":
        try_again(ledger, run, effects.clock(), chunk_rows=sending.target.chunk_rows)
    try:
        sending.send(run)
    except StoppedError as stopped:
        ledger.told(run.run_id, {**run.facts, "stopped_for": str(stopped)})
        ledger.move(run.run_id, "stopped", effects.clock())
        return _reported(sending, run.run_id)
    except LeadqError as error:
        ledger.note(run.run_id, "paused", effects.clock(), why=type(error).__name__)
        ledger.move(run.run_id, "paused", effects.clock())
        _reported(sending, run.run_id)
        raise
    counts = ledger.counts(run.run_id)
    is_partial = bool(counts.get("rejected") or counts.get("dead"))
    ledger.move(run.run_id, "partial" if is_partial else "done", effects.clock())
    if fields and (facts := upkeep(ledger, sending.target, fields, effects)):
        ledger.told(run.run_id, {**run.facts, **facts})
    return _reported(sending, run.run_id)


def _stands_by(asked: Asked, wish: Wish) -> bool:
    """Whether what is asked for was delivered before and stands, while single leads still wait."""
    return asked.known is not None and asked.known.state in ENDED and not wish.resume


def _said_once_more(ledger: Ledger, asked: Asked, begun: Sequence[DeliveryRun], wish: Wish) -> Report:
    """Say what the ledger knows of what is asked for and of what waits, and send nothing."""
    runs = [*((asked.known,) if asked.known is not None and _stands_by(asked, wish) else ()), *begun]
    if not runs:
        return Report(target=asked.run.target, facts={"state": "nothing was left to send"}, state="done")
    if wish.csv is not None:
        write_waiting(wish.csv, ledger, runs[0])
    return together([report_of(ledger, run, repeated=True) for run in runs], first=asked.run.run_id)


def _end_others(sending: Sender, but: DeliveryRun | None = None) -> None:
    """Bring what the target has under way of other runs to its end before something is sent."""
    for other in sending.ledger.unfinished(sending.target.name):
        if but is None or other.run_id != but.run_id:
            sending.end_started(other)


def _plan(ledger: Ledger, run: DeliveryRun, tonight: Tonight, chunk_rows: int, *, now: datetime, force: bool) -> None:
    """Plan and judge in one transaction: a plan that a guard stops was never there."""
    with ledger.transaction():
        covered = [earlier for earlier in ledger.unfinished(run.target) if covers(run, earlier)]
        for earlier in covered:
            supersede(ledger, earlier, now)
        tally = Tally()
        last = ledger.last_night(run.target)
        rows = _rows(ledger, run, tonight, tally)
        ledger.begin(run, now)
        ledger.plan(run.run_id, rows, chunk_rows=chunk_rows)
        facts = _facts(tally, tonight, run, last, force=force)
        if covered:
            facts["took_the_place_of"] = [
                {"run": one.run_id, "kind": one.kind, "scores": one.score_run} for one in covered
            ]
        ledger.told(run.run_id, facts)
        ledger.note(run.run_id, "planned", now, **facts)


def _dry(ledger: Ledger, run: DeliveryRun, tonight: Tonight, wish: Wish) -> Report:
    tally = Tally()
    rows = _rows(ledger, run, tonight, tally)
    if wish.csv is not None:
        write_plan(wish.csv, run.names, rows)
    for _ in rows:
        pass
    facts = _facts(tally, tonight, run, ledger.last_night(run.target), force=wish.force)
    facts |= {"run": run.run_id, "kind": run.kind, "state": "dry run"}
    facts |= {} if wish.csv is None else {"csv": str(wish.csv)}
    return Report(target=run.target, facts=facts, state="dry run")


def _rows(ledger: Ledger, run: DeliveryRun, tonight: Tonight, tally: Tally) -> Iterator[PlannedRow]:
    held = ledger.acknowledged(run.target)
    scores = read_scores(tonight.path, lead_id=tonight.lead_id)
    rejections = takes_rejections(run.names)
    if run.kind == "clear":
        return unscored(scores, held, as_of_us=run.as_of_us, tally=tally, rejections=rejections)
    # a single lead goes even where nothing changed: else an earlier night that waits, or comes later, would not know that it is overtaken
    return differences(scores, held, tally=tally, everything=run.kind in ("refresh", "lead"), rejections=rejections)


def _facts(
    tally: Tally, tonight: Tonight, run: DeliveryRun, last: DeliveryRun | None, *, force: bool
) -> dict[str, Any]:
    judged = judge_plan(tally, tonight.scores, last, force=force, kind=run.kind)
    return {**run.facts, **judged, "unchanged": tally.unchanged, "planned": tally.planned, "why": tally.why}


def _reported(sending: Sender, run_id: str) -> Report:
    run = sending.ledger.run(run_id)
    assert run is not None
    return reported(sending.effects.reports, sending.ledger, run)
