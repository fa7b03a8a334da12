"""Scores into a table of a company's PostgreSQL: a row a lead, its newest values, one transaction a chunk.

The table is made where there is none. A chunk is copied as text into a table of its transaction and put in from there; where that
is refused (a check, a trigger), its halves are tried, down to the row at fault, which is rejected by itself. Names are checked
against what is there and quoted. Leaves out connections (``crm/storage/postgres_transaction.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, TargetField, TargetRow, UnheardError, Value
from leadq.crm.storage.postgres_transaction import AWAY, DatabaseProblem, plain_words, transaction
from leadq.crm.storage.scratch_database import name
from leadq.crm.storage.source_locations import Database
from leadq.foundation.problems import LeadqError, Problem, StoreError

KEY = "lead_id"
_KINDS = {"number": "double precision", "text": "text", "picklist": "text", "moment": "timestamptz"}
_NOT_A_ROWS = (*AWAY, "25", "28", "42", "58", "XX")
"""Classes of errors that are no row's fault: all others are, for a trigger may raise any (a constraint, data, a code of its own)."""


@dataclass(slots=True, kw_only=True)
class PostgresTarget:
    """A table that takes scores: ``table`` or ``schema.table``."""

    name: str
    database: Database
    table: str
    chunk_rows: int = 5_000
    fields: tuple[TargetField, ...] = ()
    empty: bool = False

    def check(self, fields: Sequence[TargetField]) -> None:
        """Make the table where there is none, and see whether there is a row in it.

        Raises
        ------
        LeadqError
            The table there lacks a field or its key, or the database cannot be used.
        """
        self.fields = tuple(fields)
        columns = ", ".join(f"{name(field.name)} {_KINDS[field.kind]}" for field in fields)
        with _asked(self) as connection:
            schema = self.table.rpartition(".")[0]
            if connection.execute("SELECT to_regclass(%s)", (self._quoted,)).fetchone()[0] is None:
                if schema:
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name(schema)}")
                connection.execute(f"CREATE TABLE {self._quoted} ({name(KEY)} text PRIMARY KEY, {columns})")
            found = connection.execute(
                "SELECT attname, attnum = ANY (coalesce((SELECT conkey FROM pg_constraint WHERE conrelid = attrelid AND "
                "contype IN ('p', 'u') AND cardinality(conkey) = 1 AND attname = %s LIMIT 1), '{}')) FROM pg_attribute "
                "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                (KEY, self._quoted),
            ).fetchall()
            self.empty = connection.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {self._quoted})").fetchone()[0]  # noqa: S608
        self._must_fit(dict(found))

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - a table refuses no lead beforehand
        """Return nothing."""
        return {}

    def step(self, chunk: Chunk, remote: Mapping[str, str | int | float | None] | None) -> Step:  # noqa: ARG002
        """Write the chunk in one transaction, without the rows that the table refuses."""
        with _asked(self) as connection:
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a refusal at the end would be every row's
            self._copy(connection, chunk.rows)
            outcomes = tuple(self._put_in(connection, chunk.rows, 0))
        return Step(outcomes=outcomes)

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """Return what the table holds."""
        columns = ", ".join(name(column) for column in (KEY, *names))
        with _asked(self, read_only=True) as connection:
            asked = f"SELECT {columns} FROM {self._quoted}".replace("%", "%%")  # noqa: S608 - quoted
            query = f"{asked} WHERE {name(KEY)} = ANY (%s)"
            found = connection.execute(query, (list(keys),)).fetchall()
        return {row[0]: {column: _plain(value) for column, value in zip(names, row[1:], strict=True)} for row in found}

    @property
    def _quoted(self) -> str:
        return ".".join(name(part) for part in self.table.split("."))

    def _must_fit(self, columns: Mapping[str, bool]) -> None:
        where = f"{self.name} table {self.table}"
        problems = [
            Problem(where=where, rule="must have the column", value=column, remedy=f"Add it: {_KINDS[kind]}.")
            for column, kind in ((field.name, field.kind) for field in self.fields)
            if column not in columns
        ]
        if not columns.get(KEY):
            remedy = f"Make {KEY} its primary key, or name another table under deliver in leadq.yaml."
            problems.append(Problem(where=where, rule=f"must have one row for each {KEY}", remedy=remedy))
        if problems:
            raise LeadqError(problems)

    def _copy(self, connection: Any, rows: Sequence[TargetRow]) -> None:
        """Copy the rows, numbered, into a table of this transaction; as text, which refuses nothing."""
        names = [KEY, *(field.name for field in self.fields)]
        columns = ", ".join(map(name, names))
        kinds = ", ".join(f"{name(column)} text" for column in names)
        connection.execute(f"CREATE TEMP TABLE leadq_sent (leadq_place int PRIMARY KEY, {kinds}) ON COMMIT DROP")
        with connection.cursor() as cursor, cursor.copy(f"COPY leadq_sent (leadq_place, {columns}) FROM STDIN") as copy:
            for place, row in enumerate(rows):
                copy.write_row([place, _taken(row.key), *(_taken(row.values.get(one)) for one in names[1:])])

    def _put_in(self, connection: Any, rows: Sequence[TargetRow], first: int) -> Iterator[RowOutcome]:
        """Put in the copied rows from place ``first`` on, all or, where one is refused, each half by itself."""
        try:
            with connection.transaction():
                connection.execute(self._insert(first, first + len(rows)))
        except Exception as error:
            if not _is_refusal(error):
                raise
            if len(rows) > 1:
                middle = len(rows) // 2
                yield from self._put_in(connection, rows[:middle], first)
                yield from self._put_in(connection, rows[middle:], first + middle)
                return
            said = str(getattr(error, "diag").message_primary or "")  # noqa: B009 - psycopg is an extra
            yield RowOutcome(key=rows[0].key, state="rejected", code=_state(error), text=said)
        else:
            yield from (RowOutcome(key=row.key, state="ok") for row in rows)

    def _insert(self, first: int, end: int) -> str:
        columns = ", ".join(name(column) for column in (KEY, *(field.name for field in self.fields)))
        values = ", ".join([name(KEY), *(f"{name(field.name)}::{_KINDS[field.kind]}" for field in self.fields)])
        new = ", ".join(f"{name(field.name)} = EXCLUDED.{name(field.name)}" for field in self.fields)
        return (
            f"INSERT INTO {self._quoted} ({columns}) SELECT {values} FROM leadq_sent "  # noqa: S608 - quoted
            f"WHERE leadq_place >= {first} AND leadq_place < {end} ON CONFLICT ({name(KEY)}) DO UPDATE SET {new}"
        )


@contextmanager
def _asked(target: PostgresTarget, *, read_only: bool = False) -> Iterator[Any]:
    """Yield a connection in one transaction; an error that another try may do without is told as unheard."""
    title = f"{target.name} table {target.table}"
    try:
        with transaction(target.name, target.database, read_only=read_only) as backend, plain_words(title):
            yield backend.con
    except DatabaseProblem as stopped:
        raise (UnheardError if stopped.away else StoreError)(stopped.problem) from stopped


def _is_refusal(error: BaseException) -> bool:
    return bool(_state(error)) and _state(error)[:2] not in _NOT_A_ROWS


def _state(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", None) or "")


def _taken(value: Value) -> Value:
    """Return a value as PostgreSQL takes it, which has no sign for U+0000."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _plain(value: Any) -> Value:
    """Return a column's value as the core knows it: a moment as text."""
    plain: Value = value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value
    return plain
