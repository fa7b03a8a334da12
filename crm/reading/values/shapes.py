"""The shapes of a column's values: every digit is a 9, so that a million values are a handful of ways of writing.

Found in a sample of the rows; then all rows are held against them in one scan, and the shapes of those that fit none are
added, so that no value is overlooked. A column of free text is given up early: it is text whatever the rest holds.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from leadq.crm.storage.scratch_database import ROW, Relation, first_row, name, text

SAMPLE_ROWS = 2_000
MOST_SHAPES = 400
"""A column with more shapes than this, most of them with letters, is free text."""
LONGEST = 80
"""A longer value is neither a time nor a number."""
_DIGITS, _NINES = "0123456789", "9999999999"
_AS_NINES = str.maketrans(_DIGITS, _NINES)
_LETTERS = re.compile(r"[^\W\d_]")
_Found: TypeAlias = dict[str, tuple[int, str]]
"""Shape to the count of its values and the least of them."""


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


def find_shapes(rows: Relation, columns: Sequence[str], *, total: int) -> dict[str, Shapes]:
    """Find the shapes of the text columns ``columns`` of ``rows``, with few scans however many columns there are.

    Parameters
    ----------
    rows : Relation
        With a row number, by which the sample is spread over all rows.
    columns : sequence of str
    total : int
        How many rows there are.
    """
    if not columns:
        return {}
    step = max(total // SAMPLE_ROWS, 1)
    taken = rows if step == 1 else rows.filter(f"{ROW} % {step} = 0")
    texts = taken.project(", ".join(f"{name(one)} AS _leadq_{place}" for place, one in enumerate(columns)))
    sample = [_shapes_of(column.to_pylist()) for column in texts.to_arrow_table().columns]
    found = dict(zip(columns, sample, strict=True))
    if step == 1:
        return {column: _whole(shapes) for column, shapes in found.items()}
    given_up = {column for column, shapes in found.items() if len(shapes) > MOST_SHAPES or _is_text(shapes)}
    counted = _completed(rows, {column: shapes for column, shapes in found.items() if column not in given_up})
    return {
        column: Shapes(filled=sum(count for count, _ in shapes.values()), shapes=_kept(shapes), sampled=True)
        if column in given_up
        else _whole(counted[column])
        for column, shapes in found.items()
    }


def _shapes_of(values: Iterable[str | None]) -> _Found:
    found: _Found = {}
    for value, count in Counter(values).items():
        if value is not None:
            shape = value[: LONGEST + 1].translate(_AS_NINES)
            before, example = found.get(shape, (0, value))
            found[shape] = (before + count, min(example, value))
    return found


def _whole(found: _Found) -> Shapes:
    return Shapes(filled=sum(count for count, _ in found.values()), shapes=_kept(found))


def _kept(found: _Found) -> tuple[Shape, ...]:
    ordered = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))[:MOST_SHAPES]
    return tuple(Shape(text=shape, count=count, example=example) for shape, (count, example) in ordered)


def _is_text(found: _Found) -> bool:
    """Whether most values are words, of which there are too many to hold all rows against."""
    words = {shape: count for shape, (count, _) in found.items() if _LETTERS.search(shape) and "9" not in shape}
    return len(words) > MOST_SHAPES // 4 and sum(words.values()) > 0.5 * sum(count for count, _ in found.values())


def _completed(rows: Relation, samples: Mapping[str, _Found]) -> dict[str, _Found]:
    """Count all rows under the shapes of the samples, and add the shapes of those that have none of them."""
    if not samples:
        return {}
    fits = {
        column: f"regexp_full_match({name(column)}, {text('|'.join(sorted(map(as_pattern, sample))))})"
        for column, sample in samples.items()
    }
    asked = [f"count({name(column)}), count_true({one})" for column, one in fits.items()]
    facts = first_row(rows.aggregate(", ".join(asked)))
    completed: dict[str, _Found] = {}
    for place, (column, sample) in enumerate(samples.items()):
        filled, fitting = int(facts[2 * place]), int(facts[2 * place + 1] or 0)  # none of an empty column
        completed[column] = _scaled(sample, fitting)
        if fitting < filled:
            completed[column] |= _others(rows, column, fits[column])
    return completed


def _scaled(sample: _Found, fitting: int) -> _Found:
    """Share the rows that fit the sample's shapes out among them: that ranks them, and is exact where there is one."""
    in_sample = sum(count for count, _ in sample.values())
    scaled = {shape: (round(count * fitting / in_sample), example) for shape, (count, example) in sample.items()}
    first = next(iter(scaled), None)
    if first is not None:
        count, example = scaled[first]
        scaled[first] = (count + fitting - sum(one for one, _ in scaled.values()), example)
    return scaled


def _others(rows: Relation, column: str, fits: str) -> _Found:
    """Shapes of the values that fit none of the sample's."""
    given = name(column)
    shape = f"translate(left({given}, {LONGEST + 1}), '{_DIGITS}', '{_NINES}')"
    other = rows.filter(f"{given} IS NOT NULL AND NOT {fits}")
    shapes = other.project(f"{shape} AS _leadq_shape, {given} AS _leadq_value")
    counted = shapes.aggregate("_leadq_shape, count(*) AS _leadq_count, min(_leadq_value) AS _leadq_value")
    ordered = counted.order("_leadq_count DESC, _leadq_shape").limit(50 * MOST_SHAPES)
    return {shape: (count, example) for shape, count, example in ordered.fetchall()}


def as_pattern(shape: str) -> str:
    """Return the regular expression that matches the values of a shape."""
    return re.sub("9+", lambda run: rf"\d{{{len(run[0])}}}", re.escape(shape))
