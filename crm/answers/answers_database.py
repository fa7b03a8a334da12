"""The file behind ``answers.sqlite``: its tables, opened for writing or for reading, and its faults in words.

Its tables only grow: triggers refuse every change and removal, also by a client that is not leadq. Writes are in WAL mode,
flushed before they count, so that a killed process leaves whole rows only. What a row means is said in ``crm/answers/answer_log.py``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from leadq.foundation.problems import Problem, StoreError
from leadq.foundation.sqlite.journal import read_beside_writer

VERSION = 3
CHALLENGES_FROM = 3
"""Version from which there are challenges."""
_WAIT_SECONDS = 10.0
"""How long a writer waits for its turn; a write takes milliseconds."""

_ADDED = {
    2: ("against_record TEXT", "fits_profile INTEGER CHECK (fits_profile IN (0, 1))"),
    3: ("need TEXT",),
}
"""Columns of answers that logs of earlier versions do not have: added by the next write, nothing before."""
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
        need TEXT,
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
_CHALLENGES = (
    """CREATE TABLE challenges (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        lead_id TEXT NOT NULL,
        challenged_us INTEGER NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('marketing', 'sales')),
        who TEXT NOT NULL,
        about TEXT NOT NULL CHECK (about IN ('rejection', 'acceptance', 'hand_over')),
        of_us INTEGER NOT NULL,
        reason TEXT,
        note TEXT NOT NULL,
        picked INTEGER NOT NULL CHECK (picked IN (0, 1)),
        UNIQUE (lead_id, about, of_us)
    ) STRICT""",
    """CREATE TABLE replies (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        challenge INTEGER NOT NULL UNIQUE,
        replied_us INTEGER NOT NULL,
        replier TEXT NOT NULL,
        said TEXT NOT NULL CHECK (said IN ('agreed', 'stands')),
        reply_note TEXT
    ) STRICT""",
    "CREATE TABLE draw (number INTEGER PRIMARY KEY CHECK (number = 1), seed TEXT NOT NULL) STRICT",
    "INSERT INTO draw VALUES (1, lower(hex(randomblob(16))))",
)
"""Tables that came with version 3; the seed of the draw is made with them, so that nobody chooses or foresees what is picked."""
_ONLY_GROWS = """CREATE TRIGGER {table}_{act} BEFORE {act} ON {table} {when}
    BEGIN SELECT RAISE(ABORT, '{table} only grows: rows are neither changed nor removed'); END"""
_REPLACES = "WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
_SAME = {
    "challenges": "number = NEW.number OR (lead_id = NEW.lead_id AND about = NEW.about AND of_us = NEW.of_us)",
    "replies": "number = NEW.number OR challenge = NEW.challenge",
}
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
            read_beside_writer(connection, _WAIT_SECONDS)
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
    if found == VERSION:
        return
    if found:
        for version in range(found + 1, VERSION + 1):
            for column in _ADDED[version]:
                connection.execute(f"ALTER TABLE answers ADD COLUMN {column}")
    else:
        _make(connection, _TABLES, ("answers", "audit"))
    if found < CHALLENGES_FROM:
        _make(connection, _CHALLENGES, ("challenges", "replies", "draw"))
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _make(connection: sqlite3.Connection, statements: tuple[str, ...], tables: tuple[str, ...]) -> None:
    for statement in statements:
        connection.execute(statement)
    for table in tables:
        replaces = _REPLACES.format(table=table, same=_SAME.get(table, "number = NEW.number"))
        for act, when in (("UPDATE", ""), ("DELETE", ""), ("INSERT", replaces)):
            connection.execute(_ONLY_GROWS.format(table=table, act=act, when=when))


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
