"""A Parquet file into a staged table of texts; objects within are columns of their own, lists are JSON texts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.reading.sources.column_headings import name_columns
from leadq.crm.reading.sources.files.cell_texts import clean
from leadq.crm.reading.sources.files.lines_to_table import finished
from leadq.crm.reading.sources.loaded_file import Loaded, refused
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path
from leadq.crm.storage.scratch_database import ROW, Connection, name, plan_for_columns


def stage_parquet(connection: Connection, path: Path, table: str) -> Loaded:
    """Stage a Parquet file.

    Raises
    ------
    FileProblem
        It is damaged, or has no columns.
    """
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise refused(
            path, "must be readable", str(error).splitlines()[0], "Export the file again; it is damaged."
        ) from error
    rows = connection.read_parquet(engine_path(path), **AS_IT_STANDS)
    found: list[tuple[str, str]] = []
    for field, column in zip(schema, rows.columns, strict=True):
        found += _cells(field.name, field.type, name(column))
    if not found:
        raise refused(path, "must not be empty", "no columns", "Export it again with its columns and rows.")
    headings = name_columns([heading for heading, _ in found])
    plan_for_columns(connection, len(headings.names))
    cells = [f"{clean(cell)} AS {name(column)}" for column, (_, cell) in zip(headings.names, found, strict=True)]
    rows.project(", ".join([f"1 + row_number() OVER () AS {ROW}", *cells])).create(table)
    notes = (*headings.notes, *finished(connection, table, headings.names))
    return Loaded(table=table, columns=headings.names, notes=notes)


def _cells(heading: str, kind: pa.DataType, cell: str) -> list[tuple[str, str]]:
    """Heading and expression of a column, or of each part of an object."""
    if pa.types.is_struct(kind):
        return [
            part
            for field in kind
            for part in _cells(f"{heading}.{field.name}", field.type, f"struct_extract({cell}, {_literal(field.name)})")
        ]
    if pa.types.is_nested(kind):
        return [(heading, f"CAST(to_json({cell}) AS VARCHAR)")]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [(heading, f"coalesce(TRY(decode({cell})), CAST({cell} AS VARCHAR))")]
    return [(heading, f"CAST({cell} AS VARCHAR)")]


def _literal(key: str) -> str:
    return "'" + key.replace("'", "''") + "'"
