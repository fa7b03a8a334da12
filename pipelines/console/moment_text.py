"""Moments as people type them. The clock itself is read once, in the command line, and passed on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from leadq.foundation.problems import Problem, UsageError


def read_moment(text: str, *, where: str) -> datetime:
    """Read a moment: a date (its start, UTC) or an ISO time with a zone.

    Raises
    ------
    UsageError
        It is neither, or a time without its zone.

    Examples
    --------
    >>> read_moment("2026-10-01", where="--as-of").isoformat()
    '2026-10-01T00:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        remedy = "Write a date (2026-10-01) or a time with its zone (2026-10-01T06:00:00Z)."
        raise UsageError(Problem(where=where, rule="must be a date or a time", value=text, remedy=remedy)) from error
    if moment.tzinfo is None:
        if len(text) > len("2026-10-01"):
            remedy = "Add Z for UTC, or an offset such as +02:00."
            raise UsageError(Problem(where=where, rule="a time must carry its zone", value=text, remedy=remedy))
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def now_of(environment: Mapping[str, str], clock: datetime) -> datetime:
    """Return the moment of this run: ``LEADQ_NOW`` where it is set (to repeat a run exactly), else ``clock``."""
    fixed = environment.get("LEADQ_NOW")
    return read_moment(fixed, where="environment LEADQ_NOW") if fixed else clock
