"""Columns that hold the same values under two headings."""

from __future__ import annotations

from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.storage.scratch_database import Relation, first_row, name

_MOST_PAIRS = 200
_LEAST_VALUES = 2
"""Different values a column must have: two columns that are always no say nothing of each other."""


def same_columns(rows: Relation, sample: Sample) -> tuple[tuple[str, str], ...]:
    """Return pairs of a column and an earlier one with the same value in every row, empty cells too."""
    alike: dict[tuple[int, int], list[Column]] = {}
    for column in sample.columns:
        if column.distinct >= _LEAST_VALUES and column.filled:
            alike.setdefault((column.filled, column.distinct), []).append(column)
    pairs = [
        (later, first) for group in alike.values() for place, later in enumerate(group) for first in group[:place]
    ][:_MOST_PAIRS]
    if not pairs:
        return ()
    tests = [f"count_true({name(a.name)} IS DISTINCT FROM {name(b.name)})" for a, b in pairs]
    differing = first_row(rows.aggregate(", ".join(tests)))
    found: dict[str, str] = {}
    for (later, first), rows_that_differ in zip(pairs, differing, strict=True):
        if not rows_that_differ:
            found.setdefault(later.name, first.name)
    return tuple(found.items())
