"""Look at leads again: features of given leads as of given moments, by the same path as training and tonight.

:func:`cut` takes from a history only what some leads and their accounts had by their moments, by both clocks, with the fields as
they stood then. What is made of that history cannot know anything later; whatever differs from it does.
"""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.features.assemble import assemble_encoded, look_at
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import Tables, own_column
from leadq.features.engine.text_values import flag_in, moment_in, number_in

_LATER = "later:"


def look(tables: Tables, looks: pd.DataFrame, agreement: Agreement, catalogue: Catalogue, *, name: str) -> pd.DataFrame:
    """Compute features as of the given moments.

    Parameters
    ----------
    tables : Tables
    looks : DataFrame of n rows
        ``lead_id`` (str) and ``as_of_us`` (int64, microseconds since 1970).
    agreement : Agreement
    catalogue : Catalogue
    name : str
        Of the temporary tables, unlike any other's in this engine.

    Returns
    -------
    DataFrame of n rows, in the order of ``looks``
        Every feature raw, and ``code:<name>`` beside a category; a lead that is not in the tables has nothing known.
    """
    wanted = ibis.memtable(
        looks[["lead_id", "as_of_us"]].assign(point_id=range(len(looks))),
        schema=ibis.schema({"lead_id": "string", "as_of_us": "int64", "point_id": "int64"}),
    )
    leads = tables.leads.select("lead_id", "account_id", "created_us")
    points = wanted.left_join(leads, "lead_id").drop("lead_id_right").mutate(landmark=ibis.literal(0, "int64"))
    points = _kept(tables, f"{name}_points", points)
    context = look_at(tables, points, agreement, catalogue)
    features = assemble_encoded(context, catalogue, name=f"{name}_features")
    frame: pd.DataFrame = features.order_by("point_id").to_pandas()
    return frame.drop(columns="point_id")


def cut(tables: Tables, looks: pd.DataFrame, *, name: str, both_clocks: bool = True) -> Tables:
    """Keep what the leads and their accounts had by their moments.

    Parameters
    ----------
    tables : Tables
    looks : DataFrame
        ``lead_id``, ``account_id`` (missing for none) and ``as_of_us``; one moment an account.
    name : str
        Of the temporary tables.
    both_clocks : bool
        False: an event counts from the moment it occurred, whenever it became known.
    """
    key = ("a:" + looks["account_id"]).where(looks["account_id"].notna(), "l:" + looks["lead_id"])
    cuts = ibis.memtable(
        pd.DataFrame({"key": key, "cut_us": looks["as_of_us"]}),
        schema=ibis.schema({"key": "string", "cut_us": "int64"}),
    )
    account_key = ibis.literal("a:") + tables.leads.account_id
    leads = tables.leads.mutate(key=ibis.coalesce(account_key, ibis.literal("l:") + tables.leads.lead_id))
    leads = _kept(tables, f"{name}_keyed", leads.inner_join(cuts, "key").filter(ibis._.created_us <= ibis._.cut_us))
    of_lead = leads.select("lead_id", "cut_us")
    of_account = cuts.filter(cuts.key.startswith("a:")).select(account_id=cuts.key.substr(2), cut_us=cuts.cut_us)
    entities = ibis.union(
        of_lead.select(entity=ibis.literal("lead"), entity_id=of_lead.lead_id, cut_us=of_lead.cut_us),
        of_account.select(entity=ibis.literal("account"), entity_id=of_account.account_id, cut_us=of_account.cut_us),
    )
    changes = tables.field_history.inner_join(entities, ["entity", "entity_id"])
    events = _events(tables, of_lead, of_account, both_clocks=both_clocks)
    accounts = tables.accounts.inner_join(of_account, "account_id")
    parts = {
        "leads": _rewound(tables, leads, "lead", changes).drop("key", "cut_us"),
        "accounts": _rewound(tables, accounts, "account", changes).drop("cut_us"),
        "events": events,
        "field_history": _until(changes, "changed_us"),
        "touches": _until(tables.touches.inner_join(of_lead, "lead_id"), "occurred_us"),
        "dispositions": _until(tables.dispositions.inner_join(of_lead, "lead_id"), "decided_us"),
        "worked_again": _until(tables.worked_again.inner_join(of_lead, "lead_id"), "decided_us"),
        "outcomes": _until(tables.outcomes.inner_join(of_lead, "lead_id"), "occurred_us"),
    }
    return replace(tables, **{part: _kept(tables, f"{name}_{part}", rows) for part, rows in parts.items()})


def _kept(tables: Tables, name: str, rows: ir.Table) -> ir.Table:
    kept: ir.Table = tables.backend.create_table(name, rows, temp=True, overwrite=True)
    return kept


def _until(rows: ir.Table, moment: str) -> ir.Table:
    return rows.filter(rows[moment] <= rows.cut_us).drop("cut_us")


def _events(tables: Tables, of_lead: ir.Table, of_account: ir.Table, *, both_clocks: bool) -> ir.Table:
    events = tables.events
    at_lead = events.filter(events.lead_id.notnull()).inner_join(of_lead, "lead_id")
    at_account = events.filter(events.lead_id.isnull()).inner_join(of_account, "account_id")
    found = ibis.union(at_lead.select(*events.columns, "cut_us"), at_account.select(*events.columns, "cut_us"))
    if not both_clocks:
        found = found.mutate(visible_us=found.occurred_us)
    return _until(found, "visible_us")


def _rewound(tables: Tables, rows: ir.Table, entity: str, changes: ir.Table) -> ir.Table:
    """Put back what each tracked field held before its first change after the cut."""
    dates = {f"{one.entity}.{one.name}" for one in tables.history.own_fields if one.type == "date"}
    tracked = [key.partition(".")[2] for key in tables.history.tracked_since if key.startswith(f"{entity}.")]
    columns = {field: _column(rows, field) for field in tracked}
    columns = {field: column for field, column in columns.items() if column}
    if not columns:
        return rows
    later = changes.filter(changes.entity == entity, changes.changed_us > changes.cut_us)
    later = later.mutate(marked=ibis.ifelse(later.old_value.isnull(), "n", ibis.literal("v") + later.old_value))
    later = later.group_by("entity_id", "field", "changed_us").agg(marked=ibis._.marked.min())
    first = {_LATER + field: later.marked.argmin(later.changed_us, where=later.field == field) for field in columns}
    held_before = later.group_by("entity_id").agg(**first)
    joined = rows.left_join(held_before, rows[f"{entity}_id"] == held_before.entity_id)
    values = {}
    for field, column in columns.items():
        marked = joined[_LATER + field]
        held = ibis.ifelse(marked == "n", ibis.null("string"), marked.substr(1))
        dated = f"{entity}.{field}" in dates
        values[column] = ibis.ifelse(marked.isnull(), joined[column], _typed(held, rows[column], dated))
    return joined.mutate(**values).select(*rows.columns)


def _column(rows: ir.Table, field: str) -> str:
    return next((name for name in (own_column(field), field) if name in rows.columns), "")


def _typed(text: ir.StringValue, like: ir.Value, is_moment: bool) -> ir.Value:
    if is_moment:
        return moment_in(text)
    kind = like.type()
    return flag_in(text) if kind.is_boolean() else number_in(text) if kind.is_numeric() else text
