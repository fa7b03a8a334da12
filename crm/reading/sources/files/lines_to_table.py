"""Lines of cells, from a CSV file or a sheet, into a staged table: titles and footers left out, odd lines named.

What passes through the disk is a Parquet file that only its owner can read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.reading.sources.column_headings import common_width, name_columns, visible
from leadq.crm.reading.sources.files.cell_texts import clean, drop_empty_rows, unguard
from leadq.crm.reading.sources.files.csv_lines import Line
from leadq.crm.reading.sources.files.footers import MOST_LINES, has_plain_first, without_footers
from leadq.crm.reading.sources.files.opened_bytes import private_file
from leadq.crm.reading.sources.loaded_file import Loaded, refused
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path
from leadq.crm.storage.scratch_database import ROW, Connection, name, plan_for_columns
from leadq.foundation.plurals import counted
from leadq.foundation.problems import MAX_EXAMPLES

_BATCH = 20_000
_MOST_CELLS = 1_000_000
"""Cells in memory at a time."""
_LONGEST = 80
_ENDLESS = (
    'Close the quote in that line (a quote inside a text is written ""); the lines after it are part of the cell.'
)


_NO_HEADINGS = "Set header_line (the line with the headings) and separator for it in leadq.yaml, or export it again."
_MANY_LINES = 100_000


@dataclass(slots=True, kw_only=True)
class LinesToTable:
    """A staging of lines.

    Parameters
    ----------
    where : Path
        The file, for messages.
    table : str
    rows : sequence of sequence of str
        The first lines, titles too.
    heading : int
        Place of the headings among them.
    padded : bool
        Shorter lines are rows whose last cells are empty (a sheet), not odd ones.
    """

    where: Path
    table: str
    rows: Sequence[Sequence[str]]
    heading: int
    padded: bool = False
    malformed: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _short: list[tuple[int, list[str]]] = field(default_factory=list)
    _shortened: int = 0
    _lone: tuple[int, list[str]] | None = None
    _numbers: list[int] = field(default_factory=list)
    _cells: list[list[str]] = field(default_factory=list)

    @property
    def _headings(self) -> list[str]:
        """Cells of the heading line, without empty ones at its end that no row fills."""
        cells = list(self.rows[self.heading])
        width = max(common_width(self.rows[self.heading + 1 :]), 1)
        while len(cells) > width and not visible(cells[-1]):
            cells.pop()
        return cells

    def stage(self, connection: Connection, lines: Iterable[Line], scratch: Path) -> Loaded:
        """Write all ``lines`` of the file (from its first one) and stage them.

        Raises
        ------
        FileProblem
            A quote is not closed, so that one cell holds the lines after it.
        """
        headings = name_columns(self._headings)
        if not headings.names:
            raise refused(self.where, "must have headings", f"line {self.heading + 1} is empty", _NO_HEADINGS)
        above = [" ".join(filter(None, map(visible, row))) for row in self.rows[: self.heading]]
        if titles := [title for title in above if title and not title.lower().startswith("sep=")]:
            self.notes.append(f"lines left out above the headings: {_quoted(titles)}")
        path = scratch / f"{self.table}.lines.parquet"
        width = len(headings.names)
        plan_for_columns(connection, width)
        schema = pa.schema([(ROW, pa.int64()), *((f"c{place}", pa.string()) for place in range(width))])
        with private_file(path) as handle, pq.ParquetWriter(handle, schema, compression="snappy") as writer:
            self._write(lines, width, schema, writer)
        staged = connection.read_parquet(engine_path(path), **AS_IT_STANDS)
        cells = [f"{clean(f'c{place}')} AS {name(column)}" for place, column in enumerate(headings.names)]
        staged.project(", ".join([name(ROW), *cells])).create(self.table)
        path.unlink()
        notes = [*headings.notes, *self.notes, *finished(connection, self.table, headings.names)]
        return Loaded(table=self.table, columns=headings.names, malformed=tuple(self.malformed), notes=tuple(notes))

    def _write(self, lines: Iterable[Line], width: int, schema: pa.Schema, writer: pq.ParquetWriter) -> None:
        most = max(min(_BATCH, _MOST_CELLS // width), 1)
        tail: deque[tuple[int, int, Line]] = deque()
        physical = 1
        for number, line in enumerate(lines, start=1):
            if number > self.heading + 1:
                tail.append((number, physical, line))
            physical += line.covers
            if len(tail) > MOST_LINES:
                self._take(*tail.popleft(), width)
            if len(self._numbers) >= most:
                self._flush(schema, writer)
        left = self._without_footers(list(tail), width)
        for number, at, line in left:
            self._take(number, at, line, width)
        self._take_short(width)
        self._settle_lone(width)
        self._flush(schema, writer)

    def _without_footers(self, tail: list[tuple[int, int, Line]], width: int) -> list[tuple[int, int, Line]]:
        plain = has_plain_first(self.rows[self.heading + 1 :], width)
        kept = without_footers([line.seen(width) for _, _, line in tail], width=width, plain_first=plain)
        below = [" ".join(filter(None, map(visible, line.cells))) for _, _, line in tail[kept:]]
        if footers := [footer for footer in below if footer]:
            self.notes.append(f"lines left out below the rows: {_quoted(footers)}")
        return tail[:kept]

    def _take(self, number: int, physical: int, line: Line, width: int) -> None:
        cells = line.cells
        if line.error:
            if line.covers > 1 or line.error.startswith("field larger"):
                shown = f"line {physical}: {cells[0].rstrip()[:60]!r}"
                raise refused(self.where, "every quote must be closed", shown, _ENDLESS)
            self.malformed.append((number, line.error))
            return
        if not any(cells):
            return
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
            cells = cells[:width]
        if self.padded and len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        if len(cells) < width:
            self._short.append((number, cells))
            if len(self._short) > 2 * width:
                self._take_short(width)
            return
        self._take_short(width)
        if len(cells) != width:
            self.malformed.append((number, f"{counted(len(cells), 'cell')} instead of {width}"))
            self._must_be_rows(number, width)
            return
        self._numbers.append(number)
        self._cells.append(cells)

    def _take_short(self, width: int) -> None:
        """Take shorter lines that follow each other: rows without their last, empty cells, if they are no pieces of one row."""
        while self._short:
            cells, pieces = 1, 0
            while pieces < min(len(self._short), width) and cells < width:
                cells += len(self._short[pieces][1]) - 1
                pieces += 1
            number, first = self._short[0]
            if (pieces > 1 and cells == width) or not first[0].strip() or len(first) < max(2, width / 2):
                broken = pieces if cells == width else 1
                for number, one in self._short[:broken]:
                    self.malformed.append((number, f"{counted(len(one), 'cell')} instead of {width}"))
                    self._must_be_rows(number, width)
                del self._short[:broken]
                continue
            self._shortened += 1
            if self._shortened == 1:
                self._lone = (number, first)
            else:
                self._pad(number, first, width)
            del self._short[0]

    def _settle_lone(self, width: int) -> None:
        """Take the first shorter line where there are several, whose writer leaves out empty last cells; a single one was cut off."""
        if self._lone is None:
            return
        number, first = self._lone
        if self._shortened > 1:
            self._pad(number, first, width)
            self.notes.append(
                f"{counted(self._shortened, 'line')} have fewer cells than there are headings: their last cells are read as empty"
            )
        else:
            self.malformed.append((number, f"{counted(len(first), 'cell')} instead of {width}"))

    def _pad(self, number: int, cells: list[str], width: int) -> None:
        self._numbers.append(number)
        self._cells.append([*cells, *[""] * (width - len(cells))])

    def _must_be_rows(self, number: int, width: int) -> None:
        """Give a file up of which most lines are no rows of its headings, before millions of them are kept."""
        if len(self.malformed) >= _MANY_LINES and 2 * len(self.malformed) > number:
            shown = f"{len(self.malformed):,} of the first {counted(number, 'line')} have not {counted(width, 'cell')}"
            raise refused(self.where, "lines must have as many cells as there are headings", shown, _NO_HEADINGS)

    def _flush(self, schema: pa.Schema, writer: pq.ParquetWriter) -> None:
        if not self._numbers:
            return
        columns = [pa.array(column, pa.string()) for column in zip(*self._cells, strict=True)]
        writer.write_batch(pa.record_batch([pa.array(self._numbers, pa.int64()), *columns], schema=schema))
        self._numbers.clear()
        self._cells.clear()


def finished(connection: Connection, table: str, columns: Sequence[str], *, guarded: bool = True) -> list[str]:
    """Unguard numbers and drop rows without a value, in a staged table; return notes on both."""
    notes = list(unguard(connection, table, columns)) if guarded else []
    if rows := drop_empty_rows(connection, table, columns):
        notes.append(f"{counted(rows, 'row')} without any value left out")
    return notes


def _quoted(lines: Sequence[str]) -> str:
    shown = "; ".join(repr(line[:_LONGEST]) for line in lines[:MAX_EXAMPLES])
    return shown + (f" and {len(lines) - MAX_EXAMPLES} more" if len(lines) > MAX_EXAMPLES else "")
