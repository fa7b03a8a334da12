"""The embedded engine that reads: DuckDB on a scratch file, so that memory stays bounded while rows grow.

Relations are composed, not SQL text; names and values that come from outside always go through :func:`name`
and :func:`text`. Results leave through :func:`write_table`, whose bytes depend on rows and schema only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

ROW = "_leadq_row"
"""Row of the file a staged row came from, as a person counts (the header is row 1)."""

ROW_GROUP = 122_880
"""Rows a Parquet row group; a multiple of DuckDB's vector, so that batches and files always cut alike."""

MAX_SHOWN = 20
"""Names a note lists at most."""

_WIDE = 100
"""Columns of a table beyond which plans are made without looking for what their expressions share."""

Connection: TypeAlias = duckdb.DuckDBPyConnection
Relation: TypeAlias = duckdb.DuckDBPyRelation


def name(identifier: str) -> str:
    """Quote ``identifier`` for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return ``value`` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """Return ``values`` as SQL literals in parentheses, for ``IN``."""
    return "(" + ", ".join(text(value) for value in values) + ")"


def matches(column: str, patterns: Iterable[str]) -> str:
    """Return the condition that the text ``column`` (an expression) is one of ``patterns``, of which some end in ``*``."""
    patterns = tuple(patterns)
    exact = [pattern for pattern in patterns if not pattern.endswith("*")]
    starts = [pattern[:-1] for pattern in patterns if pattern.endswith("*")]
    conditions = [f"starts_with({column}, {text(start)})" for start in starts]
    if exact:
        conditions.append(f"{column} IN {texts(exact)}")
    return f"coalesce({' OR '.join(conditions) or 'false'}, false)"


_COUNT_TRUE = "CREATE OR REPLACE TEMP MACRO count_true(condition) AS count(*) FILTER (WHERE condition)"
"""Counts the rows of which a condition is true, 0 where none is: the engine's count_if is null for an empty column."""


@contextmanager
def open_engine(scratch: Path, *, memory_limit: str = "2GB", threads: int = 2) -> Iterator[Connection]:
    """Open DuckDB on a file in ``scratch`` (a folder the caller removes, its owner's alone to read); times are UTC."""
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    (scratch / "spill").mkdir(exist_ok=True, mode=0o700)
    settings = {"memory_limit": memory_limit, "threads": threads, "temp_directory": str(scratch / "spill")}
    connection = duckdb.connect(str(scratch / "reading.duckdb"), config=settings)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(_COUNT_TRUE)
        connection.begin()  # never committed: the file is scratch, and a commit a table would wait for the disk
        yield connection
    finally:
        connection.close()


def plan_for_columns(connection: Connection, columns: int) -> None:
    """Keep the planning of a wide table short, until the connection ends: looking for common parts of expressions took minutes."""
    if columns > _WIDE:
        connection.execute("SET disabled_optimizers = 'common_subexpressions'")


def count(relation: Relation) -> int:
    """Count the rows of ``relation``."""
    return int(scalar(relation, "count(*)"))


def scalar(relation: Relation, aggregate: str) -> int:
    """Compute one whole number, ``aggregate`` over ``relation``; 0 where it is null."""
    return int(first_row(relation.aggregate(f"coalesce(({aggregate})::BIGINT, 0)"))[0])


def first_row(relation: Relation) -> tuple[Any, ...]:
    """Fetch the only row of an aggregate: there is no other, and a limit would have it planned twice."""
    rows: list[tuple[Any, ...]] = relation.fetchall()
    return rows[0]


def write_table(relation: Relation, path: Path, schema: pa.Schema) -> None:
    """Stream ``relation`` (columns as in ``schema``, already in a total order) into a Parquet file."""
    reader = relation.to_arrow_reader(ROW_GROUP)
    with pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
        for batch in reader:
            writer.write_batch(batch.cast(schema))
