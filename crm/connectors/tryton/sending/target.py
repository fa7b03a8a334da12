"""Tryton as a place that scores are delivered to: leads written by id in batches, in fields of leadq only.

A chunk takes two steps: when each lead was last changed is read and kept, then all are written in one transaction that Tryton
refuses where somebody changed a lead in between. Leaves out how a refused batch is taken apart (``batches.py``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, TargetField, TargetRow, Value
from leadq.crm.connectors.tryton.sending.batches import MODEL, Batch
from leadq.crm.connectors.tryton.sending.values import as_read, as_sent, is_id, is_ours
from leadq.crm.connectors.tryton.session import RefusedError, ServerFailedError, TrytonSession
from leadq.foundation.problems import ConfigError, GateStopped, Problem

ROWS_PER_CHUNK = 500
"""About half a second of a SQLite server, in which nobody else can write; fewer a call cost more than they spare people."""
OPEN_STATES = frozenset({"lead", "opportunity"})
_AGAIN_SECONDS = 5.0
_KINDS = {"number": ("integer", "float", "numeric"), "text": ("char", "text"), "picklist": ("selection", "char")}

Remote = Mapping[str, str | int | float | None]


class TrytonTarget:
    """One database of a server.

    Parameters
    ----------
    name : str
        As in ``leadq.yaml``.
    session : TrytonSession
    chunk_rows : int
        Rows of a chunk.
    """

    def __init__(self, name: str, session: TrytonSession, *, chunk_rows: int = ROWS_PER_CHUNK) -> None:
        self.name = name
        self.chunk_rows = chunk_rows
        self._session = session
        self._looked: dict[str, dict[str, Any]] = {}
        self._fields: dict[str, dict[str, Any] | None] = {}

    def _described(self, names: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return fields as Tryton describes them to leadq's user, those that are there; asked for once."""
        if unknown := sorted({name for name in names if is_ours(name)} - self._fields.keys()):
            self._fields |= dict.fromkeys(unknown) | self._session.read(f"{MODEL}.fields_get", unknown, 0)
        return {name: held for name in names if (held := self._fields.get(name)) is not None}

    def check(self, fields: Sequence[TargetField]) -> None:
        """Stop before anything is written where a field is missing, too short, of another kind or not writable.

        Raises
        ------
        GateStopped
            All that is wrong at once.
        """
        held = self._described([field.name for field in fields])
        if problems := [
            problem for field in fields if (problem := self._wrong(field, held.get(field.name))) is not None
        ]:
            raise GateStopped(problems)
        try:
            self._look_at([])
        except RefusedError as error:
            remedy = (
                f"Put the user {self._session.account.user} into the group leadq and give it the company of the leads."
            )
            where, rule = self._session.account.title, "must let leadq's user see leads"
            raise GateStopped(Problem(where=where, rule=rule, value=error.text, remedy=remedy)) from None

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return leads that are none any more, with why; the chunk that follows need not look again."""
        self._looked = self._look(keys)
        return {key: why for key in keys if (why := _why_skipped(key, self._looked.get(key)))}

    def step(self, chunk: Chunk, remote: Remote | None) -> Step:
        """Read when leads were last changed, or write them all.

        Raises
        ------
        UnheardError
            The same step may be taken again: values are absolute.
        LeadqError
            The server does not let us in, or a field is not leadq's to write.
        """
        if remote is None:
            return Step(remote={"changed": json.dumps(self._changed(chunk.rows), separators=(",", ":"))})
        changed: dict[str, list[str]] = json.loads(str(remote["changed"]))
        outcomes = {
            row.key: RowOutcome(key=row.key, state="skipped", text=why)
            for row in chunk.rows
            if (why := changed.get(row.key, ["", "not found"])[1])
        }
        left = [row for row in chunk.rows if row.key not in outcomes]
        kinds = self._kinds({name for row in left for name in row.values})
        rows = {int(row.key): {name: as_sent(value, kinds[name]) for name, value in row.values.items()} for row in left}
        batch = Batch(session=self._session, rows=rows, changed={one: changed[str(one)][0] for one in rows})
        try:
            written = batch.write(apart=bool(remote.get("failed")))
        except ServerFailedError:
            return Step(remote={**remote, "failed": 1}, wait_seconds=_AGAIN_SECONDS)
        outcomes |= {outcome.key: outcome for outcome in written}
        return Step(remote={}, outcomes=tuple(outcomes[row.key] for row in chunk.rows))

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """Return what leads hold now; those that are not there are left out."""
        known = list(self._described(names))
        return {
            str(row["id"]): {name: as_read(row.get(name)) for name in known}
            for part in _parts(keys)
            for row in self._session.read(f"{MODEL}.search_read", [("id", "in", part)], 0, None, None, known)
        }

    def _changed(self, rows: Sequence[TargetRow]) -> dict[str, list[str]]:
        """Return of each lead when it was last changed and why it must not be written, if so."""
        looked, self._looked = self._looked, {}
        if not all(row.key in looked for row in rows):
            looked = self._look([row.key for row in rows])
        return {
            row.key: [str(looked.get(row.key, {}).get("_timestamp", "")), _why_skipped(row.key, looked.get(row.key))]
            for row in rows
        }

    def _look(self, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return when leads were last changed and their state, by key."""
        return {str(row["id"]): row for part in _parts(keys) for row in self._look_at(part)}

    def _look_at(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._session.read(f"{MODEL}.leadq_looked", list(ids))
        return found

    def _kinds(self, names: Collection[str]) -> dict[str, str]:
        """Return what kind each field is, all of which must be leadq's."""
        held = self._described(names)
        if wrong := sorted(set(names) - held.keys()):
            rule = "must be a field of leadq"
            raise ConfigError(Problem(where=self.name, rule=rule, value=wrong[0], remedy="Nothing is written."))
        return {name: str(field["type"]) for name, field in held.items()}

    def _wrong(self, field: TargetField, held: Mapping[str, Any] | None) -> Problem | None:
        where = f"{self._session.account.title}, field {field.name}"
        remedy = "Install the module leadq_scores: docs/howto/tryton.md."
        if not is_ours(field.name):
            return Problem(where=where, rule="must be leadq's to write", remedy="Nothing is written.")
        if held is None:
            return Problem(where=where, rule="must be there", remedy=remedy)
        kinds = _KINDS.get(field.kind, ("datetime", "timestamp"))
        if held["type"] not in kinds:
            return Problem(where=where, rule=f"must be of the kind {kinds[0]}", value=held["type"], remedy=remedy)
        if held.get("readonly"):
            remedy = f"Put the user {self._session.account.user} into the group leadq."
            return Problem(where=where, rule="must be writable for leadq's user", remedy=remedy)
        if field.length and 0 < (held.get("size") or 0) < field.length:
            return Problem(
                where=where, rule=f"must take {field.length} characters", value=str(held["size"]), remedy=remedy
            )
        offered = self._choices(held) if field.choices else []
        if missing := [choice for choice in field.choices if choice not in offered]:
            remedy = "Add it in Tryton under Sales, Configuration, Lead scores: choices."
            return Problem(where=where, rule="must offer the choice", value=missing[0], remedy=remedy)
        return None

    def _choices(self, held: Mapping[str, Any]) -> list[str]:
        offered = held.get("selection") or []
        if isinstance(offered, str):
            offered = self._session.read(f"{MODEL}.{offered}", {})  # to a lead that holds none
        return [str(code) for code, _ in offered]


def _parts(keys: Sequence[str]) -> list[list[int]]:
    """Return the ids of keys in parts of a call; what is no id is not asked for."""
    ids = sorted({int(key) for key in keys if is_id(key)})
    return [ids[first : first + ROWS_PER_CHUNK] for first in range(0, len(ids), ROWS_PER_CHUNK)]


def _why_skipped(key: str, row: Mapping[str, Any] | None) -> str:
    if not is_id(key):
        return "not a Tryton id"
    if row is None:
        return "not found, or not visible to leadq's user"
    state = str(row.get("state"))
    return "" if state in OPEN_STATES else state
