"""The files of a place as one staged table of cleaned texts, by reading 2: any format, any encoding, one file or the parts of an export.

Everything is read as text (an empty cell is null), so that what values mean is decided in one place. Leaves out what columns mean,
and rows that several parts have: row rules judge them.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from leadq.crm.reading.sources.files.csv_rows import stage_csv
from leadq.crm.reading.sources.files.file_kinds import kind_of
from leadq.crm.reading.sources.files.json_rows import stage_json
from leadq.crm.reading.sources.files.parquet_rows import stage_parquet
from leadq.crm.reading.sources.files.workbook_rows import stage_workbook
from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded, refused
from leadq.crm.reading.sources.parts import Part, parts_of
from leadq.crm.storage.scratch_database import MAX_SHOWN, ROW, Connection, count, name, scalar
from leadq.crm.storage.source_locations import FileFormat
from leadq.foundation.plurals import counted
from leadq.foundation.problems import ConfigError

_DAMAGED = "Export the file again; it is damaged."


def load(
    connection: Connection,
    file: FileFormat,
    table: str,
    *,
    scratch: Path,
    needs_rows: bool = True,
    take_likeliest: bool = False,
) -> Loaded:
    """Stage ``file`` as ``table``: column ``_leadq_row`` and every column of the file as text.

    Parameters
    ----------
    connection : Connection
    file : FileFormat
        Which files, and what is known of how they are written.
    table : str
    scratch : Path
        Takes what must pass through the disk, readable by its owner only; gone afterwards.
    needs_rows : bool
        Without it a Parquet file may be empty: it says so itself, while of other formats a header without rows is what a
        broken export leaves.
    take_likeliest : bool
        Read a file of a doubtful encoding in the likeliest one; ``written.doubt`` says what is doubtful. For a proposal, which asks.

    Raises
    ------
    FileProblem
        A file is missing, empty, damaged, no table, of a doubtful encoding, or has other headings than its fellow parts.
    """
    parts, notes = parts_of(file, scratch, table)
    one = partial(_load_part, needs_rows=needs_rows, take_likeliest=take_likeliest)
    try:
        if len(parts) == 1:
            loaded = one(connection, file, parts[0], table, scratch)
        else:
            loaded = _together(connection, file, parts, table, scratch, one)
    finally:
        for part in parts:
            if part.unpacked:
                part.path.unlink(missing_ok=True)
    named = parts[0].name if len(parts) == 1 else counted(len(parts), "file")
    return replace(loaded, notes=tuple(f"{named}: {note}" for note in (*notes, *loaded.notes)))


def _load_part(
    connection: Connection,
    file: FileFormat,
    part: Part,
    table: str,
    scratch: Path,
    *,
    needs_rows: bool,
    take_likeliest: bool,
) -> Loaded:
    one = file.model_copy(update={"path": part.path, "more": ()})
    try:
        loaded, may_be_empty = _stage(connection, one, table, scratch, take_likeliest)
    except FileProblem as stopped:
        if part.unpacked:  # the place of a person's file, not of the reader's
            problem = replace(stopped.problem, where=stopped.problem.where.replace(str(part.path), part.shown))
            raise FileProblem(problem) from stopped.__cause__
        raise
    if count(connection.table(table)) == 0 and not loaded.malformed and not (may_be_empty and not needs_rows):
        raise refused(part.shown, "must have rows", "only a header", "Export it with its rows, or remove it.")
    return loaded


def _stage(
    connection: Connection, file: FileFormat, table: str, scratch: Path, take_likeliest: bool
) -> tuple[Loaded, bool]:
    """Stage one file; also return whether its format says by itself that it is empty."""
    path = file.path
    try:
        kind, note = kind_of(path, file.format if file.format != "zip" else None)
        if kind == "parquet":
            loaded = stage_parquet(connection, path, table)
        elif kind in ("json", "jsonl"):
            loaded = stage_json(connection, file, table, scratch, lines=kind == "jsonl")
        elif kind == "workbook":
            loaded = stage_workbook(connection, file, table, scratch, take_likeliest=take_likeliest)
        elif kind == "zip":
            raise refused(
                path, "must not be a ZIP file within another", path.name, "Unpack it and name the file inside."
            )
        else:
            loaded = stage_csv(connection, file, table, scratch, take_likeliest=take_likeliest)
    except ConfigError as stopped:
        raise FileProblem(stopped.problems[0]) from stopped
    except (UnicodeError, csv.Error) as error:
        raise refused(path, "must be text", str(error)[:200], "Export it again as CSV in UTF-8.") from error
    except (OSError, EOFError, zlib.error, duckdb.Error, pa.ArrowException) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise refused(path, "must be readable", first, _DAMAGED) from error
    return replace(loaded, notes=(*([note] if note else []), *loaded.notes)), kind == "parquet"


def _together(
    connection: Connection, file: FileFormat, parts: list[Part], table: str, scratch: Path, one: Callable[..., Loaded]
) -> Loaded:
    """Stage the parts of one export, whose headings must be the same, in any order; rows are numbered on from part to part."""
    whole: Loaded | None = None
    malformed: list[tuple[int, str]] = []
    notes: list[str] = []
    spans: list[str] = []
    last = 0
    for place, part in enumerate(parts):
        staged = f"{table}_part_{place}"
        loaded = one(connection, file, part, staged, scratch)
        order = _in_order(whole, loaded, parts, part)
        rows = connection.table(staged)
        shown = ", ".join([f"{ROW} + {last} AS {ROW}", *(f"{name(mine)} AS {name(column)}" for column, mine in order)])
        if whole is None:
            rows.project(shown).create(table)
            whole = loaded
        else:
            rows.project(shown).insert_into(table)
        malformed += [(row + last, why) for row, why in loaded.malformed]
        notes += [note for note in loaded.notes if note not in notes]
        first = last + 1
        last += max([scalar(rows, f"max({ROW})"), *(row for row, _ in loaded.malformed)])
        spans.append(f"{part.name} ({first:,} to {last:,})")
        connection.execute(f"DROP TABLE {name(staged)}")
    if whole is None:
        raise AssertionError("a place has at least one file")
    told = ", ".join(spans[:MAX_SHOWN]) + (" ..." if len(spans) > MAX_SHOWN else "")
    return replace(
        whole, table=table, malformed=tuple(malformed), notes=(f"rows are counted on from file to file: {told}", *notes)
    )


def _in_order(whole: Loaded | None, loaded: Loaded, parts: list[Part], part: Part) -> list[tuple[str, str]]:
    """Return the columns of the first part, each with the column of this part that is called the same."""
    if whole is None:
        return [(column, column) for column in loaded.columns]
    mine = {column.lower(): column for column in loaded.columns}
    first = {column.lower() for column in whole.columns}
    if mine.keys() != first:
        lacking = [column for column in whole.columns if column.lower() not in mine]
        added = [column for key, column in mine.items() if key not in first]
        told = "; ".join(
            f"{what} {', '.join(names[:MAX_SHOWN])}"
            for what, names in (("lacks", lacking), ("also has", added))
            if names
        )
        remedy = f"Name only the parts of one export in path (the first is {parts[0].shown}), or export all parts with the same columns."
        raise refused(part.shown, "parts of one export must have the same headings", told, remedy)
    return [(column, mine[column.lower()]) for column in whole.columns]
