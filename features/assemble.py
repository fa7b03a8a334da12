"""All features of a set of points in one table, in the catalogue's order, raw and encoded.

The one path for training and for tonight: what differs between the two is only which points are looked at. What is computed stands
in ``groups``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from leadq.agreement.schema import Agreement
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.field_values import known_fields
from leadq.features.groups import plug_in_rules
from leadq.features.groups.plug_ins import LoadedGroup, load_for
from leadq.features.groups.protocol import DeclarationContext, FeatureContext, FeatureGroup
from leadq.features.groups.registry import BUILT_IN
from leadq.features.meaning.expressions import codes_of
from leadq.foundation.problems import BundleError, Problem

CODE = "code:"
"""Prefix of the encoded column beside a category's raw one."""


def declare_all(context: DeclarationContext, plug_ins: tuple[LoadedGroup, ...] = ()) -> tuple[Feature, ...]:
    """Every feature this history can give, before vocabularies and leak checks; those of plug-ins last.

    Raises
    ------
    ConfigError
        A plug-in declares what it may not, such as a name that another feature has.
    """
    dated = context.history.dated
    features = [one for group in BUILT_IN if dated or not group.needs_dates for one in group.declare(context)]
    for loaded in plug_ins:
        if dated or not loaded.group.needs_dates:
            features += plug_in_rules.declare(loaded, context, {one.name for one in features})
    return tuple(features)


def look_at(tables: Tables, points: ir.Table, agreement: Agreement, catalogue: Catalogue) -> FeatureContext:
    """Return what the groups compute from, for ``points`` and with what ``catalogue`` has frozen."""
    return FeatureContext(
        tables=tables,
        points=points,
        agreement=agreement,
        fields=known_fields(tables.history),
        tracked_since=tracked_since(catalogue),
        event_kinds=catalogue.event_kinds,
        meaning=catalogue.meaning,
    )


def tracked_since(catalogue: Catalogue) -> dict[str, datetime]:
    """Since when each field is tracked, as frozen at training."""
    return {name: datetime.fromisoformat(text) for name, text in catalogue.tracked_since.items()}


def assemble(context: FeatureContext, catalogue: Catalogue) -> ir.Table:
    """Raw features: ``point_id`` and one column per feature of ``catalogue`` (float64, or string for a category).

    Raises
    ------
    BundleError
        A feature of the catalogue cannot be computed: its field or its group is no longer there.
    InputError
        A plug-in's group failed.
    """
    joined, found = context.points.select("point_id"), set[str]()
    for one in _wanted(context, catalogue):
        computed = context.computed
        table = computed[one.group.name] if one.group.name in computed else one.compute(context)
        joined = joined.left_join(table.select("point_id", *one.names), "point_id").drop("point_id_right")
        found.update(one.names)
    _must_all_be(found, catalogue)
    return joined.select("point_id", **{one.name: _finished(joined[one.name], one) for one in catalogue.features})


def computed_across_leads(context: FeatureContext, catalogue: Catalogue) -> dict[str, ir.Table]:
    """Compute the groups that look beyond a lead's own rows for all points at once, materialised, by name of group."""
    keep = context.tables.backend.create_table
    return {
        one.group.name: keep(f"tonight_{one.group.name}", one.compute(context), temp=True, overwrite=True)
        for one in _wanted(context, catalogue)
        if one.group.across_leads
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A group of which features are wanted: their names, and where the group comes from if it is a plug-in."""

    group: FeatureGroup
    names: tuple[str, ...]
    plug_in: LoadedGroup | None = None

    def compute(self, context: FeatureContext) -> ir.Table:
        if self.plug_in is None:
            return self.group.compute(context)
        return plug_in_rules.compute(self.plug_in, context, self.names)


def _wanted(context: FeatureContext, catalogue: Catalogue) -> Iterator[_Wanted]:
    dated = context.tables.history.dated
    own = {feature.name for feature in catalogue.features if not feature.group}
    for group in BUILT_IN:
        if dated or not group.needs_dates:
            names = tuple(one.name for one in group.declare(context.declaration) if one.name in own)
            if names:
                yield _Wanted(group=group, names=names)
    for loaded in load_for(catalogue):
        if dated or not loaded.group.needs_dates:
            names = tuple(one.name for one in catalogue.features if one.group == loaded.plug_in.name)
            yield _Wanted(group=loaded.group, names=names, plug_in=loaded)


def _must_all_be(found: set[str], catalogue: Catalogue) -> None:
    missing = [name for name in catalogue.names if name not in found]
    if missing:
        value = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        rule = "must have every feature of the model"
        remedy = (
            "Bring its columns back to what they were, or train and promote a model on the sources as they are now."
        )
        raise BundleError(Problem(where="the sources", rule=rule, value=f"none for {value}", remedy=remedy))


def assemble_encoded(context: FeatureContext, catalogue: Catalogue, *, name: str) -> ir.Table:
    """Raw and encoded features, the raw ones computed once into the temporary table ``name``.

    Each category's words are looked up in them: as an expression, all features would be computed again for every one.
    """
    raw = context.tables.backend.create_table(name, assemble(context, catalogue), temp=True, overwrite=True)
    return encoded(raw, catalogue)


def encoded(features: ir.Table, catalogue: Catalogue) -> ir.Table:
    """Add ``code:<name>`` beside every category: position in the vocabulary, one code for all others, null if missing.

    Where spellings are frozen, what is spelt as one of them has its word's code: every distinct value is looked up once.
    ``features`` is a table and no expression: it is read once a category.
    """
    codes: dict[str, Feature] = {}
    joined = features
    for feature in catalogue.features:
        if feature.kind != "category":
            continue
        name, code = feature.name, CODE + feature.name
        if feature.spellings:
            known = codes_of(features, name, feature.spellings).rename(
                {f"same:{name}": "same_value", code: "same_code"}
            )
            joined = joined.left_join(known, joined[name] == known[f"same:{name}"]).drop(f"same:{name}")
        else:
            codes[code] = feature
    return joined.mutate(**{code: _as_recorded(joined[one.name], one) for code, one in codes.items()})


def _as_recorded(value: ir.Value, feature: Feature) -> ir.Value:
    other = ibis.literal(float(len(feature.vocabulary)), "float64")
    branches = [(word, ibis.literal(float(code), "float64")) for code, word in enumerate(feature.vocabulary)]
    code = value.cases(*branches, else_=other) if branches else other
    return ibis.ifelse(value.isnull(), ibis.null("float64"), code)


def model_columns(catalogue: Catalogue) -> list[str]:
    """Columns of the encoded table that make the model's input, in its order."""
    return [CODE + feature.name if feature.kind == "category" else feature.name for feature in catalogue.features]


def _finished(value: ir.Value, feature: Feature) -> ir.Value:
    if feature.kind == "category":
        text = value.cast("string")
        return ibis.ifelse(text.strip() == "", ibis.null("string"), text)
    number = value.cast("float64")
    return number.fill_null(0.0) if feature.absent == "zero" else number
