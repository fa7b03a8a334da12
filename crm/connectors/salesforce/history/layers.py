"""Rows just read from Salesforce, laid over those of the last reading: one an id, the newest, without what is deleted.

Leaves out what is read and what becomes of the rows (``reader.py``).
"""

# ruff: noqa: S608 - identifiers are our own and quoted, paths are literals made by parquet_rows()

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.connectors.salesforce.history.queries import ObjectQuery
from leadq.crm.connectors.salesforce.history.tables import moment
from leadq.crm.contract.crm_tables import TEXT
from leadq.crm.storage.engine_paths import parquet_rows
from leadq.crm.storage.scratch_database import Connection, count, first_row, name, write_table
from leadq.foundation.epoch_microseconds import moment_of
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem, StoreError

ROWS = "rows"
"""Folder of the rows as they were read, a file an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Rows of one object: those just fetched, those of the last reading that lie under them, and those of now."""

    fetched: Path
    earlier: Path | None
    now: Path


def layers(query: ObjectQuery, folder: Path, partial: Path, *, is_under: bool) -> Layers:
    """Return the files of an object; rows of the last reading lie under the new ones where ``is_under`` and they are there."""
    earlier = folder / ROWS / f"{query.name}.parquet"
    return Layers(
        fetched=partial / "scratch" / earlier.name,
        earlier=earlier if is_under and earlier.is_file() else None,
        now=partial / ROWS / earlier.name,
    )


def lay_over(connection: Connection, query: ObjectQuery, files: Layers) -> str:
    """Write the rows of now, one an id, without what is deleted; return the newest change as text, empty without rows."""
    fresh = f"SELECT * FROM {parquet_rows(files.fetched)}"
    parts = fresh
    if files.earlier is not None:
        parts += f" UNION ALL BY NAME {_earlier(connection, query, files.earlier)} WHERE Id NOT IN (SELECT Id FROM ({fresh}))"
    merged = "OR MasterRecordId IS NOT NULL" if "MasterRecordId" in query.fields else ""
    kept = f"SELECT * FROM ({parts}) WHERE coalesce(IsDeleted, 'false') <> 'true' {merged}"
    clock = f"{moment(query.clock)} DESC, {query.clock} DESC"
    latest = f"QUALIFY row_number() OVER (PARTITION BY Id ORDER BY {clock}) = 1"
    schema = pa.schema([(column, TEXT) for column in query.kept])
    write_table(connection.sql(f"{kept} {latest} ORDER BY Id"), files.now, schema)
    connection.execute(f"CREATE VIEW {name(query.name)} AS SELECT * FROM {parquet_rows(files.now)}")
    newest = connection.sql(f"SELECT epoch_us(max({moment(query.clock)})) FROM ({fresh})").fetchall()[0][0]
    return moment_of(newest).isoformat() if newest is not None else ""


def _earlier(connection: Connection, query: ObjectQuery, path: Path) -> str:
    """Return the SQL of the last reading's rows in the columns of now; one that was not read then is null.

    Raises
    ------
    StoreError
        The file is damaged. All of it is read, for a Parquet file may be damaged anywhere; apart, since an error ends a transaction.
    """
    try:
        held = set(pq.read_schema(path).names)
        if "Id" not in held:
            raise pa.ArrowInvalid("it holds no Id")
        columns = [name(column) if column in held else f"NULL::VARCHAR AS {name(column)}" for column in query.kept]
        rows = f"SELECT {', '.join(columns)} FROM {parquet_rows(path)}"
        first_row(connection.cursor().sql(f"SELECT count(COLUMNS(*)), max(Id) FROM ({rows})"))
    except (pa.ArrowInvalid, OSError, duckdb.Error) as error:
        remedy = "Read everything again with --whole; changes that Salesforce no longer keeps are lost then."
        raise StoreError(
            Problem(where=str(path), rule="must not have changed since the last reading", remedy=remedy)
        ) from error
    return rows


def dropped_rows(connection: Connection, query: ObjectQuery, earlier: Path, now: Path) -> list[str]:
    """Say how many changes of the last reading are no longer there."""
    if not earlier.is_file():
        return []
    try:
        before = f"SELECT Id FROM {parquet_rows(earlier)}"
        after = f"SELECT Id FROM {parquet_rows(now)}"
        gone = count(connection.cursor().sql(f"{before} WHERE Id NOT IN ({after})"))
    except duckdb.Error:
        return [f"{query.name}: the rows of the last reading could not be read, so --whole left them out"]
    return [f"{query.name}: --whole left out {counted(gone, 'row')} that Salesforce no longer has"] if gone else []
