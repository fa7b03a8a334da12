"""A file nobody has described yet: its encoding, separator, way of writing times and numbers, and what its columns hold.

Facts only, from the first rows of the file; what is made of them is the proposal's matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from leadq.crm.reading.columns.times import TimeReading
from leadq.crm.reading.sources.loaded_file import FileProblem, Loaded
from leadq.crm.reading.sources.source_files import load
from leadq.crm.reading.sources.text_encoding import is_utf16
from leadq.crm.storage.scratch_database import Connection, Relation, first_row, name, text
from leadq.crm.storage.source_locations import FileFormat
from leadq.foundation.problems import InputError, Problem

SAMPLE_ROWS = 20_000
MOST_WORDS = 12
TIME_FORMATS = (
    *(f"%d.%m.%Y{clock}" for clock in (" %H:%M:%S", " %H:%M", "")),
    *(f"%d/%m/%Y{clock}" for clock in (" %H:%M:%S", " %H:%M", "")),
    *(f"%m/%d/%Y{clock}" for clock in (" %I:%M:%S %p", " %I:%M %p", " %H:%M:%S", " %H:%M", "")),
    *(f"%d-%m-%Y{clock}" for clock in (" %H:%M:%S", " %H:%M", "")),
)
"""Ways of writing times that spreadsheets and CRMs export beside ISO 8601; day first is tried before month first."""
_NEARLY_ALL = 0.99
_COMMA_NUMBER = r"-?(\d{1,3}(\.\d{3})*|\d+)(,\d+)?"
_COMMA_SURELY = r"-?[\d.]*,(\d{1,2}|\d{4,})"  # three digits after the comma may be thousands
_DATA = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}.*|[^@\s]+@[^@\s]+\.[^@\s]+")
"""A date or an address: what a heading is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the sample: counts of non-null values, whether they are numbers with a comma, the words where they are few."""

    name: str
    filled: int
    distinct: int
    times: int
    naive: int
    comma_numbers: bool
    words: tuple[str, ...]

    @property
    def is_time(self) -> bool:
        """Whether nearly all values are times."""
        return self.filled > 0 and self.times >= _NEARLY_ALL * self.filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The first rows of a file.

    Parameters
    ----------
    file : FileFormat
        As it must be described to be read: path, encoding, separator, decimal.
    time_format : str or None
        As in ``leadq.yaml``; None is ISO 8601.
    month_first : bool
        The same times could be read with the month first.
    rows : int
    columns : tuple of Column
    """

    file: FileFormat
    time_format: str | None
    month_first: bool
    rows: int
    columns: tuple[Column, ...]


def take_sample(connection: Connection, path: Path, scratch: Path) -> Sample:
    """Look at a file.

    Raises
    ------
    InputError
        The file cannot be read, or its first line is no header.
    """
    file, loaded = _load(connection, path, scratch)
    if headings := [column for column in loaded.columns if _DATA.fullmatch(column)]:
        remedy = "Put a line with the names of the columns above the data."
        raise InputError(
            Problem(where=f"{path} line 1", rule="must name the columns", value=repr(headings[0]), remedy=remedy)
        )
    rows = connection.table(loaded.table).limit(SAMPLE_ROWS)
    time_format, month_first = _time_format(rows, loaded.columns)
    columns = tuple(_look(rows, column, time_format) for column in loaded.columns)
    commas = any(column.comma_numbers for column in columns)
    return Sample(
        file=file.model_copy(update={"separator": loaded.separator, "decimal": "," if commas else "."}),
        time_format=time_format,
        month_first=month_first,
        rows=int(first_row(rows.aggregate("count(*)"))[0]),
        columns=columns,
    )


def _load(connection: Connection, path: Path, scratch: Path) -> tuple[FileFormat, Loaded]:
    """Stage the file in the first encoding that reads it: UTF-16 by its mark, UTF-8, else cp1252."""
    problems = []
    for encoding in ("utf-16",) if is_utf16(path) else ("utf-8", "cp1252"):
        file = FileFormat.model_construct(path=path, encoding=encoding, separator=None, format=None, decimal=".")
        try:
            return file, load(connection, file, f"sample_{encoding.replace('-', '')}", scratch=scratch)
        except FileProblem as stopped:
            problems.append(stopped.problem)
            if isinstance(stopped.__cause__, duckdb.Error):  # it refuses everything else in this transaction
                connection.rollback()
                connection.begin()
    raise InputError(problems[0])


def _reading(time_format: str | None) -> TimeReading:
    return TimeReading(time_zone=None, time_format=time_format, read_at=datetime(2000, 1, 1, tzinfo=UTC))


def _time_format(rows: Relation, columns: tuple[str, ...]) -> tuple[str | None, bool]:
    """Find the way of writing times that most columns follow, and whether month first would do as well."""
    found = dict.fromkeys((None, *TIME_FORMATS), 0)
    for column in columns:
        given = name(column)
        counts = [f"count({_reading(one).moment(given, starts_day=True)})" for one in found]
        filled, *times = first_row(rows.aggregate(", ".join([f"count({given})", *counts])))
        for one, count in zip(found, times, strict=True):
            found[one] += filled > 0 and count >= _NEARLY_ALL * filled
    best = max(found, key=lambda one: found[one])
    twin = (best or "").replace("%d/%m", "%m/%d")
    return best, twin != best and found.get(twin, 0) == found[best]


def _look(rows: Relation, column: str, time_format: str | None) -> Column:
    times, given = _reading(time_format), name(column)
    facts = first_row(
        rows.aggregate(
            f"count({given}), count(DISTINCT {given}), count({times.moment(given, starts_day=True)}), "
            f"count_if({given} IS NOT NULL AND {times.naive(given)}), "
            f"count_if(regexp_full_match({given}, {text(_COMMA_NUMBER)})), "
            f"count_if(regexp_full_match({given}, {text(_COMMA_SURELY)}))"
        )
    )
    looked = Column(
        name=column,
        filled=facts[0],
        distinct=facts[1],
        times=facts[2],
        naive=facts[3] or 0,
        comma_numbers=bool(facts[5]) and facts[4] >= _NEARLY_ALL * facts[0],
        words=(),
    )
    if looked.distinct > MOST_WORDS:
        return looked
    counted = rows.filter(f"{given} IS NOT NULL").aggregate(f"{given} AS w, count(*) AS n")
    return replace(looked, words=tuple(str(word) for word, _ in counted.order("n DESC, w").fetchall()))
