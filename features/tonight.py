"""Tonight's open leads as a stream: what is shown of them, which rules hit, raw and encoded features.

Memory stays bounded by the engine and the size of a batch. A row that cannot be scored is in the stream with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from agreement.schema import Agreement
from crm.history import History
from crm.schemas import TIME
from features.assemble import assemble, encoded, fields_of
from features.build import tracked_since
from features.catalogue import Catalogue
from features.engine import DAY_US, Tables, microseconds, open_tables, stream
from features.fields import known_fields
from features.labels import first_worked
from features.points import handoffs, tonight_points
from features.predicates import rule_hits

NO_DATE = "no date"
TOO_OLD = "too old"
BATCH_ROWS = 50_000


def tonight(
    backend: Any,
    history: History,
    agreement: Agreement,
    catalogue: Catalogue,
    *,
    as_of: datetime,
    lead_id: str | None = None,
    since: datetime | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield every lead that is open at ``as_of``, in order of ``lead_id``.

    Parameters
    ----------
    backend : Ibis backend
        From :func:`features.engine.open_engine`.
    lead_id : str, optional
        Only this lead.
    since : datetime, optional
        Only leads created, or with an event known or a field changed, after this moment.

    Yields
    ------
    RecordBatch
        ``lead_id, account_id, owner, source, campaign`` (str), ``created_at, handed_off_at`` (timestamp, null where not known),
        ``age_days``, ``worked``, ``status_reason`` (null = can be scored), ``rule:<id>`` (bool) per agreed rule, and per feature its raw
        column (float64 or string) and ``code:<name>`` (float64) beside a category.
    """
    tables = open_tables(backend, history)
    as_of_us = microseconds(as_of)
    only = _chosen(tables, as_of_us, lead_id, since)
    points = tonight_points(tables, as_of_us, only)
    fields = known_fields(history)
    fields_table = fields_of(tables, points, fields, tracked_since(catalogue))
    features = encoded(assemble(tables, points, fields_table, fields, agreement, catalogue), catalogue)
    features = backend.create_table("tonight_features", features, temp=True, overwrite=True)
    shown = _shown(tables, points, catalogue, as_of_us)
    joined = shown.inner_join(rule_hits(tables, points, fields_table, agreement), "point_id")
    joined = joined.inner_join(features, "point_id").order_by("lead_id").drop("point_id")
    for batch in stream(backend, joined, rows=BATCH_ROWS):
        yield _with_times(batch)


def _chosen(tables: Tables, as_of_us: int, lead_id: str | None, since: datetime | None) -> ir.Table | None:
    if lead_id is not None:
        return tables.leads.filter(tables.leads.lead_id == lead_id).select("lead_id")
    if since is None:
        return None
    since_us = microseconds(since)
    created = tables.leads.filter(ibis._.created_us > since_us).select("lead_id")
    events = tables.events.filter(ibis._.visible_us > since_us, ibis._.visible_us <= as_of_us)
    changes = tables.field_history.filter(ibis._.changed_us > since_us, ibis._.changed_us <= as_of_us)
    at_account = ibis.union(
        events.filter(ibis._.lead_id.isnull()).select("account_id"),
        changes.filter(ibis._.entity == "account").select(account_id=ibis._.entity_id),
    )
    return ibis.union(
        created,
        events.filter(ibis._.lead_id.notnull()).select("lead_id"),
        changes.filter(ibis._.entity == "lead").select(lead_id=ibis._.entity_id),
        tables.leads.semi_join(at_account, "account_id").select("lead_id"),
    ).distinct()


def _shown(tables: Tables, points: ir.Table, catalogue: Catalogue, as_of_us: int) -> ir.Table:
    history = tables.history
    leads = tables.leads.select("lead_id", "owner", "source", "campaign")
    joined = points.select("point_id", "lead_id", "account_id", "created_us", "as_of_us")
    joined = joined.left_join(leads, "lead_id").drop("lead_id_right")
    joined = joined.left_join(handoffs(tables, as_of_us), "lead_id").drop("lead_id_right")
    joined = joined.left_join(first_worked(tables), "lead_id").drop("lead_id_right")
    age_days = (joined.as_of_us - joined.created_us) / DAY_US
    reason = ibis.cases(
        (joined.created_us.isnull(), NO_DATE),
        (ibis.literal(history.dated) & (age_days > max(catalogue.ages_days)), TOO_OLD),
        else_=ibis.null("string"),
    )
    worked = (joined.worked_us <= joined.as_of_us).fill_null(False) if history.has_touches else ibis.literal(True)
    return joined.select(
        "point_id",
        "lead_id",
        "account_id",
        "owner",
        "source",
        "campaign",
        created_at=joined.created_us if history.dated else ibis.null("int64"),
        handed_off_at=joined.handoff_us,
        age_days=age_days if history.dated else ibis.null("float64"),
        worked=worked,
        status_reason=reason,
    )


def _with_times(batch: pa.RecordBatch) -> pa.RecordBatch:
    for name in ("created_at", "handed_off_at"):
        position = batch.schema.get_field_index(name)
        batch = batch.set_column(position, name, batch.column(position).cast(pa.timestamp("us")).cast(TIME))
    return batch
