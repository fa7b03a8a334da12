"""The toy CRM as a far side of leadq's conformance suite: what its tests need to know of it, and no test of its own."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadq.crm.connectors.connector import column_name
from leadq.serving.delivery.planning.payload import our_fields
from tests.conformance.connectors.attempt import TIERS, OpenWith
from tests.conformance.connectors.far_side import OURS, FarSide, SideSpec, Wanted
from tests.conformance.connectors.nights import Night, Value
from toycrm.target import ToyTarget

TOKEN = "toy-t0ken-1"
_COLUMNS = tuple(column_name(name) for name in OURS)


def open_target(given: OpenWith) -> ToyTarget:
    """Open it as a child of the suite does."""
    return ToyTarget(name="there", file=Path(given.address["file"]), token=TOKEN, chunk_rows=given.chunk_rows)


@dataclass(slots=True, kw_only=True)
class ToySide(FarSide):
    """A file of a toy CRM with triggers that log every write, and leads that may be refused."""

    file: Path
    keys: Sequence[str]

    kind = "toycrm"
    opener = f"{__name__}:open_target"
    secrets = (TOKEN,)

    def address(self) -> Mapping[str, str]:
        return {"file": str(self.file)}

    def leadq_yaml(self) -> str:
        return f'deliver: {{there: {{kind: toycrm, file: {self.file}, token: "${{FAR_SIDE_SECRET}}"}}}}\n'

    def begin(self, night: Night) -> None:
        self._run("DELETE FROM written")

    def held(self) -> Mapping[str, Mapping[str, Value]]:
        rows = self._run(f"SELECT id, {', '.join(_COLUMNS)} FROM leads")
        return {key: dict(zip(OURS, values, strict=True)) for key, *values in rows}

    def lost(self) -> Sequence[str]:
        return [key for (key,) in self._run("SELECT id FROM leads WHERE note <> 'mine: ' || id")]

    def written(self) -> Mapping[tuple[str, str], Sequence[object]]:
        found: dict[tuple[str, str], list[object]] = {}
        for key, *values in self._run("SELECT id, score, tier, reason FROM written ORDER BY rowid"):
            found.setdefault((key, "all"), []).append(tuple(values))
        return found

    def spoil(self, key: str, *, score: float) -> None:
        self._run("UPDATE leads SET lq_score = ? WHERE id = ?", score, key)

    def overwrite_people(self, key: str) -> None:
        self._run("UPDATE leads SET note = 'ours' WHERE id = ?", key)

    def refuse(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._run("INSERT INTO refused VALUES (?)", key)

    def accept_all(self) -> None:
        self._run("DELETE FROM refused")

    def history(self) -> int:
        return len(self.keys)

    def _run(self, statement: str, *given: Any) -> list[Any]:
        with closing(sqlite3.connect(self.file, timeout=10)) as connection, connection:
            return connection.execute(statement, given).fetchall()


@contextmanager
def toy_side(wanted: Wanted) -> Iterator[ToySide]:
    """Make a file with leads that people wrote notes to."""
    keys = [f"T{number:06d}" for number in range(wanted.leads)]
    ours = ", ".join(
        f'"{field.name}" {"REAL" if field.kind == "number" else "TEXT"}' for field in our_fields(column_name, TIERS)
    )
    with tempfile.TemporaryDirectory(prefix="toycrm-") as scratch:
        file = Path(scratch) / "crm.sqlite"
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.executescript(
                f"""
                CREATE TABLE users (token TEXT);
                CREATE TABLE refused (id TEXT);
                CREATE TABLE written (id TEXT, score REAL, tier TEXT, reason TEXT);
                CREATE TABLE activities (lead TEXT, at INTEGER, what TEXT);
                CREATE TABLE leads (id TEXT PRIMARY KEY, created INTEGER, source TEXT, note TEXT, {ours});
                CREATE TRIGGER no BEFORE UPDATE ON leads WHEN NEW.id IN (SELECT id FROM refused)
                    BEGIN SELECT RAISE(ABORT, 'this lead takes no scores now'); END;
                CREATE TRIGGER log AFTER UPDATE ON leads
                    BEGIN INSERT INTO written VALUES (NEW.id, NEW.lq_score, NEW.lq_tier, NEW.lq_reason_1); END;
                """
            )
            connection.execute("INSERT INTO users VALUES (?)", (TOKEN,))
            rows = [(key, 1_750_000_000 + place, "fair", f"mine: {key}") for place, key in enumerate(keys)]
            connection.executemany("INSERT INTO leads (id, created, source, note) VALUES (?, ?, ?, ?)", rows)
            connection.executemany("INSERT INTO activities VALUES (?, 1750100000, 'call')", [(key,) for key in keys])
        yield ToySide(file=file, keys=keys)


SIDES = (SideSpec(name="toycrm", open=toy_side),)
