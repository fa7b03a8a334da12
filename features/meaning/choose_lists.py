"""Which lists a training takes: the newest, or none where ``params.yaml`` says so, and which own fields hold sizes of companies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from leadq.features.engine.duckdb_engine import Tables, own_column
from leadq.features.feature_settings import FeatureSettings
from leadq.features.field_values import Field, known_fields
from leadq.features.meaning.company_titles import with_titles
from leadq.features.meaning.gather_lists import newest_meaning
from leadq.features.meaning.lists import Meaning
from leadq.features.meaning.sizes import size_in

MOSTLY = 0.8
"""Share of the rows with a value that must be a size for a field to hold sizes: beside them stand words such as "unknown"."""
_LEAST_SIZES = 3
_MOST_VALUES = 1_000
"""Values of a field that are looked at, the most frequent ones."""


def lists_for(tables: Tables, settings: FeatureSettings) -> Meaning | None:
    """Return the lists to train with, those of the company first; None for none."""
    if not settings.same_meaning:
        return None
    return replace(with_titles(newest_meaning(), settings.titles), size_fields=_size_fields(tables))


def _size_fields(tables: Tables) -> tuple[str, ...]:
    own = [field for field in known_fields(tables.history) if field.own and field.type == "category"]
    found = {field.key: _values(tables, field) for field in own}
    rows = [{"field": key, **row} for key, seen in found.items() if _mostly_with_digits(seen) for row in seen]
    if not rows:
        return ()
    types = {"field": "string", "value": "string", "rows": "int64"}
    seen = ibis.memtable(pa.Table.from_pylist(rows), schema=ibis.schema(types))
    seen = tables.backend.create_table("meaning_sizes", seen, temp=True, overwrite=True)
    seen = seen.mutate(size=size_in(seen.value))
    by_field = seen.group_by("field").agg(
        rows=seen.rows.sum(), sized=seen.rows.sum(where=seen["size"].notnull()), sizes=seen["size"].nunique()
    )
    held = by_field.filter(by_field.sizes >= _LEAST_SIZES, by_field.sized >= MOSTLY * by_field.rows)
    return tuple(sorted(held.field.to_pyarrow().to_pylist()))


def _values(tables: Tables, field: Field) -> list[dict[str, Any]]:
    table: ir.Table = tables.leads if field.entity == "lead" else tables.accounts
    values = table.select(value=table[own_column(field.name)].cast("string"))
    counted = values.filter(values.value.notnull()).group_by("value").agg(rows=ibis._.count())
    rows: list[dict[str, Any]] = (
        counted.order_by(ibis._.rows.desc(), "value").limit(_MOST_VALUES).to_pyarrow().to_pylist()
    )
    return [row for row in rows if row["value"].strip()]


def _mostly_with_digits(seen: list[dict[str, Any]]) -> bool:
    """Whether it is worth reading a field's values as sizes."""
    digits = sum(row["rows"] for row in seen if any(one.isdigit() for one in row["value"]))
    return bool(seen) and digits >= MOSTLY * sum(row["rows"] for row in seen)
