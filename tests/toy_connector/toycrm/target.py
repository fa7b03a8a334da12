"""A toy CRM as a place that scores are delivered to: a chunk is one transaction, leads that it refuses are left out of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, TargetField, Value
from leadq.foundation.problems import GateStopped, Problem
from toycrm.database import opened


@dataclass(slots=True, kw_only=True)
class ToyTarget:
    """See :class:`leadq.crm.connectors.protocol.Target`."""

    name: str
    file: Path
    token: str
    chunk_rows: int = 500

    def check(self, fields: Sequence[TargetField]) -> None:
        """Stop where a column is missing."""
        with opened(self.file, self.token) as connection:
            known = {row[1] for row in connection.execute("PRAGMA table_info(leads)")}
        missing = [field.name for field in fields if field.name not in known]
        if missing:
            rule, remedy = "must have the column", "Add it to the table leads."
            raise GateStopped([Problem(where=self.name, rule=rule, value=name, remedy=remedy) for name in missing])

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return leads that are not there."""
        with opened(self.file, self.token) as connection:
            known = {key for (key,) in connection.execute("SELECT id FROM leads")}
        return {key: "no such lead" for key in keys if key not in known}

    def step(self, chunk: Chunk, remote: Mapping[str, str | int | float | None] | None) -> Step:
        """Write the chunk."""
        with opened(self.file, self.token) as connection:
            return Step(outcomes=tuple(_written(connection, row.key, row.values) for row in chunk.rows))

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """Return what it holds."""
        with opened(self.file, self.token) as connection:
            connection.row_factory = sqlite3.Row
            rows = {row["id"]: row for row in connection.execute("SELECT * FROM leads")}
        return {key: {name: rows[key][name] for name in names} for key in keys if key in rows}


def _written(connection: sqlite3.Connection, key: str, values: Mapping[str, Value]) -> RowOutcome:
    names = ", ".join(f'"{name}" = ?' for name in values)  # names were checked against the table
    try:
        found = connection.execute(f"UPDATE leads SET {names} WHERE id = ?", (*values.values(), key)).rowcount
    except sqlite3.IntegrityError as error:
        return RowOutcome(key=key, state="rejected", code="REFUSED", text=str(error))
    return RowOutcome(key=key, state="ok" if found else "skipped", text="" if found else "no such lead")
