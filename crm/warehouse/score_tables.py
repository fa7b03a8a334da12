"""Each night's score table into a company's PostgreSQL, whole or not at all.

Three things there: the table itself (a row a lead and night; lists as jsonb), ``<table>_nights`` (a row a whole night) and
the view ``<table>_latest`` (the newest whole night). All of a night is one transaction: readers see all its rows or
none, and a night written again takes the place of itself. Ibis makes the table; the rows go in by COPY, which takes half the
time of Ibis' insert and knows jsonb. Leaves out which nights are to be written (``pipelines/night/publish.py``).
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from leadq.crm.contract.score_table import REJECTIONS, SCORES
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path
from leadq.crm.storage.postgres_transaction import DatabaseProblem, plain_words, transaction
from leadq.crm.storage.scratch_database import name
from leadq.crm.warehouse.table_definition import ScoreTarget, columns_of, make_tables, must_fit
from leadq.foundation.problems import StoreError

_ROWS = 20_000
"""Rows in memory at a time."""


def publish_scores(
    path: Path, target: ScoreTarget, *, run_id: str, as_of: datetime, scored_at: datetime, unknown: Collection[str] = ()
) -> int:
    """Write a night's score table into a database.

    Parameters
    ----------
    path : Path
        Parquet file of :data:`leadq.crm.contract.score_table.SCORES`, all of one run.
    target : ScoreTarget
    run_id : str
    as_of, scored_at : datetime
        UTC; the newest night is the last of these.
    unknown : collection of str
        Columns of which nothing is recorded: they are left empty.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    StoreError
        The database, or a table already there, does not take them; nothing of the night is visible.
    """
    with _written(target) as backend:
        make_tables(backend, target)
        must_fit(backend, target)
        connection = backend.con
        connection.execute(f"DELETE FROM {target.quoted()} WHERE run_id = %s", (run_id,))  # noqa: S608 - quoted
        there = columns_of(backend, target) or {}
        _copy(connection, path, target, unknown, later=[field for field in REJECTIONS if field.name in there])
        rows = int(pq.read_metadata(path).num_rows)
        connection.execute(f"DELETE FROM {target.quoted('_nights')} WHERE run_id = %s", (run_id,))  # noqa: S608 - quoted
        night = (run_id, as_of, scored_at, rows)
        connection.execute(f"INSERT INTO {target.quoted('_nights')} VALUES (%s, %s, %s, %s)", night)  # noqa: S608 - quoted
    return rows


def newest_night(target: ScoreTarget) -> datetime | None:
    """As-of of the newest night in the database; None where there is none yet.

    Raises
    ------
    StoreError
        The database cannot be asked.
    """
    with _written(target) as backend:
        if columns_of(backend, target, "_nights") is None:
            return None
        newest = backend.table(target.part("_nights"), database=target.schema).as_of.max()
        found: datetime | None = backend.con.execute(backend.compile(newest)).fetchone()[0]
    return found


@contextmanager
def _written(target: ScoreTarget) -> Iterator[Any]:
    """Yield the backend in one transaction, which no other writer of this table is in."""
    try:
        with transaction(target.name, target.database, read_only=False) as backend, plain_words(target.title):
            backend.con.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"leadq {target.table}",))
            yield backend
    except DatabaseProblem as stopped:
        raise StoreError(stopped.problem) from stopped


def _copy(
    connection: Any, path: Path, target: ScoreTarget, unknown: Collection[str], *, later: Sequence[pa.Field]
) -> None:
    """Stream the rows of a Parquet file into the table, in bounded memory; columns that came later where both have them."""
    there = set(pq.read_schema(path).names)
    fields = [*SCORES, *(field for field in later if field.name in there)]
    texts = ", ".join(
        f"{'NULL' if field.name in unknown else _as_written(field)} AS {name(field.name)}" for field in fields
    )
    columns = ", ".join(name(field.name) for field in fields)
    options = pyarrow.csv.WriteOptions(include_header=False)
    with (
        duckdb.connect(config={"memory_limit": "1GB", "threads": 1}) as engine,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {target.quoted()} ({columns}) FROM STDIN (FORMAT csv)") as copy,
    ):
        engine.execute("SET TimeZone = 'UTC'")
        for batch in engine.read_parquet(engine_path(path), **AS_IT_STANDS).project(texts).to_arrow_reader(_ROWS):
            written = io.BytesIO()
            pyarrow.csv.write_csv(batch, written, options)
            copy.write(written.getbuffer())


def _as_written(field: pa.Field) -> str:
    """Return the SQL expression of a column as PostgreSQL takes it, which has no sign for U+0000."""
    column = name(field.name)
    if pa.types.is_nested(field.type):  # a doubled backslash is put aside, so that what follows one is no escape
        told = f"replace(replace(to_json({column})::VARCHAR, '\\\\', chr(1)), '\\u0000', '\\ufffd')"
        return f"replace({told}, chr(1), '\\\\')"
    return f"replace({column}, chr(0), chr(65533))" if pa.types.is_string(field.type) else column
