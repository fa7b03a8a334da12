"""What may be done about times that cannot be read: the line that reads them where one does, else where to correct them."""

from __future__ import annotations

import json

from leadq.crm.reading import FIRST
from leadq.crm.reading.values.column_reading import as_written
from leadq.crm.reading.values.ids import ROUNDED
from leadq.crm.reading.values.times.fitting_format import fitting_formats
from leadq.crm.reading.values.times.iso_text import iso_text
from leadq.crm.storage.scratch_database import Relation, first_row, name, scalar, text

_FEW = 0.5
"""Share of a column's times below which those that cannot be read are faults, not another way of writing."""
_NEARLY_ALL = 0.99


def remedy_for_times(rows: Relation, bad: Relation, column: str, *, reading: int) -> str:
    """Return what to do about the rows ``bad`` of ``rows``, whose ``column`` is no time.

    A format is offered only where it reads nearly all values of the column.
    """
    if reading == FIRST:
        return "Write times as 2024-03-01T10:00:00+01:00 or dates as 2024-03-01, or say with time_format how all of the file does."
    given = as_written(name(column))
    rounded_ones = f"count_true(regexp_full_match({given}, {text(ROUNDED)}))"
    wrong, rounded = (int(one or 0) for one in first_row(bad.aggregate(f"count(*), {rounded_ones}")))
    filled = scalar(rows, f"count({name(column)})")
    if wrong < _FEW * filled:
        return "The other values of the column are read: correct these where they come from, or leave them empty."
    if 2 * rounded >= wrong:
        return (
            "A spreadsheet has shortened these numbers, and the digits it took are lost: export the file anew, and do not save it "
            "from a spreadsheet."
        )
    forms = _reading_all(rows, bad, column)
    if not forms:
        return "No format reads them: write them as 2024-03-01T10:00:00+01:00, or as 2024-03-01, where they come from."
    lines = [f"read: {json.dumps({column: form}, ensure_ascii=False)}" for form in forms]
    return f"Say in leadq.yaml how they are written: {' or '.join(lines)}."


def _reading_all(rows: Relation, bad: Relation, column: str) -> list[str]:
    given = as_written(name(column))
    example = first_row(bad.aggregate(f"max_by({given}, length({given}))"))[0]
    forms = fitting_formats(str(example))
    if not forms:
        return []
    counts = ", ".join(f"count({iso_text(given, [form], {})})" for form in forms)
    filled, *read = first_row(rows.aggregate(f"count({name(column)}), {counts}"))
    return [form for form, one in zip(forms, read, strict=True) if one >= _NEARLY_ALL * filled]
