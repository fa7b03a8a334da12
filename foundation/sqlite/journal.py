"""The journal that lets others read while one writes, and the wait that SQLite leaves out where it is switched on."""

from __future__ import annotations

import sqlite3

_SHORTEST, _LONGEST = 0.01, 0.05
"""Seconds between two tries: at random, so that two who met do not meet again."""


def read_beside_writer(connection: sqlite3.Connection, wait_seconds: float) -> None:
    """Switch ``connection`` to the write-ahead log.

    SQLite's own wait (``timeout``) does not cover the switch: where another connection is writing in the file as it was, also
    its first tables, it says "database is locked" at once. So the switch is tried again for up to ``wait_seconds``.

    Raises
    ------
    sqlite3.OperationalError
        Another connection held the file for longer.
    """
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random  # noqa: PLC0415 - brings asyncio

    again = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, sqlite3.Error) and is_held(error)),
        wait=wait_random(_SHORTEST, _LONGEST),
        stop=stop_after_delay(wait_seconds),
        reraise=True,
    )
    again(connection.execute, "PRAGMA journal_mode = WAL")


def is_held(error: sqlite3.Error) -> bool:
    """Say whether another connection holds the file."""
    return primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def primary_code(error: sqlite3.Error) -> int:
    """Return the code of an error without what says more closely which; 0 where Python raised it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
