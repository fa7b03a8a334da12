"""Sheets that came back: read whatever a spreadsheet made of them, and told row by row what cannot be used.

Comma, semicolon or tab; UTF-8 with or without its mark, UTF-16, Windows' own; yes and no in a few spellings. Nothing is guessed beyond
that: a blank, a "maybe" or a doubled row is for people to put right.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from leadq.foundation.problems import InputError, Problem
from leadq.foundation.regular_files import UnfitFileError, read_regular_file
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_tree import shortened
from leadq.pipelines.draft.blind_round.drawn_leads import BECAUSE, KEY, QUALIFIED, BlindRound

_ANSWERS = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False}
_MOST_BYTES = 5_000_000
_SEPARATORS = (",", ";", "\t")
_SAVE = "Open the sheet that leadq agreement blind-round wrote, fill it in, and save it as CSV."


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A filled-in row: where it is, and the three columns that count."""

    where: str
    key: str
    qualified: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one side says of a lead."""

    qualified: bool
    because: str


def sheet_rows(path: Path) -> tuple[SheetRow, ...]:
    """Read a sheet's rows; empty ones are left out.

    Raises
    ------
    InputError
        It is not a sheet.
    """
    text = _text(path)
    try:
        lines = list(csv.reader(io.StringIO(text), delimiter=_separator(text)))
    except csv.Error as error:
        problem = Problem(where=str(path), rule="must be a CSV file", value=shortened(str(error)), remedy=_SAVE)
        raise InputError(problem) from error
    heading = next((place for place, line in enumerate(lines) if KEY in _folded(line)), None)
    if heading is None:
        raise InputError(Problem(where=str(path), rule=f"must have a column {KEY}", remedy=_SAVE))
    names = _folded(lines[heading])
    missing = [name for name in (QUALIFIED, BECAUSE) if name not in names]
    if missing:
        rule = f"must have a column {' and a column '.join(missing)}"
        raise InputError(Problem(where=str(path), rule=rule, value=shortened(", ".join(names)), remedy=_SAVE))
    at = {name: names.index(name) for name in (KEY, QUALIFIED, BECAUSE)}
    rows = []
    for number, line in enumerate(lines[heading + 1 :], start=heading + 2):
        cells = {name: line[place].strip() if place < len(line) else "" for name, place in at.items()}
        if any(one.strip() for one in line):
            rows.append(
                SheetRow(
                    where=f"{path.name} row {number}",
                    key=cells[KEY],
                    qualified=cells[QUALIFIED],
                    because=cells[BECAUSE],
                )
            )
    if not rows:
        raise InputError(Problem(where=str(path), rule="must have a row for each lead", remedy=_SAVE))
    return tuple(rows)


def round_names(rows: tuple[SheetRow, ...]) -> tuple[str, ...]:
    """Return the rounds that a sheet's keys belong to, the commonest first."""
    names = [row.key.upper().rpartition("-")[0] for row in rows if row.key]
    return tuple(sorted(dict.fromkeys(names), key=lambda name: -names.count(name)))


def read_marks(rows: tuple[SheetRow, ...], one: BlindRound, name: str) -> tuple[dict[str, Mark], tuple[Problem, ...]]:
    """Return what a side says of each lead by its key, and all that is wrong with its sheet.

    Parameters
    ----------
    rows : tuple of SheetRow
    one : BlindRound
    name : str
        Name of the sheet's file.
    """
    keys = [lead.key for lead in one.leads]
    marks: dict[str, Mark] = {}
    seen: dict[str, str] = {}
    problems: list[Problem] = []
    for row in rows:
        key = row.key.upper()
        problems += _wrong(row, key, keys, seen, one)
        seen.setdefault(key, row.where)
        answer = _ANSWERS.get(row.qualified.lower())
        if answer is not None and key in keys:
            marks.setdefault(key, Mark(qualified=answer, because=row.because))
    missing = [key for key in keys if key not in seen]
    if missing:
        problems.append(
            Problem(
                where=name,
                rule="must have a row for each lead of the round",
                value=shortened(", ".join(missing)),
                remedy="Take the rows from the sheet as it was drawn, and fill them in.",
                count=len(missing),
            )
        )
    return marks, tuple(problems)


def _wrong(row: SheetRow, key: str, keys: list[str], seen: dict[str, str], one: BlindRound) -> Iterator[Problem]:
    if key not in keys:
        other = key.rpartition("-")[0]
        rule = f"the key must be one of round {one.name}"
        hint = did_you_mean(key, keys) if other in ("", one.name) else f"This row belongs to round {shortened(other)}. "
        yield Problem(
            where=row.where,
            rule=rule,
            value=shortened(row.key) or "nothing",
            remedy=f"{hint}Take the key from the sheet as it was drawn.",
        )
    elif key in seen:
        yield Problem(
            where=row.where,
            rule="a lead must have one row",
            value=key,
            remedy=f"Keep this one or {seen[key]}, and delete the other.",
        )
    if row.qualified.lower() not in _ANSWERS:
        remedy = "Write yes or no: who is not sure says what sales should do with it."
        yield Problem(
            where=row.where,
            rule=f"{QUALIFIED} must be yes or no",
            value=shortened(row.qualified) or "nothing",
            remedy=remedy,
        )


def _text(path: Path) -> str:
    try:
        raw = read_regular_file(path, most_bytes=_MOST_BYTES)
    except UnfitFileError as error:
        problem = Problem(where=str(path), rule=error.rule, value=error.value, remedy=error.remedy or _SAVE)
        raise InputError(problem) from error
    if raw.startswith(b"PK"):
        raise InputError(
            Problem(where=str(path), rule="must be a CSV file", value="a workbook", remedy="Save it as CSV UTF-8.")
        )
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _separator(text: str) -> str:
    """Return what parts the cells, by the line of headings."""
    for line in text.splitlines()[:5]:
        for separator in sorted(_SEPARATORS, key=line.count, reverse=True):
            if KEY in _folded(next(csv.reader([line], delimiter=separator), [])):
                return separator
    return ","


def _folded(cells: list[str]) -> list[str]:
    return [" ".join(one.lower().split()) for one in cells]
