"""Tonight's open leads as a stream: what is shown of them, which rules hit, raw and encoded features.

Leads are looked at in parts, so that memory stays bounded and a lead costs the same among a thousand and among ten million; only what
their accounts do is counted for all at once. A row that cannot be scored is in the stream with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from leadq.agreement.schema import Agreement
from leadq.crm.contract.crm_tables import TIME
from leadq.crm.contract.history import History
from leadq.features.assemble import assemble_encoded, computed_across_leads, look_at
from leadq.features.catalogue import Catalogue
from leadq.features.engine.duckdb_engine import DAY_US, Tables, is_distributed, microseconds, open_tables, stream
from leadq.features.groups.protocol import FeatureContext
from leadq.features.labels import first_worked
from leadq.features.landmarks import handoffs, tonight_points
from leadq.features.predicates import rule_hits
from leadq.features.rejection.standing import rejections
from leadq.features.rejection.tonights_rejections import TonightsRejections, tonights_rejections

NO_DATE = "no date"
TOO_OLD = "too old"
BATCH_ROWS = 50_000
_MOMENTS = ("created_at", "handed_off_at", "rejected_at", "wakes_at", "returned_at")
PART_LEADS = 200_000
"""Leads that are looked at together: what is in memory at once, whatever the number of leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLeads:
    """Which open leads are looked at, when, and by what: the same for every engine and every way of scoring.

    Parameters
    ----------
    history : History
    agreement : Agreement
        Its rules and its ideal customer are looked at, too.
    catalogue : Catalogue
        The features to compute: those of the model that scores.
    as_of : datetime
        The moment (UTC) at which the leads are open; nothing known later is seen.
    lead_id : str, optional
        Only this lead.
    since : datetime, optional
        Only leads created, or with an event known or a field changed, after this moment.
    """

    history: History
    agreement: Agreement
    catalogue: Catalogue
    as_of: datetime
    lead_id: str | None = None
    since: datetime | None = None

    @property
    def as_of_us(self) -> int:
        """``as_of`` in microseconds since 1970, as expressions take it."""
        return microseconds(self.as_of)


def tonight(backend: Any, leads: OpenLeads) -> Iterator[pa.RecordBatch]:
    """Yield every one of ``leads``, in order of ``lead_id``.

    Parameters
    ----------
    backend : Ibis backend
        From :func:`leadq.features.engine.duckdb_engine.open_engine`.
    leads : OpenLeads

    Yields
    ------
    RecordBatch
        ``lead_id, account_id, owner, source, campaign`` (str), ``created_at, handed_off_at`` (timestamp, null where not known),
        ``age_days``, ``worked``, ``status_reason`` (null = can be scored), where one of the leads stands rejected or came back the
        columns of :data:`leadq.crm.contract.score_table.REJECTIONS`, ``rule:<id>`` (bool) per agreed rule, and per feature its raw
        column (float64 or string) and ``code:<name>`` (float64) beside a category.
    """
    for looks in looks_tonight(backend, leads):
        for batch in stream(backend, looks, rows=BATCH_ROWS):
            yield with_times(batch)


def looks_tonight(backend: Any, leads: OpenLeads) -> Iterator[ir.Table]:
    """Yield what :func:`tonight` streams, as expressions one after another; an engine of many machines has one for all leads."""
    tables = open_tables(backend, leads.history)
    rejected = rejections(tables, leads.agreement.after_rejection)
    points = tonight_points(tables, leads.as_of_us, _chosen(tables, leads), rejected=rejected)
    answered = tonights_rejections(tables, points, rejected, leads.agreement)
    whole = look_at(tables, points, leads.agreement, leads.catalogue)
    computed = computed_across_leads(whole, leads.catalogue)
    if is_distributed(backend):
        yield _seen(replace(whole, computed=computed), leads, answered)
        return
    for part in _parts(points):
        seen = backend.create_table("tonight_part", part, temp=True, overwrite=True)
        yield _seen(replace(whole, tables=_about(tables, seen), points=seen, computed=computed), leads, answered)


def _seen(context: FeatureContext, leads: OpenLeads, answered: TonightsRejections | None) -> ir.Table:
    """Return what :func:`tonight` yields for the points of ``context``, in order of ``lead_id``; moments are microseconds."""
    tables, points, catalogue = context.tables, context.points, leads.catalogue
    features = assemble_encoded(context, catalogue, name="tonight_features")
    shown = _shown(tables, points, leads)
    shown = shown if answered is None else answered.beside(shown)
    joined = shown.inner_join(rule_hits(tables, points, context.values, leads.agreement), "point_id")
    return joined.inner_join(features, "point_id").order_by("lead_id").drop("point_id")


def _parts(points: ir.Table) -> Iterator[ir.Table]:
    """Cut tonight's points where their numbers say, so that no part has more than :data:`PART_LEADS`, in order of lead_id."""
    last = points.point_id.max().to_pyarrow().as_py()
    for start in range(0, 0 if last is None else last + 1, PART_LEADS):
        yield points.filter(points.point_id.between(start, start + PART_LEADS - 1))


def _about(tables: Tables, points: ir.Table) -> Tables:
    """Leave out other leads: of tables in order of lead, as ingest writes them, an engine then reads only a piece."""
    found = points.aggregate(first=points.lead_id.min(), last=points.lead_id.max()).to_pyarrow().to_pylist()[0]

    def about(table: ir.Table) -> ir.Table:
        return table.filter(table.lead_id.between(found["first"], found["last"]))

    return replace(
        tables,
        leads=about(tables.leads),
        events=about(tables.events),
        touches=about(tables.touches),
        dispositions=about(tables.dispositions),
        worked_again=about(tables.worked_again),
        outcomes=about(tables.outcomes),
    )


def _chosen(tables: Tables, leads: OpenLeads) -> ir.Table | None:
    if leads.lead_id is not None:
        return tables.leads.filter(tables.leads.lead_id == leads.lead_id).select("lead_id")
    if leads.since is None:
        return None
    since_us, as_of_us = microseconds(leads.since), leads.as_of_us
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


def _shown(tables: Tables, points: ir.Table, looked_at: OpenLeads) -> ir.Table:
    history = tables.history
    leads = tables.leads.select("lead_id", "owner", "source", "campaign")
    joined = points.select("point_id", "lead_id", "account_id", "created_us", "entered_us", "as_of_us")
    joined = joined.left_join(leads, "lead_id").drop("lead_id_right")
    joined = joined.left_join(handoffs(tables, looked_at.as_of_us), "lead_id").drop("lead_id_right")
    joined = joined.left_join(first_worked(tables), "lead_id").drop("lead_id_right")
    age_days = (joined.as_of_us - joined.entered_us) / DAY_US
    reason = ibis.cases(
        (joined.created_us.isnull(), NO_DATE),
        (ibis.literal(history.dated) & (age_days > max(looked_at.catalogue.ages_days)), TOO_OLD),
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


def with_times(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch of :func:`looks_tonight` with its moments as timestamps."""
    for name in _MOMENTS:
        position = batch.schema.get_field_index(name)
        if position < 0:
            continue
        batch = batch.set_column(position, name, batch.column(position).cast(pa.timestamp("us")).cast(TIME))
    return batch
