"""How a company's own fields looked when they were profiled: bounds, known values, share of missing ones.

Taken from the history a model was trained on and held against tonight's by the gate (warnings only: a new campaign is
no reason to stop). Written as JSON beside the model. Says nothing about the outcome; that is for the leak checks.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from leadq.crm.contract.history import History, OwnField

MAX_VALUES = 100
"""A category with more values than this has no list of known ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProfile:
    """One own field at training: ``missing_share`` in [0, 1]; ``low`` and ``high`` of a number; ``values`` of a category."""

    entity: Literal["lead", "account"]
    name: str
    missing_share: float
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()


def profile_fields(history: History, *, memory_limit: str = "1GB") -> tuple[FieldProfile, ...]:
    """Profile every own field that is used; refused ones and fields of an empty table are left out."""
    backend: Any = ibis.duckdb.connect(memory_limit=memory_limit)
    try:
        backend.raw_sql("LOAD icu; SET TimeZone = 'UTC'")
        tables: dict[str, ir.Table] = {
            "lead": backend.read_parquet(str(history.path("leads"))),
            "account": backend.read_parquet(str(history.path("accounts"))),
        }
        fields = [field for field in history.own_fields if field.status != "refused"]
        found = (_profile(tables[field.entity], field) for field in fields)
        return tuple(profile for profile in found if profile is not None)
    finally:
        backend.disconnect()


def _profile(table: ir.Table, field: OwnField) -> FieldProfile | None:
    column = table[field.name]
    counted = table.aggregate(rows=table.count(), present=column.count()).to_pandas().iloc[0]
    if not counted["rows"]:
        return None
    missing_share = 1 - int(counted["present"]) / int(counted["rows"])
    low = high = None
    values: tuple[str, ...] = ()
    if field.type == "number" and counted["present"]:
        bounds = table.aggregate(low=column.min(), high=column.max()).to_pandas().iloc[0]
        finite = math.isfinite(bounds["low"]) and math.isfinite(bounds["high"])
        low, high = (float(bounds["low"]), float(bounds["high"])) if finite else (None, None)
    elif field.type == "category":
        distinct = table.select(value=column).distinct().limit(MAX_VALUES + 2).to_pandas()["value"].dropna()
        values = tuple(sorted(str(value) for value in distinct)) if len(distinct) <= MAX_VALUES else ()
    return FieldProfile(
        entity=field.entity, name=field.name, missing_share=missing_share, low=low, high=high, values=values
    )


def profiles_to_json(profiles: tuple[FieldProfile, ...]) -> str:
    """Text of the profiles, stable byte for byte."""
    return json.dumps([asdict(profile) for profile in profiles], indent=1, sort_keys=True) + "\n"


def profiles_from_json(text: str) -> tuple[FieldProfile, ...]:
    """Read what :func:`profiles_to_json` wrote."""
    return tuple(FieldProfile(**{**row, "values": tuple(row["values"])}) for row in json.loads(text))
