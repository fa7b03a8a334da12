"""A company's own fields as features without code, typed by profiling at ingest.

Numbers and flags as they are, categories encoded, dates as whole days before as-of. Whether they may be used at all is for the leak
checks and ``leadq.yaml``.
"""

from __future__ import annotations

import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.engine.duckdb_engine import whole_days
from leadq.features.field_values import Field
from leadq.features.groups.column_names import plain_names


def feature_names(fields: tuple[Field, ...]) -> dict[Field, str]:
    """Name of each own field's feature: ``own_lead_plan``, ``own_account_region``."""
    own = [field for field in fields if field.own]
    plain = {
        entity: plain_names(field.name for field in own if field.entity == entity) for entity in ("lead", "account")
    }
    return {field: f"own_{field.entity}_{plain[field.entity][field.name]}" for field in own}


def declare(fields: tuple[Field, ...], tracked: frozenset[str]) -> tuple[Feature, ...]:
    """One feature per own field; without recorded changes it is marked unproven."""
    features = []
    for field, name in feature_names(fields).items():
        proven = field.key in tracked
        features.append(
            Feature(
                name=name,
                family=name,
                kind="category" if field.type == "category" else "number",
                unit={"number": "as recorded", "category": "category", "flag": "0/1", "date": "days before as-of"}[
                    field.type
                ],
                source=f"{field.entity}s.{field.name}",
                meaning=field.name.replace("_", " "),
                known_because="rebuilt from its recorded changes"
                if proven
                else "unproven: no recorded changes, used as it stands",
                proven=proven,
            )
        )
    return tuple(features)


def own_fields(points: ir.Table, fields: ir.Table, declared: tuple[Field, ...]) -> ir.Table:
    """Return ``point_id`` and one column per own field."""
    joined = points.select("point_id", "as_of_us").inner_join(fields, "point_id")
    columns = {}
    for field, name in feature_names(declared).items():
        value = joined[field.column]
        if field.type == "flag":
            value = value.cast("int64")
        elif field.type == "date":
            value = whole_days(joined.as_of_us, value)
        columns[name] = value
    return joined.select("point_id", **columns)
