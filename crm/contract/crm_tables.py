"""Every CRM table that crosses a room's border, as Arrow schemas, versioned.

Times are ``timestamp[us, UTC]``. ``REQUIRED`` names the columns a source must map. Tables may hold further
columns, a company's own fields; what they are stands in the history's manifest, not here. The score table
has a file of its own (``score_table.py``).
"""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 1

TIME = pa.timestamp("us", tz="UTC")
TEXT = pa.string()


def schema(**columns: pa.DataType) -> pa.Schema:
    """Return a schema of ``columns``, in their order."""
    return pa.schema(list(columns.items()))


LEADS = schema(
    lead_id=TEXT,
    created_at=TIME,
    account_id=TEXT,
    source=TEXT,
    campaign=TEXT,
    owner=TEXT,
    email_domain=TEXT,
    title=TEXT,
    country=TEXT,
    status=TEXT,
    closed_at=TIME,
    handed_off_at=TIME,
    authority=TEXT,
    budget=TEXT,
    need=TEXT,
    timeline=TEXT,
)
ACCOUNTS = schema(
    account_id=TEXT,
    name=TEXT,
    domain=TEXT,
    industry=TEXT,
    employees=pa.float64(),
    annual_revenue=pa.float64(),
    country=TEXT,
)
OPPORTUNITIES = schema(
    opportunity_id=TEXT,
    lead_id=TEXT,
    account_id=TEXT,
    created_at=TIME,
    closed_at=TIME,
    outcome=TEXT,
    amount=pa.float64(),
    currency=TEXT,
    stage=TEXT,
    loss_reason=TEXT,
)
EVENTS = schema(
    lead_id=TEXT,
    account_id=TEXT,
    occurred_at=TIME,
    kind=TEXT,
    known_at=TIME,
    channel=TEXT,
    topic=TEXT,
    value=pa.float64(),
)
FIELD_HISTORY = schema(entity=TEXT, entity_id=TEXT, field=TEXT, changed_at=TIME, old_value=TEXT, new_value=TEXT)
TOUCHES = schema(lead_id=TEXT, occurred_at=TIME, kind=TEXT, direction=TEXT, rep=TEXT)
DISPOSITIONS = schema(lead_id=TEXT, decided_at=TIME, decision=TEXT, reason=TEXT, note=TEXT, rep=TEXT, channel=TEXT)
WITHDRAWN = "withdrawn"
"""Decision that takes an answer back: it ends a rejection and is no answer of sales (decision 0031)."""
WORKED_AGAIN = "worked_again"
"""Decision of a challenged rejection that was picked to be worked again, by leadq's own draw only: no answer of sales (decision 0035)."""
LEAD_ALIASES = schema(old_lead_id=TEXT, lead_id=TEXT, merged_at=TIME)
CAMPAIGN_COSTS = schema(campaign=TEXT, month=TEXT, cost=pa.float64(), currency=TEXT)
OWNERS = schema(
    owner=TEXT, role=TEXT, team=TEXT, manager=TEXT, country=TEXT, active_from=TIME, active_to=TIME
)  # no address: that stands in people: of leadq.yaml only
CUSTOMERS = schema(
    account_id=TEXT, started_at=TIME, ended_at=TIME, month=TEXT, revenue=pa.float64(), currency=TEXT
)  # a row an account, or one an account and month; rows of the same month add up
SALES_COSTS = schema(month=TEXT, cost=pa.float64(), currency=TEXT)

TABLES: dict[str, pa.Schema] = {
    "leads": LEADS,
    "accounts": ACCOUNTS,
    "opportunities": OPPORTUNITIES,
    "events": EVENTS,
    "field_history": FIELD_HISTORY,
    "touches": TOUCHES,
    "dispositions": DISPOSITIONS,
    "lead_aliases": LEAD_ALIASES,
    "campaign_costs": CAMPAIGN_COSTS,
    "owners": OWNERS,
    "customers": CUSTOMERS,
    "sales_costs": SALES_COSTS,
}
LATER_COLUMNS: dict[str, pa.Schema] = {"touches": schema(automatic=pa.bool_())}
"""Columns that came to the contract later: in a table only where a source gives them. ``automatic``: no person made this touch."""
LATER_TABLES = frozenset({"owners", "customers", "sales_costs"})
"""Tables that came to the contract later: a history has a file of them only where a source gives them.

So a history of sources without them is the same to the last byte as before they were known."""

OWNER_ROLES = ("sales", "sales_manager", "marketing", "other")
"""What an owner may be; a queue or a user of a program is ``other``."""
SELLING_ROLES = OWNER_ROLES[:2]
"""Those who sell."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "leads": ("lead_id", "created_at"),
    "accounts": ("account_id",),
    "opportunities": ("opportunity_id", "created_at"),  # and lead_id or account_id
    "events": ("occurred_at", "kind"),  # and lead_id or account_id
    "field_history": ("entity", "entity_id", "field", "changed_at"),
    "touches": ("lead_id", "occurred_at"),
    "dispositions": ("lead_id", "decided_at", "decision"),
    "lead_aliases": ("old_lead_id", "lead_id"),
    "campaign_costs": ("campaign", "month"),
    "owners": ("owner",),
    "customers": ("account_id",),
    "sales_costs": ("month",),
}

OUTCOMES = schema(lead_id=TEXT, occurred_at=TIME, outcome=TEXT)
"""What ingest distils from opportunities, lead columns or event kinds: one row a change of state.

``outcome`` is ``won``, ``lost`` or ``reopened``; a lead is open at t when it was created by t and its latest
row at or before t is ``reopened`` or absent."""

REJECTED = schema(table=TEXT, row=pa.int64(), key=TEXT, reason=TEXT)
"""Every source row that was read but is not in a table, with the reason: none vanishes."""
