"""The tables of the ledger, ``<store>/ledger.sqlite``: what was planned, sent and acknowledged, at every target.

``acknowledged`` changes only when a target confirmed a row. ``happened`` is a log that only grows.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from agreement.problems import Problem, StoreError

VERSION = 1
_TABLES = """
CREATE TABLE run (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, target TEXT NOT NULL, kind TEXT NOT NULL,
    score_run TEXT NOT NULL, as_of_us INTEGER NOT NULL, model_version TEXT NOT NULL, agreement_version INTEGER NOT NULL,
    state TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, facts TEXT NOT NULL);
CREATE TABLE row (
    run_id TEXT NOT NULL, lead_id TEXT NOT NULL, chunk INTEGER NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    score INTEGER, tier TEXT NOT NULL, codes TEXT NOT NULL, status TEXT NOT NULL, payload TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '', text TEXT NOT NULL DEFAULT '', PRIMARY KEY (run_id, lead_id)) WITHOUT ROWID;
CREATE INDEX row_chunk ON row (run_id, chunk);
CREATE TABLE chunk (
    run_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, not_before REAL NOT NULL DEFAULT 0, remote TEXT,
    PRIMARY KEY (run_id, number)) WITHOUT ROWID;
CREATE TABLE acknowledged (
    target TEXT NOT NULL, lead_id TEXT NOT NULL, score INTEGER, tier TEXT NOT NULL, codes TEXT NOT NULL, status TEXT NOT NULL,
    as_of_us INTEGER NOT NULL, run_id TEXT NOT NULL, PRIMARY KEY (target, lead_id)) WITHOUT ROWID;
CREATE TABLE unsettled (
    target TEXT NOT NULL, lead_id TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (target, lead_id)) WITHOUT ROWID;
CREATE TABLE happened (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, run_id TEXT NOT NULL, what TEXT NOT NULL, facts TEXT NOT NULL);
CREATE TRIGGER happened_stays BEFORE UPDATE ON happened BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER happened_is_kept BEFORE DELETE ON happened BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
"""


def open_ledger(path: Path) -> sqlite3.Connection:
    """Open the ledger, made where there is none.

    Raises
    ------
    StoreError
        It is damaged, of a newer leadq, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            found = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if found == 0:
                connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
            elif found != VERSION:
                raise sqlite3.DatabaseError(f"version {found}, this leadq knows {VERSION}")
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        remedy = "Take it from a backup; without it every lead is delivered again once."
        problem = Problem(
            where=str(path), rule="must be a whole ledger of this version", value=str(error), remedy=remedy
        )
        raise StoreError(problem) from error
    return connection
