"""An earlier state sent again: what a target held after a run, for every lead that was delivered since, or may have been.

A row that was sent and not confirmed may have been written, so its lead is sent too. A restored value counts as older than any score.
Values come from the ledger and not from scores, so that they are those that were confirmed then. It goes back as far as the ledger
keeps rows (``serving/delivery/reporting/maintenance.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from leadq.foundation.problems import Problem, UsageError
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import DeliveryRun, PlannedRow
from leadq.serving.delivery.reporting.maintenance import KEPT_DAYS
from leadq.serving.delivery.sending.row_outcomes import supersede
from leadq.serving.delivery.sending.run_queue import run_id_of
from leadq.serving.delivery.sending.send import Sender

_SINCE = """
CREATE TEMP TABLE since AS SELECT a.lead_id FROM acknowledged a JOIN run later ON later.run_id = a.run_id
    WHERE a.target = :target AND later.number > :number UNION SELECT lead_id FROM unsettled WHERE target = :target
"""
_BEFORE = """
WITH then_held AS (SELECT r.lead_id, max(n.number) AS number FROM row r JOIN run n ON n.run_id = r.run_id
    WHERE n.target = :target AND n.number <= :number AND r.state = 'ok' GROUP BY r.lead_id)
SELECT r.lead_id, r.score, r.tier, r.codes, r.status, r.payload, n.names
FROM temp.since s JOIN then_held t ON t.lead_id = s.lead_id
    JOIN run n ON n.number = t.number JOIN row r ON r.run_id = n.run_id AND r.lead_id = s.lead_id ORDER BY s.lead_id
"""


def plan_restore(sending: Sender, back_to: str, now: datetime) -> DeliveryRun:
    """Plan to send what the target held after the delivery ``back_to``; leads first delivered later keep what they have.

    Returns
    -------
    DeliveryRun
        To be sent; the same call after an interruption returns the same run.

    Raises
    ------
    UsageError
        The target knows no such delivery, or its rows are no longer kept.
    """
    ledger, target = sending.ledger, sending.target.name
    found = ledger.run(back_to)
    if found is None or found.target != target:
        remedy = "Name the run of a delivery to this target, as its report shows it (run)."
        raise UsageError(Problem(where=target, rule="has no such delivery", value=back_to[:40], remedy=remedy))
    if found.pruned:
        rule = f"must be a delivery whose rows the ledger still has: one of the last {KEPT_DAYS} days"
        remedy = "Name a later one; reports in the store's folder delivery/ name them."
        raise UsageError(Problem(where=target, rule=rule, value=back_to, remedy=remedy))
    for earlier in ledger.unfinished(target):
        if earlier.kind == "restore" and earlier.score_run == back_to:
            return earlier
        sending.end_started(earlier)
    latest = ledger.connection.execute("SELECT max(number) FROM run").fetchone()[0]
    newest = ledger.connection.execute("SELECT max(as_of_us) FROM acknowledged WHERE target = ?", (target,)).fetchone()
    run = DeliveryRun(
        run_id=run_id_of(target, "restore", back_to, str(latest)),
        target=target,
        kind="restore",
        score_run=back_to,
        as_of_us=newest[0] or found.as_of_us,  # no lead counts as overtaken, and the next night is later
        model_version=found.model_version,
        agreement_version=found.agreement_version,
        names=found.names,
    )
    return _written(ledger, run, sending.target.chunk_rows, now)


def _written(ledger: Ledger, run: DeliveryRun, chunk_rows: int, now: datetime) -> DeliveryRun:
    with ledger.transaction() as connection:
        for earlier in ledger.unfinished(run.target):
            supersede(ledger, earlier, now)
        ledger.begin(run, now)
        number = connection.execute("SELECT number FROM run WHERE run_id = ?", (run.score_run,)).fetchone()[0]
        connection.execute(_SINCE, {"target": run.target, "number": number})
        since = int(connection.execute("SELECT count(*) FROM temp.since").fetchone()[0])
        planned = ledger.plan(run.run_id, _held_then(ledger, run, number), chunk_rows=chunk_rows)
        connection.execute("DROP TABLE temp.since")
        facts = {"rows": since, "planned": planned, "never_delivered_before": since - planned}
        ledger.told(run.run_id, facts)
        ledger.note(run.run_id, "planned", now, **facts)
    found = ledger.run(run.run_id)
    assert found is not None
    return found


def _held_then(ledger: Ledger, run: DeliveryRun, number: int) -> Iterator[PlannedRow]:
    """Yield the leads to be sent, values in the order of the run's names; a field that did not exist then is cleared."""
    given = {"target": run.target, "number": number}
    ours = json.dumps(list(run.names))
    for lead_id, score, tier, codes, status, payload, names in ledger.connection.execute(_BEFORE, given):
        values = payload
        if names != ours:
            held = dict(zip(json.loads(names), json.loads(payload), strict=True))
            values = json.dumps([held.get(name) for name in run.names], ensure_ascii=False, separators=(",", ":"))
        yield PlannedRow(lead_id=lead_id, score=score, tier=tier, codes=codes, status=status, payload=values)
