"""Where a hand-over is recorded: each source says from when to when a lead stood before sales.

A span is ``lead_id, from_us, until_us, seen_us, tier``: before sales from ``from_us`` (``until_us``, null: for good, is not part of
it). ``seen_us`` is the moment whose score sales was shown, ``tier`` the tier it was shown; both null where the source does not say.
Which source counts when is ``periods.py``'s matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from leadq.agreement.terms.measured_terms import HandOver
from leadq.features.engine.duckdb_engine import Tables, microseconds
from leadq.features.handover.owners import OWNER, owned_by_sales
from leadq.features.handover.present_ids import present_ids, under_present_ids

LAST_RESORT: HandOver = "created"
"""It says when a lead came in, and nothing of when sales got it."""

DELIVERED = pa.schema(
    [
        ("lead_id", pa.string()),
        ("confirmed_us", pa.int64()),
        ("until_us", pa.int64()),
        ("as_of_us", pa.int64()),
        ("tier", pa.string()),
    ]
)
"""What a CRM confirmed: since when it has held which tier of a lead, and of which run; ``until_us`` when it confirmed the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """What the ledger of the store says of tiers that a CRM confirmed.

    Parameters
    ----------
    rows : Table of :data:`DELIVERED`
    since_us : int
        From when on every confirmation is kept: the beginning of the first delivery.
    """

    rows: pa.Table
    since_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place where hand-overs are recorded.

    Parameters
    ----------
    name : HandOver
    since_us : int or None
        Leads that came in earlier cannot have their hand-over there; None where it has always been recorded.
    spans : ir.Table
    """

    name: HandOver
    since_us: int | None
    spans: ir.Table


def recorded_sources(tables: Tables, deliveries: Deliveries | None, sales_tiers: tuple[str, ...]) -> tuple[Source, ...]:
    """Return the sources that this history and ledger have, the best one first; the last resort is always there.

    Parameters
    ----------
    tables : Tables
    deliveries : Deliveries or None
        None where nothing was ever delivered to a CRM.
    sales_tiers : tuple of str
        Tiers that are sales' own: a lead delivered in another one was not put before sales.
    """
    return tuple(_recorded(tables, deliveries, sales_tiers))


def _recorded(tables: Tables, deliveries: Deliveries | None, sales_tiers: tuple[str, ...]) -> Iterator[Source]:
    if deliveries is not None:
        yield Source(
            name="delivered", since_us=deliveries.since_us, spans=_delivered(tables, deliveries.rows, sales_tiers)
        )
    since = tables.history.tracked_since.get(f"lead.{OWNER}")
    owned = owned_by_sales(tables) if since is not None else None
    if owned is not None and since is not None:
        yield Source(name="owner_assigned", since_us=microseconds(since), spans=_unseen(owned))
    dated = tables.leads.filter(ibis._.handed_off_us.notnull() & ibis._.created_us.notnull())
    if int(dated.count().to_pyarrow().as_py()):
        at = ibis.greatest(dated.handed_off_us, dated.created_us)
        yield Source(
            name="handed_off_at", since_us=None, spans=_unseen(dated.select("lead_id", from_us=at, until_us=at + 1))
        )
    always = tables.leads.filter(ibis._.created_us.notnull())
    yield Source(
        name="created",
        since_us=None,
        spans=_unseen(always.select("lead_id", from_us=always.created_us, until_us=ibis.null("int64"))),
    )


def _unseen(spans: ir.Table) -> ir.Table:
    return spans.mutate(seen_us=ibis.null("int64"), tier=ibis.null("string"))


def _delivered(tables: Tables, rows: pa.Table, sales_tiers: tuple[str, ...]) -> ir.Table:
    """Spans of leads under the ids they have now: a delivery to a lead that was merged since is its survivor's."""
    table = tables.backend.create_table("delivered_tiers", rows.cast(DELIVERED), temp=True, overwrite=True)
    spans = table.filter(table.tier.isin(sales_tiers)).rename(from_us="confirmed_us", seen_us="as_of_us")
    return under_present_ids(spans, present_ids(tables)).select("lead_id", "from_us", "until_us", "seen_us", "tier")
