"""A real PostgreSQL server for tests: its own data folder, a socket and no port, a password, gone with the tests.

PostgreSQL refuses to run as root; where the tests do, the server runs as the user ``postgres`` of the Debian package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

USER, PASSWORD = "leadq", "p@ss: wörd/1"
_QUICK = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c shared_buffers=32MB -c max_connections=20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running server; ``socket`` is the folder it listens in."""

    socket: Path

    def url(self, *, user: str = USER, password: str = "p%40ss%3A%20w%C3%B6rd%2F1", database: str = "postgres") -> str:
        return f"postgresql://{user}:{password}@/{database}?host={self.socket}"

    def connect(self) -> Any:
        """An own connection for the test, which commits each statement."""
        import psycopg  # noqa: PLC0415 - an extra

        return psycopg.connect(self.url(), autocommit=True)

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Rows of the last statement."""
        with self.connect() as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server; skips where there is none to start."""
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("no PostgreSQL server: Debian's package postgresql installs one")
    folder = Path(tempfile.mkdtemp(prefix="leadq-pg-"))  # short: the path of a socket holds 107 characters
    as_other: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_other = ["runuser", "-u", "postgres", "--"]
    password = folder / "password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    password.chmod(0o644)
    data, binaries = folder / "data", programs[-1].parent

    def call(*command: str) -> None:
        done = subprocess.run([*as_other, *command], capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    try:
        call(str(binaries / "initdb"), "-D", str(data), "-U", USER, "--auth=scram-sha-256", f"--pwfile={password}",
             "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        call(
            str(binaries / "pg_ctl"),
            "-D",
            str(data),
            "-w",
            "-l",
            str(folder / "log"),
            "-o",
            f"-k {folder} {_QUICK}",
            "start",
        )
        try:
            yield Postgres(socket=folder)
        finally:
            call(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
