"""A delivery from scores to report: taken up where it was left, else planned, judged, kept and sent.

The same scores to the same target are one run, whose plan is made once. Leaves out where scores come from and the lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agreement.problems import LeadqError
from crm.targets import Target, TargetField
from serving.delivery.conclude import supersede, try_rejected_again
from serving.delivery.guards import Scores, judge_model, judge_plan
from serving.delivery.ledger import UNFINISHED, DeliveryRun, Ledger, RunKind
from serving.delivery.pace import Effects
from serving.delivery.payload import read_scores
from serving.delivery.plan import Tally, differences
from serving.delivery.report import Report, report_of
from serving.delivery.send import Sender, TooManyRejectedError, sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """Scores to be delivered.

    Parameters
    ----------
    path : Path
        Their table.
    sha256 : str
    as_of : datetime
        UTC.
    scores : Scores
    lead_id : str or None
        Only this lead.
    """

    path: Path
    sha256: str
    as_of: datetime
    scores: Scores
    lead_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a delivery is asked for: overrule the guards on shares, say only what it would do, go on only with what was begun."""

    force: bool = False
    dry_run: bool = False
    resume: bool = False


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
    run = DeliveryRun(
        run_id=run_id_of(target.name, "lead" if tonight.lead_id else "night", tonight.scores.run_id, tonight.sha256, tonight.lead_id or ""),
        target=target.name,
        kind="lead" if tonight.lead_id else "night",
        score_run=tonight.scores.run_id,
        as_of_us=_microseconds(tonight.as_of),
        model_version=tonight.scores.model_version,
        agreement_version=tonight.scores.agreement_version,
    )  # fmt: skip
    effects.must_go_on()
    known = ledger.run(run.run_id)
    if wish.resume and known is None:
        known = next(reversed(ledger.unfinished(target.name)), None) or run
        if known is run:
            return Report(target=target.name, facts={"state": "nothing to go on with"}, state="done")
    if known is None:
        judge_model(tonight.scores)
        if wish.dry_run:
            return _dry(ledger, run, tonight, [field.name for field in fields], force=wish.force)
    if wish.dry_run or (known is not None and known.state not in UNFINISHED):
        return report_of(ledger, known or run, repeated=True)
    target.check(fields)
    sending = sender(ledger, target, effects)
    if known is None:
        ended = _superseded(ledger, run)
        for earlier in ledger.unfinished(target.name):
            sending.end_started(earlier, give_up=earlier in ended)
        known = _planned(ledger, run, tonight, fields, target.chunk_rows, now=effects.clock(), force=wish.force)
    return send_run(sending, known)


def send_run(sending: Sender, run: DeliveryRun) -> Report:
    """Send what is left of a planned run and say what came of it."""
    ledger, effects = sending.ledger, sending.effects
    if run.state == "stopped":
        try_rejected_again(ledger, run, effects.clock(), chunk_rows=sending.target.chunk_rows)
    try:
        sending.send(run)
    except TooManyRejectedError:
        ledger.move(run.run_id, "stopped", effects.clock())
        return report_of(ledger, replace(run, state="stopped"))
    except LeadqError as error:
        ledger.note(run.run_id, "paused", effects.clock(), why=type(error).__name__)
        ledger.move(run.run_id, "paused", effects.clock())
        raise
    counts = ledger.counts(run.run_id)
    state = "partial" if counts.get("rejected") or counts.get("dead") else "done"
    ledger.move(run.run_id, "partial" if state == "partial" else "done", effects.clock())
    found = ledger.run(run.run_id)
    assert found is not None
    return report_of(ledger, found)


def run_id_of(*parts: str) -> str:
    """Name of a run: sixteen hexadecimal digits, the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _planned(
    ledger: Ledger,
    run: DeliveryRun,
    tonight: Tonight,
    fields: Sequence[TargetField],
    chunk_rows: int,
    *,
    now: datetime,
    force: bool,
) -> DeliveryRun:
    """Plan and judge in one transaction: a plan that a guard stops was never there."""
    with ledger.transaction():
        for earlier in _superseded(ledger, run):
            supersede(ledger, earlier, now)
        ledger.begin(run, now)
        tally = Tally()
        last = ledger.last_night(run.target)
        rows = _rows(ledger, run, tonight, [field.name for field in fields], tally)
        ledger.plan(run.run_id, rows, chunk_rows=chunk_rows)
        facts = _facts(tally, tonight, last, force=force)
        ledger.told(run.run_id, facts)
        ledger.note(run.run_id, "planned", now, **facts)
    return replace(run, facts=facts)


def _dry(ledger: Ledger, run: DeliveryRun, tonight: Tonight, names: Sequence[str], *, force: bool) -> Report:
    tally = Tally()
    for _ in _rows(ledger, run, tonight, names, tally):
        pass
    facts = _facts(tally, tonight, ledger.last_night(run.target), force=force)
    return Report(target=run.target, facts={**facts, "run": run.run_id, "state": "dry run"}, state="dry run")


def _rows(ledger: Ledger, run: DeliveryRun, tonight: Tonight, names: Sequence[str], tally: Tally) -> Any:
    held = ledger.acknowledged(run.target)
    return differences(read_scores(tonight.path, lead_id=tonight.lead_id), held, names=names, tally=tally)


def _facts(tally: Tally, tonight: Tonight, last: DeliveryRun | None, *, force: bool) -> dict[str, Any]:
    judged = judge_plan(tally, tonight.scores, None if tonight.lead_id else last, force=force)
    return {**judged, "unchanged": tally.unchanged, "planned": tally.planned, "why": tally.why}


def _superseded(ledger: Ledger, run: DeliveryRun) -> list[DeliveryRun]:
    """Return runs that ``run`` takes the place of; a single lead leaves a paused night, which then goes around that lead."""
    kinds: tuple[RunKind, ...] = ("lead",) if run.kind == "lead" else ("lead", "night", "restore")
    return [earlier for earlier in ledger.unfinished(run.target) if earlier.kind in kinds]


def _microseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
