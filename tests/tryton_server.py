"""A real Tryton server for tests: module and database made from nothing once a machine, copied for each server.

What makes a database takes a minute, so the file is kept in ``.venv-tryton`` under a name that changes with the module, the versions
and the setup. Time can only be set back in the file, while the server is stopped: an import of an older system does the same.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / ".venv-tryton"
MODULE = ROOT / "tryton_module"
COMPANY = ROOT / "tests" / "tryton_company"
PAGE = ROOT / "docs" / "howto" / "tryton.md"
DATABASE = "crm"
LEADQ, REP = "leadq", "sam"
PASSWORDS = {LEADQ: "leadq-Passw0rd-1", REP: "rep-Passw0rd-2", "admin": "admin-Passw0rd-3"}
TIERS = ("T1", "T2", "T3", "disqualified")
_PATIENCE_SECONDS = 90


@dataclass(slots=True, kw_only=True)
class Tryton:
    """A server in a folder of its own."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    sessions: dict[str, Rpc] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        return self.folder / f"{DATABASE}.sqlite"

    def rpc(self, user: str) -> Rpc:
        """A client of the test's own, which knows nothing of ours."""
        if user not in self.sessions:
            self.sessions[user] = Rpc(self.address, user)
        return self.sessions[user]

    def start(self) -> None:
        self.port = self.port or _free_port()
        config = _write_config(self.folder, self.port)
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [str(ENVIRONMENT / "bin" / "trytond"), "-c", str(config), "-d", DATABASE],
            stdout=log,
            stderr=log,
            env=_environment(self.folder),
        )
        log.close()
        self._wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None
        self.sessions.clear()

    def sql(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Change the file behind the server's back; it must be stopped."""
        assert self.process is None, "the server runs"
        with sqlite3.connect(self.file) as connection:
            connection.executemany(statement, rows)
        connection.close()

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the file, also while the server runs."""
        connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def _wait(self) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < end:
            assert self.process is not None
            assert self.process.poll() is None, (self.folder / "server.log").read_text(encoding="utf-8")[-2000:]
            try:
                Rpc(self.address, LEADQ)
            except requests.ConnectionError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError("the server does not answer")


class Rpc:
    """Calls as any client makes them."""

    def __init__(self, address: str, user: str) -> None:
        self.http = requests.Session()
        self.url = f"{address}/{DATABASE}/rpc/"
        self.context: dict[str, Any] = {}
        answer = self._post("common.db.login", [user, {"password": PASSWORDS[user]}, "en"])
        self.user_id, token, _ = answer
        words = base64.b64encode(f"{user}:{self.user_id}:{token}".encode()).decode()
        self.http.headers["Authorization"] = f"Session {words}"
        self.context = self("res.user.get_preferences", True)

    def __call__(self, method: str, *arguments: Any, **context: Any) -> Any:
        return self._post(f"model.{method}", [*arguments, {**self.context, **context}])

    def _post(self, method: str, parameters: list[Any]) -> Any:
        answer = self.http.post(self.url, json={"id": 1, "method": method, "params": parameters}, timeout=120)
        answer.raise_for_status()
        told = answer.json()
        if "error" in told:
            raise RuntimeError(told["error"])
        return told["result"]

    def leads(self, count: int, **values: Any) -> list[int]:
        """Make leads, with a party of their own, 500 a call."""
        (party,) = self("party.party.create", [{"name": "Acme"}])
        made: list[int] = []
        for first in range(0, count, 500):
            rows = [self.lead(party=party, **values) for _ in range(min(500, count - first))]
            made += self("sale.opportunity.create", rows)
        return made

    def lead(self, **values: Any) -> dict[str, Any]:
        """What a new lead needs."""
        today = {"__class__": "date", "year": 2026, "month": 1, "day": 1}
        given = {key: self.context[key] for key in ("company", "employee")}
        return {**given, "currency": 1, "start_date": today, "conversion_probability": 0.5, **values}

    def read(self, ids: Sequence[int], names: Sequence[str]) -> dict[int, dict[str, Any]]:
        return {row["id"]: row for row in self("sale.opportunity.read", list(ids), list(names))}


@contextmanager
def running() -> Iterator[Tryton]:
    """Start a server on a copy of the made database; skips where its environment is not there."""
    if not (ENVIRONMENT / "bin" / "trytond").is_file():
        pytest.skip("no Tryton server: make tryton installs one")
    _must_be_installed()
    with tempfile.TemporaryDirectory(prefix="leadq-tryton-") as scratch:
        folder = Path(scratch)
        shutil.copyfile(_made(), folder / f"{DATABASE}.sqlite")
        _install_company(folder)
        server = Tryton(folder=folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _must_be_installed() -> None:
    """The module in the environment is the one that stands here."""
    for path in (MODULE / "leadq_scores").rglob("*.*"):
        if path.suffix in {".py", ".xml", ".cfg"}:
            (installed,) = ENVIRONMENT.glob(f"lib/*/site-packages/trytond/modules/{path.relative_to(MODULE)}")
            assert installed.read_bytes() == path.read_bytes(), f"{installed} is out of date: make tryton"


def _made() -> Path:
    """The database that module and setup script make; made by one process a machine."""
    kept = ENVIRONMENT / "databases"
    kept.mkdir(exist_ok=True)
    path = kept / f"{_key()}.sqlite"
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.is_file():
            with tempfile.TemporaryDirectory(prefix="leadq-tryton-") as scratch:
                _make(Path(scratch))
                for outdated in kept.glob("*.sqlite"):
                    outdated.unlink()
                shutil.move(Path(scratch) / f"{DATABASE}.sqlite", path)
    return path


def _make(folder: Path) -> None:
    """From nothing, by the very commands of the page, and the company's own module on top."""
    (folder / "password").write_text(PASSWORDS["admin"], encoding="utf-8")
    environment = {
        **_environment(folder),
        "PATH": f"{ENVIRONMENT / 'bin'}:{os.environ['PATH']}",
        "FOLDER": str(folder),
        "TRYTONPASSFILE": str(folder / "password"),
        "LEADQ_TRYTON_PASSWORD": PASSWORDS[LEADQ],
        "REP_TRYTON_PASSWORD": PASSWORDS[REP],
    }
    _call(["bash", "-euc", _commands()], environment)
    _install_company(folder)
    config = ["-c", str(folder / "trytond.conf"), "-d", DATABASE]
    _call([str(ENVIRONMENT / "bin" / "trytond-admin"), *config, "-u", "leadq_test_company"], environment)


def _commands() -> str:
    (found,) = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def _call(command: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _key() -> str:
    found = hashlib.sha256(_commands().encode())
    files = [MODULE / "setup_server.py", ROOT / "constraints-tryton.txt"]
    files += sorted(path for path in (MODULE / "leadq_scores").rglob("*") if path.suffix in {".py", ".xml", ".cfg"})
    files += sorted(COMPANY.glob("*.*"))
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _install_company(folder: Path) -> None:
    """Make the company's module one that Tryton finds, for processes that look into this folder."""
    shutil.copytree(COMPANY, folder / "modules" / "leadq_test_company")
    told = folder / "modules" / "leadq_test_company-8.2.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: leadq-test-company\nVersion: 8.2.0\n", encoding="utf-8"
    )
    points = "[trytond.modules]\nleadq_test_company = leadq_test_company\n"
    (told / "entry_points.txt").write_text(points, encoding="utf-8")


def _write_config(folder: Path, port: int) -> Path:
    config = folder / "trytond.conf"
    config.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n", encoding="utf-8"
    )
    return config


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of the tests' own Python; the module as it stands here, whatever was installed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TRYTON"))}
    return {**kept, "PYTHONPATH": str(folder / "modules"), "PYTHONDONTWRITEBYTECODE": "1"}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
