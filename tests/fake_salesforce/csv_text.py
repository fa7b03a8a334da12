"""CSV as Bulk API 2.0 reads and writes it: the declared delimiter and line ending are enforced."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}

_QUOTED = re.compile(r'"[^"]*"')
_SPACED_QUOTE = re.compile(r" \x01|\x01 ")


class UnreadableCsvError(Exception):
    """Why the whole job fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What a file holds; ``spaced`` are the places of rows with a space beside a quote, which are refused."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    spaced: frozenset[int]


def read_csv(body: bytes, delimiter: str, line_ending: str) -> Upload:
    """Read an uploaded file.

    Raises
    ------
    UnreadableCsvError
        Another line ending than declared, text that is no UTF-8, a quote left open, rows of unequal length.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableCsvError("InvalidBatch : The file is not encoded in UTF-8") from error
    bare = _QUOTED.sub("\x01", text)
    endings = set(re.findall(r"\r\n|\n|\r", bare))
    if endings - {LINE_ENDINGS[line_ending]}:
        raise UnreadableCsvError(f"LineEnding is invalid on user data. Current LineEnding setting is {line_ending}")
    if '"' in bare:
        raise UnreadableCsvError("InvalidBatch : Failed to parse CSV: a quote is left open")
    try:
        # Not strict: a space beside a quote is the fault of its row alone.
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter]))
    except csv.Error as error:
        raise UnreadableCsvError(f"InvalidBatch : Failed to parse CSV: {error}") from error
    if not lines:
        raise UnreadableCsvError("InvalidBatch : Unable to find object data: the file is empty")
    header, rows = tuple(lines[0]), tuple(tuple(line) for line in lines[1:])
    if any(len(row) != len(header) for row in rows):
        raise UnreadableCsvError("InvalidBatch : The number of columns of a row differs from the header")
    spaced = {place - 1 for place, line in enumerate(bare.split("\n")) if _SPACED_QUOTE.search(line)}
    return Upload(header=header, rows=rows, spaced=frozenset(spaced))


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str, line_ending: str) -> bytes:
    """Return a result file: every cell quoted, UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=DELIMITERS[delimiter], lineterminator=LINE_ENDINGS[line_ending], quoting=csv.QUOTE_ALL
    )
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
