"""Two readings of the same sources, column by column: in how many rows they differ, with one example both ways.

Rows with a key are held side by side; of events and the like, which have none, how often each value stands there. Says nothing
about which of the two is right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import TABLES, TEXT
from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path
from leadq.crm.storage.scratch_database import Connection, Relation, count, first_row, name, open_engine
from leadq.foundation.plurals import counted

_OUTCOMES = "outcomes"
_KEYS = {
    "leads": "lead_id",
    "accounts": "account_id",
    "opportunities": "opportunity_id",
    "lead_aliases": "old_lead_id",
    _OUTCOMES: "lead_id",
}
_COUNTED_AS = {"leads": "lead", "accounts": "account", "opportunities": "opportunity", _OUTCOMES: "lead"}
_LONGEST = 40
_NOTHING = "nothing"
_LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDifference:
    """A column that two readings read otherwise.

    Parameters
    ----------
    column : str
        ``"leads.employees"``; ``"leads"`` alone where rows are there by one reading only.
    rows, of : int
        In how many of how many rows they differ.
    key : str
        Of the example; empty where rows have none.
    then, now : str
        What the former and the present reading make of the example.
    """

    column: str
    rows: int
    of: int
    key: str
    then: str
    now: str

    def in_words(self) -> str:
        """Return a line for the command line."""
        if "." not in self.column:
            return f"{self.column}: {self.then}, now {self.now}; {self.rows:,} by one reading only"
        what = counted(self.of, _COUNTED_AS.get(self.column.partition(".")[0], "row"))
        where = f"{self.key}: " if self.key else ""
        return f"{self.column}: {self.rows:,} of {what}, such as {where}{self.then}, now {self.now}"

    def to_document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A table by one of the readings."""

    rows: Relation
    types: dict[str, pa.DataType]

    def text(self, column: str) -> str:
        """Return the SQL of a value as text; null where this reading has no such column."""
        kind = self.types.get(column)
        if kind is None:
            return "NULL::VARCHAR"
        moment = f"strftime({name(column)} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S')"
        return moment if pa.types.is_timestamp(kind) else f"{name(column)}::VARCHAR"

    def shown(self, column: str, value: str) -> str:
        """Return a value as a person is told it."""
        if not value:
            return _NOTHING
        kind = self.types[column]
        if pa.types.is_floating(kind):
            return value.removesuffix(".0")
        cut = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
        return json.dumps(cut, ensure_ascii=False) if kind == TEXT else cut


def differing_columns(former: History, present: History) -> tuple[ColumnDifference, ...]:
    """Compare two readings of the same sources at the same moment.

    Returns
    -------
    tuple of ColumnDifference
        In the order of the contract's tables and columns, own columns last; empty where all is the same.
    """
    if former.sha256 == present.sha256:
        return ()
    with (
        TemporaryDirectory(prefix="leadq-gate-") as scratch,
        open_engine(Path(scratch) / "engine", memory_limit="1GB") as connection,
    ):
        found: list[ColumnDifference] = []
        for table in (one for one in (*TABLES, _OUTCOMES) if former.has(one) and present.has(one)):
            then, now = _side(connection, former, table), _side(connection, present, table)
            key = _KEYS.get(table)
            found += _by_value(table, then, now) if key is None else _by_key(table, then, now, key)
    return tuple(found)


def _side(connection: Connection, history: History, table: str) -> _Side:
    def rows(name_: str) -> Relation:
        return connection.read_parquet(engine_path(history.path(name_)), **AS_IT_STANDS)

    found = pq.read_schema(history.path(table))
    types = dict(zip(found.names, found.types, strict=True))
    return _Side(
        rows=_last_outcomes(rows("leads"), rows(_OUTCOMES)) if table == _OUTCOMES else rows(table), types=types
    )


