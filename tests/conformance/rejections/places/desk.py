"""The desk, where who has no CRM that leadq reads answers: a folder and a table of PostgreSQL are told what follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from leadq.crm.answers.answer_log import ANSWERS, Answer, AnswerBook
from tests.conformance.rejections.place import NAMES, Begun, Held, Place, PlaceSpec
from tests.postgres_server import Postgres

_COLUMNS = tuple(f"lq_{name.lower()}" for name in NAMES)


@dataclass(slots=True, kw_only=True)
class Desk(Place):
    """See :class:`tests.conformance.rejections.place.Place`; what both targets hold must be the same."""

    book: AnswerBook
    folder: Path
    postgres: Postgres

    reads_answers = False

    def leadq_yaml(self) -> str:
        targets = (
            "there: {kind: files, folder: delivered, rejections: true}",
            "table: {kind: postgres, database: warehouse, table: path.leads, rejections: true}",
        )
        lines = "\n  ".join(targets)
        return f"databases: {{warehouse: {{url: '${{WAREHOUSE_URL}}'}}}}\ndeliver:\n  {lines}\n"

    def environment(self) -> dict[str, str]:
        return {"WAREHOUSE_URL": self.postgres.url()}

    def reject(self, key: str, reason: str, at: datetime) -> None:
        self.book.record(Answer(lead_id=key, decided_at=at, rep="Ann", decision="rejected", reason=reason))

    def take_back(self, key: str, at: datetime) -> None:
        self.book.record(Answer(lead_id=key, decided_at=at, rep="Ann", decision="accepted"))

    def held(self, key: str) -> Held:
        parts = sorted(self.folder.glob("*/scores.parquet"))
        rows = [row for part in parts for row in pq.read_table(part).to_pylist() if row["lead_id"] == key]
        in_folder = {name: _text(rows[-1][column]) for name, column in zip(NAMES, _COLUMNS, strict=True)}
        query = f"SELECT {', '.join(_COLUMNS)} FROM path.leads WHERE lead_id = '{key}'"
        (row,) = self.postgres.run("SET TIME ZONE 'UTC'", query)
        assert dict(zip(NAMES, map(_text, row), strict=True)) == in_folder
        return in_folder


def _text(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value if value is None or isinstance(value, str) else float(str(value))


@contextmanager
def opened(begun: Begun) -> Iterator[Desk]:
    """Answer in the project's own book."""
    server, project = begun.postgres(), begun.project
    server.run("DROP SCHEMA IF EXISTS path CASCADE")
    try:
        book = AnswerBook(project.store.folder / ANSWERS)
        yield Desk(book=book, folder=project.folder / "delivered", postgres=server)
    finally:
        server.run("DROP SCHEMA IF EXISTS path CASCADE")


PLACE = PlaceSpec(name="desk", open=opened)
