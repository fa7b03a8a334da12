"""Checks 1, 2 and 3: nothing later than as-of in a feature, and no lead looked at after it was closed.

The counts of events are made again by a second, independent query on a sample of rows, by both clocks. It shares no code with
the features it checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from crm.history import History
from features.intent import WINDOWS_DAYS, families_of
from features.leak_checks.finding import LeakFinding
from features.training_data import TrainingData

SAMPLE_ROWS = 500
_EPS = 1e-9

_RECOUNT = """
WITH dated AS (
  SELECT lead_id, kind, epoch_us(occurred_at) AS occurred_us, epoch_us(coalesce(known_at, occurred_at)) AS known_us
  FROM read_parquet($events) WHERE kind IN (SELECT unnest($kinds)))
SELECT p.row, e.kind, w.days,
  count(*) FILTER (e.occurred_us <= p.as_of_us AND e.known_us <= p.as_of_us) AS known,
  count(*) FILTER (e.occurred_us <= p.as_of_us) AS occurred
FROM checked_points p JOIN dated e USING (lead_id) CROSS JOIN (SELECT unnest($windows) AS days) w
WHERE p.as_of_us - e.occurred_us <= w.days * 86400000000
GROUP BY ALL
"""
_CLOSED = """
WITH dated AS (
  SELECT lead_id, outcome, epoch_us(occurred_at) AS occurred_us,
    CASE outcome WHEN 'won' THEN 2 WHEN 'reopened' THEN 1 ELSE 0 END AS later
  FROM read_parquet($outcomes))
SELECT p.row, arg_max(o.outcome, o.occurred_us * 4 + o.later) AS state
FROM checked_points p JOIN dated o ON o.lead_id = p.lead_id AND o.occurred_us <= p.as_of_us
GROUP BY p.row HAVING state <> 'reopened'
"""


def check_events(backend: Any, history: History, data: TrainingData, *, seed: int) -> Iterator[LeakFinding]:
    """Count the events of a sample of rows again (checks 1 and 2)."""
    families = families_of(data.catalogue.event_kinds)
    columns = {
        (kind, days): data.catalogue.names.index(f"{family}_count_{days}d")
        for kind, family in families.items()
        for days in WINDOWS_DAYS
        if f"{family}_count_{days}d" in data.catalogue.names
    }
    if not columns:
        return
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(data.meta), min(SAMPLE_ROWS, len(data.meta)), replace=False))
    found = _run(
        backend,
        data.meta.iloc[rows],
        rows,
        _RECOUNT,
        {"events": str(history.path("events")), "windows": list(WINDOWS_DAYS), "kinds": list(families)},
    )
    keys = zip(found["row"].tolist(), found["kind"].tolist(), found["days"].tolist(), strict=True)
    counted = dict(zip(keys, zip(found["known"].tolist(), found["occurred"].tolist(), strict=True), strict=True))
    late: dict[int, dict[str, int]] = {1: {}, 2: {}}
    for (kind, days), index in columns.items():
        for row in rows:
            known, occurred = counted.get((int(row), kind, days), (0, 0))
            held = data.features[row, index]
            if held > known + _EPS:
                check = 2 if held <= occurred + _EPS else 1
                name = data.catalogue.names[index]
                late[check][name] = late[check].get(name, 0) + 1
    for check, names in late.items():
        if names:
            yield _late_events(check, names, len(rows))


def _late_events(check: int, names: dict[str, int], sampled: int) -> LeakFinding:
    clock = "occurred" if check == 1 else "became known"
    worst = max(names, key=lambda name: names[name])
    return LeakFinding(
        check=check,
        name=f"events that {clock} after as-of",
        field=worst,
        features=tuple(sorted(names)),
        figure=float(names[worst]),
        limit=0.0,
        consequence="stop",
        sentence=f"{worst} counts events that {clock} after as-of on {names[worst]:,} of {sampled:,} rows counted again "
        f"({len(names)} such features).",
    )


def check_closed(backend: Any, history: History, data: TrainingData) -> Iterator[LeakFinding]:
    """No row may look at a lead that was closed by then (check 3)."""
    rows = np.arange(len(data.meta))
    found = _run(backend, data.meta, rows, _CLOSED, {"outcomes": str(history.path("outcomes"))})
    if len(found):
        example = data.meta["lead_id"].iloc[int(found["row"].min())]
        yield LeakFinding(
            check=3,
            name="looked at after it was closed",
            field="outcomes.occurred_at",
            figure=float(len(found)),
            limit=0.0,
            consequence="stop",
            sentence=f"{len(found):,} of {len(rows):,} rows look at a lead after it was closed, {example} for example: "
            "the outcome is then known.",
        )


def _run(backend: Any, meta: pd.DataFrame, rows: np.ndarray, query: str, operands: dict[str, Any]) -> pd.DataFrame:
    as_of_us = meta["as_of"].dt.tz_convert(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    points = pa.table({"row": rows, "lead_id": meta["lead_id"].to_list(), "as_of_us": as_of_us})
    backend.con.register("checked_points", points)
    try:
        frame: pd.DataFrame = backend.con.execute(query, operands).df()
    finally:
        backend.con.unregister("checked_points")
    return frame
