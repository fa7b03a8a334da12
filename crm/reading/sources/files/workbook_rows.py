"""A sheet of a workbook (xlsx, xls, xlsb, ods) into a staged table: values as texts, of formulas what they came to."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from leadq.crm.reading.sources.column_headings import heading_row
from leadq.crm.reading.sources.files.csv_lines import Line
from leadq.crm.reading.sources.files.lines_to_table import LinesToTable
from leadq.crm.reading.sources.files.opened_bytes import BLOCK
from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded, Written, refused
from leadq.crm.storage.scratch_database import Connection
from leadq.crm.storage.source_locations import FileFormat
from leadq.foundation.plurals import counted
from leadq.foundation.problems import MAX_EXAMPLES

_MOST_CELLS = 30_000_000
"""Cells of the rectangle around all that is filled: it is held in memory."""
_MOST_BYTES = 4 << 30
_SAMPLE = 500
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,4})(\d{1,9})"')
_SHEET = re.compile(r"xl/worksheets/[^/]*\.xml")
_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#GETTING_DATA", "#SPILL!", "#CALC!"}
)
_DAMAGED = "Save the workbook again in the spreadsheet program, or export it as CSV in UTF-8."


def stage_workbook(
    connection: Connection, file: FileFormat, table: str, scratch: Path, *, take_likeliest: bool = False
) -> Loaded:
    """Stage the only filled sheet of a workbook, or the one that ``sheet`` names; or the fullest, where the likeliest will do.

    Raises
    ------
    FileProblem
        It is damaged or locked, has no filled sheet or several, or its headings are not where ``header_line`` says.
    """
    path = file.path
    _must_be_of_a_size(path)
    try:
        with path.open("rb") as handle:  # by its content: a name may end in .xls or .csv
            sheet, others = _sheet(CalamineWorkbook.from_filelike(handle), file, take_likeliest=take_likeliest)
            rows = _texts(sheet)
    except PasswordError as error:
        raise refused(path, "must not be locked", "a password", "Save the workbook without a password.") from error
    except FileProblem:
        raise
    except (CalamineError, OSError, ValueError) as error:
        raise refused(path, "must be readable", str(error)[:200], _DAMAGED) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how the library says that it met what it does not expect
            raise
        raise refused(path, "must be readable", "a damaged workbook", _DAMAGED) from error
    if file.header_line is not None and file.header_line > len(rows):
        remedy = "Set header_line in leadq.yaml to the line that has the headings, counted from 1, or leave it out."
        raise refused(path, "must have its headings in header_line", str(file.header_line), remedy)
    heading = file.header_line - 1 if file.header_line else heading_row(rows[:_SAMPLE])
    staging = LinesToTable(
        where=path, table=table, rows=rows[: max(_SAMPLE, heading + _SAMPLE)], heading=heading, padded=True
    )
    loaded = staging.stage(connection, _lines(rows), scratch)
    written = Written(header_line=heading + 1 if heading else None, sheet=sheet.name if others is not None else None)
    return replace(loaded, written=written, notes=(*loaded.notes, *_not_read(sheet, others or ())))


def _not_read(sheet: CalamineSheet, others: Sequence[CalamineSheet]) -> list[str]:
    """Say which other sheets have rows: they may be leads, too."""
    if not others:
        return []
    told = ", ".join(f"{one.name} ({counted(one.height, 'row')})" for one in others[:MAX_EXAMPLES])
    return [f"sheet {sheet.name} is read, with {counted(sheet.height, 'row')}; not read: {told}"]


def _lines(rows: list[list[str]]) -> Iterator[Line]:
    for row in rows:
        yield Line(cells=row)


def _must_be_of_a_size(path: Path) -> None:
    """Refuse a workbook whose filled cells lie so far apart that the rectangle around them has no place in memory."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
                raise refused(
                    path, "must be a workbook of at most 4 GB unpacked", "more", "Export the sheet as CSV in UTF-8."
                )
            sheets = [entry for entry in archive.infolist() if _SHEET.fullmatch(entry.filename)]
            corners = [_far_corner(archive, entry) for entry in sheets]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, zlib.error) as error:
        raise refused(path, "must be readable", str(error)[:200], _DAMAGED) from error
    for rows, columns in corners:
        if rows * columns > _MOST_CELLS:
            size = f"{counted(rows, 'row')} x {counted(columns, 'column')}"
            remedy = "Delete what is far below or beside the table, or export the sheet as CSV in UTF-8."
            raise refused(path, f"must have at most {_MOST_CELLS:,} cells", size, remedy)


