"""What people answered at the desk: accepted, rejected with a reason, or "this tier is wrong"; and who did what when.

One SQLite file a store (``answers.sqlite``), which only grows: a later answer counts, an earlier one stays. Several threads and
processes may use it at once. A decision becomes a disposition at the next reading (``crm/reading/ingest.py``), a disagreement alone does
not. What an answer must say is in ``crm/answers/answer.py``, the file in ``crm/answers/answers_database.py``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from leadq.crm.answers.answer import MAX_NOTE, Answer, Decision, clean_note
from leadq.crm.answers.answers_database import CHALLENGES_FROM, reading, writing
from leadq.crm.contract.crm_tables import DISPOSITIONS, WORKED_AGAIN
from leadq.foundation.epoch_microseconds import microseconds, moment_of

__all__ = ["ANSWERS", "CHANNEL", "MAX_NOTE", "Answer", "AnswerBook", "AuditRow", "Decision", "clean_note"]

ANSWERS = "answers.sqlite"
"""Name of the file in the store."""
CHANNEL = "desk"

_BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """Who did what when; ``detail`` holds plain values."""

    at: datetime
    who: str
    what: str
    lead_id: str | None
    detail: Mapping[str, Any]


class AnswerBook:
    """The answers of one store.

    Parameters
    ----------
    path : Path
        ``<store>/answers.sqlite``; made with the first record, never by reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._seen = 0
        self._decisions: Mapping[str, Answer] = {}
        self._disagreements: Mapping[str, Answer] = {}

    def record(self, answer: Answer, *, who: str | None = None) -> None:
        """Keep ``answer`` and, in the same transaction, that ``who`` (else its rep) gave it.

        Raises
        ------
        StoreError
            Nothing was recorded.
        """
        with writing(self.path) as connection:
            write_answer(connection, answer, who=who)

    def note_audit(
        self, at: datetime, who: str, what: str, detail: Mapping[str, Any] | None = None, *, lead_id: str | None = None
    ) -> None:
        """Keep that ``who`` did ``what`` at ``at`` (UTC): a sign-in, a refused one, an export. Never pass a token in ``detail``."""
        with writing(self.path) as connection:
            write_audit(connection, at, who, what, lead_id, detail or {})

    def latest(self) -> Mapping[str, Answer]:
        """Return the latest decision on each lead; reads only what is new since the last call."""
        self._catch_up()
        return self._decisions

    def disagreements(self) -> Mapping[str, Answer]:
        """Return the latest answer on each lead that suggests another tier, with or without a decision."""
        self._catch_up()
        return self._disagreements

    def of(self, lead_id: str) -> tuple[Answer, ...]:
        """All answers on one lead, oldest first."""
        return tuple(answer for _, answer in self._read("WHERE lead_id = ? ORDER BY decided_us, number", (lead_id,)))

    def since(self, moment: datetime) -> tuple[Answer, ...]:
        """All answers given at or after ``moment``, oldest first."""
        rows = self._read("WHERE decided_us >= ? ORDER BY decided_us, number", (microseconds(moment),))
        return tuple(answer for _, answer in rows)

    def audit(self) -> tuple[AuditRow, ...]:
        """Return the whole audit log, in the order it was written."""
        with reading(self.path) as connection:
            rows = [] if connection is None else connection.execute(_AUDIT_ROWS).fetchall()
        return tuple(
            AuditRow(at=moment_of(at), who=who, what=what, lead_id=lead_id, detail=json.loads(detail))
            for at, who, what, lead_id, detail in rows
        )

    def dispositions(self, *, until: datetime) -> Iterator[pa.RecordBatch]:
        """Decisions given at or before ``until`` in the contract's columns (channel desk), oldest first.

        Among them what was picked until then to be worked again, as a decision of its own.
        """
        with reading(self.path) as connection:
            if connection is None:
                return
            cursor = connection.execute(_dispositions_sql(connection), {"until": microseconds(until)})
            while rows := cursor.fetchmany(_BATCH_ROWS):
                arrays = [pa.array(values) for values in zip(*rows, strict=True)]
                typed = [array.cast(field.type) for array, field in zip(arrays, DISPOSITIONS, strict=True)]
                yield pa.record_batch(typed, schema=DISPOSITIONS)

    def _catch_up(self) -> None:
        """Take in answers recorded since the last look, by whatever process; a mapping once handed out never changes."""
        with self._lock:
            rows = self._read("WHERE number > ? ORDER BY number", (self._seen,))
            if not rows:
                return
            answers = [answer for _, answer in rows]
            self._decisions = _with(self._decisions, (one for one in answers if one.decision is not None))
            self._disagreements = _with(self._disagreements, (one for one in answers if one.suggested_tier is not None))
            self._seen = rows[-1][0]

    def _read(self, condition: str, values: tuple[Any, ...]) -> list[tuple[int, Answer]]:
        with reading(self.path) as connection:
            if connection is None:
                return []
            there = {row[1] for row in connection.execute("PRAGMA table_info(answers)")}
            said = [name for name in _SAID if name in there]  # a log of an earlier leadq has fewer columns
            query = f"SELECT number, decided_us, {', '.join(said)} FROM answers {condition}"  # noqa: S608 - names of our own
            return [
                (number, _answer(decided_us, dict(zip(said, row, strict=True))))
                for number, decided_us, *row in connection.execute(query, values)
            ]


