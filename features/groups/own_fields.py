"""A company's own fields as features without code, typed by profiling at ingest.

Numbers and flags as they are, categories encoded, dates as whole days before as-of; beside words that are sizes of companies
(``51-200``) stands a number. Whether they may be used at all is for the leak
checks and ``leadq.yaml``.
"""

from __future__ import annotations

from dataclasses import replace

import ibis.expr.types as ir

from leadq.features.catalogue import Feature
from leadq.features.engine.duckdb_engine import whole_days
from leadq.features.field_values import Field
from leadq.features.groups.column_names import plain_names
from leadq.features.groups.protocol import DeclarationContext, FeatureContext
from leadq.features.meaning.sizes import with_sizes

_UNITS = {"number": "as recorded", "category": "category", "flag": "0/1", "date": "days before as-of"}


def feature_names(fields: tuple[Field, ...]) -> dict[Field, str]:
    """Name of each own field's feature: ``own_lead_plan``, ``own_account_region``."""
    own = [field for field in fields if field.own]
    plain = {
        entity: plain_names(field.name for field in own if field.entity == entity) for entity in ("lead", "account")
    }
    return {field: f"own_{field.entity}_{plain[field.entity][field.name]}" for field in own}


class OwnFieldsGroup:
    """One feature per own field; without recorded changes it is marked unproven."""

    name = "own_fields"
    needs_dates = False
    across_leads = False

    def declare(self, context: DeclarationContext) -> tuple[Feature, ...]:
        """Return a feature for every own field that may be looked at."""
        names = feature_names(context.fields)
        proven = context.history.tracked_since
        features = [_feature(field, name, proven=field.key in proven) for field, name in names.items()]
        features += [_size(field, name, proven=field.key in proven) for field, name in _sizes(context, names).items()]
        return tuple(features)

    def compute(self, context: FeatureContext) -> ir.Table:
        """Return ``point_id`` and one column per own field."""
        joined = context.points.select("point_id", "as_of_us").inner_join(context.values, "point_id")
        columns, names = {}, feature_names(context.fields)
        for field, name in names.items():
            value = joined[field.column]
            if field.type == "flag":
                value = value.cast("int64")
            elif field.type == "date":
                value = whole_days(joined.as_of_us, value)
            columns[name] = value
        sizes = {number: names[field] for field, number in _sizes(context.declaration, names).items()}
        return with_sizes(joined.select("point_id", **columns), sizes)


def _feature(field: Field, name: str, *, proven: bool) -> Feature:
    known = "rebuilt from its recorded changes" if proven else "unproven: no recorded changes, used as it stands"
    return Feature(
        name=name,
        family=name,
        kind="category" if field.type == "category" else "number",
        unit=_UNITS[field.type],
        source=f"{field.entity}s.{field.name}",
        meaning=field.name.replace("_", " "),
        known_because=known,
        proven=proven,
    )


def _sizes(context: DeclarationContext, names: dict[Field, str]) -> dict[Field, str]:
    """Name of the number beside each own field that holds sizes of companies as words; none without lists."""
    held = () if context.meaning is None else context.meaning.size_fields
    taken = set(names.values())
    sizes = {
        field: f"{name}_as_number" for field, name in names.items() if field.key in held and field.type == "category"
    }
    return {field: name for field, name in sizes.items() if name not in taken}


def _size(field: Field, name: str, *, proven: bool) -> Feature:
    words = _feature(field, name, proven=proven)
    return replace(
        words,
        family=name.removesuffix("_as_number"),
        kind="number",
        unit="employees",
        meaning=f"{words.meaning} as a number",
    )
