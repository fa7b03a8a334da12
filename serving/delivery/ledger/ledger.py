"""What was planned, sent and acknowledged: every change of the ledger is one transaction.

Leaves out deciding: what is planned (``serving/delivery/planning/plan.py``), what is sent when (``serving/delivery/sending/send.py``).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from leadq.crm.connectors.protocol import TargetRow
from leadq.serving.delivery.ledger.ledger_records import (
    UNFINISHED,
    Acknowledged,
    DeliveryRun,
    OpenChunk,
    PlannedRow,
    Remote,
    RunState,
)
from leadq.serving.delivery.ledger.ledger_schema import WAIT_SECONDS, in_plain_words, open_ledger


class Ledger:
    """The ledger of a store; in a ``with`` it closes behind itself and its errors are told in plain words.

    Parameters
    ----------
    path : Path
        Made where there is none.
    wait_seconds : float
        For others that write.

    Raises
    ------
    StoreError
        It cannot be used.
    TargetPausedError
        Another process holds it for too long.
    """

    def __init__(self, path: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self.path = path
        self.connection = open_ledger(path, wait_seconds=wait_seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            raise in_plain_words(self.path, error) from error

    def close(self) -> None:
        """Close it."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction: all of the block or nothing of it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # a full disk has rolled back already
                self.connection.execute("ROLLBACK")
            raise

    def note(self, run_id: str, what: str, now: datetime, **facts: Any) -> None:
        """Write a line of the log."""
        row = (now.isoformat(), run_id, what, json.dumps(facts, sort_keys=True))
        self.connection.execute("INSERT INTO happened (at, run_id, what, facts) VALUES (?, ?, ?, ?)", row)

    # runs

    def run(self, run_id: str) -> DeliveryRun | None:
        """Return a run."""
        return next(self._runs("run_id = ?", (run_id,)), None)

    def unfinished(self, target: str) -> tuple[DeliveryRun, ...]:
        """Return the runs of a target that did not come to their end, oldest first."""
        marks = ", ".join("?" * len(UNFINISHED))
        return tuple(self._runs(f"target = ? AND state IN ({marks})", (target, *UNFINISHED)))

    def planned_since(self, run: DeliveryRun) -> tuple[DeliveryRun, ...]:
        """Return the runs of the same target that were planned after a run, oldest first."""
        since = "target = ? AND number > (SELECT number FROM run WHERE run_id = ?)"
        return tuple(self._runs(since, (run.target, run.run_id)))

    def last_noted(self, what: str) -> datetime | None:
        """When the log last told something."""
        query = "SELECT at FROM happened WHERE what = ? ORDER BY id DESC LIMIT 1"
        found = self.connection.execute(query, (what,)).fetchone()
        return None if found is None else datetime.fromisoformat(found[0])

    def last_night(self, target: str) -> DeliveryRun | None:
        """Return the newest whole night that was delivered, at least in part."""
        wanted = "target = ? AND kind IN ('night', 'refresh') AND state IN ('done', 'partial')"
        found = tuple(self._runs(wanted, (target,)))
        return found[-1] if found else None

    def _runs(self, where: str, given: Sequence[object]) -> Iterator[DeliveryRun]:
        columns = (
            "run_id, target, kind, score_run, as_of_us, model_version, agreement_version, state, facts, names, pruned"
        )
        query = f"SELECT {columns} FROM run WHERE {where} ORDER BY number"  # noqa: S608 - words of ours
        for found in self.connection.execute(query, given).fetchall():
            document = dict(zip(columns.split(", "), found, strict=True))
            names, facts = tuple(json.loads(document["names"])), json.loads(document["facts"])
            yield DeliveryRun(**{**document, "names": names, "facts": facts, "pruned": bool(document["pruned"])})

    def begin(self, run: DeliveryRun, now: datetime) -> None:
        """Write a new run; inside the transaction that plans it."""
        row = (run.run_id, run.target, run.kind, run.score_run, run.as_of_us, run.model_version, run.agreement_version)
        facts, names = json.dumps(run.facts, sort_keys=True), json.dumps(run.names)
        given = (*row, run.state, now.isoformat(), facts, names)
        self.connection.execute(
            "INSERT INTO run (run_id, target, kind, score_run, as_of_us, model_version, agreement_version, state, "
            "started_at, facts, names) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            given,
        )

    def told(self, run_id: str, facts: Mapping[str, Any]) -> None:
        """Keep a run's facts."""
        self.connection.execute(
            "UPDATE run SET facts = ? WHERE run_id = ?", (json.dumps(facts, sort_keys=True), run_id)
        )

    def move(self, run_id: str, state: RunState, now: datetime) -> None:
        """Put a run into another state, and log it."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE run SET state = ?, ended_at = ? WHERE run_id = ?", (state, now.isoformat(), run_id)
            )
            self.note(run_id, state, now)

    # plans

    def acknowledged(self, target: str) -> Iterator[Acknowledged]:
        """Stream what a target confirmed last, in order of ``lead_id``."""
        found = self.connection.execute(
            "SELECT a.lead_id, a.score, a.tier, a.codes, a.status, u.lead_id IS NOT NULL FROM acknowledged a "
            "LEFT JOIN unsettled u ON u.target = a.target AND u.lead_id = a.lead_id WHERE a.target = ? ORDER BY a.lead_id",
            (target,),
        )
        for lead_id, score, tier, codes, status, unsettled in found:
            yield Acknowledged(
                lead_id=lead_id, score=score, tier=tier, codes=codes, status=status, unsettled=bool(unsettled)
            )

    def plan(self, run_id: str, rows: Iterable[PlannedRow], *, chunk_rows: int) -> int:
        """Write the rows of a run, in chunks in their order; inside the transaction that plans it."""
        numbered = (
            (run_id, row.lead_id, place // chunk_rows, row.score, row.tier, row.codes, row.status, row.payload)
            for place, row in enumerate(rows)
        )
        done = self.connection.executemany(
            "INSERT INTO row (run_id, lead_id, chunk, state, score, tier, codes, status, payload) "
            "VALUES (?, ?, ?, 'planned', ?, ?, ?, ?, ?)",
            numbered,
        )
        planned = max(done.rowcount, 0)
        chunks = [(run_id, number) for number in range(-(-planned // chunk_rows))]
        self.connection.executemany("INSERT INTO chunk (run_id, number, state) VALUES (?, ?, 'open')", chunks)
        return planned

    # chunks

    def next_chunk(self, run_id: str) -> OpenChunk | None:
        """Return the chunk to go on with: one that was begun before others, then the one that may go first."""
        query = (
            "SELECT number, not_before, remote FROM chunk INDEXED BY chunk_next WHERE run_id = ? AND state = ? "
            "ORDER BY not_before, number LIMIT 1"
        )
        for state in ("started", "open"):
            found = self.connection.execute(query, (run_id, state)).fetchone()
            if found is not None:
                number, not_before, remote = found
                kept = None if remote is None else json.loads(remote)
                return OpenChunk(number=number, started=state == "started", not_before=not_before, remote=kept)
        return None

    def rows(self, run_id: str, number: int) -> tuple[TargetRow, ...]:
        """Return the rows of a chunk, in order of key, as they were planned."""
        names = self._names(run_id)
        found = self.connection.execute(
            "SELECT lead_id, payload FROM row INDEXED BY row_waiting WHERE run_id = ? AND chunk = ? AND state = 'planned' "
            "ORDER BY lead_id",
            (run_id, number),
        )
        return tuple(
            TargetRow(key=lead_id, values=dict(zip(names, json.loads(payload), strict=True)))
            for lead_id, payload in found
        )

    def confirmed(self, target: str, leads: Sequence[str]) -> Iterator[TargetRow]:
        """Yield the values that a target confirmed last of leads."""
        for lead_id in leads:
            found = self.connection.execute(
                "SELECT r.payload, n.names FROM acknowledged a JOIN row r ON r.run_id = a.run_id AND r.lead_id = a.lead_id "
                "JOIN run n ON n.run_id = a.run_id WHERE a.target = ? AND a.lead_id = ?",
                (target, lead_id),
            ).fetchone()
            if found is not None:
                values, names = json.loads(found[0]), json.loads(found[1])
                yield TargetRow(key=lead_id, values=dict(zip(names, values, strict=True)))

    def _names(self, run_id: str) -> list[str]:
        found = self.connection.execute("SELECT names FROM run WHERE run_id = ?", (run_id,)).fetchone()
        names: list[str] = json.loads(found[0])
        return names

    def overtaken(self, run: DeliveryRun, number: int) -> tuple[str, ...]:
        """Return leads of a chunk of which the target already confirmed a later score."""
        found = self.connection.execute(
            "SELECT r.lead_id FROM row r INDEXED BY row_waiting JOIN acknowledged a ON a.target = ? AND a.lead_id = r.lead_id "
            "WHERE r.run_id = ? AND r.chunk = ? AND r.state = 'planned' AND a.as_of_us > ? ORDER BY r.lead_id",
            (run.target, run.run_id, number, run.as_of_us),
        )
        return tuple(lead_id for (lead_id,) in found)

    def start(self, run_id: str, number: int, skipped: Mapping[str, str]) -> None:
        """Record that a chunk's first step is about to be taken, without the rows that must not be written."""
        with self.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO unsettled SELECT n.target, r.lead_id, 'sent and not confirmed' FROM row r "
                "JOIN run n ON n.run_id = r.run_id WHERE r.run_id = ? AND r.lead_id = ? AND r.tries > 0",
                [(run_id, key) for key in sorted(skipped)],
            )
            connection.executemany(
                "UPDATE row SET state = 'skipped', text = ? WHERE run_id = ? AND lead_id = ?",
                [(why, run_id, key) for key, why in sorted(skipped.items())],
            )
            connection.execute("UPDATE chunk SET state = 'started' WHERE run_id = ? AND number = ?", (run_id, number))

    def keep(self, run_id: str, number: int, remote: Remote) -> None:
        """Keep where a chunk stands on the far side."""
        given = (json.dumps(dict(remote), sort_keys=True), run_id, number)
        self.connection.execute("UPDATE chunk SET remote = ? WHERE run_id = ? AND number = ?", given)

    def counts(self, run_id: str) -> dict[str, int]:
        """Rows of a run by state."""
        query = "SELECT state, count(*) FROM row WHERE run_id = ? GROUP BY state ORDER BY state"
        return dict(self.connection.execute(query, (run_id,)).fetchall())

    def rows_in(self, run_id: str, states: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Stream rows of a run in some states: lead, state, code, text, tries and the values, in order of lead."""
        marks = ", ".join("?" * len(states))
        query = f"SELECT lead_id, state, code, text, tries, payload FROM row WHERE run_id = ? AND state IN ({marks}) ORDER BY lead_id"  # noqa: S608
        for *row, payload in self.connection.execute(query, (run_id, *states)):
            yield (*row, *json.loads(payload))

    def reasons(self, run_id: str, state: str) -> list[dict[str, Any]]:
        """Why rows are in a state, in the target's own words, the most frequent first, with up to five leads each."""
        found = self.connection.execute(
            "SELECT code, text, count(*), min(lead_id) FROM row WHERE run_id = ? AND state = ? GROUP BY code, text "
            "ORDER BY 3 DESC, 1, 2 LIMIT 20",
            (run_id, state),
        ).fetchall()
        return [dict(zip(("code", "text", "leads", "example"), row, strict=True)) for row in found]
