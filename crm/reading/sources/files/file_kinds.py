"""What a file is: by the format it is said to have, by its first bytes, by its name. What is no table is called by its name."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from pathlib import Path
from typing import Literal, TypeAlias

from leadq.crm.reading.sources.files.encodings import look_for_encoding
from leadq.crm.reading.sources.files.opened_bytes import first_bytes
from leadq.crm.reading.sources.loaded_file import refused

Kind: TypeAlias = Literal["csv", "parquet", "jsonl", "json", "workbook", "zip"]

_ENDINGS: dict[str, Kind] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".txt": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "json", ".xlsx": "workbook", ".xlsm": "workbook", ".xlsb": "workbook", ".xls": "workbook", ".ods": "workbook",
    ".zip": "zip",
}  # fmt: skip
_SAID: dict[str, Kind] = {
    "csv": "csv",
    "parquet": "parquet",
    "jsonl": "jsonl",
    "json": "json",
    "xlsx": "workbook",
    "zip": "zip",
}
_NAMES = {
    "workbook": "a spreadsheet",
    "parquet": "a Parquet file",
    "json": "JSON",
    "jsonl": "JSON lines",
    "zip": "a ZIP file",
}
_LOOKED_AT = 65_536
_MAGIC = (
    (b"%PDF", "a PDF file"), (b"SQLite format 3", "an SQLite database"), (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"), (b"BZh", "a bzip2 file"), (b"\xfd7zXZ", "an xz file"), (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"{\\rtf", "an RTF document"),
    (b"ORC", "an ORC file"), (b"Obj\x01", "an Avro file"), (b"ARROW1", "an Arrow file"), (b"\x1f\x8b", "gzip within gzip"),
)  # fmt: skip
_PAGE = re.compile(
    r"^(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|script|title|div|form)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"^<(\?xml|[A-Za-z][\w:.-]*[\s>/])")
_OBJECTS = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*"(?:[^"\\]|\\.)*"\s*:')
"""How JSON begins: an object with a name in it, or a list of such."""
_CONTROL = bytes(range(32)).translate(None, b"\0\t\n\r\f\x0b\x1b\x1c\x1d\x1e\x1f")
_MOST_CONTROL, _MOST_ZERO = 0.01, 0.2
_EXPORT_AGAIN = "Export the table again as CSV in UTF-8, .xlsx, Parquet or JSON."


def kind_of(path: Path, said: str | None) -> tuple[Kind, str]:
    """Return what the file is, and a note where its name says something else.

    Raises
    ------
    FileProblem
        It is no table (a web page, a PDF, a picture, binary), or not what it is said to be, or of an unknown format.
    """
    start = _start(path)
    found = _by_content(path, start)
    named = _SAID[said] if said is not None else _by_name(path)
    if found is None:
        if named is None:
            _must_be_text(path, start)
            kind = _json_or_csv(
                "json" if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{") else "csv", start
            )
            return kind, f"{path.name} is read as {'JSON' if kind == 'json' else 'CSV'}, which its name does not say"
        if named in ("workbook", "parquet", "zip"):
            _must_be_text(path, start)
            remedy = (
                f"Export it again, or set format: csv for it in leadq.yaml if it is a text file{_or_leave_out(said)}."
            )
            raise refused(path, f"must be {_NAMES[named]} as {'format' if said else 'its name'} says", "text", remedy)
        _must_be_text(path, start)
        if named == "csv" and said is None and _OBJECTS.match(start):
            return "json", f"{path.name} is JSON by its content, and was read as such"
        return _json_or_csv(named, start), ""
    if found == named:
        return found, ""
    if said is not None:
        remedy = f"Leave format out, or set format: {'xlsx' if found == 'workbook' else found}, for it in leadq.yaml."
        raise refused(path, f"must be {said} as format says", _NAMES[found], remedy)
    return found, f"{path.name} is {_NAMES[found]} by its content, and was read as one"


def _or_leave_out(said: str | None) -> str:
    return ", or leave format out" if said is not None else ""


def _start(path: Path) -> bytes:
    try:
        return first_bytes(path, _LOOKED_AT)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise refused(path, "must be readable", str(error), "Export the file again; it is damaged.") from error


def _by_name(path: Path) -> Kind | None:
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    return _ENDINGS.get(suffixes[-1]) if suffixes else None


def _by_content(path: Path, start: bytes) -> Kind | None:
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        return "workbook"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise refused(path, "must be readable", str(error), "Export the file again; it is damaged.") from error
        return (
            "workbook"
            if any(name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for name in names)
            else "zip"
        )
    return None


def _json_or_csv(named: Kind, start: bytes) -> Kind:
    """Tell an array of objects from an object a line by its first sign, whatever the name says."""
    if named not in ("json", "jsonl"):
        return named
    sign = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return "json" if sign == b"[" else named


def _must_be_text(path: Path, start: bytes) -> None:
    """Refuse what is no text, by what it is."""
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            raise refused(path, "must be a table", kind, _unpack(kind))
    codec = look_for_encoding(path).codec if b"\0" in start or start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    wide = codec.startswith(("utf-16", "utf-32"))
    text = start.decode(codec if wide else "latin-1", "ignore").lstrip("\ufeff\xef\xbb\xbf \t\r\n")
    if _PAGE.match(text):
        remedy = (
            "The page around the file was saved, often a sign-in page: sign in and download the file itself, or open it in a "
            "spreadsheet program and save it as .xlsx."
        )
        raise refused(path, "must be a table", "a web page (HTML)", remedy)
    if _XML.match(text) and "<" in text[1:]:
        raise refused(
            path, "must be a table", "an XML document", "Open it in a spreadsheet program and save it as .xlsx."
        )
    control = len(start) - len(start.translate(None, _CONTROL))
    if not wide and (control > _MOST_CONTROL * len(start) or start.count(0) > _MOST_ZERO * len(start)):
        raise refused(path, "must be a table", "a binary file", _EXPORT_AGAIN)


def _unpack(kind: str) -> str:
    packed = kind.startswith(("a 7z", "a RAR", "a bzip2", "an xz", "a zstd"))
    return "Unpack it; gzip and ZIP are read as they are." if packed else _EXPORT_AGAIN
