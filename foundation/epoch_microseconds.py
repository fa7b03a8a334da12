"""Aware moments as whole microseconds since 1970 and back, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(us: int) -> datetime:
    """Return microseconds since 1970 as a moment in UTC.

    >>> moment_of(microseconds(datetime(2026, 12, 1, 12, tzinfo=UTC))).isoformat()
    '2026-12-01T12:00:00+00:00'
    """
    return EPOCH + timedelta(microseconds=us)
