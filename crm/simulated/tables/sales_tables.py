"""Tables of what sales did: touches, opportunities, and accepting or rejecting leads, as a CRM holds them at one moment."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadq.crm.simulated.arrow_columns import labels, lead_names, moments, numbered, numbers, table
from leadq.crm.simulated.moments import DAY
from leadq.crm.simulated.sales.former_sales import LOSS_REASONS
from leadq.crm.simulated.sales.sales_record import REASONS, TOUCH_KINDS, SalesRecord


def opportunities_table(record: SalesRecord, read_at: int) -> pa.Table:
    """Opportunities created by ``read_at``."""
    drawn = record.opportunities
    position = np.flatnonzero(drawn.created <= read_at)
    position = position[np.argsort(drawn.created[position], kind="stable")]
    lead, by_account = drawn.lead[position], drawn.by_account[position]
    closed = (drawn.closed[position] <= read_at) & (drawn.entered[position] <= read_at)
    outcome = np.where(closed, np.where(drawn.won[position], 0, 1), 2)
    late = (read_at - drawn.created[position]) > 20 * DAY
    dollars = lead % 10 == 0
    columns = {
        "opportunity_id": numbered("O", drawn.number[position], width=7),
        "lead_id": lead_names(np.where(by_account, -1, lead)),
        "account_id": numbered("A", record.world.leads.account[lead]),
        "created_at": moments(drawn.created[position]),
        "closed_at": moments(drawn.closed[position], closed),
        "outcome": labels(outcome, ("won", "lost", "open")),
        "amount": numbers(drawn.amount[position]),
        "currency": labels(dollars.astype(np.int64), ("EUR", "USD")),
        "stage": labels(np.where(closed, outcome + 2, late), ("proposal", "negotiation", "closed won", "closed lost")),
        "loss_reason": labels(np.where(outcome == 1, drawn.reason[position], -1), LOSS_REASONS),
    }
    return table("opportunities", columns)


def touches_table(record: SalesRecord, read_at: int) -> pa.Table:
    """Touches that had occurred and were entered by ``read_at``."""
    touches = record.touches
    order = np.flatnonzero((touches.occurred <= read_at) & (touches.entered <= read_at))
    order = order[np.argsort(touches.occurred[order], kind="stable")]
    columns = {
        "lead_id": lead_names(touches.lead[order]),
        "occurred_at": moments(touches.occurred[order]),
        "kind": labels(touches.kind[order], TOUCH_KINDS),
        "direction": labels(touches.inbound[order].astype(np.int64), ("out", "in")),
        "rep": numbered("rep-", touches.rep[order], width=2),
    }
    return table("touches", columns)


def dispositions_table(record: SalesRecord, read_at: int) -> pa.Table:
    """Build who had accepted or rejected what by ``read_at``."""
    answers = record.answers
    order = np.flatnonzero(answers.decided <= read_at)
    order = order[np.argsort(answers.decided[order], kind="stable")]
    reason = answers.reason[order]
    columns = {
        "lead_id": lead_names(answers.lead[order]),
        "decided_at": moments(answers.decided[order]),
        "decision": labels((reason >= 0).astype(np.int64), ("accepted", "rejected")),
        "reason": labels(reason, REASONS),
        "rep": numbered("rep-", answers.rep[order], width=2),
        "channel": pa.repeat("crm", len(order)),
    }
    return table("dispositions", columns)
