"""A lead's entries: it comes in once when it is created, and anew each time it is opened again or comes back from a rejection.

Everything about a hand-over belongs to one entry, so that a lead that comes back has a second hand-over and not a late first one.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import Tables
from leadq.features.labels import outcome_order
from leadq.features.rejection.standing import Rejections


def entries(tables: Tables, rejected: Rejections | None = None) -> ir.Table:
    """Return ``lead_id, account_id, entry, entered_us, closed_us, next_us`` of every lead with a date.

    ``entry`` counts from 0; ``closed_us`` is the entry's first win or loss and ``next_us`` the lead's next entry, null where there is
    none.
    """
    happened = tables.outcomes.select("lead_id", "occurred_us", "outcome")
    if rejected is not None:
        back = rejected.returns.semi_join(tables.leads.filter(ibis._.created_us.notnull()), "lead_id")
        again = back.select("lead_id", occurred_us=back.returned_us, outcome=ibis.literal("reopened"))
        happened = happened.union(again)
    outcomes = happened.mutate(order_key=outcome_order(happened))
    so_far = ibis.window(group_by="lead_id", order_by="order_key", preceding=None, following=0)
    counted = outcomes.mutate(entry=(ibis._.outcome == "reopened").cast("int64").sum().over(so_far))
    closed = (
        counted.filter(ibis._.outcome != "reopened")
        .group_by("lead_id", "entry")
        .agg(closed_us=ibis._.occurred_us.min())
    )
    dated = tables.leads.filter(ibis._.created_us.notnull())
    first = dated.select("lead_id", entry=ibis.literal(0, "int64"), entered_us=dated.created_us)
    again = counted.filter(ibis._.outcome == "reopened").select("lead_id", "entry", entered_us=ibis._.occurred_us)
    known = first.union(again.semi_join(dated, "lead_id"))
    joined = known.left_join(closed, ["lead_id", "entry"]).drop("lead_id_right", "entry_right")
    with_account = joined.left_join(dated.select("lead_id", "account_id"), "lead_id").drop("lead_id_right")
    in_order = ibis.window(group_by="lead_id", order_by="entry")
    return with_account.mutate(next_us=ibis._.entered_us.lead().over(in_order))
