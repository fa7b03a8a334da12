"""Sources that had nothing new for longer than leadq.yaml allows: their figures are not to be believed, which is said and stops nothing.

Where nobody has said how long leads may be quiet, ``row_changes.py`` holds their pace against that before the training.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.calendar.durations import Length, length_of
from leadq.crm.contract.history import History
from leadq.foundation.problems import Problem

_MOMENTS: Mapping[str, tuple[str, ...]] = {
    "leads": ("created_at",),
    "opportunities": ("created_at", "closed_at"),
    "events": ("occurred_at",),
    "field_history": ("changed_at",),
    "touches": ("occurred_at",),
    "dispositions": ("decided_at",),
}
"""What is new in a table; a date that lies ahead is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleSource:
    """A source whose newest row is older than was allowed; ``newest`` is None where it has no row at all."""

    table: str
    newest: datetime | None
    after: str

    def problem(self) -> Problem:
        """Return it as what is told of a night."""
        since = "no row at all" if self.newest is None else f"none since {self.newest:%Y-%m-%d %H:%M} UTC"
        return Problem(
            where=self.table,
            rule=f"must have something new within {self.after} (leadq.yaml, stale_after), or its figures are not to be believed",
            value=since,
            remedy="Check that the export or the connection is of today.",
        )

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "source": self.table,
            "newest": None if self.newest is None else self.newest.isoformat(),
            "stale_after": self.after,
        }


def stale_sources(history: History, allowed: Iterable[tuple[str, str]], time: BusinessTime) -> tuple[StaleSource, ...]:
    """Return the sources that had nothing new for too long when they were read.

    Parameters
    ----------
    history : History
        With dates.
    allowed : iterable of (table, length)
        As leadq.yaml says it: ``("touches", "2 business days")``.
    time : BusinessTime
        The agreed calendar.
    """
    return tuple(_stale(history, allowed, time))


def newest_row(history: History, table: str) -> datetime | None:
    """Return the moment of a table's newest row that is not after the reading; None without one."""
    newest: datetime | None = None
    for batch in pq.ParquetFile(history.path(table)).iter_batches(columns=list(_MOMENTS[table])):
        for column in batch.columns:
            past = column.filter(pc.less_equal(column, pa.scalar(history.read_at, column.type)))
            newest = max((one for one in (newest, pc.max(past).as_py()) if one is not None), default=None)
    return newest


def _stale(history: History, allowed: Iterable[tuple[str, str]], time: BusinessTime) -> Iterator[StaleSource]:
    for table, written in allowed:
        length = length_of(written, time.calendar)
        newest = newest_row(history, table)
        if length is not None and (newest is None or _is_over(length, newest, history.read_at, time)):
            yield StaleSource(table=table, newest=newest, after=length.text)


def _is_over(length: Length, newest: datetime, read_at: datetime, time: BusinessTime) -> bool:
    if not length.of_business:
        return read_at - newest > timedelta(hours=length.hours)
    start, end = (np.array([one.replace(tzinfo=None)], "datetime64[us]") for one in (newest, read_at))
    return bool(time.business_hours(start, end)[0] > length.hours)
