"""Tables and queries of databases, each streamed into a Parquet file of texts that is then read like any other file.

Every value becomes text on the server, so that no type (numeric NaN, a time at infinity, an enum) is lost on the way and
the contract's types are given in one place. All rows of a database are read in one read-only transaction, at one moment.
A table's statement is written by Ibis; a company's own query reaches the server as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from ibis.common.exceptions import TableNotFound

from leadq.crm.config.schema import Config
from leadq.crm.storage.postgres_transaction import DatabaseProblem, plain_words, transaction
from leadq.crm.storage.scratch_database import name
from leadq.crm.storage.source_locations import Place
from leadq.foundation.problems import Problem
from leadq.foundation.suggestions import did_you_mean

_ROWS = 20_000
"""Rows in memory at a time."""
_BEGINNINGS = ("SELECT", "WITH", "VALUES", "TABLE", "(")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedRows:
    """What was fetched.

    Parameters
    ----------
    files : dict of str to Path
        Parquet files by the name of the table they are to be staged as.
    moments : dict of str to datetime
        By the name of the database: the moment, on its clock, that its rows are of.
    problems : list of Problem
        Why the others could not be fetched.
    """

    files: dict[str, Path] = field(default_factory=dict)
    moments: dict[str, datetime] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def fetch_rows(config: Config, scratch: Path, *, say: Callable[[str], None]) -> FetchedRows:
    """Stream all that ``config`` names in databases into Parquet files in ``scratch``."""
    fetched = FetchedRows()
    for database, settings in config.databases.items():
        places = {staged: place for staged, place in config.places() if place.database == database}
        if not places:
            continue
        try:
            with transaction(database, settings, read_only=True) as backend:
                (fetched.moments[database],) = backend.con.execute("SELECT now()").fetchone()
                _fetch_all(backend, places, scratch, fetched, say)
        except DatabaseProblem as stopped:
            fetched.problems.append(stopped.problem)
    return fetched


def _fetch_all(
    backend: Any, places: dict[str, Place], scratch: Path, fetched: FetchedRows, say: Callable[[str], None]
) -> None:
    for staged, place in places.items():
        say(f"fetching {place.title}")
        path = scratch / f"{staged}.parquet"
        try:
            _fetch(backend, place, path)
            fetched.files[staged] = path
        except DatabaseProblem as stopped:
            fetched.problems.append(stopped.problem)
            if backend.con.broken:  # the others would only say so again
                break


def _fetch(backend: Any, place: Place, path: Path) -> None:
    """Stream the rows of ``place``; a failure leaves the transaction, and its moment, as they were."""
    try:
        with plain_words(place.title), backend.con.transaction():
            statement, columns = _table(backend, place) if place.table is not None else _query(backend, place)
            _must_differ(place, columns)
            schema = pa.schema([(column, pa.string()) for column in columns])
            rows = 0
            with pq.ParquetWriter(path, schema, compression="zstd") as writer:
                for batch in _batches(backend, statement, schema):
                    writer.write_batch(batch)
                    rows += batch.num_rows
    except UnicodeDecodeError as error:
        remedy = "Fix these texts in the database; its encoding allows bytes that are not text."
        raise _problem(place, "must contain only texts in its own encoding", repr(error.object[:40]), remedy) from error
    if rows == 0:
        raise _problem(place, "must have rows", "none", "Fill it, or remove this source from leadq.yaml.")


def _batches(backend: Any, statement: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows through a cursor on the server, as Ibis' own ``to_pyarrow_batches`` does, but of any statement."""
    with backend.con.cursor(name="leadq_rows") as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(_ROWS):
            columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _table(backend: Any, place: Place) -> tuple[str, list[str]]:
    """Return the statement that reads a table as texts, and its columns."""
    schema, _, table = str(place.table).rpartition(".")
    try:
        rows = backend.table(table, database=schema or None)
    except TableNotFound:
        known = [f"{schema}.{one}" if schema else one for one in backend.list_tables(database=schema or None)]
        remedy = f"{did_you_mean(str(place.table), known)}It is written schema.table, letter case as in the database."
        raise _problem(place, "must be a table of the database", str(place.table), remedy) from None
    texts = rows.select(**{column: rows[column].cast("string") for column in rows.columns})
    return str(backend.compile(texts)), list(rows.columns)


def _query(backend: Any, place: Place) -> tuple[str, list[str]]:
    """Return the statement that reads a query's rows as texts, and its columns."""
    query = str(place.query)
    _must_be_one_select(place, query)
    inner = f"(\n{query}\n) AS leadq_rows"  # lines of its own: the query may end in a comment
    with backend.con.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {inner} LIMIT 0")  # noqa: S608 - the company's own text, in a read-only transaction
        columns = [column.name for column in cursor.description]
    texts = ", ".join(f"CAST({name(column)} AS TEXT) AS {name(column)}" for column in columns)
    return f"SELECT {texts} FROM {inner}", columns  # noqa: S608 - as above; names are quoted


def _must_be_one_select(place: Place, query: str) -> None:
    """Refuse what is surely no single SELECT; the server, which only reads and takes one statement, judges the rest."""
    try:
        tokens = sqlglot.tokenize(query, read="postgres")
    except sqlglot.errors.TokenError:
        return
    if not tokens or not tokens[0].text.upper().startswith(_BEGINNINGS):
        raise _problem(place, "must be a SELECT", repr(query[:40]), "Write one SELECT; a source is only read.")
    if any(token.token_type is sqlglot.TokenType.SEMICOLON for token in tokens):
        raise _problem(place, "must be one SELECT without a semicolon", repr(query[:40]), "Remove the semicolon.")


def _must_differ(place: Place, columns: list[str]) -> None:
    lower = [column.lower() for column in columns]
    twice = sorted({column for column in columns if lower.count(column.lower()) > 1})
    if twice or not columns:
        remedy = "Give them different names with AS in a query; letter case does not count."
        raise _problem(place, "must have columns whose names differ", ", ".join(twice) or "no columns", remedy)


def _problem(place: Place, rule: str, value: str, remedy: str) -> DatabaseProblem:
    return DatabaseProblem(Problem(where=place.title, rule=rule, value=value, remedy=remedy))
