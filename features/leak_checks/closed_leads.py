"""Closed leads with what the CRM says of them today: the view in which a back-filled field shows itself.

Refused fields and columns that never become features are here too, since what they would tell is worth saying. At most
:data:`MAX_LEADS` leads are looked at, a few columns at a time, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import DAY_US, open_parquet, timestamp_us

MAX_LEADS = 200_000
_COLUMNS_AT_ONCE = 16
_VALUE = "value_"
_KEYS_AND_CLOCKS = {
    "leads": ("lead_id", "account_id", "created_at", "closed_at"),
    "accounts": ("account_id", "name"),
    "opportunities": ("opportunity_id", "lead_id", "account_id", "created_at", "closed_at", "outcome", "currency"),
}
_KEY = {"leads": "lead_id", "accounts": "account_id", "opportunities": "lead_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedLeads:
    """Decided leads: ``frame`` (lead_id, account_id, created_us, decided_us, won, group), one row a lead, ordered by id."""

    frame: pd.DataFrame

    @property
    def won(self) -> npt.NDArray[np.bool_]:
        """Shape (n,)."""
        return self.frame["won"].to_numpy(dtype=np.bool_)

    @property
    def group(self) -> npt.NDArray[np.int64]:
        """Account, else the lead itself; shape (n,)."""
        return self.frame["group"].to_numpy(dtype=np.int64)

    def arrow(self) -> pa.Table:
        """Keys, decision and outcome for a query."""
        columns = ["lead_id", "account_id", "decided_us", "won"]
        return pa.Table.from_pandas(self.frame[columns], preserve_index=False)


def read_closed_leads(backend: Any, history: History) -> ClosedLeads:
    """Read the leads whose last outcome is won or lost (a win counts, whatever came later)."""
    outcomes = open_parquet(backend, history.path("outcomes"), "outcomes")
    last = outcomes.group_by("lead_id").aggregate(
        last=outcomes.outcome.argmax(outcomes.occurred_at),
        ever_won=(outcomes.outcome == "won").any(),
        won_at=outcomes.occurred_at.min(where=outcomes.outcome == "won"),
        last_at=outcomes.occurred_at.max(),
    )
    closed = last.filter(last.ever_won | (last["last"] == "lost"))
    closed = closed.select(
        "lead_id", won=closed.ever_won, decided_us=timestamp_us(ibis.coalesce(closed.won_at, closed.last_at))
    )
    many = int(closed.count().execute())
    if many > MAX_LEADS:
        closed = closed.filter(closed.lead_id.hash().abs() % -(-many // MAX_LEADS) == 0)
    leads = open_parquet(backend, history.path("leads"), "leads")
    joined = closed.inner_join(
        leads.select("lead_id", "account_id", created_us=timestamp_us(leads.created_at)), "lead_id"
    )
    frame: pd.DataFrame = joined.order_by("lead_id").to_pandas()
    key = ("a:" + frame["account_id"]).where(frame["account_id"].notna(), "l:" + frame["lead_id"])
    frame["group"] = pd.factorize(key, sort=True)[0].astype(np.int64)
    return ClosedLeads(frame=frame)


def read_fields(backend: Any, history: History, closed: ClosedLeads) -> Iterator[tuple[str, pd.Series]]:
    """Yield ``("leads.duration", values)`` for every column that says something, aligned with ``closed.frame``.

    Dates are days from the lead's creation, flags 0 and 1. A column without any value is left out.
    """
    position = closed.frame[["lead_id", "account_id", "created_us"]].assign(position=np.arange(len(closed.frame)))
    backend.create_table("closed_leads", pa.Table.from_pandas(position), temp=True, overwrite=True)
    wanted = backend.table("closed_leads")
    for table, key in _KEY.items():
        schema = pq.read_schema(history.path(table))
        names = [name for name in schema.names if name not in _KEYS_AND_CLOCKS[table]]
        for start in range(0, len(names), _COLUMNS_AT_ONCE):
            columns = names[start : start + _COLUMNS_AT_ONCE]
            frame = _aligned(backend, history, table, key, wanted, columns)
            for place, name in enumerate(columns):
                values = frame[_VALUE + str(place)]
                if values.notna().any():
                    yield f"{table}.{name}", values.rename(name)


def _aligned(
    backend: Any, history: History, table: str, key: str, wanted: ir.Table, columns: list[str]
) -> pd.DataFrame:
    """Return the values of ``columns`` under names of ours, numbered: theirs may be any text."""
    source = open_parquet(backend, history.path(table), f"field_source_{table}")
    values = {f"{_VALUE}{place}": source[name] for place, name in enumerate(columns)}
    picked = source.select(key_of_source=source[key], **values)
    if table == "opportunities":  # a lead with several: any value of any of them
        picked = picked.group_by("key_of_source").aggregate(**{name: picked[name].max() for name in values})
    joined = wanted.left_join(picked, wanted[key] == picked.key_of_source)
    shown = {name: _as_value(joined[name], joined.created_us) for name in values}
    frame: pd.DataFrame = joined.select("position", **shown).order_by("position").to_pandas()
    return frame.drop_duplicates("position").reset_index(drop=True)


def _as_value(value: ir.Value, created_us: ir.NumericValue) -> ir.Value:
    if value.type().is_timestamp():
        return (timestamp_us(value) - created_us).cast("float64") / DAY_US
    if value.type().is_boolean() or value.type().is_numeric():
        return value.cast("float64")
    text = value.cast("string")
    return ibis.ifelse(text.strip() == "", ibis.null("string"), text)
