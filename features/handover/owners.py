"""Since when a lead's owner is somebody who sells: the lead's owner over time against the company's list of owners.

Both are needed: without recorded changes of the owner today's owner says nothing of when, and without the list a queue or a
marketer who imported the lead looks like sales.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.crm.contract.crm_tables import SELLING_ROLES
from leadq.features.engine.duckdb_engine import Tables, microseconds, open_parquet, timestamp_us

OWNER = "owner"


def owned_by_sales(tables: Tables) -> ir.Table | None:
    """Return the spans ``lead_id, from_us, until_us`` in which a lead's owner sold; None where nobody is listed who sells."""
    if not tables.history.has("owners"):
        return None
    listed = open_parquet(tables.backend, tables.history.path("owners"), "history_owners")
    sells = listed.filter(listed.role.isin(SELLING_ROLES))
    if not int(sells.count().to_pyarrow().as_py()):
        return None
    sells = sells.select("owner", active_us=timestamp_us(sells.active_from), gone_us=timestamp_us(sells.active_to))
    joined = owner_spans(tables).inner_join(sells, "owner")
    spans = joined.select(
        "lead_id",
        from_us=ibis.greatest(joined.from_us, joined.active_us.fill_null(joined.from_us)),
        until_us=ibis.least(joined.until_us, joined.gone_us),
    )
    return spans.filter(spans.until_us.isnull() | (spans.from_us < spans.until_us))


def owner_spans(tables: Tables) -> ir.Table:
    """Return ``lead_id, owner, from_us, until_us`` (null: until now): who owned a lead when, since changes are recorded."""
    since = tables.history.tracked_since[f"lead.{OWNER}"]
    changes = tables.field_history.filter(ibis._.entity == "lead", ibis._.field == OWNER)
    # of two changes at one moment the smaller old value counts, as features read it
    changes = changes.group_by(lead_id=ibis._.entity_id, changed_us=ibis._.changed_us).agg(old=ibis._.old_value.min())
    leads = tables.leads.filter(ibis._.created_us.notnull()).select("lead_id", "owner", "created_us")
    held = changes.inner_join(leads, "lead_id").select("lead_id", owner="old", until_us="changed_us")
    last = leads.select("lead_id", "owner", until_us=ibis.null("int64"))
    in_order = ibis.window(group_by="lead_id", order_by=ibis.asc("until_us", nulls_first=False))
    spans = held.union(last).mutate(before_us=ibis._.until_us.lag().over(in_order))
    joined = spans.inner_join(leads.select("lead_id", "created_us"), "lead_id")
    begun = ibis.greatest(joined.created_us, ibis.literal(microseconds(since), "int64"))
    from_us = ibis.greatest(begun, joined.before_us.fill_null(joined.created_us))
    return joined.select("lead_id", "owner", "until_us", from_us=from_us).filter(
        ibis._.until_us.isnull() | (ibis._.from_us < ibis._.until_us)
    )
