"""History out of Salesforce into files that ``leadq.yaml`` reads: a folder written whole or not at all.

The first reading takes everything, later ones what changed since, by the server's own clock minus an overlap, laid over what is
there. Rows that our own writes touched are read again: telling them apart by who wrote last would lose what a person changed
just before. What we wrote is never asked for, so it cannot come back as a feature. Rows removed for good between two readings
stay until a reading of everything (``whole``).
"""

# ruff: noqa: S608 - identifiers are our own and quoted, paths are literals made by text()

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from agreement.problems import Problem, StoreError
from crm.atomic import new_folder
from crm.reading.engine import Connection, Relation, count, name, open_engine, text, write_table
from crm.salesforce.history_queries import HistorySettings, ObjectQuery, queries, rows_of
from crm.salesforce.history_tables import moment, table_queries
from crm.schemas import TABLES, TEXT

STATE = "extract.json"
STATE_VERSION = 1
_ROWS = "rows"
_BATCH = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS = ("employees", "annual_revenue")
_NOTES = {
    "opportunities that no lead leads to": ("opportunities", "lead_id IS NULL"),
    "outcomes without a recorded change of stage, dated by the close date that people edit": (
        "opportunities",
        "outcome <> 'open' AND closed_at = date_trunc('day', closed_at)",
    ),
}


class BulkReader(Protocol):
    """Asks Salesforce for rows; ``history_bulk.py`` is one, tests hand in pages of their own."""

    def read(self, query: ObjectQuery, since: datetime | None, receive: Callable[[Iterator[str]], int]) -> int:
        """Give the pages of CSV to ``receive``, which counts rows; it may be called anew from the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What a reading brought.

    Parameters
    ----------
    read : mapping of object to int
        Rows that came.
    rows : mapping of table to int
        Rows of the contract's tables now.
    notes : tuple of str
    """

    read: Mapping[str, int]
    rows: Mapping[str, int]
    notes: tuple[str, ...] = ()


def read_history(reader: BulkReader, folder: Path, settings: HistorySettings, *, whole: bool = False) -> Extract:
    """Read the history, or what changed of it since the last reading, into ``folder``.

    Parameters
    ----------
    reader : BulkReader
    folder : Path
        Holds a Parquet file a table of the contract; replaced when all of it is there.
    settings : HistorySettings
        Where they differ from those of the last reading, everything is read again.
    whole : bool
        Everything, whatever is there.

    Raises
    ------
    LeadqError
        Salesforce cannot be asked, or the folder not be written; it is as it was.
    """
    marks = {} if whole else _marks(folder, settings)
    with new_folder(folder) as partial:
        (partial / _ROWS).mkdir()
        read: dict[str, int] = {}
        new_marks: dict[str, str] = {}
        with _engine(partial / "scratch") as connection:
            for query in queries(settings):
                earlier = folder / _ROWS / f"{query.name}.parquet" if query.name in marks else None
                mark = marks.get(query.name)
                since = datetime.fromisoformat(mark) - settings.overlap if mark else None
                fetched = partial / "scratch" / f"{query.name}.parquet"
                read[query.name] = reader.read(query, since, _receiver(query, fetched))
                newest = _lay_over(connection, query, fetched, earlier, partial / _ROWS / f"{query.name}.parquet")
                new_marks[query.name] = max(filter(None, [newest, mark]), default="")
            rows, notes = _write_tables(connection, partial, settings)
        shutil.rmtree(partial / "scratch")
        state = {"version": STATE_VERSION, "settings": _shown(settings), "marks": new_marks}
        (partial / STATE).write_text(json.dumps(state, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return Extract(read=read, rows=rows, notes=notes)


@contextmanager
def _engine(scratch: Path) -> Iterator[Connection]:
    """Open the engine; its own words for a full disk become the system's."""
    try:
        with open_engine(scratch) as connection:
            yield connection
    except duckdb.IOException as error:
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


def _lay_over(connection: Connection, query: ObjectQuery, new: Path, earlier: Path | None, path: Path) -> str:
    """Write the rows of now, one an id, without what is deleted; return the newest change as text, empty without rows."""
    fresh = f"SELECT * FROM read_parquet({text(str(new))})"
    parts = fresh
    if earlier is not None:
        ids = f"SELECT Id FROM read_parquet({text(str(new))})"
        parts += f" UNION ALL BY NAME SELECT * FROM read_parquet({text(str(earlier))}) WHERE Id NOT IN ({ids})"
    merged = "OR MasterRecordId IS NOT NULL" if "MasterRecordId" in query.fields else ""
    kept = f"SELECT * FROM ({parts}) WHERE coalesce(IsDeleted, 'false') <> 'true' {merged}"
    clock = f"{moment(query.clock)} DESC, {query.clock} DESC"
    latest = f"QUALIFY row_number() OVER (PARTITION BY Id ORDER BY {clock}) = 1"
    schema = pa.schema([(column, TEXT) for column in query.kept])
    write_table(connection.sql(f"{kept} {latest} ORDER BY Id"), path, schema)
    connection.execute(f"CREATE VIEW {name(query.name)} AS SELECT * FROM read_parquet({text(str(path))})")
    newest = connection.sql(f"SELECT epoch_us(max({moment(query.clock)})) FROM ({fresh})").fetchall()[0][0]
    return (_EPOCH + timedelta(microseconds=newest)).isoformat() if newest is not None else ""


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
        found = count(connection.sql(f"FROM read_parquet({text(str(folder / f'{table}.parquet'))})").filter(condition))
        if found:
            notes.append(f"{table}: {found:,} {words}")
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
        remedy = "Read everything again."
        problem = Problem(where=str(path), rule="must be as the last reading left it", remedy=remedy)
        raise StoreError(problem) from error
    whole = {path.stem for path in (folder / _ROWS).glob("*.parquet")}
    return {key: mark for key, mark in marks.items() if key in whole} if same else {}


def _shown(settings: HistorySettings) -> dict[str, Any]:
    """Return what decides which rows and columns are read."""
    shown = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(settings).items()}
    del shown["overlap"]
    return shown
