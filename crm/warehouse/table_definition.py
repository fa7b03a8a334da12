"""Where score tables are in a company's PostgreSQL, and what stands there: made where absent, refused where it does not fit.

The tables are Ibis' work; keys and the view, which it cannot make, are not. Leaves out the rows (``score_tables.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa
from ibis.common.exceptions import TableNotFound
from ibis.expr.datatypes import JSON

from leadq.crm.contract.score_table import SCORES, WITH_REJECTIONS
from leadq.crm.storage.scratch_database import name
from leadq.crm.storage.source_locations import Database
from leadq.foundation.problems import Problem, StoreError

_KEYS = ("run_id", "lead_id")
_NIGHTS = {"run_id": "!string", "as_of": "!timestamp('UTC', 6)", "scored_at": "!timestamp('UTC', 6)", "leads": "!int64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTarget:
    """Where score tables go: a database, its name in ``leadq.yaml``, and the table (``table`` or ``schema.table``)."""

    name: str
    database: Database
    table: str

    @property
    def title(self) -> str:
        """What a person calls it."""
        return f"{self.name} table {self.table}"

    @property
    def schema(self) -> str | None:
        """Schema that is named, or None for the user's own."""
        return self.table.rpartition(".")[0] or None

    def part(self, ending: str = "") -> str:
        """Name of the table, or of what stands beside it."""
        return self.table.rpartition(".")[2] + ending

    def quoted(self, ending: str = "") -> str:
        """Return the full name of the table, or of what stands beside it, for SQL."""
        return ".".join(name(one) for one in (self.schema, self.part(ending)) if one)


def make_tables(backend: Any, target: ScoreTarget) -> None:
    """Make what is not there yet; a view of another table of that name goes."""
    if target.schema is not None and target.schema not in backend.list_databases():
        backend.con.execute(f"CREATE SCHEMA {name(target.schema)}")  # Ibis would not quote it
    if columns_of(backend, target, "_nights") is None:
        backend.create_table(target.part("_nights"), schema=_NIGHTS, database=target.schema)
        backend.con.execute(f"ALTER TABLE {target.quoted('_nights')} ADD PRIMARY KEY (run_id)")
    if columns_of(backend, target) is not None:
        return
    backend.create_table(target.part(), schema=_schema(WITH_REJECTIONS), database=target.schema)
    backend.con.execute(f"ALTER TABLE {target.quoted()} ADD PRIMARY KEY ({', '.join(_KEYS)})")
    order = "ORDER BY as_of DESC, scored_at DESC, run_id DESC LIMIT 1"
    newest = f"SELECT run_id FROM {target.quoted('_nights')} {order}"  # noqa: S608 - quoted
    latest = f"SELECT * FROM {target.quoted()} WHERE run_id = ({newest})"  # noqa: S608 - quoted
    backend.con.execute(f"DROP VIEW IF EXISTS {target.quoted('_latest')}")
    backend.con.execute(f"CREATE VIEW {target.quoted('_latest')} AS {latest}")


def _schema(fields: pa.Schema) -> Any:
    kinds = {field.name: _kind(field) for field in fields}
    return ibis.schema({column: kind if column not in _KEYS else f"!{kind}" for column, kind in kinds.items()})


def _kind(field: pa.Field) -> Any:
    """Ibis type of a column of the score table."""
    if pa.types.is_nested(field.type):
        return JSON(binary=True)
    if pa.types.is_timestamp(field.type):
        return "timestamp('UTC', 6)"
    return ibis.schema(pa.schema([field]))[field.name]


def columns_of(backend: Any, target: ScoreTarget, ending: str = "") -> dict[str, str] | None:
    """Columns and their types of the table or what stands beside it, or None where it is absent."""
    try:
        found = backend.get_schema(target.part(ending), database=target.schema)
    except TableNotFound:
        return None
    return {column: str(kind).lstrip("!") for column, kind in found.items()}


def must_fit(backend: Any, target: ScoreTarget) -> None:
    """Refuse a table whose columns are not the score table's; further ones may be there, and those that came later may not."""
    found = columns_of(backend, target) or {}
    wanted = {column: str(kind).lstrip("!") for column, kind in _schema(SCORES).items()}
    wrong = [f"{column} {found.get(column, 'is absent')}" for column in wanted if found.get(column) != wanted[column]]
    if wrong:
        old = f"ALTER TABLE {target.quoted()} RENAME TO {name(target.part('_before'))}"
        problem = Problem(
            where=target.title,
            rule="must have the columns of this version's score table",
            value=", ".join(wrong[:5]),
            remedy=f"Rename it ({old}) or name another table in leadq.yaml; leadq then creates it.",
        )
        raise StoreError(problem)