_SAID = tuple(field.name for field in fields(Answer) if field.name != "decided_at")
_DECISIONS = "SELECT {columns}, 0 AS of_draw, number FROM answers WHERE decision IS NOT NULL AND decided_us <= :until"
_PICKED = "SELECT {columns}, 1 AS of_draw, number FROM challenges WHERE picked AND challenged_us <= :until"
_CHANNEL_SQL = f"'{CHANNEL}'"
_DISPOSITION_SQL = {"decided_at": "decided_us", "channel": _CHANNEL_SQL}
_PICKED_SQL = {
    "lead_id": "lead_id",
    "decided_at": "challenged_us",
    "decision": f"'{WORKED_AGAIN}'",
    "channel": _CHANNEL_SQL,
}
_AUDIT_ROWS = "SELECT at_us, who, what, lead_id, detail FROM audit ORDER BY number"


def _dispositions_sql(connection: sqlite3.Connection) -> str:
    names = DISPOSITIONS.names
    parts = [_DECISIONS.format(columns=", ".join(f"{_DISPOSITION_SQL.get(name, name)} AS {name}" for name in names))]
    if connection.execute("PRAGMA user_version").fetchone()[0] >= CHALLENGES_FROM:
        picked = ", ".join(f"{_PICKED_SQL.get(name, 'NULL')} AS {name}" for name in names)
        parts.append(_PICKED.format(columns=picked))
    return f"SELECT {', '.join(names)} FROM ({' UNION ALL '.join(parts)}) ORDER BY decided_at, of_draw, number"  # noqa: S608


def _with(known: Mapping[str, Answer], answers: Iterable[Answer]) -> Mapping[str, Answer]:
    """``known`` with ``answers``, which come in the order they were recorded: of two at one moment the later one counts."""
    found = dict(known)
    for answer in answers:
        earlier = found.get(answer.lead_id)
        if earlier is None or earlier.decided_at <= answer.decided_at:
            found[answer.lead_id] = answer
    return MappingProxyType(found)


def _answer(decided_us: int, said: dict[str, Any]) -> Answer:
    if said.get("fits_profile") is not None:
        said = {**said, "fits_profile": bool(said["fits_profile"])}
    return Answer(decided_at=moment_of(decided_us), **said)


def write_answer(connection: sqlite3.Connection, answer: Answer, *, who: str | None = None) -> None:
    """Keep an answer and that ``who`` (else its rep) gave it, in the caller's transaction."""
    said = {key: value for key, value in asdict(answer).items() if key not in ("lead_id", "decided_at")}
    detail = {key: value for key, value in said.items() if value is not None}
    columns = ("lead_id", "decided_us", *said)
    values = (answer.lead_id, microseconds(answer.decided_at), *said.values())
    marks = ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO answers ({', '.join(columns)}) VALUES ({marks})", values)  # noqa: S608
    what = answer.decision or "disagreed"
    write_audit(connection, answer.decided_at, who or answer.rep, what, answer.lead_id, detail)


def write_audit(
    connection: sqlite3.Connection, at: datetime, who: str, what: str, lead_id: str | None, detail: Mapping[str, Any]
) -> None:
    """Keep who did what, in the caller's transaction."""
    text = json.dumps(detail, sort_keys=True, ensure_ascii=False)
    connection.execute(
        "INSERT INTO audit (at_us, who, what, lead_id, detail) VALUES (?, ?, ?, ?, ?)",
        (microseconds(at), who, what, lead_id, text),
    )
