"""Lines of a CSV file into cells, in every dialect that exports are written in: what the quick way of reading cannot do.

A quote inside a text may be doubled or follow a backslash; lines end in CR, LF or both, even in one file; a CR may stand in a cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

from leadq.crm.reading.sources.files.opened_bytes import open_bytes

LONGEST_CELL = 2_000_000
"""Characters; a cell that is longer has no end."""
_ESCAPED = re.compile(r"\\([\\\"'])")
_HELD = {'"': "\ue000", "'": "\ue001", "\\": "\ue002"}
_RETURN = "\ue003"
"""Private signs that stand for what the parser must not see."""
_BACK = str.maketrans({**{held: sign for sign, held in _HELD.items()}, _RETURN: "\r"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How cells are told apart.

    Parameters
    ----------
    separator, quote : str
    backslash : bool
        A quote inside a text is written after a backslash.
    blank_before_quote : bool
        A blank may stand between separator and quote.
    returns_end_lines : bool
        A CR that no LF follows ends a line; else it is part of its cell.
    """

    separator: str
    quote: str = '"'
    backslash: bool = False
    blank_before_quote: bool = False
    returns_end_lines: bool = True


class Line(NamedTuple):
    """One line: its cells, how many lines of the file it covers, and why it could not be told apart ("" where it could)."""

    cells: list[str]
    covers: int = 1
    error: str = ""

    def seen(self, width: int) -> list[str]:
        """Return the cells for a look at what the line is; one that could not be told apart passes for a full one."""
        return ["?"] * width if self.error else self.cells


@contextmanager
def open_lines(path: Path, dialect: Dialect) -> Iterator[Iterable[str]]:
    """Open a file in UTF-8 for :func:`parse`."""
    newline = "" if dialect.returns_end_lines else "\n"
    with open_bytes(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline=newline) as handle:
        yield handle


def parse(lines: Iterable[str], dialect: Dialect) -> Iterator[Line]:
    """Yield the cells of every line; blank lines have none."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield from _parse(lines, dialect)
    finally:
        csv.field_size_limit(before)


def _parse(lines: Iterable[str], dialect: Dialect) -> Iterator[Line]:
    feed = _Feed(lines=iter(lines), dialect=dialect)
    reader = csv.reader(
        feed,
        delimiter=dialect.separator,
        quotechar=dialect.quote,
        strict=True,
        skipinitialspace=dialect.blank_before_quote,
    )
    while True:
        begun = reader.line_num
        feed.held, feed.first = False, ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(cells=[feed.first], covers=reader.line_num - begun, error=str(error))
            continue
        if feed.held:
            cells = [cell.translate(_BACK) for cell in cells]
        yield Line(cells, reader.line_num - begun)


@dataclass(slots=True)
class _Feed:
    """Lines on their way into the parser, without zero bytes; what it must not see is held back."""

    lines: Iterator[str]
    dialect: Dialect
    held: bool = False
    first: str = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        if "\0" in line:
            line = line.replace("\0", "")
        if self.dialect.backslash and "\\" in line:
            self.held = True
            line = _ESCAPED.sub(lambda found: _HELD[found[1]], line)
        if not self.dialect.returns_end_lines and "\r" in line:
            body = line.rstrip("\r\n")
            if "\r" in body:
                self.held = True
                line = body.replace("\r", _RETURN) + "\n"
            else:
                line = body + "\n" if line.endswith("\n") else body
        self.first = self.first or line[:100]
        return line


def first_text(raw: IO[bytes], most: int) -> str:
    """Return the beginning of a file in UTF-8, as whole lines where it has more than one."""
    data = raw.read(most + 1)
    text = data[:most].decode("utf-8-sig", "ignore")
    if len(data) <= most:
        return text
    cut = max(text.rfind("\n"), text.rfind("\r"))
    return text[: cut + 1] if cut > 0 else text
