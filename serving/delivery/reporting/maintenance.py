"""What is done once a week behind a delivery: some leads are read back, and rows that nobody needs any more leave the ledger.

Kept are the rows of the last :data:`KEPT_DAYS` days and, of what is older, the newest confirmed one of each lead: the ledger grows with
leads and a month of changes, not with nights, and every delivery of that month can be restored. Counts, facts and log of older runs
stay, and every change of a lead's tier. Leaves out the reading itself (``read_back.py``).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from leadq.crm.connectors.protocol import Target, TargetField
from leadq.foundation.problems import LeadqError
from leadq.serving.delivery.ledger.confirmed_tiers import KEPT, dropped_rows_of, keep
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import UNFINISHED
from leadq.serving.delivery.reporting.read_back import noted, read_back
from leadq.serving.delivery.sending.rate_limit import Effects

KEPT_DAYS = 30
A_WEEK = timedelta(days=7)
_NEEDED = """
CREATE TEMP TABLE needed AS SELECT r.lead_id, max(n.number) AS number FROM row r JOIN run n ON n.run_id = r.run_id
    WHERE n.target = ? AND n.number <= ? AND r.state = 'ok' GROUP BY r.lead_id
"""
_DROP_ROWS = """
DELETE FROM row WHERE run_id = ? AND NOT EXISTS (SELECT 1 FROM needed d WHERE d.lead_id = row.lead_id AND d.number = ?
    AND row.state = 'ok') AND NOT EXISTS
    (SELECT 1 FROM acknowledged a WHERE a.target = ? AND a.lead_id = row.lead_id AND a.run_id = row.run_id)
"""


def upkeep(ledger: Ledger, target: Target, fields: Sequence[TargetField], effects: Effects) -> dict[str, Any]:
    """Do what is due; the delivery before it stands whatever comes of this.

    Returns
    -------
    dict
        ``read_back`` where leads were read back, or why they could not be; ``dropped_rows`` where the ledger was pruned.
    """
    told: dict[str, Any] = {}
    now = effects.clock()
    last = ledger.last_noted(noted(target.name))
    if last is None or now - last >= A_WEEK:
        pick = random.Random(effects.chance()).sample  # noqa: S311 - which leads are looked at is no secret
        try:
            told["read_back"] = read_back(ledger, target, fields, now=now, pick=pick).facts
        except LeadqError as error:
            told["read_back"] = {"problems": [str(problem) for problem in error.problems]}
    if dropped := prune(ledger, target.name, now):
        told["dropped_rows"] = dropped
    return told


def prune(ledger: Ledger, target: str, now: datetime) -> int:
    """Drop rows of a target that nobody needs, once there is a week of them.

    Returns
    -------
    int
        Rows that were dropped.
    """
    cutoff = _cutoff(ledger, target, now)
    if cutoff is None:
        return 0
    with ledger.transaction() as connection:
        runs = connection.execute(
            "SELECT run_id, number FROM run WHERE target = ? AND number <= ?", (target, cutoff)
        ).fetchall()
        kept = keep(connection, target)
        connection.execute(_NEEDED, (target, cutoff))
        connection.execute("CREATE UNIQUE INDEX temp.needed_lead ON needed (lead_id)")
        done = connection.executemany(_DROP_ROWS, [(run_id, number, target) for run_id, number in runs])
        dropped = max(done.rowcount, 0)
        connection.execute("DROP TABLE needed")
        connection.executemany("DELETE FROM chunk WHERE run_id = ?", [(run_id,) for run_id, _ in runs])
        connection.execute("UPDATE run SET pruned = 1 WHERE target = ? AND number < ?", (target, cutoff))
        ledger.note("", dropped_rows_of(target), now, rows=dropped, **{KEPT: kept})
    return dropped


def _cutoff(ledger: Ledger, target: str, now: datetime) -> int | None:
    """Return the newest run that is too old to keep the rows of; None where there is not yet a week of them."""
    marks = ", ".join("?" * len(UNFINISHED))
    unfinished = ledger.connection.execute(
        f"SELECT min(number) FROM run WHERE target = ? AND state IN ({marks})",  # noqa: S608 - words of ours
        (target, *UNFINISHED),
    ).fetchone()[0]
    old, older = ((now - timedelta(days=KEPT_DAYS) - more).isoformat() for more in (timedelta(), A_WEEK))
    cutoff, first = ledger.connection.execute(
        "SELECT max(number), min(CASE WHEN pruned = 0 THEN started_at END) FROM run "
        "WHERE target = ? AND started_at < ? AND number < ?",
        (target, old, unfinished if unfinished is not None else 2**62),
    ).fetchone()
    return int(cutoff) if cutoff is not None and first is not None and first < older else None
