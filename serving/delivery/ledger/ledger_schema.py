"""The tables of the ledger, ``<store>/ledger.sqlite``: what was planned, sent and acknowledged, at every target.

``acknowledged`` changes only when a target confirmed a row. ``happened`` is a log that only grows. A row's ``payload`` is a list of
values in the order of its run's ``names``: the names of the fields, longer than most values, stand once a run. Only rows that wait
are indexed by chunk; those of a chunk that is ``started`` may have been sent. SQLite, which knows no figures of these tables, would
not take its indexes by itself: who needs one names it. ``place`` is ``target_identity.py``'s.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from leadq.foundation.problems import LeadqError, Problem, StoreError, TargetPausedError
from leadq.foundation.sqlite.journal import is_held, primary_code, read_beside_writer

VERSION = 3
WAIT_SECONDS = 600.0
"""For another target's transaction: a million rows are planned in half a minute."""
_TABLES = """
CREATE TABLE run (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, target TEXT NOT NULL, kind TEXT NOT NULL,
    score_run TEXT NOT NULL, as_of_us INTEGER NOT NULL, model_version TEXT NOT NULL, agreement_version INTEGER NOT NULL,
    state TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, facts TEXT NOT NULL, names TEXT NOT NULL,
    pruned INTEGER NOT NULL DEFAULT 0);
CREATE TABLE row (
    run_id TEXT NOT NULL, lead_id TEXT NOT NULL, chunk INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    score INTEGER, tier TEXT NOT NULL, codes TEXT NOT NULL, status TEXT NOT NULL, payload TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '', PRIMARY KEY (run_id, lead_id)) WITHOUT ROWID;
CREATE INDEX row_waiting ON row (run_id, chunk) WHERE state = 'planned';
CREATE TABLE chunk (
    run_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, not_before REAL NOT NULL DEFAULT 0, remote TEXT,
    PRIMARY KEY (run_id, number)) WITHOUT ROWID;
CREATE INDEX chunk_next ON chunk (run_id, state, not_before, number);
CREATE TABLE acknowledged (
    target TEXT NOT NULL, lead_id TEXT NOT NULL, score INTEGER, tier TEXT NOT NULL, codes TEXT NOT NULL, status TEXT NOT NULL,
    as_of_us INTEGER NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (target, lead_id)) WITHOUT ROWID;
CREATE TABLE unsettled (
    target TEXT NOT NULL, lead_id TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (target, lead_id)) WITHOUT ROWID;
CREATE TABLE place (target TEXT PRIMARY KEY, place TEXT NOT NULL, since TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE happened (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, run_id TEXT NOT NULL, what TEXT NOT NULL, facts TEXT NOT NULL);
CREATE TRIGGER happened_stays BEFORE UPDATE ON happened BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER happened_is_kept BEFORE DELETE ON happened BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
"""


def open_ledger(path: Path, *, wait_seconds: float = WAIT_SECONDS) -> sqlite3.Connection:
    """Open the ledger, made where there is none; two who make it at once come to the same one.

    Raises
    ------
    StoreError
        It is damaged, of a newer leadq, or cannot be written.
    TargetPausedError
        Another process has been writing in it for too long.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, timeout=wait_seconds)
        try:
            read_beside_writer(connection, wait_seconds)
            connection.execute("PRAGMA synchronous = FULL")
            if _version(connection) != VERSION:
                _make(connection)
        except BaseException:
            connection.close()
            raise
    except OSError as error:
        raise StoreError(_problem(path, str(error))) from error
    except sqlite3.Error as error:
        raise in_plain_words(path, error) from error
    return connection


def in_plain_words(path: Path, error: sqlite3.Error) -> LeadqError:
    """Return an error of the ledger as one of ours: paused where another process holds it, else the store's."""
    if is_held(error):
        remedy = "Run the command again when the other process has finished; nothing is lost."
        rule = "must not be locked by another process"
        return TargetPausedError(Problem(where=str(path), rule=rule, value=str(error), remedy=remedy))
    if primary_code(error) in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    ):
        remedy = "Free up disk space or fix the permissions and start it again: it continues where it stopped."
        return StoreError(Problem(where=str(path), rule="must be writable", value=str(error), remedy=remedy))
    return StoreError(_problem(path, str(error)))


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables in one transaction, where nobody else has by the time that it is ours."""
    connection.execute("BEGIN IMMEDIATE")
    found = _version(connection)
    if found == 0:
        for statement in _statements():
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    elif found != VERSION:
        raise sqlite3.DatabaseError(f"version {found}, this leadq knows {VERSION}")
    connection.execute("COMMIT")


def _statements() -> Iterator[str]:
    """Yield the statements of the tables one by one: ``executescript`` would end the transaction first."""
    statement = ""
    for part in _TABLES.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _problem(path: Path, value: str) -> Problem:
    remedy = "Restore it from a backup; without it every lead is delivered again once."
    return Problem(where=str(path), rule="must be a complete ledger of this version", value=value, remedy=remedy)
