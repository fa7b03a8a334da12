"""An earlier state sent anew: what a target held after a run, for every lead that was delivered since.

Payloads come from the ledger and not from scores, so that they are the very bytes that were confirmed then.
"""

from __future__ import annotations

from datetime import datetime

from agreement.problems import Problem, UsageError
from serving.delivery.conclude import supersede
from serving.delivery.deliver import run_id_of
from serving.delivery.ledger import DeliveryRun, Ledger
from serving.delivery.send import Sender

_BEFORE = """
SELECT a.lead_id, (SELECT r.run_id FROM row r JOIN run n ON n.run_id = r.run_id WHERE r.lead_id = a.lead_id AND r.state = 'ok'
    AND n.target = a.target AND n.number <= :number ORDER BY n.number DESC LIMIT 1) AS then_run
FROM acknowledged a JOIN run now_run ON now_run.run_id = a.run_id WHERE a.target = :target AND now_run.number > :number
ORDER BY a.lead_id
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
        The target knows no such delivery.
    """
    ledger, target = sending.ledger, sending.target.name
    found = ledger.run(back_to)
    if found is None or found.target != target:
        remedy = "Name the run of a delivery, as its report shows it (run)."
        raise UsageError(Problem(where=target, rule="must know this delivery", value=back_to[:40], remedy=remedy))
    for earlier in ledger.unfinished(target):
        if earlier.kind == "restore" and earlier.score_run == back_to:
            return earlier
        sending.end_started(earlier, give_up=True)
    latest = ledger.connection.execute("SELECT max(number) FROM run").fetchone()[0]
    newest = ledger.connection.execute("SELECT max(as_of_us) FROM acknowledged WHERE target = ?", (target,)).fetchone()[
        0
    ]
    run = DeliveryRun(
        run_id=run_id_of(target, "restore", back_to, str(latest)),
        target=target,
        kind="restore",
        score_run=back_to,
        as_of_us=newest or found.as_of_us,  # no lead counts as overtaken, and the next night is later
        model_version=found.model_version,
        agreement_version=found.agreement_version,
    )
    return _written(ledger, run, sending.target.chunk_rows, now)


def _written(ledger: Ledger, run: DeliveryRun, chunk_rows: int, now: datetime) -> DeliveryRun:
    with ledger.transaction() as connection:
        for earlier in ledger.unfinished(run.target):
            supersede(ledger, earlier, now)
        ledger.begin(run, now)
        number = connection.execute("SELECT number FROM run WHERE run_id = ?", (run.score_run,)).fetchone()[0]
        leads = connection.execute(_BEFORE, {"target": run.target, "number": number}).fetchall()
        known = [(lead_id, then) for lead_id, then in leads if then is not None]
        connection.executemany(
            "INSERT INTO row (run_id, lead_id, chunk, state, score, tier, codes, status, payload) "
            "SELECT ?, lead_id, ?, 'planned', score, tier, codes, status, payload FROM row WHERE run_id = ? AND lead_id = ?",
            [(run.run_id, place // chunk_rows, then, lead_id) for place, (lead_id, then) in enumerate(known)],
        )
        chunks = [(run.run_id, place) for place in range(-(-len(known) // chunk_rows))]
        connection.executemany("INSERT INTO chunk (run_id, number, state) VALUES (?, ?, 'open')", chunks)
        facts = {"rows": len(leads), "planned": len(known), "never_delivered_before": len(leads) - len(known)}
        ledger.told(run.run_id, facts)
        ledger.note(run.run_id, "planned", now, **facts)
    found = ledger.run(run.run_id)
    assert found is not None
    return found
