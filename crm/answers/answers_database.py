"""The file behind ``answers.sqlite``: its tables, opened for writing or for reading, and its faults in words.

Both tables only grow: triggers refuse every change and removal, also by a client that is not leadq. Writes are in WAL mode,
flushed before they count, so that a killed process leaves whole rows only. What a row means is said in ``crm/answers/answer_log.py``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from leadq.foundation.problems import Problem, StoreError

VERSION = 2
_WAIT_SECONDS = 10.0
"""How long a writer waits for its turn; a write takes milliseconds."""

_ADDED_IN_2 = ("against_record TEXT", "fits_profile INTEGER CHECK (fits_profile IN (0, 1))")
"""Columns of answers that a log of version 1 does not have: added by the next write, nothing before."""
_TABLES = (
    """CREATE TABLE answers (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        lead_id TEXT NOT NULL,
        decided_us INTEGER NOT NULL,
        decision TEXT CHECK (decision IN ('accepted', 'rejected')),
        reason TEXT,
        note TEXT,
        rep TEXT NOT NULL,
        suggested_tier TEXT,
        tier TEXT,
        probability REAL,
        run_id TEXT,
        model_version TEXT,
        agreement_version INTEGER,
        against_record TEXT,
        fits_profile INTEGER CHECK (fits_profile IN (0, 1)),
        CHECK (decision IS NOT NULL OR suggested_tier IS NOT NULL),
        CHECK (decision IS NOT 'rejected' OR reason IS NOT NULL)
    ) STRICT""",
    "CREATE INDEX answers_of_lead ON answers (lead_id)",
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_us INTEGER NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        lead_id TEXT,
        detail TEXT NOT NULL
    ) STRICT""",
)
_ONLY_GROWS = """CREATE TRIGGER {table}_{act} BEFORE {act} ON {table} {when}
    BEGIN SELECT RAISE(ABORT, '{table} only grows: rows are neither changed nor removed'); END"""
_REPLACES = "WHEN EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number)"
"""INSERT OR REPLACE removes a row without asking the DELETE trigger."""


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection inside one transaction, committed when the block succeeds; the file is made where absent.

    Raises
    ------
    StoreError
        The file is damaged, of a newer leadq, not writable, or another process kept it busy.
    """
    with _told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                _make_tables(connection, path)
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Yield a connection that cannot write and sees one moment; None where the file does not exist: it is not made.

    Raises
    ------
    StoreError
        The file is damaged or of a newer leadq.
    """
    if not path.exists():
        yield None
        return
    address = f"{path.resolve().as_uri()}?mode=ro"
    with _told(path), closing(sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)) as connection:
        connection.execute("BEGIN")
        yield connection if _version(connection, path) else None


def _make_tables(connection: sqlite3.Connection, path: Path) -> None:
    found = _version(connection, path)
    if found == 1:
        for column in _ADDED_IN_2:
            connection.execute(f"ALTER TABLE answers ADD COLUMN {column}")
    if found:
        connection.execute(f"PRAGMA user_version = {VERSION}")
        return
    for statement in _TABLES:
        connection.execute(statement)
    for table in ("answers", "audit"):
        for act, when in (("UPDATE", ""), ("DELETE", ""), ("INSERT", _REPLACES.format(table=table))):
            connection.execute(_ONLY_GROWS.format(table=table, act=act, when=when))
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        rule = f"must be of schema version {VERSION} or earlier"
        remedy = "A newer leadq wrote it: use that version."
        raise StoreError(Problem(where=str(path), rule=rule, value=str(found), remedy=remedy))
    return found


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into a problem that names file and remedy."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        code = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").split("_")[0]
        rule, remedy = {
            "CORRUPT": ("is damaged", _FROM_BACKUP),
            "NOTADB": ("is damaged: it is not a SQLite file", _FROM_BACKUP),
            "BUSY": ("is kept busy by another process", "Try again; nothing was recorded."),
            "CONSTRAINT": ("does not take this row", "Nothing was recorded; what is there is never changed."),
        }.get(
            code, ("must be readable and writable", "Free up disk space or fix the permissions; nothing was recorded.")
        )
        raise StoreError(Problem(where=str(path), rule=rule, value=str(error), remedy=remedy)) from error


_FROM_BACKUP = "Restore it from a backup; the answers in it exist nowhere else."
