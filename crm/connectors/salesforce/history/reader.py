"""History out of Salesforce into files that ``leadq.yaml`` reads: a folder written whole or not at all.

The first reading takes everything, later ones what changed since, by the server's own clock minus an overlap, laid over what is
there. Changes that Salesforce has forgotten (it keeps them 18 to 24 months) stay, also where the settings have changed. Rows that
our own writes touched are read again: telling them apart by who wrote last would lose what a person changed
just before. What we wrote is never asked for, so it cannot come back as a feature. Rows removed for good between two readings
stay until a reading of everything (``whole``).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.connectors.history_source import Extract, extract_place
from leadq.crm.connectors.salesforce.history.layers import ROWS, dropped_rows, lay_over, layers
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, ObjectQuery, queries, rows_of
from leadq.crm.connectors.salesforce.history.tables import table_queries
from leadq.crm.contract.crm_tables import TABLES, TEXT
from leadq.crm.storage.engine_paths import parquet_rows
from leadq.crm.storage.scratch_database import Connection, Relation, count, open_engine, write_table
from leadq.foundation.atomic_files import new_folder
from leadq.foundation.problems import Problem, StoreError

STATE = "extract.json"
STATE_VERSION = 1
_BATCH = 20_000
_NUMBERS = ("employees", "annual_revenue")
_NOTES = {
    "opportunities without a lead": ("opportunities", "lead_id IS NULL"),
    "outcomes without a recorded change of stage, dated by their close date, which people can edit": (
        "opportunities",
        "outcome <> 'open' AND closed_at = date_trunc('day', closed_at)",
    ),
}


class BulkReader(Protocol):
    """Asks Salesforce for rows; ``bulk_query.py`` is one, tests hand in pages of their own."""

    def read(self, query: ObjectQuery, since: datetime | None, receive: Callable[[Iterator[str]], int]) -> int:
        """Give the pages of CSV to ``receive``, which counts rows; it may be called again from the first page."""


def read_history(reader: BulkReader, folder: Path, settings: HistorySettings, *, whole: bool = False) -> Extract:
    """Read the history, or what changed of it since the last reading, into ``folder``.

    Parameters
    ----------
    reader : BulkReader
    folder : Path
        Holds a Parquet file a table of the contract; replaced when all of it is there.
    settings : HistorySettings
        Where they differ from those of the last reading, everything is read again and laid over the changes that are there.
    whole : bool
        Everything, whatever is there: changes that Salesforce has forgotten are dropped, with a note.

    Raises
    ------
    UsageError
        ``folder`` holds what is no extract of Salesforce.
    LeadqError
        Salesforce cannot be asked, or the folder cannot be written; it is unchanged.
    """
    folder = extract_place(folder, mark=STATE)
    marks = {} if whole else _marks(folder, settings)
    with new_folder(folder) as partial:
        (partial / STATE).write_text("{}\n", encoding="utf-8")  # a killed run is known by it
        (partial / ROWS).mkdir()
        read: dict[str, int] = {}
        new_marks: dict[str, str] = {}
        dropped: list[str] = []
        with _engine(partial / "scratch") as connection:
            for query in queries(settings):
                mark = marks.get(query.name)
                since = datetime.fromisoformat(mark) - settings.overlap if mark else None
                files = layers(query, folder, partial, is_under=not whole and (query.is_history or mark is not None))
                read[query.name] = reader.read(query, since, _receiver(query, files.fetched))
                newest = lay_over(connection, query, files)
                new_marks[query.name] = max(filter(None, [newest, mark]), default="")
                if whole and query.is_history:
                    dropped += dropped_rows(connection, query, folder / ROWS / files.now.name, files.now)
            rows, notes = _write_tables(connection, partial, settings)
        shutil.rmtree(partial / "scratch")
        state = {"version": STATE_VERSION, "settings": _shown(settings), "marks": new_marks}
        (partial / STATE).write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return Extract(read=read, rows=rows, notes=(*dropped, *notes))


@contextmanager
def _engine(scratch: Path) -> Iterator[Connection]:
    """Open the engine; its own words for a full disk become the system's."""
    try:
        with open_engine(scratch) as connection:
            yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise OSError(str(error).splitlines()[0]) from error


def _receiver(query: ObjectQuery, path: Path) -> Callable[[Iterator[str]], int]:
    schema = pa.schema([(column, TEXT) for column in query.kept])

    def receive(pages: Iterator[str]) -> int:
        rows = chain.from_iterable(rows_of(page, query) for page in pages)
        found = 0
        with pq.ParquetWriter(path, schema) as writer:
            while batch := list(islice(rows, _BATCH)):
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))
                found += len(batch)
        return found

    return receive


def _write_tables(
    connection: Connection, folder: Path, settings: HistorySettings
) -> tuple[dict[str, int], tuple[str, ...]]:
    rows: dict[str, int] = {}
    for table, sql in table_queries(settings).items():
        relation = connection.sql(sql)
        path = folder / f"{table}.parquet"
        write_table(relation, path, _schema(table, relation))
        rows[table] = pq.read_metadata(path).num_rows
    notes = []
    for words, (table, condition) in _NOTES.items():
        found = count(connection.sql(f"FROM {parquet_rows(folder / f'{table}.parquet')}").filter(condition))
        if found:
            notes.append(f"{words}: {found:,}")
    return rows, tuple(notes)


def _schema(table: str, relation: Relation) -> pa.Schema:
    contract = {field.name: field.type for field in TABLES[table]}
    own = {column: pa.float64() if column in _NUMBERS else TEXT for column in relation.columns}
    return pa.schema([(column, contract.get(column, own[column])) for column in relation.columns])


def _marks(folder: Path, settings: HistorySettings) -> dict[str, str]:
    """Return how far the last reading came; nothing where other fields were read then."""
    path = folder / STATE
    if not path.is_file():
        return {}
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        marks = {str(key): str(value) for key, value in state["marks"].items() if value}
        for mark in marks.values():
            datetime.fromisoformat(mark)
        same = state["version"] == STATE_VERSION and state["settings"] == _shown(settings)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        remedy = "Read everything again with --whole; changes that Salesforce no longer keeps are lost then."
        problem = Problem(where=str(path), rule="must not have changed since the last reading", remedy=remedy)
        raise StoreError(problem) from error
    whole = {path.stem for path in (folder / ROWS).glob("*.parquet")}
    return {key: mark for key, mark in marks.items() if key in whole} if same else {}


def _shown(settings: HistorySettings) -> dict[str, Any]:
    """Return what decides which rows and columns are read; an extract of before changes of owners were read is read anew."""
    shown = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(settings).items()}
    del shown["overlap"]
    return {**shown, "owner_changes": True}
