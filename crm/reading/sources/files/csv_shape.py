"""How a CSV file is written: separator, quote, escape, line ends, and where its headings stand. Found by reading many of its lines.

Every possibility is tried with a real parser; the one by which most lines have the same number of cells is right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path

from leadq.crm.reading.sources.column_headings import common_width, heading_row
from leadq.crm.reading.sources.files.byte_facts import ByteFacts
from leadq.crm.reading.sources.files.csv_lines import Dialect, first_text, open_lines, parse
from leadq.crm.reading.sources.files.opened_bytes import open_bytes
from leadq.crm.reading.sources.loaded_file import refused
from leadq.crm.storage.source_locations import FileFormat

SEPARATORS = ",;\t|"
_UNUSUAL = {"^": '"^"', "~": '"~"', "\x1f": r'"\x1f"', "\x01": r'"\x01"', "\xa6": '"\xa6"', ":": '":"'}
_SAMPLE = 1 << 20
"""Characters at the beginning that separator, quote and headings are found in."""
_MOST_ROWS = 2_000
_MOST_JUDGED = 1_000_000
"""Lines by which dialects are told apart; a later one that the chosen dialect does not fit is named as malformed."""
_HINT = re.compile(r"^\s*\"?sep=(.)\"?\s*$", re.IGNORECASE)
_LEAST_SHARE = 0.5
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvShape:
    """How a CSV file is written, and its first lines.

    Parameters
    ----------
    dialect : Dialect
    rows : list of list of str
        The first lines as cells, titles and blank lines too.
    heading : int
        Place of the headings among ``rows``.
    """

    dialect: Dialect
    rows: list[list[str]]
    heading: int

    @property
    def headings(self) -> list[str]:
        """Cells of the heading line."""
        return self.rows[self.heading] if self.rows else []

    @property
    def body(self) -> list[list[str]]:
        """Lines below the headings."""
        return self.rows[self.heading + 1 :]


def find_shape(path: Path, file: FileFormat, facts: ByteFacts) -> CsvShape:
    """Find how the file ``path``, which is in UTF-8, is written; what ``file`` says of it is taken as said.

    Raises
    ------
    FileProblem
        The file is empty, its headings are not where ``header_line`` says, or its separator is none of the usual ones.
    """
    with open_bytes(path) as raw:
        text = first_text(raw, _SAMPLE)
    if not text.strip("\ufeff \t\r\n\0"):
        raise refused(file.path, "must not be empty", "", "Export it again with a header and rows.")
    text = text.replace("\0", "")
    hint = _HINT.match(text.splitlines()[0])
    separators = [file.separator] if file.separator else [hint[1]] if hint else list(SEPARATORS)
    quote = file.quote or _quote(text)
    dialect, rows = _best(text, separators, quote)
    if facts.escapes or (facts.returns and not facts.plain_lines) or file.quote_escape:
        dialect = _of_the_whole_file(path, dialect, facts, file.quote_escape)
        rows = _rows(text, dialect)
    if file.separator is None and hint is None:
        _must_be_usual(file.path, rows)
    return CsvShape(dialect=dialect, rows=rows, heading=_heading(file, rows, hinted=hint is not None))


def _heading(file: FileFormat, rows: list[list[str]], *, hinted: bool) -> int:
    if file.header_line is not None:
        if file.header_line > len(rows) or not any(cell.strip() for cell in rows[file.header_line - 1]):
            remedy = "Set header_line in leadq.yaml to the line that has the headings, counted from 1, or leave it out."
            raise refused(file.path, "must have its headings in header_line", str(file.header_line), remedy)
        return file.header_line - 1
    first = 1 if hinted else 0
    return first + heading_row(rows[first:])


def _rows(text: str, dialect: Dialect) -> list[list[str]]:
    return [line.cells for line in islice(parse(_split(text, dialect), dialect), _MOST_ROWS)]


def _split(text: str, dialect: Dialect) -> list[str]:
    pattern = r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z" if dialect.returns_end_lines else r"[^\n]*\n|[^\n]+\Z"
    return [found[0] for found in re.finditer(pattern, text)]


def _best(text: str, separators: Sequence[str], quote: str) -> tuple[Dialect, list[list[str]]]:
    """Return the dialect by which most lines have as many cells, the more the better."""
    found: list[tuple[float, Dialect, list[list[str]]]] = []
    for separator in separators:
        blank = f"{separator} {quote}" in text
        dialect = Dialect(separator=separator, quote=quote, blank_before_quote=blank)
        rows = _rows(text, dialect)
        found.append((_consistency(rows), dialect, rows))
    _, dialect, rows = max(found, key=lambda one: one[0])
    return dialect, rows


def _consistency(rows: Sequence[Sequence[str]]) -> float:
    """Share of lines as wide as most, worth more the wider they are; 0 where lines are no cells."""
    width = common_width(rows)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    share = sum(len(row) == width for row in filled) / max(len(filled), 1)
    return share * (1 - 1 / width) if width > 1 and share >= _LEAST_SHARE else 0.0


def _quote(text: str) -> str:
    """Return the apostrophe where texts stand between apostrophes and none between quotes."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    wrapped = re.compile(r"(?:^|[,;\t|])\s*'(?:[^']|'')*'\s*(?=[,;\t|]|$)")
    told = sum(bool(wrapped.search(line)) for line in lines)
    double = sum('"' in line for line in lines)
    return "'" if told >= _NEARLY_ALL * len(lines) and double <= (1 - _NEARLY_ALL) * len(lines) else '"'


def _of_the_whole_file(path: Path, dialect: Dialect, facts: ByteFacts, escape: str | None) -> Dialect:
    """Return the dialect by which the fewest lines of the file differ in their number of cells."""
    backslash = [escape == "\\"] if escape else [False, True] if facts.escapes else [False]
    returns = [True, False] if facts.feeds and facts.returns and not facts.plain_lines else [True]
    tried = [replace(dialect, backslash=one, returns_end_lines=other) for other, one in product(returns, backslash)]
    best, fewest = tried[0], -1
    for one in tried if len(tried) > 1 else []:
        wrong = _wrong_lines(path, one)
        if fewest < 0 or wrong < fewest:
            best, fewest = one, wrong
        if not fewest:
            break
    return best


def _wrong_lines(path: Path, dialect: Dialect) -> int:
    """Count the lines that are no rows by a dialect, among the first :data:`_MOST_JUDGED`."""
    widths: Counter[int] = Counter()
    wrong = 0
    with open_lines(path, dialect) as lines:
        for line in islice(parse(lines, dialect), _MOST_JUDGED):
            if line.error:
                wrong += line.covers
            elif line.cells:
                widths[len(line.cells)] += 1
    return wrong + widths.total() - max(widths.values(), default=0)


def _must_be_usual(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Refuse a file of one column that another sign would divide alike in every line."""
    if common_width(rows) != 1:
        return
    lines = [row[0] for row in rows if row and row[0].strip()]
    for sign, written in _UNUSUAL.items():
        widths = [line.count(sign) for line in lines]
        if widths and widths[0] and len(lines) > 1 and widths.count(widths[0]) >= _NEARLY_ALL * len(widths):
            if sign == ":" and widths[0] < 2:
                continue
            remedy = f"Set separator: {written} for it in leadq.yaml."
            raise refused(path, "must have a separator that is one of , ; | and tab, or is named", repr(sign), remedy)
