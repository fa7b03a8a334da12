"""Every table that crosses a room's border, as Arrow schemas, versioned (design sections 4 and 6).

Times are ``timestamp[us, UTC]``. ``REQUIRED`` names the columns a source must map. Tables may hold further
columns, a company's own fields; what they are stands in the history's manifest, not here.
"""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 1

TIME = pa.timestamp("us", tz="UTC")
TEXT = pa.string()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


LEADS = _schema(
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
ACCOUNTS = _schema(
    account_id=TEXT,
    name=TEXT,
    domain=TEXT,
    industry=TEXT,
    employees=pa.float64(),
    annual_revenue=pa.float64(),
    country=TEXT,
)
OPPORTUNITIES = _schema(
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
EVENTS = _schema(
    lead_id=TEXT,
    account_id=TEXT,
    occurred_at=TIME,
    kind=TEXT,
    known_at=TIME,
    channel=TEXT,
    topic=TEXT,
    value=pa.float64(),
)
FIELD_HISTORY = _schema(entity=TEXT, entity_id=TEXT, field=TEXT, changed_at=TIME, old_value=TEXT, new_value=TEXT)
TOUCHES = _schema(lead_id=TEXT, occurred_at=TIME, kind=TEXT, direction=TEXT, rep=TEXT)
DISPOSITIONS = _schema(lead_id=TEXT, decided_at=TIME, decision=TEXT, reason=TEXT, note=TEXT, rep=TEXT, channel=TEXT)
LEAD_ALIASES = _schema(old_lead_id=TEXT, lead_id=TEXT, merged_at=TIME)
CAMPAIGN_COSTS = _schema(campaign=TEXT, month=TEXT, cost=pa.float64(), currency=TEXT)

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
}

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
}

OUTCOMES = _schema(lead_id=TEXT, occurred_at=TIME, outcome=TEXT)
"""What ingest distils from opportunities, lead columns or event kinds: one row a change of state.

``outcome`` is ``won``, ``lost`` or ``reopened``; a lead is open at t when it was created by t and its latest
row at or before t is ``reopened`` or absent."""

REJECTED = _schema(table=TEXT, row=pa.int64(), key=TEXT, reason=TEXT)
"""Every source row that was read but is not in a table, with the reason: none vanishes."""

REASON = pa.struct(
    [
        ("code", TEXT),
        ("sentence", TEXT),
        ("strength", TEXT),
        ("family", TEXT),
        ("contribution", pa.float64()),
        ("driving_values", pa.list_(pa.struct([("feature", TEXT), ("value", TEXT)]))),
    ]
)
CONTRIBUTION = pa.struct([("family", TEXT), ("contribution", pa.float64())])

SCORES = _schema(
    lead_id=TEXT,
    account_id=TEXT,
    owner=TEXT,
    source=TEXT,
    campaign=TEXT,
    created_at=TIME,
    age_days=pa.float64(),
    worked=pa.bool_(),
    as_of=TIME,
    scored_at=TIME,
    horizon_days=pa.int32(),
    status=TEXT,
    status_reason=TEXT,
    probability=pa.float64(),
    margin=pa.float64(),
    base=pa.float64(),
    contributions=pa.list_(CONTRIBUTION),
    tier=TEXT,
    tier_by=TEXT,
    model_tier=TEXT,
    tier_at_handoff=TEXT,
    percentile=pa.float64(),
    trend=TEXT,
    previous_probability=pa.float64(),
    reasons_for=pa.list_(REASON),
    reasons_against=pa.list_(REASON),
    changed=pa.list_(
        pa.struct([("family", TEXT), ("lead", pa.float64()), ("model", pa.float64()), ("anchor", pa.float64())])
    ),
    unknowns=pa.list_(TEXT),
    model_version=TEXT,
    agreement_version=pa.int32(),
    run_id=TEXT,
    snapshot_id=TEXT,
)
"""The score table: one row a lead and night; the only thing delivery, desk and review read."""

MOVES = _schema(
    lead_id=TEXT,
    owner=TEXT,
    as_of=TIME,
    previous_as_of=TIME,
    from_tier=TEXT,
    to_tier=TEXT,
    cause=TEXT,
    family=TEXT,
    sentence=TEXT,
    probability=pa.float64(),
    previous_probability=pa.float64(),
    run_id=TEXT,
)
"""The tier moves of a run: one row a lead that is in another tier than in the row its ``changed`` compares with.

``cause`` is ``lead``, ``model``, ``anchor``, ``rule`` or ``agreement``; ``family`` is what moved most, for ``lead`` only."""
