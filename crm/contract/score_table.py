"""The score table and the tier moves of a run, as Arrow schemas: what delivery, desk and review read.

One row a lead and night. Versioned together with the CRM's tables (``crm_tables.py``).
"""

from __future__ import annotations

import pyarrow as pa

from leadq.crm.contract.crm_tables import TEXT, TIME, schema

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

SCORES = schema(
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

MOVES = schema(
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
