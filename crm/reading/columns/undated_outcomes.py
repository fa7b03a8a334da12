"""Won or lost leads without a closing date: the rule, with the line that takes the date from a column that has one."""

from __future__ import annotations

from collections.abc import Mapping

from leadq.crm.reading.findings import RowRule
from leadq.crm.storage.scratch_database import Relation, first_row, name, text
from leadq.foundation.yaml_scalars import quoted_list

_DAY = r"\d{4}-\d{2}-\d{2}([ T].*)?"
"""A date as the reading writes it."""
_NEARLY_ALL = 0.99
_MOST_NAMED = 3


def without_closing_date(undated: Relation, dates: Mapping[str, str], closed_at: tuple[str, ...]) -> RowRule:
    """Return the rule for ``undated`` rows, which are won or lost and have no ``closed_at``.

    Parameters
    ----------
    undated : Relation
    dates : mapping of column of the source to staged column
        Own columns of the table, as canonical text.
    closed_at : tuple of str
        Columns of the source that ``closed_at`` is read from.
    """
    found = _dated(undated, dates)
    now = list(closed_at) or ["closed_at"]
    if found:
        line = f"closed_at: {quoted_list([*now, found[0]])}"
        remedy = (
            f"These rows have a date in {', '.join(found[:_MOST_NAMED])}. If such a date is when the lead was closed, write under "
            f"columns in leadq.yaml: {line}. Rows that are still open belong to open of the outcome."
        )
    else:
        line = f"closed_at: {quoted_list([*now, 'LastModifiedDate'])}"
        remedy = (
            "The source has no other date for them. Export the date of the last change with the leads, such as LastModifiedDate, "
            f"and write under columns in leadq.yaml: {line}. Or learn without dates: name the file under flat instead of "
            "sources, with outcome, won, lost and open, and order: your column of creation dates."
        )
    return RowRule(reason="won or lost without closed_at", remedy=remedy, column="closed_at")


def _dated(undated: Relation, dates: Mapping[str, str]) -> list[str]:
    """Columns of the source in which nearly all ``undated`` rows have a date, likely ones first."""
    if not dates:
        return []
    counts = [f"count_true(regexp_full_match({name(staged)}, {text(_DAY)}))" for staged in dates.values()]
    rows, *dated = first_row(undated.aggregate(", ".join(["count(*)", *counts])))
    found = [column for column, n in zip(dates, dated, strict=True) if rows and n >= _NEARLY_ALL * rows]
    return sorted(found, key=lambda column: (not _tells_of_the_end(column), list(dates).index(column)))


def _tells_of_the_end(column: str) -> bool:
    return any(part in column.lower() for part in ("close", "lost", "modif", "updat", "chang", "convert", "decid"))
