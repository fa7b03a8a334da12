"""Text files as they lie on the disk: plain or gzip, in which encoding, and which line is not text.

Says what a file is, as words for a message; what follows from it is decided in ``source_files.py``.
"""

from __future__ import annotations

import codecs
import gzip
from pathlib import Path
from typing import IO, cast

_GZIP = b"\x1f\x8b"
_LOOKED_AT = 65_536
_CONTROL = bytes(range(32)).translate(None, b"\t\n\r\f\x1b")
_MOST_CONTROL = 0.01
"""Share of control characters up to which a file passes for text with a few damaged cells."""
_SHOWN = 20


def is_gzip(path: Path) -> bool:
    """Whether the file is gzip by its first bytes, whatever it is called."""
    with path.open("rb") as handle:
        return handle.read(2) == _GZIP


def open_text(path: Path, encoding: str) -> IO[str]:
    """Open a plain or gzip text file; a byte order mark is skipped."""
    wide = "utf-8-sig" if encoding == "utf-8" else encoding
    if is_gzip(path):
        return gzip.open(path, "rt", encoding=wide, newline="")
    return path.open("r", encoding=wide, newline="")


def is_utf16(path: Path) -> bool:
    """Whether the file begins with the byte order mark of UTF-16 (Excel's "Unicode text")."""
    with _open_bytes(path) as handle:
        return handle.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def what_else(path: Path) -> str:
    """Say what a file is that is not text, in a few words; empty where it may be text."""
    with _open_bytes(path) as handle:
        start = handle.read(_LOOKED_AT)
    if start.startswith(b"PK\x03\x04"):
        return "a spreadsheet or ZIP file"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "an old Excel file"
    if start.startswith(b"%PDF"):
        return "a PDF file"
    if start.startswith(b"PAR1"):
        return "a Parquet file"
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return ""
    control = len(start) - len(start.translate(None, _CONTROL))
    return "a binary file" if control > _MOST_CONTROL * len(start) else ""


def undecodable(path: Path, encoding: str) -> str:
    """Return where the first line stands that is not text in ``encoding``, and its bytes; empty where lines cannot be told."""
    if encoding == "utf-16":
        return ""
    with _open_bytes(path) as handle:
        for number, line in enumerate(handle, start=1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                return f"line {number}, {line[max(0, error.start - _SHOWN) : error.start + _SHOWN]!r}"
    return ""


def _open_bytes(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if is_gzip(path) else path.open("rb")
