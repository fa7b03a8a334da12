"""When a lead's first touch is due, as a moment on the wall clock of the agreement: "first touch by Thu 14:00".

Leaves out how a deadline is found (``pipelines/measures/deadlines.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.agreement.calendar.durations import moment_in_words
from leadq.agreement.calendar.weekly_calendar import Calendar

DEADLINES = pa.schema(
    [
        ("lead_id", pa.string()),
        ("handed_over_us", pa.int64()),
        ("tier", pa.string()),
        ("touched_us", pa.int64()),
        ("country", pa.string()),
        ("waits", pa.bool_()),
        ("due_us", pa.int64()),
        ("read_us", pa.int64()),
        ("touches_recorded", pa.bool_()),
    ]
)
"""Rows of a run's deadlines, in order of ``lead_id``: ``tier`` is the one at hand-over, ``read_us`` until when touches were read."""


def deadline_of(path: Path | None, lead_id: str, *, now: datetime) -> Deadline | None:
    """Return when the first touch of a lead is due, out of a run's deadlines; None where nothing is told of it.

    Parameters
    ----------
    path : Path or None
        Of :data:`DEADLINES`; a run of an agreement without a calendar has none.
    lead_id : str
    now : datetime
        When it is read.
    """
    return deadlines_of(path, [lead_id], now=now).get(lead_id)


def deadlines_of(path: Path | None, lead_ids: Sequence[str], *, now: datetime) -> dict[str, Deadline]:
    """Return the deadlines of some leads, of those of which something is told."""
    if path is None or not path.is_file():
        return {}
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            table = file.read(use_threads=False)
        rows = table.filter(pc.is_in(table["lead_id"], value_set=pa.array(lead_ids, pa.string()))).to_pylist()
    except (OSError, pa.ArrowException):  # leads are read all the same
        return {}
    found = {row["lead_id"]: Deadline.of(row, now=now) for row in rows}
    return {lead_id: deadline for lead_id, deadline in found.items() if deadline is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When the first touch of a lead is due, and what is known of it; moments are microseconds since 1970.

    Parameters
    ----------
    due_us : int
    tier : str
        The tier in which the lead was handed over: its SLA counts, whatever the tier is now.
    touched_us : int or None
        The first touch since the lead came in.
    read_us : int
        Until when touches were read.
    touches_recorded : bool
    now : datetime
        When it is read.
    """

    due_us: int
    tier: str
    touched_us: int | None
    read_us: int
    touches_recorded: bool
    now: datetime

    @staticmethod
    def of(row: Mapping[str, Any], *, now: datetime) -> Deadline | None:
        """Take it from a row of :data:`DEADLINES`; None where nothing is due."""
        if row["due_us"] is None or row["tier"] is None:
            return None
        return Deadline(
            due_us=row["due_us"],
            tier=row["tier"],
            touched_us=row["touched_us"],
            read_us=row["read_us"],
            touches_recorded=row["touches_recorded"],
            now=now,
        )

    @property
    def due(self) -> datetime:
        """When the first touch is due (UTC)."""
        return datetime.fromtimestamp(self.due_us / 1_000_000, tz=UTC)

    def in_words(self, calendar: Calendar, *, tier: str) -> str:
        """Say it beside the ``tier`` that the lead is in now.

        >>> noon = datetime(2026, 12, 1, 12, tzinfo=UTC)
        >>> hour = 3_600_000_000
        >>> read = 1_796_126_400_000_000
        >>> due = Deadline(due_us=read + 50 * hour, tier="T1", touched_us=None, read_us=read, touches_recorded=True, now=noon)
        >>> due.in_words(Calendar(), tier="T1")
        'first touch by Thu 14:00'
        """
        due = self._moment(self.due_us, calendar)
        handed = "" if tier == self.tier else f" (handed over in {self.tier})"
        if self.touched_us is not None and self.touched_us <= self.due_us:
            return f"first touch made {self._moment(self.touched_us, calendar)}, due by {due}{handed}"
        if self.touched_us is not None:
            return f"first touch made {self._moment(self.touched_us, calendar)}, was due {due}{handed}"
        if self._now_us() <= self.due_us:
            return f"first touch by {due}{handed}"
        if not self.touches_recorded:
            return f"first touch was due {due}{handed}; touches are not recorded"
        if self.read_us >= self.due_us:
            return f"first touch was due {due}{handed}"
        return f"first touch was due {due}{handed}; touches are read until {self._moment(self.read_us, calendar)}"

    def _moment(self, moment_us: int, calendar: Calendar) -> str:
        return moment_in_words(moment_us, calendar, now=self.now)

    def _now_us(self) -> int:
        return round(self.now.timestamp() * 1_000_000)
