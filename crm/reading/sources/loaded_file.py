"""What a file is once it is read, whichever reading read it: a staged table of texts, and what was noticed on the way.

A file that cannot be read at all is a :class:`FileProblem`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from leadq.foundation.problems import Problem


class FileProblem(Exception):  # noqa: N818 - a carrier inside the reader; callers collect the Problem
    """The file cannot be read at all; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How a file was found to be written, where that is not plain: what ``leadq.yaml`` would say of it.

    Parameters
    ----------
    encoding : str or None
        Codec of a text file, and of every part of it; None where there is none.
    separator, quote, quote_escape : str or None
        Of a CSV file; None where it is another format, or for quote and escape the usual one.
    header_line : int or None
        Line of the headings, counted from 1; None where it is the first.
    sheet : str or None
        Of a workbook with several sheets.
    doubt : str
        What the bytes do not settle about the encoding, in plain words; empty where they do.
    """

    encoding: str | None = None
    separator: str | None = None
    quote: str | None = None
    quote_escape: str | None = None
    header_line: int | None = None
    sheet: str | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A staged file: its table, its columns in their order, the rows that were no rows, and the separator of a CSV file.

    ``notes`` are sentences for the report: what was found, left out or renamed. ``written`` is how the file is written.
    """

    table: str
    columns: tuple[str, ...]
    malformed: tuple[tuple[int, str], ...] = ()
    separator: str | None = None
    notes: tuple[str, ...] = ()
    written: Written = Written()

    def column(self, wanted: str) -> str | None:
        """Return the column called ``wanted``, letter case aside, or None."""
        exact = [column for column in self.columns if column == wanted]
        return next(iter(exact or [column for column in self.columns if column.lower() == wanted.lower()]), None)


def refused(where: Path | str, rule: str, value: str, remedy: str) -> FileProblem:
    """Return the refusal of a file, to be raised."""
    return FileProblem(Problem(where=str(where), rule=rule, value=value, remedy=remedy))
