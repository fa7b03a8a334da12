"""Business time on an engine's tables is that of whole columns in memory, to the last microsecond."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.calendar.weekly_calendar import Calendar, OpenSpan
from leadq.features.business_hours import opening_days, with_business_us
from leadq.features.engine.duckdb_engine import open_engine

SPLIT = tuple(OpenSpan(day, *span) for day in range(6) for span in ((540, 720), (780, 1440)))
"""Open until midnight in New York: the UTC day holds more than one piece."""


def moments(n_rows: int) -> tuple[pa.Table, BusinessTime]:
    draw = np.random.default_rng(3)
    start = draw.integers(-(10**14), 43 * 10**14, n_rows)
    end = start + draw.integers(-(10**11), 30 * 10**11, n_rows)
    missing = draw.random(n_rows) < 0.1
    country = np.array(["DE", " fr", None, "NL"], object)[draw.integers(0, 4, n_rows)]
    columns = {"row": pa.array(np.arange(n_rows)), "start": pa.array(start), "end": pa.array(end, mask=missing)}
    time = BusinessTime(Calendar(time_zone="America/New_York", hours=SPLIT, countries=("DE-BY", "FR")))
    return pa.table({**columns, "country": pa.array(country)}), time


def in_memory(rows: pa.Table, time: BusinessTime, *, country: bool) -> list[int | None]:
    end = rows["end"].to_numpy(zero_copy_only=False)
    start = rows["start"].to_numpy()[~np.isnan(end)]
    owners = np.array(rows["country"].to_pylist(), object)[~np.isnan(end)]
    found = iter(time.business_us(start, end[~np.isnan(end)].astype(np.int64), owners if country else None).tolist())
    return [None if missing else next(found) for missing in np.isnan(end)]


def test_duckdb_gives_the_same_business_time() -> None:
    rows, time = moments(4000)
    with open_engine() as backend:
        table = backend.create_table("pairs", rows)
        opening = opening_days(time)
        for column in ("country", None):
            told = with_business_us(table, opening, start="start", end="end", name="open_us", country=column)
            found = backend.to_pyarrow(told.order_by("row"))
            assert found.column_names == [*rows.column_names, "open_us"]
            assert found["open_us"].to_pylist() == in_memory(rows, time, country=column is not None)
