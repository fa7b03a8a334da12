"""Checks 1, 2, 3 and the half of 9 that features can break: nothing later than as-of in a feature, no closed lead looked at.

The features of a sample of rows are made again from a history that ends at as-of, by both clocks. What differs had seen something
later: an event, a changed field, a neighbour's outcome, or an encoding of labels made over all rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.assemble import model_columns
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.rebuild_features import cut, look
from leadq.features.training_data import TrainingData
from leadq.foundation.plurals import counted, one_or_many

SAMPLE_ROWS = 300
"""A feature that looks ahead on 1 % of the rows is missed in 5 of 100 runs."""
_ROUNDING = 1e-9

_CLOSED = """
WITH dated AS (
  SELECT lead_id, outcome, epoch_us(occurred_at) AS occurred_us,
    CASE outcome WHEN 'won' THEN 2 WHEN 'reopened' THEN 1 ELSE 0 END AS later
  FROM read_parquet($outcomes, hive_partitioning=false))
SELECT p.row, arg_max(o.outcome, o.occurred_us * 4 + o.later) AS state
FROM checked_points p JOIN dated o ON o.lead_id = p.lead_id AND o.occurred_us <= p.as_of_us
GROUP BY p.row HAVING state <> 'reopened'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Features that knew something later: name to example, and on how many rows.

    ``occurred`` of what happened after as-of (check 1), ``known`` of what had happened but became known after it (check 2).
    """

    occurred: dict[str, tuple[int, str]]
    known: dict[str, tuple[int, str]]


def sample_looks(data: TrainingData, *, seed: int, rows: int = SAMPLE_ROWS) -> pd.DataFrame:
    """Choose rows of different accounts: ``row`` (position), ``lead_id, account_id, as_of_us``."""
    meta = data.meta
    order = np.random.default_rng(seed).permutation(len(meta))
    key = ("a:" + meta["account_id"]).where(meta["account_id"].notna(), "l:" + meta["lead_id"]).iloc[order]
    chosen = np.sort(order[~key.duplicated().to_numpy()][:rows])
    picked = meta.iloc[chosen]
    return pd.DataFrame(
        {
            "row": chosen,
            "lead_id": picked["lead_id"].to_numpy(dtype=object),
            "account_id": picked["account_id"].to_numpy(dtype=object),
            "as_of_us": _microseconds(picked["as_of"]),
        }
    )


def late_facts(
    tables: Tables, data: TrainingData, looks: pd.DataFrame, agreement: Agreement, *, name: str = "cut"
) -> Late:
    """Hold the features of the looked-at rows against those of a history that ends at their as-of."""
    held = data.features[looks["row"].to_numpy()]
    honest = _again(tables, data, looks, agreement, name=name, both_clocks=True)
    differs = _differs(held, honest)
    if not differs.any():
        return Late(occurred={}, known={})
    by_one_clock = _differs(held, _again(tables, data, looks, agreement, name=f"{name}_one", both_clocks=False))
    return Late(
        occurred=_told(data, looks, held, honest, differs & by_one_clock),
        known=_told(data, looks, held, honest, differs & ~by_one_clock),
    )


def check_features(late: Late, looked_at: int) -> Iterator[LeakFinding]:
    """Stop where a feature knew what occurred after as-of (check 1) or became known after it (check 2)."""
    for check, clock, found in ((1, "occurred", late.occurred), (2, "became known", late.known)):
        if found:
            worst = max(found, key=lambda name: found[name][0])
            rows, example = found[worst]
            yield LeakFinding(
                check=check,
                name=f"facts that {clock} after as-of",
                field=worst,
                features=tuple(sorted(found)),
                figure=float(rows),
                limit=0.0,
                consequence="stop",
                sentence=f"{worst} uses facts that {clock} after as-of, in {rows:,} of {counted(looked_at, 'row')} that were "
                f"rebuilt ({example}; {counted(len(found), 'such feature')}).",
            )


def check_closed(backend: Any, history: History, data: TrainingData) -> Iterator[LeakFinding]:
    """No row may look at a lead that was closed by then (check 3)."""
    points = pa.table(
        {
            "row": np.arange(len(data.meta)),
            "lead_id": data.meta["lead_id"].to_list(),
            "as_of_us": _microseconds(data.meta["as_of"]),
        }
    )
    backend.con.register("checked_points", points)
    try:
        found: pd.DataFrame = backend.con.execute(_CLOSED, {"outcomes": engine_path(history.path("outcomes"))}).df()
    finally:
        backend.con.unregister("checked_points")
    if len(found):
        example = data.meta["lead_id"].iloc[int(found["row"].min())]
        yield LeakFinding(
            check=3,
            name="looked at after it was closed",
            field="outcomes.occurred_at",
            figure=float(len(found)),
            limit=0.0,
            consequence="stop",
            sentence=f"{len(found):,} of {counted(len(data.meta), 'row')} {one_or_many(len(found), 'shows', 'show')} a lead after "
            f"it was closed, when the outcome is known, for example {example}.",
        )


def _again(
    tables: Tables, data: TrainingData, looks: pd.DataFrame, agreement: Agreement, *, name: str, both_clocks: bool
) -> npt.NDArray[np.float64]:
    ended = cut(tables, looks, name=name, both_clocks=both_clocks)
    made = look(ended, looks, agreement, data.catalogue, name=f"{name}_again")
    return made[model_columns(data.catalogue)].to_numpy(dtype=np.float64, na_value=np.nan)


def _differs(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    near = np.isclose(one, other, rtol=_ROUNDING, atol=_ROUNDING, equal_nan=True)
    return np.asarray(~near, dtype=np.bool_)


def _told(
    data: TrainingData,
    looks: pd.DataFrame,
    held: npt.NDArray[np.float64],
    honest: npt.NDArray[np.float64],
    wrong: npt.NDArray[np.bool_],
) -> dict[str, tuple[int, str]]:
    found = {}
    for index in np.flatnonzero(wrong.any(axis=0)):
        first = int(np.flatnonzero(wrong[:, index])[0])
        lead = looks["lead_id"].iloc[first]
        example = f"for example {lead}: {held[first, index]:g} where {honest[first, index]:g} was known"
        found[data.catalogue.names[index]] = (int(wrong[:, index].sum()), example)
    return found


def _microseconds(moments: pd.Series) -> npt.NDArray[np.int64]:
    us: npt.NDArray[np.int64] = moments.dt.tz_convert(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    return us
