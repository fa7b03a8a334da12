"""Which files a place names: one, those that a pattern or a list names, or what is inside a ZIP file.

A path that exists as it is written is that file, whatever signs it has.
"""

from __future__ import annotations

import fnmatch
import glob
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from leadq.crm.reading.sources.files.opened_bytes import BLOCK, private_file
from leadq.crm.reading.sources.loaded_file import refused
from leadq.crm.storage.source_locations import FileFormat
from leadq.foundation.problems import MAX_EXAMPLES

_PATTERN = frozenset("*?[")
_MOST_UNPACKED = 64 << 30
_MOST_TIMES, _SMALL = 250, 50 << 20
"""How many times its size a ZIP file may unpack to, if it is not small then: exports unpack to five to a hundred times theirs."""
TABLES = (
    ".csv", ".tsv", ".tab", ".txt", ".parquet", ".jsonl", ".ndjson", ".json", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".gz",
)  # fmt: skip
"""Endings of the files that hold tables."""
_BESIDE = (".txt", ".json")
"""Endings of what is put beside tables of another ending: a README, a description of the columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file to read; ``shown`` is what a person calls it, ``unpacked`` that it is the reader's own and goes afterwards."""

    path: Path
    shown: str
    unpacked: bool = False

    @property
    def name(self) -> str:
        """Its name without the folder, with that of the ZIP file it is in."""
        return "/".join(self.shown.rsplit("/", 2)[-2:]) if self.unpacked else self.path.name


def parts_of(file: FileFormat, scratch: Path, table: str) -> tuple[list[Part], list[str]]:
    """Return the files that ``file`` names, in order, and notes; what is inside a ZIP file is unpacked into ``scratch``.

    Raises
    ------
    FileProblem
        A file is missing, a pattern fits none, or a ZIP file is damaged, locked or has no table.
    """
    parts: list[Part] = []
    notes: list[str] = []
    for path in (file.path, *file.more):
        for found, inside in _existing(path):
            if inside is not None or _is_archive(found, file.format):
                unpacked, beside = _unpacked(found, inside, scratch, f"{table}_{len(parts)}")
                parts += unpacked
                notes += [f"{found.name}: {one} lies beside the tables and is not read" for one in beside]
            else:
                parts.append(Part(path=found, shown=str(found)))
    different: dict[Path, Part] = {}
    for part in parts:
        different.setdefault(part.path.resolve(), part)
    return list(different.values()), notes


def is_named(path: Path) -> bool:
    """Whether ``path`` names a file, files by a pattern, or a file inside a ZIP file."""
    try:
        return path.is_file() or bool(_matches(path)) or _archive_above(path) is not None
    except (OSError, ValueError):
        return False


def _existing(path: Path) -> list[tuple[Path, str | None]]:
    """Files that a path names; with the pattern of what is meant inside, where the path goes on inside a ZIP file."""
    if path.is_file():
        return [(path, None)]
    if path.is_dir():
        inside = sorted(one.name for one in path.iterdir() if one.is_file() and one.suffix.lower() in TABLES)
        ending = Path(inside[0]).suffix if inside else ".csv"
        remedy = f"Name the file in it, or its files by a pattern: {path.name}/*{ending}"
        raise refused(path, "must be a file", "a folder", remedy)
    if archive := _archive_above(path):
        return [(archive, path.relative_to(archive).as_posix())]
    if found := _matches(path):
        return [(one, None) for one in found]
    if _PATTERN & set(str(path)):
        remedy = "Fix the pattern in leadq.yaml; * stands for any signs, and paths are relative to that file."
        raise refused(path, "must fit at least one file", path.name, remedy)
    raise refused(path, "must exist", "", "Fix the path in leadq.yaml, which is relative to that file.")


def _matches(path: Path) -> list[Path]:
    if not _PATTERN & set(str(path)):
        return []
    try:  # a folder that is there is that folder, whatever signs are in its name
        above = next(one for one in path.parents if one.is_dir())
        pattern = f"{glob.escape(str(above))}/{path.relative_to(above)}"
        return sorted(
            one
            for one in map(Path, glob.glob(pattern))  # noqa: PTH207 - Path.glob wants a folder without a pattern
            if one.is_file()
        )
    except (OSError, ValueError, StopIteration):
        return []


def _archive_above(path: Path) -> Path | None:
    return next((above for above in path.parents if above.is_file() and zipfile.is_zipfile(above)), None)


def _is_archive(path: Path, said: str | None) -> bool:
    if said not in (None, "zip"):
        return False
    try:
        with path.open("rb") as handle:
            if handle.read(2) != b"PK":
                if said == "zip":
                    raise refused(path, "must be zip as format says", path.name, "Leave format out in leadq.yaml.")
                return False
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError) as error:
        raise refused(path, "must be readable", str(error)[:200], "Export the file again; it is damaged.") from error
    return not any(name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for name in names)


def _unpacked(path: Path, inside: str | None, scratch: Path, stem: str) -> tuple[list[Part], list[str]]:
    """Unpack the tables of a ZIP file, or those that ``inside`` names; and return what lies beside them."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if _is_table(entry.filename) and not entry.is_dir()]
            chosen = [one for one in entries if inside is None or _fits(one.filename, inside)]
            beside = _beside(chosen) if inside is None else []
            chosen = [one for one in chosen if one.filename not in beside]
            if not chosen:
                names = ", ".join(one.filename for one in archive.infolist()[:MAX_EXAMPLES]) or "nothing"
                raise refused(path, "must have a table inside", inside or names, f"It has: {names}.")
            if any(entry.flag_bits & 1 for entry in chosen):
                raise refused(path, "must not be locked", "a password", "Make the ZIP file without a password.")
            size = sum(entry.file_size for entry in chosen)
            if size > min(_MOST_UNPACKED, max(_SMALL, path.stat().st_size * _MOST_TIMES)):
                remedy = "If it is a true export, unpack it yourself and name the file that comes out."
                raise refused(path, f"must unpack to at most {_MOST_TIMES} times its size", f"{size:,} bytes", remedy)
            parts = [_unpack(archive, one, path, scratch / f"{stem}_{place}") for place, one in enumerate(chosen)]
            return parts, beside
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise refused(path, "must be readable", str(error)[:200], "Export the file again; it is damaged.") from error


def _is_table(inside: str) -> bool:
    found = PurePosixPath(inside)
    hidden = any(part.startswith((".", "__MACOSX")) for part in found.parts)
    return not hidden and found.suffix.lower() in TABLES


def _beside(entries: list[zipfile.ZipInfo]) -> list[str]:
    """Return the names of the texts and descriptions among tables of another ending, which are larger."""
    sizes: Counter[str] = Counter()
    for entry in entries:
        sizes[PurePosixPath(entry.filename).suffix.lower()] += entry.file_size
    tables = max(sizes, key=lambda ending: (sizes[ending], ending), default="")
    endings = [PurePosixPath(entry.filename).suffix.lower() for entry in entries]
    return [
        one.filename for one, ending in zip(entries, endings, strict=True) if ending != tables and ending in _BESIDE
    ]


def _fits(inside: str, wanted: str) -> bool:
    return inside == wanted or fnmatch.fnmatchcase(inside, wanted)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, scratch: Path) -> Part:
    target = scratch.with_name(scratch.name + "".join(PurePosixPath(entry.filename).suffixes[-2:]).lower())
    left = entry.file_size
    with archive.open(entry) as source, private_file(target) as handle:
        while block := source.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename} is larger than it says")
            handle.write(block)
    return Part(path=target, shown=f"{path}/{entry.filename}", unpacked=True)
