"""Leads that were there when the model was trained and are not now, leads that are there twice, and no new ones for days.

A file that was cut off, a filter on an export, a file that was joined twice or written days ago. Only leads of the last weeks before
the training are counted: exports of the last two years lose old ones all the time. Says nothing about single leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.crm.gate.field_profiles import FieldProfile
from leadq.foundation.problems import Problem

FEWER, MORE = 0.05, 0.10
"""Parts of the leads of then that may be gone, or have come in addition: some are deleted, merged or entered late."""
SPARE = 3
"""Leads by which every count may differ."""
QUIET_DAYS, QUIET_LEADS = 3, 25
"""No new lead for so many days, and for so long that so many would have come in at the pace of training."""
_DAY = timedelta(days=1)


def row_changes(history: History, created: FieldProfile, trained_at: datetime) -> Iterator[Problem]:
    """Yield what tells that tonight's leads are not all, or not of tonight.

    Parameters
    ----------
    history : History
        Tonight's, with dates.
    created : FieldProfile
        When the newest leads of the training came in, in days before ``trained_at``.
    trained_at : datetime
    """
    if not created.up_to:
        return
    days, share = created.up_to[-1]
    since, then = trained_at - (days + 1) * _DAY, share * created.rows
    now, newest = _leads(history, since, trained_at)
    if not (1 - FEWER) * then - SPARE <= now <= (1 + MORE) * then + SPARE:
        of_then = (
            f"the {then:,.0f} leads that came in between {since:%Y-%m-%d} and the training on {trained_at:%Y-%m-%d}"
        )
        yield Problem(
            where="leads",
            rule=f"must still have {of_then}",
            value=f"{now:,}",
            remedy="Check that the export is whole, without a filter, and that no row is in it under two ids.",
        )
    if newest is None or history.read_at <= trained_at:
        return
    quiet = (history.read_at - newest) / _DAY
    expected = quiet * then / (days + 1)
    if quiet > QUIET_DAYS and expected > QUIET_LEADS:
        yield Problem(
            where="leads",
            rule=f"must have new leads: when the model was trained {then / (days + 1):,.1f} came in a day",
            value=f"none since {newest:%Y-%m-%d}",
            remedy="Check that the export is of today and not cut off.",
        )


def _leads(history: History, since: datetime, until: datetime) -> tuple[int, datetime | None]:
    """Return how many leads came in within a time, and when the newest of all came in before the reading."""
    found, newest = 0, None
    for batch in pq.ParquetFile(history.path("leads")).iter_batches(columns=["created_at"]):
        created = batch.column("created_at")

        def moment(value: datetime, kind: pa.DataType = created.type) -> pa.Scalar:
            return pa.scalar(value, kind)

        within = pc.and_(pc.greater(created, moment(since)), pc.less_equal(created, moment(until)))
        found += int(pc.sum(within).as_py() or 0)
        last = pc.max(created.filter(pc.less_equal(created, moment(history.read_at)))).as_py()
        newest = max((one for one in (newest, last) if one is not None), default=None)
    return found, newest
