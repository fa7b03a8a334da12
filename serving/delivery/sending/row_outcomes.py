"""What becomes of rows once a target has answered: acknowledged, rejected, tried again, or given up for this night.

Each function is one transaction of the ledger. Only a confirmed row changes what counts as acknowledged. What was rejected or not
confirmed is unsettled: the next scores are sent to that lead even where they are inside the deadband. A row that a target skipped
is as if it had never been planned, unless an earlier try of it went unheard.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from leadq.crm.connectors.protocol import RowOutcome, TargetRow
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import DeliveryRun

TRIES = 3
_WORST = {"unknown": 4, "transient": 3, "rejected": 2, "skipped": 1, "ok": 0}
_TEXT = 255
_UNHEARD = "sent and not confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """How many rows of a chunk came to what; ``again`` are in new chunks."""

    ok: int
    rejected: int
    skipped: int
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
    again_at: float,
    ended: bool = False,
) -> Concluded:
    """Record what became of every row of a chunk, and make smaller chunks of the rows to be tried again.

    Parameters
    ----------
    rows : sequence of TargetRow
        All that wait in the chunk; rows without outcome are ``unknown``. Outcomes of other keys are noted; one of them that is
        ``unknown`` was written though nobody meant to (a lead merged into it was), and is sent again by the next scores.
    again_at : float
        When transient and unknown rows may go again, in seconds since 1970.
    ended : bool
        Whether the chunk was only brought to its end: that is no try, and no row is given up for it.
    """
    heard = _by_key(rows, outcomes)
    with ledger.transaction() as connection:
        before = {key: _tries(connection, run.run_id, key) for key, one in heard.items() if one.state != "ok"}
        parted: dict[str, list[str]] = {state: [] for state in ("ok", "rejected", "skipped", "planned", "dead")}
        for key, one in heard.items():
            state: str = one.state
            if one.state in ("transient", "unknown"):
                state = "planned" if ended or before[key] + 1 < TRIES else "dead"
            parted[state].append(key)
        tries = "max(tries, 1)" if ended else "tries + 1"  # never 0: what went unheard may have been written
        for state in ("rejected", "skipped", "planned", "dead"):
            connection.executemany(
                f"UPDATE row SET state = ?, tries = {tries}, code = ?, text = ? WHERE run_id = ? AND lead_id = ?",  # noqa: S608
                [(state, heard[key].code, heard[key].text[:_TEXT], run.run_id, key) for key in parted[state]],
            )
        _unsettle(connection, run.target, parted["dead"], _UNHEARD)
        _unsettle(connection, run.target, parted["rejected"], "rejected before")
        _unsettle(connection, run.target, [key for key in parted["skipped"] if before[key]], _UNHEARD)
        if again := parted["planned"]:
            _smaller_chunks(connection, run.run_id, again, size=max(1, -(-len(rows) // 2)), at=again_at)
        _acknowledge(connection, run, number, len(parted["ok"]))
        connection.execute("UPDATE chunk SET state = 'done' WHERE run_id = ? AND number = ?", (run.run_id, number))
        counts = {state: len(keys) for state, keys in parted.items()}
        done = Concluded(again=counts.pop("planned"), **counts)
        _unsettle(connection, run.target, _strangers(outcomes, heard), _UNHEARD)
        strangers = len({one.key for one in outcomes} - set(heard))
        ledger.note(run.run_id, "chunk", now, chunk=number, **asdict(done), not_ours=strangers)
    return done


def supersede(ledger: Ledger, run: DeliveryRun, now: datetime) -> None:
    """End a run that a later one takes the place of; what was sent and not confirmed is sent again by the later one.

    Inside the transaction that plans the later one: where a guard stops that, the earlier run can still be continued.
    """
    connection = ledger.connection
    found = connection.execute(
        "SELECT r.lead_id FROM row r JOIN chunk c ON c.run_id = r.run_id AND c.number = r.chunk "
        "WHERE r.run_id = ? AND r.state = 'planned' AND (c.state = 'started' OR r.tries > 0)",
        (run.run_id,),
    ).fetchall()
    _unsettle(connection, run.target, [lead_id for (lead_id,) in found], _UNHEARD)
    connection.execute("UPDATE row SET state = 'superseded' WHERE run_id = ? AND state = 'planned'", (run.run_id,))
    connection.execute("UPDATE chunk SET state = 'done' WHERE run_id = ?", (run.run_id,))
    connection.execute(
        "UPDATE run SET state = 'superseded', ended_at = ? WHERE run_id = ?", (now.isoformat(), run.run_id)
    )
    ledger.note(run.run_id, "superseded", now)


def try_again(ledger: Ledger, run: DeliveryRun, now: datetime, *, chunk_rows: int) -> None:
    """Put the rejected and the skipped rows of a run that was stopped because of them back: somebody has looked at it since."""
    those = "run_id = ? AND state IN ('rejected', 'skipped')"
    with ledger.transaction() as connection:
        found = connection.execute(f"SELECT lead_id FROM row WHERE {those} ORDER BY lead_id", (run.run_id,)).fetchall()  # noqa: S608
        connection.execute(f"UPDATE row SET state = 'planned', tries = 0 WHERE {those}", (run.run_id,))  # noqa: S608
        _smaller_chunks(connection, run.run_id, [lead_id for (lead_id,) in found], size=chunk_rows, at=0.0)
        ledger.note(run.run_id, "rejected and skipped rows are tried again", now, rows=len(found))


def _by_key(rows: Sequence[TargetRow], outcomes: Sequence[RowOutcome]) -> Mapping[str, RowOutcome]:
    """Return one outcome a row that was sent: the worst where a target told several."""
    nothing = "sent, and nothing was heard of it"
    heard: dict[str, RowOutcome] = {}
    ours = {row.key for row in rows}
    for one in outcomes:
        if one.key in ours and (one.key not in heard or _WORST[one.state] > _WORST[heard[one.key].state]):
            heard[one.key] = one
    return {key: heard.get(key, RowOutcome(key=key, state="unknown", text=nothing)) for key in sorted(ours)}


def _strangers(outcomes: Sequence[RowOutcome], heard: Mapping[str, RowOutcome]) -> list[str]:
    return sorted({one.key for one in outcomes if one.state == "unknown"} - set(heard))


def _tries(connection: sqlite3.Connection, run_id: str, key: str) -> int:
    found = connection.execute("SELECT tries FROM row WHERE run_id = ? AND lead_id = ?", (run_id, key)).fetchone()
    return int(found[0])


def _acknowledge(connection: sqlite3.Connection, run: DeliveryRun, number: int, count: int) -> None:
    """Acknowledge what still waits in a chunk once all other rows have left it; in one go, since it is most of a night."""
    here = "FROM row INDEXED BY row_waiting WHERE run_id = ? AND chunk = ? AND state = 'planned'"
    given = (run.run_id, number)
    as_of_us = 0 if run.kind == "restore" else run.as_of_us  # no score counts as earlier than a restored value
    connection.execute(
        f"INSERT OR REPLACE INTO acknowledged SELECT ?, lead_id, score, tier, codes, status, ?, run_id {here}",
        (run.target, as_of_us, *given),
    )
    settled = f"DELETE FROM unsettled WHERE target = ? AND lead_id IN (SELECT lead_id {here})"  # noqa: S608 - words of ours
    connection.execute(settled, (run.target, *given))
    ok = (
        "UPDATE row INDEXED BY row_waiting SET state = 'ok', tries = tries + 1, code = '', text = '' "
        "WHERE run_id = ? AND chunk = ? AND state = 'planned'"
    )
    found = connection.execute(ok, given).rowcount
    if found != count:
        raise AssertionError(f"would acknowledge {found}, confirmed were {count}")


def _unsettle(connection: sqlite3.Connection, target: str, keys: Sequence[str], why: str) -> None:
    connection.executemany("INSERT OR IGNORE INTO unsettled VALUES (?, ?, ?)", [(target, key, why) for key in keys])


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
