"""Text to moments: one expression for every time column, and what makes a text naive.

ISO 8601 with or without offset, dates, a ``time_format`` of strptime, or ``epoch_s`` / ``epoch_ms``. A date without a
time is a day: it starts the day for ``created_at`` and ends it for every other fact, which is only then surely
known (but never after the data was read, where it already stood).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leadq.crm.storage.scratch_database import text

_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_OFFSET = r".*\d{1,2}:\d{2}.*(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?)$"
STARTS_ITS_DAY = frozenset({"created_at", "active_from", "started_at"})
"""Columns whose date counts from its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeReading:
    """How a source writes times.

    Parameters
    ----------
    time_zone : str or None
        Of times without an offset; None: such times are a problem.
    time_format : str or None
        strptime format, ``epoch_s``, ``epoch_ms``, or None for ISO 8601.
    read_at : datetime
        When the data was read (UTC).
    """

    time_zone: str | None
    time_format: str | None
    read_at: datetime

    @property
    def zone(self) -> str:
        """Zone of dates and naive times, as an SQL literal."""
        return text(self.time_zone or "UTC")

    def moment(self, column: str, *, starts_day: bool) -> str:
        """Return the SQL expression of the text expression ``column`` as TIMESTAMPTZ; null where it cannot be read."""
        if self.time_format in ("epoch_s", "epoch_ms"):
            unit = 1_000_000 if self.time_format == "epoch_s" else 1_000
            return f"make_timestamptz(CAST(TRY_CAST({column} AS DECIMAL(24, 6)) * {unit} AS BIGINT))"
        if self.time_format is not None:
            parsed = f"try_strptime({column}, {text(self.time_format)})"
            if "%z" in self.time_format:
                return parsed
            if "%H" in self.time_format or "%I" in self.time_format:
                return f"timezone({self.zone}, {parsed})"
            return self._day(parsed, starts_day=starts_day)
        day = self._day(f"TRY_CAST({column} AS TIMESTAMP)", starts_day=starts_day)
        return (
            f"CASE WHEN regexp_full_match({column}, {text(_DATE)}) THEN {day} "
            f"WHEN regexp_full_match({column}, {text(_OFFSET)}) THEN TRY_CAST({column} AS TIMESTAMPTZ) "
            f"ELSE timezone({self.zone}, {_local(column)}) END"
        )

    def naive(self, column: str) -> str:
        """Return the SQL condition that ``column`` is a time of day without an offset, and nothing says where it was taken."""
        if self.time_zone is not None or self.time_format in ("epoch_s", "epoch_ms"):
            return "false"
        if self.time_format is not None:
            clock = "%H" in self.time_format or "%I" in self.time_format
            return "true" if clock and "%z" not in self.time_format else "false"
        return (
            f"({_local(column)} IS NOT NULL AND NOT regexp_full_match({column}, {text(_DATE)}) "
            f"AND NOT regexp_full_match({column}, {text(_OFFSET)}))"
        )

    def _day(self, local: str, *, starts_day: bool) -> str:
        start = f"timezone({self.zone}, {local})"
        if starts_day:
            return start
        end = f"(timezone({self.zone}, {local} + INTERVAL 1 DAY) - INTERVAL 1 MICROSECOND)"
        read_at = f"TIMESTAMPTZ {text(self.read_at.isoformat())}"
        return f"CASE WHEN {start} <= {read_at} AND {end} > {read_at} THEN {read_at} ELSE {end} END"


def _local(column: str) -> str:
    """Return the SQL expression of a text as a time without offset; words such as infinity are none."""
    return f"TRY_CAST(CASE WHEN regexp_full_match({column}, '\\d.*') THEN {column} END AS TIMESTAMP)"
