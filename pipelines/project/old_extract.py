"""Is the data an older export that nobody said is one? Then leads seem older than they were, and open ones seem lost.

The remedy is ``read_at`` in params.yaml; leaves out reading anything but the history.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.foundation.plurals import counted
from leadq.pipelines.project.params import PARAMS

_MOMENTS = {"leads": "created_at", "outcomes": "occurred_at", "events": "occurred_at", "touches": "occurred_at"}
_LONG = timedelta(days=14)
"""A CRM that is in use has something new within so many days."""
_DAY = timedelta(days=1)


def old_extract_words(history: History) -> str:
    """Say that the data seems older than the moment it is taken to be of, and what to write; empty where it does not.

    The moment that is proposed is the midnight after the newest record, for an export knows nothing later.
    """
    if not history.dated or (newest := _newest_record(history)) is None or history.read_at - newest < _LONG:
        return ""
    made = newest.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    days = counted((history.read_at - newest).days, "day")
    return (
        f"The newest record is of {newest:%Y-%m-%d}, {days} before {history.read_at:%Y-%m-%d}. If this is an older export, say in "
        f'{PARAMS} when it was made, read_at: "{made:%Y-%m-%dT%H:%M:%SZ}"'
    )


def _newest_record(history: History) -> datetime | None:
    """Return the newest moment at which something was recorded; plans for later do not count."""
    newest: datetime | None = None
    for table, column in _MOMENTS.items():
        for batch in pq.ParquetFile(history.path(table)).iter_batches(columns=[column]):
            moments = batch.column(column)
            known = moments.filter(pc.less_equal(moments, pa.scalar(history.read_at, moments.type)))
            newest = max((one for one in (newest, pc.max(known).as_py()) if one is not None), default=None)
    return newest
