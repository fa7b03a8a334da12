"""Challenges and replies as they are kept: beside the answers in ``answers.sqlite``, which only grows (decision 0035)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from leadq.crm.answers.answer import Answer
from leadq.crm.answers.answer_log import write_answer, write_audit
from leadq.crm.answers.answers_database import reading, writing
from leadq.crm.answers.challenge import Challenge, Reply, drawn
from leadq.foundation.epoch_microseconds import microseconds, moment_of
from leadq.foundation.problems import Problem, UsageError


class ChallengeLog:
    """The challenges of one store.

    Parameters
    ----------
    path : Path
        ``<store>/answers.sqlite``; made with the first record, never by reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, challenge: Challenge) -> Challenge:
        """Keep a challenge, and in the same transaction who made it; draw whether a rejected lead is worked again.

        Returns
        -------
        Challenge
            As it was kept.

        Raises
        ------
        UsageError
            The same was challenged before; nothing was recorded.
        StoreError
            Nothing was recorded.
        """
        values = {
            "lead_id": challenge.lead_id,
            "challenged_us": microseconds(challenge.challenged_at),
            "side": challenge.side,
            "who": challenge.who,
            "about": challenge.about,
            "of_us": microseconds(challenge.of_at),
            "reason": challenge.reason,
            "note": challenge.note,
        }
        key = (values["lead_id"], values["about"], values["of_us"])
        with writing(self.path) as connection:
            if connection.execute(_THERE, key).fetchone():
                rule, remedy = "must be challenged once only", "Read what was replied; each answer is challenged once."
                raise UsageError(Problem(where=f"lead {challenge.lead_id}", rule=rule, remedy=remedy))
            (seed,) = connection.execute("SELECT seed FROM draw").fetchone()
            picked = challenge.about == "rejection" and drawn(seed, challenge.lead_id, challenge.of_at)
            values["picked"] = int(picked)
            marks = ", ".join("?" * len(values))
            insert = f"INSERT INTO challenges ({', '.join(values)}) VALUES ({marks})"  # noqa: S608 - names of our own
            connection.execute(insert, tuple(values.values()))
            detail = {name: values[name] for name in ("side", "about", "note", "picked")}
            _noted(connection, challenge.challenged_at, challenge.who, "challenged", challenge.lead_id, detail)
        return replace(challenge, picked=picked)

    def reply(self, challenge: Challenge, reply: Reply, *, instead: Answer | None = None) -> None:
        """Keep the reply to a challenge and, in the same transaction, the answer that takes the place of the challenged one.

        Raises
        ------
        UsageError
            There is a reply already, or no such challenge; nothing was recorded.
        StoreError
            Nothing was recorded.
        """
        key = (challenge.lead_id, challenge.about, microseconds(challenge.of_at))
        with writing(self.path) as connection:
            found = connection.execute(_OPEN, key).fetchone()
            if found is None:
                rule, remedy = "must be open to reply to", "Look at the challenges again: leadq answers."
                raise UsageError(Problem(where=f"challenge of lead {challenge.lead_id}", rule=rule, remedy=remedy))
            given = (found[0], microseconds(reply.replied_at), reply.who, reply.said, reply.note)
            connection.execute(_REPLY, given)
            detail = {"said": reply.said, "note": reply.note}
            _noted(connection, reply.replied_at, reply.who, "replied", challenge.lead_id, detail)
            if instead is not None:
                write_answer(connection, instead, who=reply.who)

    def all(self) -> tuple[Challenge, ...]:
        """Return every challenge with its reply, oldest first."""
        return self._read("", ())

    def of(self, lead_id: str) -> tuple[Challenge, ...]:
        """Return the challenges on one lead, oldest first."""
        return self._read("WHERE lead_id = ?", (lead_id,))

    def _read(self, condition: str, values: tuple[Any, ...]) -> tuple[Challenge, ...]:
        with reading(self.path) as connection:
            if connection is None or not connection.execute(_TABLE).fetchone():
                return ()  # a log of an earlier leadq
            rows = connection.execute(_ROWS.format(condition=condition), values).fetchall()
        return tuple(_challenge(dict(zip(_NAMES, row, strict=True))) for row in rows)


_NAMES = ("lead_id", "challenged_us", "side", "who", "about", "of_us", "reason", "note", "picked",
          "replied_us", "replier", "said", "reply_note")  # fmt: skip
_ROWS = (
    "SELECT lead_id, challenged_us, side, who, about, of_us, reason, note, picked, replied_us, replier, said, reply_note "
    "FROM challenges LEFT JOIN replies ON replies.challenge = challenges.number {condition} ORDER BY challenged_us, challenges.number"
)
_TABLE = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'challenges'"
_THERE = "SELECT number FROM challenges WHERE lead_id = ? AND about = ? AND of_us = ?"
_OPEN = "SELECT number FROM challenges WHERE lead_id = ? AND about = ? AND of_us = ? AND number NOT IN (SELECT challenge FROM replies)"
_REPLY = "INSERT INTO replies (challenge, replied_us, replier, said, reply_note) VALUES (?, ?, ?, ?, ?)"


def _challenge(row: dict[str, Any]) -> Challenge:
    reply = None
    if row["said"] is not None:
        replied_at = moment_of(row["replied_us"])
        reply = Reply(replied_at=replied_at, who=row["replier"], said=row["said"], note=row["reply_note"])
    told = {name: row[name] for name in ("lead_id", "side", "who", "about", "reason", "note")}
    at, of_at = moment_of(row["challenged_us"]), moment_of(row["of_us"])
    return Challenge(**told, challenged_at=at, of_at=of_at, picked=bool(row["picked"]), reply=reply)


def _noted(
    connection: sqlite3.Connection, at: datetime, who: str, what: str, lead_id: str, detail: Mapping[str, Any]
) -> None:
    write_audit(connection, at, who, what, lead_id, {name: one for name, one in detail.items() if one is not None})
