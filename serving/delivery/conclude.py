"""What becomes of rows once a target has answered: acknowledged, rejected, tried again, or given up for this night.

Each function is one transaction of the ledger. Only a confirmed row changes what counts as acknowledged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.targets import RowOutcome, TargetRow
from serving.delivery.ledger import DeliveryRun, Ledger

TRIES = 3
_WORST = {"unknown": 3, "transient": 2, "rejected": 1, "ok": 0}
_TEXT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """How many rows of a chunk came to what; ``again`` are in new chunks."""

    ok: int
    rejected: int
    again: int
    dead: int


def conclude(
    ledger: Ledger,
    run: DeliveryRun,
    number: int,
    rows: Sequence[TargetRow],
    outcomes: Sequence[RowOutcome],
    *,
    now: datetime,
    again_at: float | None,
) -> Concluded:
    """Record what became of every row of a chunk, and make smaller chunks of the rows to be tried again.

    Parameters
    ----------
    rows : sequence of TargetRow
        What was sent; outcomes of other keys are noted and ignored, rows without outcome are ``unknown``.
    again_at : float or None
        When transient and unknown rows may go again, in seconds since 1970; None gives them up.
    """
    heard = _by_key(rows, outcomes)
    with ledger.transaction() as connection:
        tries = {
            key: 1 + _tries(connection, run.run_id, key)
            for key, one in heard.items()
            if one.state in ("transient", "unknown")
        }
        again = [key for key in sorted(tries) if again_at is not None and tries[key] < TRIES]
        dead = [key for key in sorted(tries) if key not in set(again)]
        ok = [key for key, one in heard.items() if one.state == "ok"]
        rejected = [key for key, one in heard.items() if one.state == "rejected"]
        for state, keys in (("ok", ok), ("rejected", rejected), ("planned", again), ("dead", dead)):
            connection.executemany(
                "UPDATE row SET state = ?, tries = ?, code = ?, text = ? WHERE run_id = ? AND lead_id = ?",
                [(state, tries.get(key, 1), heard[key].code, heard[key].text[:_TEXT], run.run_id, key) for key in keys],
            )
        _acknowledge(connection, run, ok)
        _unsettle(connection, run.target, dead)
        connection.execute("UPDATE chunk SET state = 'done' WHERE run_id = ? AND number = ?", (run.run_id, number))
        if again:
            _smaller_chunks(connection, run.run_id, again, size=max(1, -(-len(rows) // 2)), at=again_at or 0.0)
        strangers = len({one.key for one in outcomes} - set(heard))
        facts = {"chunk": number, "ok": len(ok), "rejected": len(rejected), "again": len(again), "dead": len(dead)}
        ledger.note(run.run_id, "chunk", now, **facts, not_ours=strangers)
    return Concluded(ok=len(ok), rejected=len(rejected), again=len(again), dead=len(dead))


def supersede(ledger: Ledger, run: DeliveryRun, now: datetime) -> None:
    """End a run that a later one takes the place of; what was sent and not confirmed is sent anew by the later one.

    Inside the transaction that plans the later one: where a guard stops that, the earlier run can still be gone on with.
    """
    connection = ledger.connection
    found = connection.execute(
        "SELECT lead_id FROM row WHERE run_id = ? AND (state = 'sent' OR (state = 'planned' AND tries > 0))",
        (run.run_id,),
    ).fetchall()
    _unsettle(connection, run.target, [lead_id for (lead_id,) in found])
    connection.execute(
        "UPDATE row SET state = 'superseded' WHERE run_id = ? AND state IN ('planned', 'sent')", (run.run_id,)
    )
    connection.execute("UPDATE chunk SET state = 'done' WHERE run_id = ?", (run.run_id,))
    connection.execute(
        "UPDATE run SET state = 'superseded', ended_at = ? WHERE run_id = ?", (now.isoformat(), run.run_id)
    )
    ledger.note(run.run_id, "superseded", now)


def try_rejected_again(ledger: Ledger, run: DeliveryRun, now: datetime, *, chunk_rows: int) -> None:
    """Put the rejected rows of a run that was stopped because of them back: somebody has looked at it since."""
    with ledger.transaction() as connection:
        found = connection.execute(
            "SELECT lead_id FROM row WHERE run_id = ? AND state = 'rejected' ORDER BY lead_id", (run.run_id,)
        ).fetchall()
        connection.execute(
            "UPDATE row SET state = 'planned', tries = 0 WHERE run_id = ? AND state = 'rejected'", (run.run_id,)
        )
        _smaller_chunks(connection, run.run_id, [lead_id for (lead_id,) in found], size=chunk_rows, at=0.0)
        ledger.note(run.run_id, "rejected rows are tried again", now, rows=len(found))


def _by_key(rows: Sequence[TargetRow], outcomes: Sequence[RowOutcome]) -> Mapping[str, RowOutcome]:
    """Return one outcome a row that was sent: the worst where a target told several."""
    nothing = "sent, and nothing was heard of it"
    heard: dict[str, RowOutcome] = {}
    ours = {row.key for row in rows}
    for one in outcomes:
        if one.key in ours and (one.key not in heard or _WORST[one.state] > _WORST[heard[one.key].state]):
            heard[one.key] = one
    return {key: heard.get(key, RowOutcome(key=key, state="unknown", text=nothing)) for key in sorted(ours)}


def _tries(connection: sqlite3.Connection, run_id: str, key: str) -> int:
    found = connection.execute("SELECT tries FROM row WHERE run_id = ? AND lead_id = ?", (run_id, key)).fetchone()
    return int(found[0])


def _acknowledge(connection: sqlite3.Connection, run: DeliveryRun, keys: Sequence[str]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO acknowledged SELECT ?, lead_id, score, tier, codes, status, ?, run_id FROM row "
        "WHERE run_id = ? AND lead_id = ?",
        [(run.target, run.as_of_us, run.run_id, key) for key in keys],
    )
    connection.executemany(
        "DELETE FROM unsettled WHERE target = ? AND lead_id = ?", [(run.target, key) for key in keys]
    )


def _unsettle(connection: sqlite3.Connection, target: str, keys: Sequence[str]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO unsettled VALUES (?, ?, 'sent and not confirmed')", [(target, key) for key in keys]
    )


def _smaller_chunks(connection: sqlite3.Connection, run_id: str, keys: Sequence[str], *, size: int, at: float) -> None:
    first = 1 + int(connection.execute("SELECT max(number) FROM chunk WHERE run_id = ?", (run_id,)).fetchone()[0])
    for place in range(0, len(keys), size):
        number = first + place // size
        connection.execute(
            "INSERT INTO chunk (run_id, number, state, not_before) VALUES (?, ?, 'open', ?)", (run_id, number, at)
        )
        connection.executemany(
            "UPDATE row SET chunk = ? WHERE run_id = ? AND lead_id = ?",
            [(number, run_id, key) for key in keys[place : place + size]],
        )
