"""The first rows of a file, for a proposal: encoding, separator, how each column is written, what it holds, its few words.

Guesses how the file is written and what its columns hold; what the columns mean is guessed in ``mapping_proposal.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from leadq.crm.reading.proposal.heading_names import is_called
from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded
from leadq.crm.reading.sources.source_files import load
from leadq.crm.reading.values.column_reading import UNREAD, ColumnReading, Wanted
from leadq.crm.reading.values.read_columns import read_columns
from leadq.crm.reading.values.read_settings import Doubt, ReadSettings
from leadq.crm.storage.scratch_database import ROW, Connection, Relation, count, first_row, name, text, texts
from leadq.crm.storage.source_locations import FileFormat
from leadq.foundation.problems import InputError, Problem

SAMPLE_ROWS = 20_000
MOST_WORDS = 60
"""Words of a column that may be an outcome; a CRM has up to some forty stages."""
_NEARLY_ALL = 0.99
_DATES = ("created_at", "closed_at", "won_at", "lost_at", "changed_at", "planned_at")
_DATA = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}.*|[^@\s]+@[^@\s]+\.[^@\s]+")
"""A date or an address: what a heading is not."""
_NAIVE = r".*[T ]\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the sample: counts of non-null values, how they are written, and the words where they are few.

    ``words`` are those of the whole file with their rows, the commonest first; ``has_empty`` whether cells are empty.
    """

    name: str
    filled: int
    distinct: int
    naive: int
    reading: ColumnReading
    doubts: tuple[Doubt, ...] = ()
    words: tuple[tuple[str, int], ...] = ()
    has_empty: bool = False

    @property
    def is_time(self) -> bool:
        """Whether nearly all values are times."""
        return self.filled > 0 and self.reading.kind == "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a file.

    Parameters
    ----------
    file : FileFormat
        As it must be described to be read: path, encoding, separator, where its headings are.
    encoding_doubt : str
        What is doubtful about the encoding, in plain words; empty where nothing is.
    notes : tuple of str
        What was noticed in reading it.
    rows : int
    columns : tuple of Column
    looked : str
        Table of these rows: times that are called dates as canonical text, missing values null, everything else as it is written.
    whole : str
        Table of all rows as they are written.
    total : int
        Rows of the whole file.
    """

    file: FileFormat
    rows: int
    columns: tuple[Column, ...]
    looked: str
    whole: str
    total: int
    encoding_doubt: str = ""
    notes: tuple[str, ...] = ()


def take_sample(connection: Connection, path: Path, scratch: Path, *, table: str = "sample") -> Sample:
    """Look at a file and stage its rows under names that begin with ``table``.

    Raises
    ------
    InputError
        The file cannot be read, or its first line is no header.
    """
    file, loaded = _load(connection, path, scratch, table)
    if headings := [column for column in loaded.columns if _DATA.fullmatch(column)]:
        remedy = "Put a line with the names of the columns above the data."
        raise InputError(
            Problem(where=f"{path} line 1", rule="must name the columns", value=repr(headings[0]), remedy=remedy)
        )
    every = connection.table(loaded.table)
    rows, whole, looked = every, count(every), f"{table}_looked"
    total = min(whole, SAMPLE_ROWS)
    if whole > SAMPLE_ROWS:
        every.limit(SAMPLE_ROWS).create(f"{table}_first")
        rows = connection.table(f"{table}_first")
    readings, doubts = _readings(rows, loaded.columns, total)
    shown = [f"{_canonical(column, readings[column])} AS {name(column)}" for column in loaded.columns]
    rows.project(", ".join([ROW, *shown])).create(looked)
    return Sample(
        file=file,
        encoding_doubt=loaded.written.doubt,
        notes=loaded.notes,
        rows=total,
        looked=looked,
        whole=loaded.table,
        total=whole,
        columns=_looked(every, connection.table(looked), loaded.columns, readings, doubts),
    )


def _canonical(column: str, reading: ColumnReading) -> str:
    if reading.kind == "time" and _is_called_a_date(column):
        given = reading.expression(column)
        return f"CASE WHEN NOT starts_with({given}, {text(UNREAD)}) THEN {given} END"
    return (
        f"CASE WHEN {name(column)} NOT IN {texts(reading.missing)} THEN {name(column)} END"
        if reading.missing
        else name(column)
    )


def _is_called_a_date(column: str) -> bool:
    return any(is_called(contract, column) for contract in _DATES)


def _readings(
    rows: Relation, columns: tuple[str, ...], total: int
) -> tuple[dict[str, ColumnReading], tuple[Doubt, ...]]:
    """Judge every column; one that is called a date and holds bare numbers, or words beside dates, is judged again as one of dates."""
    judged = read_columns(rows, dict.fromkeys(columns, "any"), ReadSettings(), total=total)
    if zones := {zone for doubt in judged.doubts for zone in doubt.zones}:  # any offset shows that they are times
        assumed = ReadSettings(zone_names=dict.fromkeys(zones, "+00:00"))
        again = read_columns(rows, dict.fromkeys(columns, "any"), assumed, total=total)
        judged = replace(judged, readings=again.readings)
    numbers: dict[str, Wanted] = {
        column: "time"
        for column, reading in judged.readings.items()
        if reading.kind in ("number", "text") and _is_called_a_date(column)
    }
    dates = read_columns(rows, numbers, ReadSettings(), total=total)
    times = {column: one for column, one in dates.readings.items() if one.kind == "time"}
    kept = (*(one for one in judged.doubts if one.column not in times), *dates.doubts)
    return {**judged.readings, **times}, kept


def _looked(
    every: Relation,
    rows: Relation,
    columns: tuple[str, ...],
    readings: dict[str, ColumnReading],
    doubts: tuple[Doubt, ...],
) -> tuple[Column, ...]:
    counts = [f"count({name(column)}), approx_count_distinct({name(column)})" for column in columns]
    facts = first_row(rows.aggregate(", ".join(["count(*)", *counts])))
    times = [column for column in columns if readings[column].kind == "time"]
    naive = dict(zip(times, first_row(rows.aggregate(", ".join(["count(*)", *map(_naive, times)])))[1:], strict=True))
    found = []
    for place, column in enumerate(columns):
        filled, distinct = facts[1 + 2 * place : 3 + 2 * place]
        words = _words(every, column, readings[column]) if distinct <= 2 * MOST_WORDS else ()
        looked = Column(
            name=column,
            filled=filled,
            distinct=_exactly(rows, column) if distinct >= 0.8 * filled else distinct,
            naive=naive.get(column, 0),
            reading=readings[column],
            doubts=tuple(doubt for doubt in doubts if doubt.column == column),
            words=words if len(words) <= MOST_WORDS else (),
            has_empty=filled < facts[0],
        )
        found.append(looked)
    return tuple(found)


def _naive(column: str) -> str:
    return f"count_true(regexp_full_match({name(column)}, {text(_NAIVE)}))"


def _exactly(rows: Relation, column: str) -> int:
    return int(first_row(rows.project(name(column)).aggregate(f"count(DISTINCT {name(column)})"))[0])


def _words(every: Relation, column: str, reading: ColumnReading) -> tuple[tuple[str, int], ...]:
    """Words of a column of the whole file as they are written, the commonest first; one more than may be at most."""
    counted = every.project(f"{name(column)} AS w").filter("w IS NOT NULL").aggregate("w, count(*) AS n")
    found = counted.order("n DESC, w").limit(MOST_WORDS + 1 + len(reading.missing)).fetchall()
    return tuple((str(word), int(n)) for word, n in found if str(word) not in reading.missing)


def _load(connection: Connection, path: Path, scratch: Path, table: str) -> tuple[FileFormat, Loaded]:
    """Stage the file, in the likeliest encoding if several would do; return how it must be described to be read so again."""
    file = FileFormat.model_construct(path=path)
    try:
        loaded = load(connection, file, table, scratch=scratch, take_likeliest=True)
    except FileProblem as stopped:
        raise InputError(stopped.problem) from stopped
    written = loaded.written
    found = {
        "encoding": written.encoding, "separator": loaded.separator, "quote": written.quote, "sheet": written.sheet,
        "quote_escape": written.quote_escape, "header_line": written.header_line,
    }  # fmt: skip
    return file.model_copy(update=found), loaded
