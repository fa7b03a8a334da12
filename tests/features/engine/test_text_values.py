"""What recorded texts mean as values; that Spark reads them alike is in tests/spark."""

from __future__ import annotations

from datetime import UTC, datetime

import ibis
import pyarrow as pa
import pytest

from leadq.features.engine.duckdb_engine import microseconds, open_engine
from leadq.features.engine.text_values import flag_in, moment_in, number_in

DAY = datetime(2024, 2, 29, tzinfo=UTC)


def read(texts: list[str | None], reader: object) -> list[object]:
    rows = ibis.memtable(pa.table({"at": range(len(texts)), "text": pa.array(texts, pa.string())}))
    with open_engine(threads=1) as backend:
        found = backend.to_pyarrow(rows.select("at", value=reader(rows.text)).order_by("at"))
    return found["value"].to_pylist()


@pytest.mark.parametrize(
    ("reader", "meant"),
    [
        (number_in, {"12": 12.0, " -3.5\t": -3.5, ".5": 0.5, "1e6": 1e6, "+7.": 7.0}),
        (flag_in, {"true": True, " Yes": True, "1": True, "F": False, "no": False}),
        (
            moment_in,
            {
                "2024-02-29": microseconds(DAY),
                "2024-02-29T02:00:00+02:00": microseconds(DAY),
                "2024-02-29 00:00:00.25Z": microseconds(DAY) + 250_000,
                "2024-02-29 01:30": microseconds(DAY) + 5_400_000_000,
            },
        ),
    ],
    ids=["number", "flag", "moment"],
)
def test_what_is_a_value_is_read(reader, meant):
    assert read(list(meant), reader) == list(meant.values())


@pytest.mark.parametrize(
    ("reader", "texts"),
    [
        (number_in, ["", "nan", "inf", "1e999", "1_000", "5d", "0x10", "1,5", "5 6", "5\u2028", "9" * 31, None]),
        (flag_in, ["", "on", "2", "yes!", None]),
        (moment_in, ["", "epoch", "2024", "2024-02-30", "29.02.2024", "2024-02-29 24:00", "2024-02-29 10:00Z", None]),
    ],
    ids=["number", "flag", "moment"],
)
def test_what_only_one_engine_would_read_is_none(reader, texts):
    assert read(texts, reader) == [None] * len(texts)
