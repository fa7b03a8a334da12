"""The engine that runs feature expressions, and a history opened in it with moments as integers.

Expressions are written once in Ibis; DuckDB in the process is the default engine, Spark the other one. Inside them a moment is an
``int64`` of microseconds since 1970 (suffix ``_us``): no engine's time zone, interval arithmetic or rounding can change
a feature. Deliberately the only place that knows how an engine turns a timestamp into that integer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from leadq.crm.contract.crm_tables import LATER_COLUMNS, OUTCOMES, TABLES, WORKED_AGAIN
from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path

DAY_US = 86_400_000_000
_COLUMNS = {
    name: frozenset((*schema.names, *(column.name for column in LATER_COLUMNS.get(name, ()))))
    for name, schema in {**TABLES, "outcomes": OUTCOMES}.items()
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@ibis.udf.scalar.builtin(name="epoch_us")  # type: ignore[untyped-decorator]
def timestamp_us(moment: dt.Timestamp("UTC")) -> dt.int64:  # type: ignore[valid-type]
    """Microseconds since 1970 of an engine's timestamp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A history's tables as Ibis expressions; every time column ``x_at`` has become ``x_us`` (int64 microseconds).

    A company's own columns of leads and accounts are called as :func:`own_column` says, dates among them as microseconds: a name
    of theirs is never one of ours. ``events`` has ``visible_us``, the later of ``occurred_at`` and ``known_at``: both clocks in one number.
    ``dispositions`` are the answers of sales; ``worked_again`` (``lead_id, decided_us``) are challenged rejections that were picked to be
    worked again, which are no answers.
    """

    backend: Any
    history: History
    leads: ir.Table
    accounts: ir.Table
    events: ir.Table
    field_history: ir.Table
    touches: ir.Table
    dispositions: ir.Table
    worked_again: ir.Table
    outcomes: ir.Table

    @property
    def human_touches(self) -> ir.Table:
        """Touches that a person made: what counts as work of sales. Features see all touches, as when their model was trained."""
        touches = self.touches
        return touches.filter(~touches.automatic.fill_null(False)) if "automatic" in touches.columns else touches


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment, exactly."""
    elapsed = moment - _EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds


def moment(us: int) -> datetime:
    """Inverse of :func:`microseconds`."""
    seconds, micro = divmod(us, 1_000_000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=micro)


@contextmanager
def open_engine(*, threads: int = 2, memory_limit: str = "2GB", spill: Path | None = None) -> Iterator[Any]:
    """Yield a DuckDB backend whose memory is bounded; it spills to the folder ``spill`` beyond that."""
    backend = ibis.duckdb.connect(threads=threads, memory_limit=memory_limit)
    try:
        backend.raw_sql(
            "LOAD icu; SET TimeZone = 'UTC'"
        )  # ships inside the wheel; text without an offset is read as UTC
        if spill is not None:
            spill.mkdir(parents=True, exist_ok=True)
            backend.raw_sql("SET temp_directory = '" + str(spill).replace("'", "''") + "'")
        backend.raw_sql("SET preserve_insertion_order = false")
        yield backend
    finally:
        backend.disconnect()


def open_tables(backend: Any, history: History) -> Tables:
    """Open a history in the engine."""

    def read(name: str) -> ir.Table:
        table = open_parquet(backend, history.path(name), f"history_{name}")
        columns: dict[str, ir.Value] = {}
        for column, kind in zip(table.columns, table.schema().types, strict=True):
            ours = column in _COLUMNS[name]
            called = column if ours else own_column(column)
            if kind.is_timestamp():
                columns[_moment_name(column) if ours else called] = timestamp_us(table[column])
            else:
                columns[called] = table[column]
        return table.select(**columns)

    events, answers = read("events"), read("dispositions")
    again = answers.decision.fill_null("") == WORKED_AGAIN
    return Tables(
        backend=backend,
        history=history,
        leads=read("leads"),
        accounts=read("accounts"),
        events=events.mutate(
            visible_us=ibis.greatest(events.occurred_us, events.known_us.fill_null(events.occurred_us))
        ),
        field_history=read("field_history"),
        touches=read("touches"),
        dispositions=answers.filter(~again),
        worked_again=answers.filter(again, answers.channel == "desk").select("lead_id", "decided_us"),
        outcomes=read("outcomes"),
    )


def open_parquet(backend: Any, path: Path, name: str) -> Any:
    """Open a Parquet file in the engine as the table ``name``: this file and its own columns, whatever its folders are called."""
    if is_distributed(backend):
        return backend.open_parquet(path, name)
    return backend.read_parquet(engine_path(path), table_name=name, **AS_IT_STANDS)


def own_column(name: str) -> str:
    """Return what a company's own column is called in :class:`Tables`."""
    return f"own:{name}"


def is_distributed(backend: Any) -> bool:
    """Whether the engine is Spark (``features/engine/spark_engine.py``), which spreads its work by itself."""
    return bool(backend.name == "pyspark")


def stream(backend: Any, expression: ir.Table, *, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield the result in batches of at most ``rows`` rows, never the whole of it.

    Ibis 12 calls a cursor method that DuckDB 2.0 has dropped, so the compiled SQL is run here; not the pretty one, which would
    indent the lines of a name that has several.
    """
    if is_distributed(backend):
        yield from backend.stream(expression, rows=rows)
        return
    reader = backend.con.sql(backend.compile(expression)).to_arrow_reader(rows)
    yield from reader


def _moment_name(column: str) -> str:
    return column.removesuffix("_at") + "_us"


def whole_days(later: ir.IntegerValue, earlier: ir.IntegerValue) -> ir.IntegerValue:
    """Whole days from ``earlier`` to ``later``, rounded down (both microseconds)."""
    return ((later - earlier) / DAY_US).floor().cast("int64")
