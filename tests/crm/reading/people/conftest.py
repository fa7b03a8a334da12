"""A column of made-up values, and what the reader says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import duckdb
import pyarrow as pa
import pytest

from leadq.crm.contract.history import FieldType
from leadq.crm.reading.people.personal import why_personal
from leadq.crm.storage.scratch_database import ROW

Why = Callable[..., str | None]
ROWS = 240


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def why(connection: duckdb.DuckDBPyConnection) -> Why:
    """Why a column of ``values``, repeated over 240 rows, is personal."""

    def judged(heading: str, values: Sequence[str | None], kind: FieldType = "category") -> str | None:
        rows = [(place, values[(place * 7919) % len(values)]) for place in range(max(ROWS, len(values)))]
        distinct = len({value for _, value in rows})
        few = distinct <= 20 and distinct / len(rows) <= 0.1
        connection.execute(f"CREATE OR REPLACE TABLE judged ({ROW} BIGINT, v VARCHAR)")
        table = pa.table({ROW: [place for place, _ in rows], "v": pa.array([value for _, value in rows], pa.string())})
        connection.from_arrow(table).insert_into("judged")
        return why_personal(
            heading, connection.table("judged"), "v", kind=kind, harmless=few or kind in ("flag", "date")
        )

    return judged
