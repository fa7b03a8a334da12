"""What says in which order the leads of a file without dates came in: a date proves it, a counter is offered, else nothing is known.

Rows may stand newest first. A date or a counter puts them right, whatever their order in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from leadq.crm.reading.proposal.date_guess import Dates, day
from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.storage.scratch_database import ROW, Connection, Relation, first_row, name

_MOSTLY = 0.95
_NUMBER = r"(\d+)\D*$"
"""The last number of an id: 00417 of L-00417."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOrder:
    """The column that orders the rows, and what is known of it.

    Parameters
    ----------
    column : str
        Empty where no column does.
    proven : bool
        It holds times.
    newest_first : bool
        The rows of the file stand the other way round.
    """

    column: str = ""
    proven: bool = False
    newest_first: bool = False


def row_order(connection: Connection, sample: Sample, dates: Dates, lead_id: Column | None) -> RowOrder:
    """Return what orders the rows of ``sample``."""
    rows = connection.table(sample.looked)
    created = next((column for column in sample.columns if column.name == dates.created), None)
    if created is not None and created.is_time:
        rising = _rising(rows, f"epoch_us({day(created.name)})")
        return RowOrder(column=created.name, proven=True, newest_first=rising <= 1 - _MOSTLY)
    for column in _counters(sample, lead_id):
        rising = _rising(rows, f"TRY_CAST(regexp_extract({name(column.name)}, '{_NUMBER}', 1) AS HUGEINT)")
        if rising >= _MOSTLY or rising <= 1 - _MOSTLY:
            return RowOrder(column=column.name, newest_first=rising < 0.5)
    return RowOrder()


def _counters(sample: Sample, lead_id: Column | None) -> list[Column]:
    """Columns in which every row has another number."""
    different = [one for one in sample.columns if one.filled == sample.rows == one.distinct and not one.is_time]
    numbers = [one for one in different if one.reading.kind in ("number", "id") or one is lead_id]
    return sorted(numbers, key=lambda one: one is not lead_id)


def _rising(rows: Relation, number: str) -> float:
    """Share of neighbouring rows of which the later one has the higher number; a half where they say nothing."""
    beside = rows.project(f"{number} AS n, lag({number}) OVER (ORDER BY {ROW}) AS before")
    up, different = first_row(beside.aggregate("count_true(n > before), count_true(n <> before)"))
    return float(up) / float(different) if different else 0.5