def _last_outcomes(leads: Relation, outcomes: Relation) -> Relation:
    """Return a row a lead: its last outcome, and when; ``open`` where it has none."""
    last = outcomes.aggregate("lead_id, arg_max(outcome, occurred_at) AS outcome, max(occurred_at) AS occurred_at")
    every = leads.project("lead_id").join(last, "lead_id", how="left")
    return every.project("lead_id, coalesce(outcome, 'open') AS outcome, occurred_at")


def _by_key(table: str, then: _Side, now: _Side, key: str) -> Iterator[ColumnDifference]:
    """Hold rows of one key side by side: all columns in one pass."""
    columns = [one for one in _columns(then, now) if one != key]
    sides = [_numbered(side, key, columns, end) for side, end in ((then, "then"), (now, "now"))]
    both = sides[0].join(sides[1], "_leadq_key_then = _leadq_key_now", how="outer")
    alone = "(_leadq_key_then IS NULL OR _leadq_key_now IS NULL)"
    asked = ["count(*)", f"count(*) FILTER ({alone})", "count(_leadq_key_then)", "count(_leadq_key_now)"]
    for place in range(len(columns)):
        was, became = f"_leadq_then_{place}", f"_leadq_now_{place}"
        differs = f"FILTER (NOT {alone} AND {was} IS DISTINCT FROM {became})"
        asked += [f"count(*) {differs}", f"min(_leadq_key_then) {differs}"]
        asked += [f"arg_min(coalesce({one}::VARCHAR, ''), _leadq_key_then) {differs}" for one in (was, became)]
    of, apart, rows_then, rows_now, *found = first_row(both.aggregate(", ".join(asked)))
    if apart and table != _OUTCOMES:
        yield ColumnDifference(
            column=table, rows=apart, of=of, key="", then=counted(rows_then, "row"), now=counted(rows_now, "row")
        )
    for place, column in enumerate(columns):
        rows, example, was, became = found[4 * place : 4 * place + 4]
        if rows:
            yield _difference(f"{table}.{column}", (rows, of, example), (then, was), (now, became))


def _by_value(table: str, then: _Side, now: _Side) -> Iterator[ColumnDifference]:
    """Count how often each value stands in a column by either reading, and how often it has no counterpart."""
    of = max(count(then.rows), count(now.rows))
    for column in _columns(then, now):
        sides = [
            side.rows.project(f"{side.text(column)} AS _leadq_value, {one} AS _leadq_one")
            for side, one in ((then, 1), (now, -1))
        ]
        values = sides[0].union(sides[1]).aggregate("_leadq_value, sum(_leadq_one) AS _leadq_more")
        asked = [
            f"{what} FILTER (_leadq_more {sign} 0)"
            for sign in (">", "<")
            for what in ("sum(abs(_leadq_more))", "min(coalesce(_leadq_value, ''))")
        ]
        more, was, fewer, became = first_row(values.aggregate(", ".join(asked)))
        if more or fewer:
            rows = int(max(more or 0, fewer or 0))
            yield _difference(f"{table}.{column}", (rows, of, ""), (then, was or ""), (now, became or ""))


def _columns(then: _Side, now: _Side) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*then.types, *now.types]))


def _numbered(side: _Side, key: str, columns: list[str], end: str) -> Relation:
    """Columns as text under names of ours, whatever the company calls them."""
    texts = [f"{side.text(column)} AS _leadq_{end}_{place}" for place, column in enumerate(columns)]
    return side.rows.project(", ".join([f"{key} AS _leadq_key_{end}", *texts]))


def _difference(
    column: str, counts: tuple[int, int, str], then: tuple[_Side, str], now: tuple[_Side, str]
) -> ColumnDifference:
    rows, of, key = counts
    bare = column.partition(".")[2]
    was, became = (side.shown(bare, value) if bare in side.types else _LEFT_OUT for side, value in (then, now))
    if became == _LEFT_OUT:  # perhaps of a person: what is left out now is not shown
        was = "a value"
    return ColumnDifference(column=column, rows=rows, of=of, key=key, then=was, now=became)
