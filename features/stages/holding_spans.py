"""From when to when a check of a stage holds for a lead, exactly: it changes only where something happened or aged.

Spans are ``lead_id, start_us, end_us`` (microseconds, the end is no part of it), those of one check and lead disjoint. Same rules as
``features/predicates.py`` as of any moment; point in time by both clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.agreement.checks import ANY_EVENT
from leadq.agreement.schema import Check
from leadq.features.engine.duckdb_engine import DAY_US, Tables, microseconds
from leadq.features.field_values import Field, fields_as_of, known_fields
from leadq.features.predicates import field_check

FOREVER_US = 2**62


def field_key(check: Check) -> str:
    """Return the field of a check as the history names it: ``"lead.authority"``."""
    return check.name if "." in check.name else f"lead.{check.name}"


def spans_of_event(tables: Tables, check: Check) -> ir.Table:
    """Spans in which an event of the kind had become known, and had not aged out of ``within_days``."""
    events = tables.events.filter(tables.events.lead_id.notnull())
    if check.name != ANY_EVENT:
        events = events.filter(events.kind == check.name)
    aged = events.occurred_us + check.within_days * DAY_US + 1 if check.within_days is not None else FOREVER_US
    return merged(since_creation(tables, events.select("lead_id", start_us="visible_us", end_us=aged)))


def spans_of_decision(tables: Tables, decisions: ir.Table, check: Check) -> ir.Table:
    """Spans in which the latest of ``decisions`` (``lead_id, decided_us, order_key, decision``) is the one of the check."""
    in_order = ibis.window(group_by="lead_id", order_by="order_key")
    told = decisions.mutate(next_us=ibis._.decided_us.lead().over(in_order))
    stands = told.filter(told.decision == check.name)
    end_us = stands.next_us.fill_null(FOREVER_US)
    if check.within_days is not None:
        end_us = ibis.least(end_us, stands.decided_us + check.within_days * DAY_US + 1)
    return merged(since_creation(tables, stands.select("lead_id", start_us="decided_us", end_us=end_us)))


def spans_of_fields(tables: Tables, checks: Sequence[Check], name: str) -> ir.Table:
    """Spans in which all of ``checks``, on fields whose changes are recorded, hold together.

    Between two changes of the fields nothing changes, so they are looked at once after each; ``name`` is the table of these looks.
    """
    asked = {field_key(check) for check in checks}
    fields = tuple(field for field in known_fields(tables.history) if field.key in asked)
    points = _looks(tables, fields, name)
    values = fields_as_of(tables, points, fields, tables.history.tracked_since)
    holds = reduce(lambda left, right: left & right, [field_check(values, check) for check in checks])
    held = points.inner_join(values.select("point_id", holds=holds), "point_id")
    in_order = ibis.window(group_by="lead_id", order_by="as_of_us")
    spans = held.mutate(end_us=held.as_of_us.lead().over(in_order).fill_null(FOREVER_US)).filter(ibis._.holds)
    return merged(spans.select("lead_id", "end_us", start_us="as_of_us"))


def _looks(tables: Tables, fields: Sequence[Field], name: str) -> Any:
    """Every moment from creation on at which one of ``fields`` may have another value: ``point_id, lead_id, account_id, as_of_us``."""
    leads = tables.leads.filter(ibis._.created_us.notnull()).select("lead_id", "account_id", "created_us")
    moments = [leads.select("lead_id", as_of_us="created_us")]
    moments += [
        leads.select("lead_id", as_of_us=ibis.literal(microseconds(since), "int64"))
        for since in sorted({tables.history.tracked_since[field.key] for field in fields})
    ]
    changes = tables.field_history
    for entity, key in (("lead", "lead_id"), ("account", "account_id")):
        names = [field.name for field in fields if field.entity == entity]
        changed = changes.filter(changes.entity == entity, changes.field.isin(names)).select("entity_id", "changed_us")
        joined = leads.inner_join(changed, leads[key] == changed.entity_id)
        moments.append(joined.select("lead_id", as_of_us="changed_us"))
    every = reduce(lambda left, right: left.union(right), moments).distinct()
    known = every.inner_join(leads, "lead_id").filter(ibis._.as_of_us >= ibis._.created_us).drop("created_us")
    numbered = known.mutate(point_id=ibis.row_number().over(ibis.window(order_by=["lead_id", "as_of_us"])))
    return tables.backend.create_table(name, numbered, temp=True, overwrite=True)


def since_creation(tables: Tables, spans: ir.Table) -> ir.Table:
    """Return what is left of ``spans`` from each lead's creation on; leads without a date have none."""
    leads = tables.leads.filter(ibis._.created_us.notnull()).select("lead_id", "created_us")
    joined = spans.inner_join(leads, "lead_id")
    cut = joined.select("lead_id", "end_us", start_us=ibis.greatest(joined.start_us, joined.created_us))
    return cut.filter(cut.start_us < cut.end_us)


def merged(spans: ir.Table) -> ir.Table:
    """Return ``spans`` with those of a lead that overlap or meet made one."""
    in_order = ibis.window(group_by="lead_id", order_by=["start_us", "end_us"])
    so_far = ibis.window(group_by="lead_id", order_by=["start_us", "end_us"], preceding=None, following=0)
    ends = spans.mutate(so_far_us=spans.end_us.max().over(so_far))
    begun = ends.mutate(reached_us=ends.so_far_us.lag().over(in_order))
    begun = begun.mutate(begins=(begun.reached_us.isnull() | (begun.start_us > begun.reached_us)).cast("int64"))
    numbered = begun.mutate(number=begun.begins.sum().over(so_far))
    found = numbered.group_by("lead_id", "number").agg(start_us=ibis._.start_us.min(), end_us=ibis._.end_us.max())
    return found.drop("number")
