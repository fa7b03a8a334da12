"""All features of a set of points in one table, in the catalogue's order, raw and encoded.

The one path for training and for tonight: what differs between the two is only which points are looked at.
"""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from leadq.agreement.schema import Agreement
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.field_values import Field, fields_as_of
from leadq.features.groups import account, company, intent, origin, own_fields, person

CODE = "code:"
"""Prefix of the encoded column beside a category's raw one."""


def declare_all(
    tables: Tables, fields: tuple[Field, ...], kinds: tuple[str, ...], tracked: frozenset[str]
) -> tuple[Feature, ...]:
    """Every feature this history can give, before vocabularies and leak checks."""
    dated = (*origin.DATED, *intent.declare(kinds), *account.DECLARED) if tables.history.dated else ()
    return (*company.DECLARED, *person.DECLARED, *origin.UNDATED, *own_fields.declare(fields, tracked), *dated)


def fields_of(
    tables: Tables, points: ir.Table, fields: tuple[Field, ...], tracked_since: dict[str, datetime]
) -> ir.Table:
    """Value of every field as of every point, materialised once for features and rules."""
    return fields_as_of(tables, points, fields, tracked_since)


def assemble(
    tables: Tables,
    points: ir.Table,
    fields_table: ir.Table,
    fields: tuple[Field, ...],
    agreement: Agreement,
    catalogue: Catalogue,
    *,
    at_account: ir.Table | None = None,
) -> ir.Table:
    """Raw features: ``point_id`` and one column per feature of ``catalogue`` (float64, or string for a category).

    ``at_account`` is given where :func:`leadq.features.groups.account.account` has been computed already, for these points at least.
    """
    groups = [
        company.company(fields_table, agreement),
        person.person(fields_table),
        origin.origin(fields_table),
        own_fields.own_fields(points, fields_table, fields),
    ]
    if tables.history.dated:
        groups.append(origin.timing(points))
        groups.append(
            account.account(tables, points, tables.history.outcome_kinds) if at_account is None else at_account
        )
        if catalogue.event_kinds:
            groups.append(intent.intent(tables, points, catalogue.event_kinds))
    wanted = {feature.name: feature for feature in catalogue.features}
    joined = points.select("point_id")
    for group in groups:
        present = [name for name in group.columns if name in wanted]
        if present:
            joined = joined.left_join(group.select("point_id", *present), "point_id").drop("point_id_right")
    return joined.select("point_id", **{name: _finished(joined[name], feature) for name, feature in wanted.items()})


def encoded(features: ir.Table, catalogue: Catalogue) -> ir.Table:
    """Add ``code:<name>`` beside every category: position in the vocabulary, one code for all others, null if missing."""
    codes = {}
    for feature in catalogue.features:
        if feature.kind == "category":
            value = features[feature.name]
            other = ibis.literal(float(len(feature.vocabulary)), "float64")
            branches = [(word, ibis.literal(float(code), "float64")) for code, word in enumerate(feature.vocabulary)]
            code = value.cases(*branches, else_=other) if branches else other
            codes[CODE + feature.name] = ibis.ifelse(value.isnull(), ibis.null("float64"), code)
    return features.mutate(**codes)


def model_columns(catalogue: Catalogue) -> list[str]:
    """Columns of the encoded table that make the model's input, in its order."""
    return [CODE + feature.name if feature.kind == "category" else feature.name for feature in catalogue.features]


def _finished(value: ir.Value, feature: Feature) -> ir.Value:
    if feature.kind == "category":
        text = value.cast("string")
        return ibis.ifelse(text.strip() == "", ibis.null("string"), text)
    number = value.cast("float64")
    counted = feature.source == "events" and not feature.name.endswith("_days_since")
    return number.fill_null(0.0) if counted and feature.family != "account" else number
