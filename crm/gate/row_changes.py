"""Leads that were there when the model was trained and are not now, leads that are there twice, and no new ones for days.

A file that was cut off, a filter on an export, a file that was joined twice or written days ago, days and months that changed places.
Months are compared for a year before the training, from the first that an export still has: exports of the last two years lose old
leads all the time, and reach back as far as ever. Says nothing about single leads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.crm.gate.field_profiles import FieldProfile
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem

FEWER, MORE = 0.05, 0.10
"""Parts of a month's leads that may be gone, or have come in addition: some are deleted, merged or entered late."""
SPARE = 3
"""Leads by which every month may differ."""
QUIET_DAYS, QUIET_LEADS = 3, 25
"""No new lead for so many days, and for so long that so many would have come in at the pace before the training."""
AS_LONG = 0.9
"""Part of the time that the leads of the training reached back which tonight's must reach back."""
_MONTH_DAYS = 31  # months are counted whole
_FIRST = 0.01
_COMPARED = 12
_PACE_MONTHS = 3
_DAY = timedelta(days=1)


def row_changes(
    history: History, created: FieldProfile, trained_at: datetime, *, by_pace: bool = True
) -> Iterator[Problem]:
    """Yield what tells that tonight's leads are not all, not of tonight, or not dated as they were.

    Parameters
    ----------
    history : History
        Tonight's, with dates.
    created : FieldProfile
        How many leads came in in each month before ``trained_at``.
    trained_at : datetime
    by_pace : bool
        Whether quiet days are held against the pace before the training; not where leadq.yaml says how long leads may be quiet.
    """
    then = dict(zip(created.known, created.known_rows, strict=True))
    now, newest = _leads(history)
    if wrong := _other_months(then, now):
        month = max(wrong, key=lambda one: abs(now[one] - then[one]))
        yield Problem(
            where="leads",
            rule="must still have the leads, with their dates, that were there when the model was trained",
            value=f"{now[month]:,} that came in in {month} where there were {then[month]:,}, and so in {counted(len(wrong), 'month')}",
            remedy="Check that the export is whole, without a filter, that no lead is in it twice, and that days and months did not "
            "change places.",
        )
    if then and now and (span := _span(now, history.read_at)) < AS_LONG * _span(then, trained_at) - _MONTH_DAYS:
        yield Problem(
            where="leads",
            rule=f"must reach back as far as when the model was trained ({counted(round(_span(then, trained_at)), 'day')})",
            value=f"{counted(round(span), 'day')}",
            remedy="Check that the export is whole: earlier business with a company counts in the scores.",
        )
    if by_pace and then and newest is not None and history.read_at > trained_at:
        yield from _quiet(then, history.read_at - newest, newest, trained_at)


def _span(months: Mapping[str, int], until: datetime) -> float:
    """Return the days since the month in which nearly all leads began to come in: a single old date is perhaps none."""
    few, so_far = _FIRST * sum(months.values()), 0
    for month in sorted(months):
        so_far += months[month]
        if so_far > few:
            return (until - _begins(month)) / _DAY
    return 0.0


def _begins(month: str) -> datetime:
    year, number = (int(part) for part in month.split("-"))
    return datetime(year, number, 1, tzinfo=UTC)


def _other_months(then: dict[str, int], now: Counter[str]) -> list[str]:
    """Return the months of the year before the training that have other leads; that of the training goes on, and is not compared."""
    months = sorted(then)[-_COMPARED - 1 : -1]
    first = next((place for place, month in enumerate(months) if now[month]), 0)
    compared = months[first + 1 :] if first else months  # the first month of a shorter export is perhaps not whole
    return [
        month
        for month in compared
        if not (1 - FEWER) * then[month] - SPARE <= now[month] <= (1 + MORE) * then[month] + SPARE
    ]


def _quiet(then: dict[str, int], quiet: timedelta, newest: datetime, trained_at: datetime) -> Iterator[Problem]:
    months = sorted(then)[-_PACE_MONTHS:]
    pace = sum(then[one] for one in months) / max(1.0, (trained_at - _begins(months[0])) / _DAY)
    if quiet > QUIET_DAYS * _DAY and quiet / _DAY * pace > QUIET_LEADS:
        yield Problem(
            where="leads",
            rule=f"must have new leads: before the model was trained {pace:,.1f} came in a day",
            value=f"none since {newest:%Y-%m-%d}",
            remedy="Check that the export is of today and not cut off.",
        )


def _leads(history: History) -> tuple[Counter[str], datetime | None]:
    """Return how many leads came in in each month, and when the newest of all did, before the reading."""
    found, newest = Counter[str](), None
    for batch in pq.ParquetFile(history.path("leads")).iter_batches(columns=["created_at"]):
        created = batch.column("created_at")
        created = created.filter(pc.less_equal(created, pa.scalar(history.read_at, created.type)))
        numbers = pc.add(pc.multiply(pc.year(created), 100), pc.month(created))
        for one in pc.value_counts(numbers).to_pylist():
            found[f"{one['values'] // 100:04d}-{one['values'] % 100:02d}"] += one["counts"]
        newest = max((one for one in (newest, pc.max(created).as_py()) if one is not None), default=None)
    return found, newest