def _far_corner(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[int, int]:
    """Return the last row and column in which a sheet has a cell."""
    rows = columns = 0
    with archive.open(entry) as handle:
        kept = b""
        while block := handle.read(BLOCK):
            cells = _CELL.findall(kept + block)
            rows = max([rows, *(int(number) for _, number in cells)])
            columns = max([columns, *map(_column, {letters for letters, _ in cells})])
            kept = block[-100:]
    return rows, columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet(
    workbook: CalamineWorkbook, file: FileFormat, *, take_likeliest: bool
) -> tuple[CalamineSheet, Sequence[CalamineSheet] | None]:
    """Return the sheet to read, and the others where one must be named."""
    names = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet] or list(
        workbook.sheet_names
    )
    if file.sheet is not None:
        found = next((name for name in names if name.strip().lower() == file.sheet.strip().lower()), None)
        if found is None:
            remedy = f"Set sheet to one of them in leadq.yaml: {_some(names)}."
            raise refused(file.path, "must have the sheet that is named", file.sheet, remedy)
        return workbook.get_sheet_by_name(found), [one for one in _filled(workbook, names) if one.name != found]
    hidden = {sheet.name for sheet in workbook.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}
    filled = _filled(workbook, names)
    shown = [sheet for sheet in filled if sheet.name not in hidden] or filled
    if not shown:
        raise refused(file.path, "must not be empty", "no filled sheet", "Export it again with a header and rows.")
    if len(shown) > 1:
        fullest = max(shown, key=lambda sheet: sheet.height * sheet.width)
        others = [sheet for sheet in shown if sheet.name != fullest.name]
        if take_likeliest:
            _must_not_be_parts(file.path, fullest, others)
            return fullest, others
        remedy = f"Name the one with the rows, for it in leadq.yaml: sheet: {_quoted(fullest.name)}"
        raise refused(
            file.path, "must have one filled sheet, or sheet must name one", _some([one.name for one in shown]), remedy
        )
    return shown[0], None


def _must_not_be_parts(path: Path, fullest: CalamineSheet, others: Sequence[CalamineSheet]) -> None:
    """Refuse to choose where another sheet has the same headings: its rows would be missing."""
    wanted = _first_headings(fullest)
    if alike := [sheet.name for sheet in others if _first_headings(sheet) == wanted]:
        remedy = (
            "Put the rows of all into one sheet; or save each sheet as a CSV file and name the files with a pattern such as "
            "'deals-*.csv'."
        )
        raise refused(path, "must have its rows in one sheet", _some([fullest.name, *alike]), remedy)


def _first_headings(sheet: CalamineSheet) -> set[str]:
    values: list[list[Any]] = sheet.to_python(skip_empty_area=False, nrows=_SAMPLE)
    rows = [[_text(value, clock=False) for value in row] for row in values]
    return {cell.strip().lower() for cell in rows[heading_row(rows)] if cell.strip()} if rows else set()


def _filled(workbook: CalamineWorkbook, names: Sequence[str]) -> list[CalamineSheet]:
    sheets = [workbook.get_sheet_by_name(name) for name in names]
    return [sheet for sheet in sheets if sheet.end is not None and sheet.height > 0]


def _quoted(name: str) -> str:
    return (
        name if re.fullmatch(r"[A-Za-z][\w ]*\w", name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_EXAMPLES]) + (" ..." if len(names) > MAX_EXAMPLES else "")


def _texts(sheet: CalamineSheet) -> list[list[str]]:
    """Return all cells from the first row of the sheet on, as texts."""
    values: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    _fill_merged(values, sheet)
    width = max(map(len, values), default=0)
    clocks = [
        any(isinstance(row[column], datetime) and row[column].time() != time() for row in values if len(row) > column)
        for column in range(width)
    ]
    for place, row in enumerate(values):
        values[place] = [_text(value, clock) for value, clock in zip(row, clocks, strict=False)]
    first = next((column for column in range(width) if any(row[column] for row in values if len(row) > column)), 0)
    return [row[first:] for row in values]


def _fill_merged(values: list[list[Any]], sheet: CalamineSheet) -> None:
    """Give every row of a cell merged downwards its value."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if left == right and bottom > top and bottom < len(values) and left < len(values[top]):
            for row in values[top + 1 : bottom + 1]:
                row[left] = values[top][left]


def _text(value: Any, clock: bool) -> str:
    if isinstance(value, str):
        return "" if value in _ERRORS else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        rounded = value + timedelta(microseconds=500)
        rounded = rounded.replace(microsecond=rounded.microsecond // 1000 * 1000)
        return rounded.isoformat() if clock else rounded.date().isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00" if clock else value.isoformat()
    if isinstance(value, timedelta):
        return repr(value.total_seconds()).removesuffix(".0")
    return value.isoformat() if isinstance(value, time) else str(value)
