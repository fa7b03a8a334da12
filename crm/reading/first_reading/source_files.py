"""A file as rows of text: CSV, Parquet or JSON lines, plain or gzip, into one staged table.

Everything is read as text (an empty cell is null, blanks around a value are dropped), so that the contract's types are
given in one place, which names every value that does not fit. Leaves out what the columns mean.
"""

from __future__ import annotations

import codecs
import csv
import zlib
from pathlib import Path

import duckdb

from leadq.crm.reading.first_reading.text_encoding import is_gzip, is_utf16, open_text, undecodable, what_else
from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded
from leadq.crm.storage.scratch_database import ROW, Connection, Relation, count, name, texts
from leadq.crm.storage.source_locations import FileFormat
from leadq.foundation.problems import Problem

FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
SEPARATORS = ",;\t|"
_NO_REJECTS = 10_000_000
_SWALLOWING = ("UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM")
"""The engine's words for a cell that never ends: all lines after it are in it."""
_SPREADSHEET = (
    "Save it as CSV UTF-8 in the spreadsheet program and name that file; if it is text already, set format: csv."
)
_OTHER_FORMATS = {
    "xlsx": _SPREADSHEET,
    "xls": _SPREADSHEET,
    "ods": _SPREADSHEET,
    "json": "Write it as JSON lines, one object a line, and set format: jsonl.",
    "zip": "Unpack it and name the file inside; gzip is read as it is.",
}


def load(connection: Connection, file: FileFormat, table: str, *, scratch: Path, needs_rows: bool = True) -> Loaded:
    """Stage ``file`` as ``table``: column ``_leadq_row`` and every column of the file as text.

    Without ``needs_rows`` a Parquet file may be empty: it says so itself, while of other formats a header without rows is what a
    broken export leaves.

    Raises
    ------
    FileProblem
        The file is missing, empty, damaged, of an unknown format or encoding, or its header names a column twice.
    """
    path = file.path
    if file.more or file.format not in (None, "csv", "parquet", "jsonl"):
        remedy = (
            "This model was trained with reading 1, which reads one CSV, Parquet or JSON lines file. Run leadq train."
        )
        raise FileProblem(_problem(path, "must be one file that reading 1 can read", file.format or "a list", remedy))
    if not path.is_file():
        raise FileProblem(_absent(path))
    try:
        kind = file.format or _format(path)
        if kind == "parquet":
            loaded = _load_parquet(connection, path, table)
        elif kind == "jsonl":
            loaded = _load_json_lines(connection, path, table)
        else:
            loaded = _load_csv(connection, file, table, scratch)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileProblem(_not_text(path, file.encoding or "utf-8", str(error))) from error
    except (OSError, EOFError, zlib.error, duckdb.Error) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileProblem(_problem(path, "must be readable", first, "Export the file again; it is damaged.")) from error
    may_be_empty = kind == "parquet" and not needs_rows
    if count(connection.table(table)) == 0 and not loaded.malformed and not may_be_empty:
        raise FileProblem(_problem(path, "must have rows", "only a header", "Export it with its rows, or remove it."))
    return loaded


def _problem(path: Path, rule: str, value: str, remedy: str) -> Problem:
    return Problem(where=str(path), rule=rule, value=value, remedy=remedy)


def _absent(path: Path) -> Problem:
    if path.is_dir():
        return _problem(path, "must be a file", "a folder", "Name the file in it.")
    return _problem(path, "must exist", "", "Fix the path in leadq.yaml, which is relative to that file.")


def _not_text(path: Path, encoding: str, value: str) -> Problem:
    remedy = "If it came from Windows, set encoding: cp1252 (or latin-1); else export it as UTF-8."
    if is_utf16(path):
        remedy = "Set encoding: utf-16 for it in leadq.yaml, or export it as UTF-8."
    return _problem(path, f"must be text in {encoding}", undecodable(path, encoding) or value, remedy)


def _format(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix != ".gz"]
    kind = FORMATS.get(suffixes[-1]) if suffixes else None
    if kind is None:
        remedy = "Set format: csv, parquet or jsonl for it in leadq.yaml."
        remedy = _OTHER_FORMATS.get(suffixes[-1][1:] if suffixes else "", remedy)
        raise FileProblem(_problem(path, "must be of a known format", path.name, remedy))
    return kind


def read_header(path: Path, *, encoding: str, separator: str | None) -> tuple[list[str], str]:
    """Column names of a CSV file and its separator: the given one, else the commonest candidate in the header.

    Raises
    ------
    FileProblem
        The file is empty, is not text, or names a column twice.
    """
    if other := what_else(path):
        remedy = "Export the table as CSV in UTF-8; a Parquet file needs the ending .parquet."
        raise FileProblem(_problem(path, "must be a text file", other, remedy))
    with open_text(path, encoding) as handle:
        line = handle.readline()
        found = separator or max(SEPARATORS, key=line.count)
        handle.seek(0)
        columns = [cell.strip() for cell in next(csv.reader(handle, delimiter=found), [])]
    if not any(columns):
        raise FileProblem(_problem(path, "must not be empty", "", "Export it again with a header and rows."))
    columns = [column or f"column_{place}" for place, column in enumerate(columns, start=1)]
    _must_differ(path, columns)
    return columns, found


