"""The shapes of a column's values: every digit is a 9, so that a million values are a handful of ways of writing.

Found in a sample of the rows; then all rows are held against them in one scan, and the shapes of those that fit none are
added, so that no value is overlooked. A column of free text is given up early: it is text whatever the rest holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from leadq.crm.storage.scratch_database import ROW, Relation, first_row, name, text

SAMPLE_ROWS = 20_000
MOST_SHAPES = 400
"""A column with more shapes than this, most of them with letters, is free text."""
LONGEST = 64
"""A longer value is neither a time nor a number."""
_DIGITS, _NINES = "0123456789", "9999999999"
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One way of writing, how many values are written so, and one of them."""

    text: str
    count: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """Ways of writing of a column, the commonest first.

    Parameters
    ----------
    filled : int
        Values that are not null; of the sample where ``sampled``.
    sampled : bool
        The column was given up as free text after the sample.
    """

    filled: int
    shapes: tuple[Shape, ...]
    sampled: bool = False

    @property
    def rest(self) -> int:
        """Values of shapes beyond those that are kept."""
        return self.filled - sum(shape.count for shape in self.shapes)


def find_shapes(rows: Relation, column: str, *, total: int) -> Shapes:
    """Find the shapes of the text column ``column`` of ``rows``.

    Parameters
    ----------
    rows : Relation
        With a row number, by which the sample is spread over all rows.
    column : str
    total : int
        How many rows there are.
    """
    step = total // SAMPLE_ROWS
    sample = rows if step < 2 else rows.filter(f"{ROW} % {step} = 0")
    found = _grouped(sample, column)
    if step < 2:
        return _whole(found)
    if len(found) > MOST_SHAPES or _is_text(found):
        return Shapes(filled=sum(found.values()), shapes=_kept(found), sampled=True)
    return _whole(_completed(rows, column, found))


def _whole(found: dict[tuple[str, str], int]) -> Shapes:
    return Shapes(filled=sum(found.values()), shapes=_kept(found))


def _kept(found: dict[tuple[str, str], int]) -> tuple[Shape, ...]:
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST_SHAPES]
    return tuple(Shape(text=shape, count=count, example=example) for (shape, example), count in ordered)


def _is_text(found: dict[tuple[str, str], int]) -> bool:
    """Whether most values are words, of which there are too many to hold all rows against."""
    words = {shape: count for (shape, _), count in found.items() if _LETTERS.search(shape) and "9" not in shape}
    return len(words) > MOST_SHAPES // 4 and sum(words.values()) > 0.5 * sum(found.values())


def _grouped(rows: Relation, column: str) -> dict[tuple[str, str], int]:
    """Shape and example to the count of its values."""
    given = name(column)
    shape = f"translate(left({given}, {LONGEST + 1}), '{_DIGITS}', '{_NINES}')"
    shapes = rows.filter(f"{given} IS NOT NULL").project(f"{shape} AS _leadq_shape, {given} AS _leadq_value")
    counted = shapes.aggregate("_leadq_shape, min(_leadq_value) AS _leadq_value, count(*) AS _leadq_count")
    ordered = counted.order("_leadq_count DESC, _leadq_shape").limit(50 * MOST_SHAPES)
    return {(shape, example): count for shape, example, count in ordered.fetchall()}


def _completed(rows: Relation, column: str, sample: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Count all rows under the shapes of the sample, and add the shapes of those that have none of them."""
    given = name(column)
    known = "|".join(sorted({as_pattern(shape) for shape, _ in sample}))
    fits = f"regexp_full_match({given}, {text(known)})"
    other = _grouped(rows.filter(f"{given} IS NOT NULL AND NOT {fits}"), column)
    (filled,) = first_row(rows.aggregate(f"count({given})"))
    in_sample, fitting = sum(sample.values()), filled - sum(other.values())
    # of shapes in the sample the count is a share of all: it ranks them, and is exact where one shape is all there is
    scaled = {key: round(count * fitting / in_sample) for key, count in sample.items()} if in_sample else {}
    first = next(iter(scaled), None)
    if first is not None:
        scaled[first] += fitting - sum(scaled.values())
    return scaled | other


def as_pattern(shape: str) -> str:
    """Return the regular expression that matches the values of a shape."""
    return re.sub("9+", lambda run: rf"\d{{{len(run[0])}}}", re.escape(shape))
