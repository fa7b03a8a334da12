"""The score table and the tier moves of a run, as Arrow schemas: what delivery, desk and review read.

One row a lead and night. Versioned together with the CRM's tables (``crm_tables.py``).
"""

from __future__ import annotations

from collections.abc import Collection

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

REJECTIONS = schema(rejected_at=TIME, track=TEXT, next_owner=TEXT, wakes_at=TIME, returned_at=TIME)
"""Columns that came to the score table later: at its end, in tables of runs with a lead that stands rejected or came back (decision 0031).

``rejected_at``: the answer, of a lead that stands rejected (``status``) or came back and was not answered since (``returned_at``).
``track``: close, merge or nurture, ``next_owner``: whose turn it is, ``wakes_at``: until when it sleeps, as agreed for the reason."""
WITH_REJECTIONS = pa.schema([*SCORES, *REJECTIONS])


def scores_schema(columns: Collection[str]) -> pa.Schema:
    """Return the schema of a score table with these columns: :data:`SCORES`, with :data:`REJECTIONS` where it has them."""
    return WITH_REJECTIONS if set(REJECTIONS.names) <= set(columns) else SCORES


def with_later_columns(rows: pa.Table) -> pa.Table:
    """Return rows of any score table in :data:`WITH_REJECTIONS`: what a table does not have is not known of its leads."""
    known = set(rows.column_names)
    columns = [
        rows[field.name].cast(field.type) if field.name in known else pa.nulls(rows.num_rows, field.type)
        for field in WITH_REJECTIONS
    ]
    return pa.table(columns, schema=WITH_REJECTIONS)


REJECTED = "rejected"
STATUSES = ("scored", "not_scored", REJECTED)
"""What ``status`` may be; ``status_reason`` says why a lead is not scored, or for which reason it was rejected."""

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
