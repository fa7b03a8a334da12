"""The file of a toy CRM, opened for a user who is known by a token."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from leadq.crm.connectors.protocol import UnheardError
from leadq.foundation.problems import ConfigError, Problem


@contextmanager
def opened(file: Path, token: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection in one transaction.

    Raises
    ------
    ConfigError
        There is no such file, or the token is nobody's.
    UnheardError
        Somebody else holds the file: the same again later may do.
    """
    where = f"toy CRM {file.name}"
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=5)) as connection, connection:
            if connection.execute("SELECT count(*) FROM users WHERE token = ?", (token,)).fetchone() != (1,):
                raise ConfigError(Problem(where=where, rule="must know the token", remedy="Ask its owner for one."))
            yield connection
    except sqlite3.OperationalError as error:
        if "unable to open" in str(error):
            raise ConfigError(Problem(where=where, rule="must be a file", remedy="Name the right one.")) from None
        raise UnheardError(Problem(where=where, rule="must answer", value=str(error), remedy="Run again.")) from None
