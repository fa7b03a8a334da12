"""A company's PostgreSQL database: one transaction in it, and what went wrong there in plain words.

Connections are psycopg's, so that an address means what it means to every PostgreSQL program; what is asked of them goes
through Ibis where Ibis can say it. No message shows a password. Leaves out what is read (``crm/reading/sources/database_rows.py``)
and written (``crm/warehouse/score_tables.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis

from leadq.crm.storage.source_locations import Database
from leadq.foundation.installed.extras import install_words
from leadq.foundation.problems import Problem

try:
    import psycopg
    import psycopg.conninfo
except ImportError:  # it comes with the extra
    _INSTALLED = False
else:
    _INSTALLED = True

_CONNECT_SECONDS = 10
_SETTINGS = {
    "DateStyle": "ISO",
    "TimeZone": "UTC",
    "extra_float_digits": "1",  # the shortest text that is the same number
    "synchronize_seqscans": "off",  # these two: the same rows in the same order each time
    "max_parallel_workers_per_gather": "0",
}
"""How values are written as text, whatever the role or the database has set."""
_REMEDIES = {
    "28": "Fix user and password in the address, which comes from the environment.",
    "3D": "Fix the name of the database in the address.",
    "3F": "Fix the schema in leadq.yaml, or make it.",
    "40": "Run again.",
    "42501": "Grant the user of the address what is missing, or name another user.",
    "42601": "Fix the query: it must be one SELECT.",
    "42P01": "Fix the name in leadq.yaml; it is written schema.table, letter case as in the database.",
    "42703": "Fix the name of the column.",
    "25006": "Leave out what writes: a source is only read.",
    "53": "Free up disk space or connections on the server and run again.",
    "55P03": "Somebody holds the table; end their transaction, or run again later.",
    "57014": "Run again; if the server cancels it again, raise statement_timeout for this user.",
}
_LIMITS = {"lock_timeout": "2min", "statement_timeout": "10min"}
"""How long a statement that writes waits for a lock, and works, where the company has set no limit of its own."""
_LINE = {"tcp_user_timeout": 60_000, "keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6}
"""A line on which nothing arrives any more is given up after two minutes."""
AWAY = ("08", "40", "53", "55", "57")
"""Classes that another try may do without: the connection, a deadlock, resources, locks, a shutdown."""
_NO_ROOM = re.compile(r"too many (connections|clients)|remaining connection slots")
_CUT = re.compile(r"SSL SYSCALL|SSL connection has been closed|SSL error: unexpected eof|terminating connection")
_NOT_LET_IN = re.compile(r"authentication|password|pg_hba|SSL|(role|database|user) \".*\"|permission")
_WRITTEN = "Write @ : / ? # and % in a password as %40 %3A %2F %3F %23 %25."
_LOST = "Check whether the server runs, then run again; no file was half-written."


class DatabaseProblem(Exception):  # noqa: N818 - a carrier inside the room; callers collect the Problem
    """A database, table or query cannot be used; ``problem`` says why, ``away`` whether another try may do without."""

    def __init__(self, problem: Problem, *, away: bool = False) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.away = away


@contextmanager
def transaction(name: str, database: Database, *, read_only: bool) -> Iterator[Any]:
    """Yield Ibis' PostgreSQL backend inside one transaction, committed when the block succeeds.

    A read-only one is repeatable-read: every statement in it sees the database at one moment.

    Parameters
    ----------
    name : str
        As in ``leadq.yaml``, for messages.
    database : Database
    read_only : bool

    Raises
    ------
    DatabaseProblem
        The extra is not installed, the database cannot be reached, or the connection was lost.
    """
    connection = _connect(name, database)
    with plain_words(name), connection:
        backend = ibis.postgres.from_connection(connection)
        if read_only:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        else:
            for setting, value in _LIMITS.items():
                limited = "SELECT set_config(%s, %s, true) WHERE current_setting(%s) = '0'"
                connection.execute(limited, (setting, value, setting))
        for setting, value in _SETTINGS.items():
            connection.execute(f"SET LOCAL {setting} = '{value}'")
        yield backend


def _connect(name: str, database: Database) -> Any:
    """Open a connection."""
    if not _INSTALLED:
        raise DatabaseProblem(
            Problem(where=name, rule="needs the extra postgres of leadq", remedy=install_words("postgres"))
        )
    settings = _settings(database.url.get_secret_value())
    if settings is None:
        raise DatabaseProblem(Problem(where=name, rule="must be an address that can be read", remedy=_WRITTEN))
    given = {"connect_timeout": _CONNECT_SECONDS, "application_name": "leadq", **_LINE} | settings
    try:
        return psycopg.connect(**{**given, "client_encoding": "UTF8"}, prepare_threshold=None)  # type: ignore[arg-type]
    except psycopg.Error as error:
        value = _why_unreachable(str(error))
    state, away = _judged(value)
    problem = Problem(where=name, rule="must let leadq connect", value=value, remedy=_REMEDIES.get(state, _LOST))
    raise DatabaseProblem(problem, away=away)


def _judged(said: str) -> tuple[str, bool]:
    """Return the class of an error at connecting, and whether another try may do: psycopg gives only the server's words."""
    if _NO_ROOM.search(said) or _CUT.search(said):  # first, for they name a role, a database or SSL too
        return ("53", True) if _NO_ROOM.search(said) else ("", True)
    state = "3D" if said.startswith("database") else "28" if re.search("authentication|password|role", said) else ""
    return state, not _NOT_LET_IN.search(said)


def place_of(database: Database) -> str:
    """Return the host, port and name of a database, without user or password; nothing where its address cannot be read."""
    settings = _settings(database.url.get_secret_value()) if _INSTALLED else None
    if settings is None:
        return ""
    host = str(settings.get("host") or settings.get("hostaddr") or "").lower()
    return f"{host}:{settings.get('port', 5432)}/{settings.get('dbname') or settings.get('user', '')}"


def _settings(url: str) -> dict[str, Any] | None:
    """Return what an address says, or None where it is cut up wrongly, so that parts of a password would be shown as names."""
    try:
        settings = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return None
    names = f"{settings.get('host', '')}{settings.get('dbname', '')}"
    port = str(settings.get("port", "")).replace(",", "")
    return None if "@" in names or not (port.isdecimal() or not port) else settings


def _why_unreachable(message: str) -> str:
    """Return the server's or the system's own words at the end of a message that repeats the address."""
    line = next((line for line in message.splitlines() if "FATAL:" in line or "failed: " in line), message)
    if "FATAL:" in line:
        return line.rpartition("FATAL:")[2].strip()
    first = line.splitlines()[0]
    return first.rpartition("failed: " if "failed: " in first else ": ")[2]


@contextmanager
def plain_words(where: str) -> Iterator[None]:
    """Turn an error of the database inside the block into a DatabaseProblem of ``where``."""
    try:
        yield
    except psycopg.Error as error:
        away = not error.sqlstate or error.sqlstate[:2] in AWAY
        raise DatabaseProblem(_problem_of(error, where), away=away) from error


def _problem_of(error: psycopg.Error, where: str) -> Problem:
    state = error.sqlstate
    if state is None:
        value = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Problem(where=where, rule="must answer until all is done", value=value, remedy=_LOST)
    remedy = _REMEDIES.get(state) or _REMEDIES.get(state[:2]) or _LOST
    value = f"{error.diag.message_primary} ({state})"
    return Problem(where=where, rule="must be what the database can do", value=value, remedy=remedy)