def _must_differ(path: Path, columns: list[str]) -> None:
    lower = [column.lower() for column in columns]
    twice = sorted({column for column in columns if lower.count(column.lower()) > 1})
    if twice:
        remedy = "Rename one of them; letter case does not count."
        raise FileProblem(_problem(path, "column names must differ", ", ".join(twice), remedy))


def _stage(rows: Relation, table: str, columns: list[str], row: str) -> None:
    texts = [f"nullif(trim(CAST({name(column)} AS VARCHAR)), '') AS {name(column)}" for column in columns]
    rows.project(", ".join([f"{row} AS {ROW}", *texts])).create(table)


def _load_csv(connection: Connection, file: FileFormat, table: str, scratch: Path) -> Loaded:
    encoding = file.encoding or "utf-8"
    columns, separator = read_header(file.path, encoding=encoding, separator=file.separator)
    path = file.path
    if encoding != "utf-8":  # the engine reads UTF-8 only
        path = scratch / f"{table}.csv"
        with open_text(file.path, encoding) as source, codecs.open(str(path), "w", "utf-8") as target:
            while block := source.read(1 << 20):
                target.write(block)
    rows = connection.read_csv(
        str(path),
        header=True,
        sep=separator,
        quotechar='"',
        escapechar='"',
        auto_detect=False,
        columns=dict.fromkeys(columns, "VARCHAR"),
        compression="gzip" if is_gzip(path) else "none",
        store_rejects=True,
        rejects_table=f"malformed_{table}",
        rejects_scan=f"scans_{table}",
        rejects_limit=_NO_REJECTS,
    )
    _stage(rows, table, columns, "1 + row_number() OVER ()")
    bad = connection.table(f"malformed_{table}")
    if wrong := bad.filter("error_type = 'INVALID ENCODING'").project("line").limit(1).fetchall():
        raise FileProblem(_not_text(file.path, "utf-8", f"line {wrong[0][0]}"))
    _must_end_its_cells(file.path, bad)
    lines = bad.aggregate("line, min(error_message) AS why").order("line").fetchall()
    _count_malformed_rows(connection, table, [line for line, _ in lines])
    malformed = tuple((line, why) for line, why in lines)
    return Loaded(table=table, columns=tuple(columns), malformed=malformed, separator=separator)


def _must_end_its_cells(path: Path, bad: Relation) -> None:
    """Refuse a file of which one cell holds the lines after it: they would be lost, and look like one bad row."""
    endless = bad.filter(
        f"error_type IN {texts(_SWALLOWING)} AND contains(trim(csv_line, chr(10) || chr(13)), chr(10))"
    )
    if found := endless.order("line").project("line, left(csv_line, 60)").limit(1).fetchall():
        line, start = found[0]
        remedy = 'Close the quote in that line (a quote inside a text is written ""); the lines after it are part of the cell.'
        shown = f"line {line}: {str(start).splitlines()[0]!r}"
        raise FileProblem(_problem(path, "every quote must be closed", shown, remedy))


def _count_malformed_rows(connection: Connection, table: str, lines: list[int]) -> None:
    """Let row numbers count the malformed rows above them (while they are few; else the file is refused anyway)."""
    if not lines or len(lines) > 1000:
        return
    before = ", ".join(str(line - place) for place, line in enumerate(lines))  # rows above each, among the well-formed
    shift = f"len(list_filter([{before}], lambda above: above <= {ROW}))"
    connection.execute(f"UPDATE {name(table)} SET {ROW} = {ROW} + {shift}")  # noqa: S608 - numbers and a quoted name


def _load_parquet(connection: Connection, path: Path, table: str) -> Loaded:
    rows = connection.read_parquet(str(path), file_row_number=True)
    columns = [column for column in rows.columns if column != "file_row_number"]
    _stage(rows, table, columns, "1 + file_row_number")
    return Loaded(table=table, columns=tuple(columns))


def _load_json_lines(connection: Connection, path: Path, table: str) -> Loaded:
    with open_text(path, "utf-8") as handle:
        first = next((line.strip() for line in handle if line.strip()), "")
    if not first:
        raise FileProblem(_problem(path, "must not be empty", "", "Export it again."))
    if not first.startswith("{"):
        remedy = "Write one object per line, without a list around them; jq -c '.[]' does that."
        raise FileProblem(_problem(path, "must have one JSON object per line", repr(first[:40]), remedy))
    found = connection.read_json(str(path), format="newline_delimited", sample_size=-1, ignore_errors=True)
    columns = list(found.columns)
    _must_differ(path, columns)
    typed = dict.fromkeys(columns, "VARCHAR")
    rows = connection.read_json(str(path), format="newline_delimited", columns=typed, ignore_errors=True)
    _stage(rows, table, columns, "row_number() OVER ()")
    nothing = " AND ".join(f"{name(column)} IS NULL" for column in columns)
    empty = connection.table(table).filter(nothing)
    malformed = tuple((row, "no JSON object") for (row,) in empty.project(ROW).fetchall())
    connection.execute(f"DELETE FROM {name(table)} WHERE {nothing}")  # noqa: S608 - names are quoted
    return Loaded(table=table, columns=tuple(columns), malformed=malformed)
