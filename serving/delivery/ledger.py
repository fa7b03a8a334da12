"""What was planned, sent and acknowledged: every change of the ledger is one transaction.

Leaves out deciding: what is planned (``plan.py``), what is sent when (``send.py``).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from crm.targets import TargetRow
from serving.delivery.ledger_schema import open_ledger

RunKind = Literal["night", "lead", "restore"]
RunState = Literal["planned", "sending", "paused", "stopped", "done", "partial", "superseded"]
Remote = Mapping[str, str | int | float | None]
UNFINISHED: tuple[RunState, ...] = ("planned", "sending", "paused", "stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRun:
    """One delivery of one run of scores to one target; ``facts`` holds its counts and what the guards found."""

    run_id: str
    target: str
    kind: RunKind
    score_run: str
    as_of_us: int
    model_version: str
    agreement_version: int
    state: RunState = "planned"
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A lead to be sent: what a later plan compares with, and the payload as it stays."""

    lead_id: str
    score: int | None
    tier: str
    codes: str
    status: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What a target confirmed last of a lead; ``unsettled`` where something was sent since and not confirmed."""

    lead_id: str
    score: int | None
    tier: str
    codes: str
    status: str
    unsettled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChunk:
    """A chunk that is not done; ``started`` once a first step may have been taken, ``not_before`` in seconds since 1970."""

    number: int
    started: bool
    not_before: float
    remote: Remote | None


class Ledger:
    """The ledger of a store.

    Parameters
    ----------
    path : Path
        Made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self.connection = open_ledger(path)

    def close(self) -> None:
        """Close it."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction: all of the block or nothing of it."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

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

    def last_night(self, target: str) -> DeliveryRun | None:
        """Return the newest whole night that was delivered, at least in part."""
        found = tuple(self._runs("target = ? AND kind = 'night' AND state IN ('done', 'partial')", (target,)))
        return found[-1] if found else None

    def _runs(self, where: str, given: Sequence[object]) -> Iterator[DeliveryRun]:
        columns = "run_id, target, kind, score_run, as_of_us, model_version, agreement_version, state, facts"
        query = f"SELECT {columns} FROM run WHERE {where} ORDER BY number"  # noqa: S608 - words of ours
        for found in self.connection.execute(query, given).fetchall():
            document = dict(zip(columns.split(", "), found, strict=True))
            yield DeliveryRun(**{**document, "facts": json.loads(document["facts"])})

    def begin(self, run: DeliveryRun, now: datetime) -> None:
        """Write a new run; inside the transaction that plans it."""
        row = (run.run_id, run.target, run.kind, run.score_run, run.as_of_us, run.model_version, run.agreement_version)
        given = (*row, run.state, now.isoformat(), json.dumps(run.facts, sort_keys=True))
        self.connection.execute(
            "INSERT INTO run (run_id, target, kind, score_run, as_of_us, model_version, agreement_version, state, "
            "started_at, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        found = self.connection.execute(
            "SELECT number, state, not_before, remote FROM chunk WHERE run_id = ? AND state IN ('open', 'started') "
            "ORDER BY state = 'open', not_before, number LIMIT 1",
            (run_id,),
        ).fetchone()
        if found is None:
            return None
        number, state, not_before, remote = found
        kept = None if remote is None else json.loads(remote)
        return OpenChunk(number=number, started=state == "started", not_before=not_before, remote=kept)

    def rows(self, run_id: str, number: int) -> tuple[TargetRow, ...]:
        """Return the rows of a chunk, in order of key, as they were planned."""
        found = self.connection.execute(
            "SELECT lead_id, payload FROM row WHERE run_id = ? AND chunk = ? AND state IN ('planned', 'sent') ORDER BY lead_id",
            (run_id, number),
        )
        return tuple(TargetRow(key=lead_id, values=json.loads(payload)) for lead_id, payload in found)

    def overtaken(self, run: DeliveryRun, number: int) -> tuple[str, ...]:
        """Return leads of a chunk of which the target already confirmed a later score."""
        found = self.connection.execute(
            "SELECT r.lead_id FROM row r JOIN acknowledged a ON a.target = ? AND a.lead_id = r.lead_id "
            "WHERE r.run_id = ? AND r.chunk = ? AND a.as_of_us > ? ORDER BY r.lead_id",
            (run.target, run.run_id, number, run.as_of_us),
        )
        return tuple(lead_id for (lead_id,) in found)

    def start(self, run_id: str, number: int, skipped: Mapping[str, str]) -> None:
        """Record that a chunk's first step is about to be taken, without the rows that must not be written."""
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE row SET state = 'skipped', text = ? WHERE run_id = ? AND lead_id = ?",
                [(why, run_id, key) for key, why in sorted(skipped.items())],
            )
            connection.execute(
                "UPDATE row SET state = 'sent' WHERE run_id = ? AND chunk = ? AND state = 'planned'", (run_id, number)
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

    def reasons(self, run_id: str, state: str) -> list[dict[str, Any]]:
        """Why rows are in a state, in the target's own words, the most frequent first, with up to five leads each."""
        found = self.connection.execute(
            "SELECT code, text, count(*), min(lead_id) FROM row WHERE run_id = ? AND state = ? GROUP BY code, text "
            "ORDER BY 3 DESC, 1, 2 LIMIT 20",
            (run_id, state),
        ).fetchall()
        return [dict(zip(("code", "text", "leads", "example"), row, strict=True)) for row in found]
