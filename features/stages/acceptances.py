"""What sales decided on a lead, for the stages: its answers, and a meeting held or an opportunity, which count as accepted.

Rules and training read answers alone (``features/predicates.py``): there only what somebody said counts.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import DAY_US, Tables, open_parquet, timestamp_us
from leadq.features.predicates import answer_order

CREDITED_DAYS = 365
"""An opportunity of an account counts for its latest lead that came in so many days before it at most, as outcomes do."""


def decisions(tables: Tables) -> ir.Table:
    """Return ``lead_id, decided_us, order_key, decision``; of two at one moment the one with the larger ``order_key`` counts."""
    answers = tables.dispositions
    given = answers.select("lead_id", "decided_us", "decision", order_key=answer_order(answers) * 2 + 1)
    acts = meetings(tables).union(opportunities(tables)).distinct()
    acted = acts.select(
        "lead_id", "decided_us", decision=ibis.literal("accepted"), order_key=acts.decided_us * 8
    )  # an answer at the same moment says it better
    return given.select("lead_id", "decided_us", "decision", "order_key").union(acted)


def meetings(tables: Tables) -> ir.Table:
    """Return ``lead_id, decided_us`` of every meeting among the touches of persons."""
    touches = tables.human_touches
    kinds = touches.kind.fill_null("").lower()
    return touches.filter(kinds.contains("meeting")).select("lead_id", decided_us=ibis._.occurred_us)


def opportunities(tables: Tables) -> ir.Table:
    """Return ``lead_id, decided_us`` of every opportunity that was made of a lead.

    One that began at the lead's own moment is no decision: some CRMs begin one with each lead.
    """
    read = open_parquet(tables.backend, tables.history.path("opportunities"), "history_opportunities")
    made = read.select("opportunity_id", "account_id", of_lead=read.lead_id, decided_us=timestamp_us(read.created_at))
    leads = tables.leads.filter(ibis._.created_us.notnull()).select("lead_id", "account_id", "created_us")
    own = made.filter(made.of_lead.notnull()).inner_join(leads.drop("account_id"), ibis._.of_lead == leads.lead_id)
    near = made.filter(made.of_lead.isnull() & made.account_id.notnull()).inner_join(leads, "account_id")
    near = near.filter(near.created_us <= near.decided_us, near.created_us >= near.decided_us - CREDITED_DAYS * DAY_US)
    latest = ibis.row_number().over(
        ibis.window(group_by="opportunity_id", order_by=[ibis.desc("created_us"), ibis.desc("lead_id")])
    )
    near = near.mutate(place=latest)
    columns = ("lead_id", "created_us", "decided_us")
    every = own.select(*columns).union(near.filter(near.place == 0).select(*columns))
    return every.filter(every.decided_us > every.created_us).select("lead_id", "decided_us")
