"""Headings as column names: one line, nothing invisible, no two alike, none that leadq uses itself; and the line they stand in."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from leadq.foundation.problems import MAX_EXAMPLES

_RESERVED = "_leadq"
_ENGINE_NAMES = frozenset({"file_row_number", "filename", "file_index"})
_DATA = re.compile(
    r"[-+]?[\d.,\s]*\d\s?[%€$£]?"  # a number
    r"|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*"  # a date
    r"|[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+"
)
_MOST_TITLES = 100
"""Lines above the headings that are looked at."""
_MOST_DATA = 1 / 3
_COMPARED = 50
_LETTERS, _DIGITS = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
_WORD_FORMULA = re.compile(r'="{1,2}([^"]*)"{1,2}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """Names of the columns, in their order, and notes on those that were changed."""

    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def visible(text: str) -> str:
    """Return a cell as one line without signs that cannot be seen, blanks around it cut off."""
    if text.isascii() and text.isprintable() and not text.startswith("="):
        return " ".join(text.split())  # nearly all cells
    seen = "".join(" " if sign.isspace() or unicodedata.category(sign) in ("Zs", "Cc") else sign for sign in text)
    seen = "".join(sign for sign in seen if unicodedata.category(sign) not in ("Cf", "Cn", "Cs"))
    seen = " ".join(seen.split())
    unwrapped = _WORD_FORMULA.fullmatch(seen)
    return " ".join(unwrapped[1].split()) if unwrapped else seen


def name_columns(cells: Sequence[str | None]) -> Headings:
    """Return column names out of the cells of the heading line."""
    wanted = [visible(cell or "") for cell in cells]
    taken: set[str] = set()
    named: list[str] = []
    repeated, reserved = [], []
    empty = sum(not heading for heading in wanted)
    whole = {heading.lower() for heading in wanted if heading}
    for place, heading in enumerate(wanted, start=1):
        first = heading or f"column_{place}"
        if first.lower().startswith(_RESERVED) or first.lower() in _ENGINE_NAMES:
            safe = first.lstrip("_") if first.lower().startswith(_RESERVED) else f"own_{first}"
            reserved.append(f"{first} as {safe}")
            first = safe
        new, number = first, 1
        while new.lower() in taken or (number > 1 and new.lower() in whole):
            number += 1
            new = f"{first}_{number}"
        if new != first:
            repeated.append(new)
        taken.add(new.lower())
        named.append(new)
    notes = []
    if repeated:
        notes.append(f"headings that appear more than once got a number: {_some(repeated)}")
    if empty:
        named_so = [name for name, heading in zip(named, wanted, strict=True) if not heading]
        notes.append(f"columns without a heading are called {_some(named_so)}")
    if reserved:
        notes.append(f"headings with names that leadq uses itself are read under another name: {_some(reserved)}")
    return Headings(names=tuple(named), notes=tuple(notes))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_EXAMPLES]) + (" ..." if len(names) > MAX_EXAMPLES else "")


def looks_like_data(cell: str) -> bool:
    """Whether a cell is a number, a date or an address: what a heading is not."""
    return _DATA.fullmatch(cell) is not None


def common_width(rows: Sequence[Sequence[str]]) -> int:
    """Cells of most rows, blank lines aside; of two as common the wider."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    return max(widths, key=lambda width: (widths[width], width), default=0)


def heading_row(rows: Sequence[Sequence[str]]) -> int:
    """Return the place of the headings among the first ``rows``: as wide as the rows below, and no data.

    Lines above are titles. A line is no heading where most of its cells are empty, or where its values appear below it.
    """
    width = common_width(rows)
    filled = [place for place, row in enumerate(rows[:_MOST_TITLES]) if any(visible(cell) for cell in row)]
    for least in (width - 1, (width + 1) // 2):
        for place in filled:
            if len(rows[place]) >= max(least, 1) and _is_heading(rows, place, width):
                return place
    wide = [place for place in filled if len(rows[place]) >= width]
    return next(iter([*wide, *filled]), 0)


def _is_heading(rows: Sequence[Sequence[str]], place: int, width: int) -> bool:
    cells = [visible(cell) for cell in rows[place]]
    written = [cell for cell in cells if cell]
    if len(written) < max(min(2, width), (width + 1) // 2):
        return False
    below = [[visible(cell) for cell in row] for row in rows[place + 1 : place + 1 + _COMPARED]]
    told = sum(
        looks_like_data(cell) or _is_alike(cell, [row[column] for row in below if len(row) > column])
        for column, cell in enumerate(cells)
        if cell
    )
    return bool(below) and told <= _MOST_DATA * len(written)


def _is_alike(cell: str, below: Sequence[str]) -> bool:
    """Whether a cell is one of the values below it, or written as most of them are (``L0001``)."""
    if cell in below:
        return True
    form = _form(cell)
    return "9" in form and sum(_form(value) == form for value in below) > len(below) / 2


def _form(cell: str) -> str:
    return _DIGITS.sub("9", _LETTERS.sub("a", cell))
