"""A column of texts as the reader has it: rows with numbers, empty cells null."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from leadq.crm.reading.values.read_columns import Judged, read_columns
from leadq.crm.reading.values.read_settings import ReadSettings
from leadq.crm.storage.scratch_database import ROW, Connection, Relation, open_engine


class Texts:
    """Columns of texts, judged and read."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def table(self, columns: dict[str, list[str | None]]) -> Relation:
        rows = len(next(iter(columns.values())))
        table = pa.table(
            {ROW: pa.array(range(2, rows + 2)), **{k: pa.array(v, pa.string()) for k, v in columns.items()}}
        )
        self.connection.execute("DROP TABLE IF EXISTS texts")
        self.connection.from_arrow(table).create("texts")
        return self.connection.table("texts")

    def judged(self, columns: dict[str, list[str | None]], **wanted: str) -> Judged:
        rows = self.table(columns)
        kinds = {column: wanted.get(column, "any") for column in columns}
        return read_columns(rows, kinds, ReadSettings(), total=len(next(iter(columns.values()))))

    def read(
        self, values: list[str | None], wanted: str = "any", heading: str = "x", **settings: object
    ) -> list[str | None]:
        """The canonical texts of a column, which must be without doubt."""
        rows = self.table({heading: values})
        judged = read_columns(rows, {heading: wanted}, ReadSettings(**settings), total=len(values))
        assert judged.doubts == ()
        made = rows.project(f"{ROW}, {judged.readings[heading].expression(heading)}").order(ROW).fetchall()
        return [value for _, value in made]


@pytest.fixture(scope="package")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Texts]:
    """Judge and read columns of texts."""
    with open_engine(tmp_path_factory.mktemp("engine")) as connection:
        yield Texts(connection)


@pytest.fixture
def days() -> Callable[[str], list[str]]:
    """Forty days over a year in a strptime format, with days above 12 among them."""

    def written(form: str) -> list[str]:
        return [
            (datetime(2025, 1, 1, 15, 45, 10, tzinfo=UTC) + timedelta(days=9 * place)).strftime(form)
            for place in range(40)
        ]

    return written
