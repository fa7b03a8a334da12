"""Since when a target has held which tier of a lead: every change of tier that it ever confirmed, also of rows that left the ledger.

By the first of them a lead was put before sales. Rows are dropped after a month (``serving/delivery/reporting/maintenance.py``);
:func:`keep` puts their changes of tier aside first, in a table of its own that a ledger has from its first dropping on: it grows with
leads and their changes, not with nights.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from leadq.serving.delivery.ledger.ledger import Ledger

KEPT = "tiers_kept"
"""What a note of dropped rows says of the changes put aside before; a dropping by an earlier leadq does not have it."""
_TABLE = """
CREATE TABLE IF NOT EXISTS confirmed_tier (
    run_id TEXT NOT NULL, lead_id TEXT NOT NULL, tier TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (run_id, lead_id)) WITHOUT ROWID
"""
_CHANGES = """
WITH sent AS (
    SELECT run_id, json_extract(facts, '$.chunk') AS chunk, max(at) AS at FROM happened WHERE what = 'chunk' GROUP BY 1, 2),
confirmed AS (
    SELECT n.number, n.run_id, n.as_of_us, r.lead_id, r.tier, coalesce(s.at, n.ended_at, n.started_at) AS at
    FROM row r JOIN run n ON n.run_id = r.run_id LEFT JOIN sent s ON s.run_id = r.run_id AND s.chunk = r.chunk
    WHERE n.target = :target AND r.state = 'ok' {kept}),
compared AS (
    SELECT *, lag(tier) OVER one_lead AS before FROM confirmed WINDOW one_lead AS (PARTITION BY lead_id ORDER BY number)),
changed AS (SELECT * FROM compared WHERE before IS NULL OR before <> tier)
SELECT run_id, lead_id, tier, at, as_of_us, lead(at) OVER (PARTITION BY lead_id ORDER BY number) AS until
FROM changed ORDER BY lead_id, number
"""
_KEPT_TOO = """
    UNION SELECT n.number, n.run_id, n.as_of_us, k.lead_id, k.tier, k.at FROM confirmed_tier k JOIN run n ON n.run_id = k.run_id
    WHERE n.target = :target
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedTier:
    """A tier that a target has held since ``at``, of the run as of ``as_of_us``; ``until`` the next tier, None where it stands.

    ``tier`` is empty where the lead was cleared: no longer among the scores, or not scored.
    """

    lead_id: str
    tier: str
    at: datetime
    until: datetime | None
    as_of_us: int


def confirmed_tiers(ledger: Ledger, target: str) -> Iterator[ConfirmedTier]:
    """Yield every change of tier that a target confirmed, in order of lead and delivery."""
    for _, lead_id, tier, at, as_of_us, until in _changes(ledger.connection, target):
        yield ConfirmedTier(
            lead_id=lead_id,
            tier=tier,
            at=datetime.fromisoformat(at),
            until=None if until is None else datetime.fromisoformat(until),
            as_of_us=as_of_us,
        )


def known_since(ledger: Ledger, target: str) -> datetime | None:
    """From when on every change of tier is known: the first delivery, or the last dropping of rows that kept none; None without one."""
    first = ledger.connection.execute(
        "SELECT min(started_at) FROM run WHERE target = ? AND state NOT IN ('planned', 'superseded')", (target,)
    ).fetchone()[0]
    if first is None:
        return None
    lost = ledger.connection.execute(
        "SELECT max(at) FROM happened WHERE what = ? AND json_extract(facts, ?) IS NULL",
        (dropped_rows_of(target), f"$.{KEPT}"),
    ).fetchone()[0]
    return datetime.fromisoformat(max(first, lost or first))


def dropped_rows_of(target: str) -> str:
    """Return what the log says when rows of a target were dropped."""
    return f"dropped old rows of {target}"


def keep(connection: sqlite3.Connection, target: str) -> int:
    """Put every change of tier aside; inside the transaction that drops rows.

    Returns
    -------
    int
        Changes that are known now.
    """
    connection.execute(_TABLE)
    changes = [change[:4] for change in _changes(connection, target)]
    connection.executemany("INSERT OR IGNORE INTO confirmed_tier VALUES (?, ?, ?, ?)", changes)
    return len(changes)


def _changes(connection: sqlite3.Connection, target: str) -> Iterator[tuple[str, str, str, str, int, str | None]]:
    there = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'confirmed_tier'"
    ).fetchone()
    query = _CHANGES.format(kept=_KEPT_TOO if there else "")
    yield from connection.execute(query, {"target": target})
