"""Open leads and their hand-over: since when each is before sales, in which tier, and whether sales has touched it since it came in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from leadq.features.engine.duckdb_engine import Tables, microseconds, open_parquet
from leadq.features.handover.entries import entries
from leadq.features.handover.frozen_tiers import frozen_tiers, score_rows
from leadq.features.handover.hand_overs import hand_overs
from leadq.features.handover.owners import OWNER
from leadq.features.handover.periods import Period
from leadq.features.handover.sources import Source
from leadq.features.handover.touches import sales_touches
from leadq.features.rejection.standing import Rejections

_COLUMNS = pa.schema(
    [
        ("lead_id", pa.string()),
        ("handed_over_us", pa.int64()),
        ("tier", pa.string()),
        ("touched_us", pa.int64()),
        ("country", pa.string()),
        ("waits", pa.bool_()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfWhom:
    """Which leads are looked at, and by what their tier at hand-over is known.

    Parameters
    ----------
    lead_ids : Array of strings
    touch_kinds : tuple of str
        Kinds that count as a touch by sales; empty: every touch that a person made.
    best_first : tuple of str
        Tiers of the agreement.
    score_files : tuple of Path
        Committed score tables around the hand-overs; not needed where the source says what sales was shown.
    """

    lead_ids: pa.Array
    touch_kinds: tuple[str, ...]
    best_first: tuple[str, ...]
    score_files: tuple[Path, ...] = ()


def open_hand_overs(
    tables: Tables,
    sources: Sequence[Source],
    when: Sequence[Period],
    of: OfWhom,
    *,
    rejected: Rejections | None = None,
) -> pa.Table:
    """Return the present entry of each lead that is open, in order of ``lead_id``.

    Returns
    -------
    Table
        ``lead_id, handed_over_us`` (null: not handed over) ``, tier`` (at hand-over; null where none was frozen) ``, touched_us`` (the
        first touch in this entry, before the hand-over or after it; null without one) ``, country`` (of the owner, where it is known)
        ``, waits`` (not handed over, and the next delivery will be its hand-over).
    """
    wanted = tables.backend.create_table(
        "leads_with_a_deadline", pa.table({"lead_id": of.lead_ids}), temp=True, overwrite=True
    )
    few = replace(tables, leads=tables.leads.semi_join(wanted, "lead_id"))
    found = hand_overs(few, sources, when, rejected=rejected).table
    now_us = microseconds(tables.history.read_at)
    present = entries(few, rejected).filter(
        ibis._.entered_us <= now_us, ibis._.next_us.isnull(), ibis._.closed_us.isnull()
    )
    tiers = _tiers(tables, found, of)
    touches = sales_touches(tables, of.touch_kinds).inner_join(present.select("lead_id", "entered_us"), "lead_id")
    touches = touches.filter(touches.touched_us >= touches.entered_us, touches.touched_us <= now_us)
    touched = touches.group_by("lead_id").agg(touched_us=ibis._.touched_us.min())
    joined = present.select("lead_id", "entry", "entered_us")
    known = found.select("lead_id", "entry", "handed_over_us", "hand_over_id")
    joined = joined.left_join(known, ["lead_id", "entry"]).drop("lead_id_right", "entry_right")
    joined = joined.left_join(tiers, "hand_over_id").drop("hand_over_id_right")
    joined = joined.left_join(touched, "lead_id").drop("lead_id_right")
    joined = joined.left_join(_countries(few), "lead_id").drop("lead_id_right")
    last = when[-1]
    waits = ibis.literal(False)
    if last.source == "delivered":
        begun = ibis.literal(last.from_us or 0, "int64")
        waits = joined.handed_over_us.isnull() & (joined.entered_us >= begun)
    told = joined.mutate(waits=waits).select(*_COLUMNS.names).order_by("lead_id")
    return told.to_pyarrow().cast(_COLUMNS)


def _tiers(tables: Tables, found: ir.Table, of: OfWhom) -> ir.Table:
    if not of.score_files:
        return found.select("hand_over_id", tier="shown_tier")
    frozen = frozen_tiers(found, score_rows(tables, of.score_files), horizon_us=0, best_first=of.best_first)
    return frozen.select("hand_over_id", "tier")


def _countries(tables: Tables) -> ir.Table:
    leads = tables.leads.select("lead_id", OWNER)
    if not tables.history.has("owners"):
        return leads.select("lead_id", country=ibis.null("string"))
    listed = open_parquet(tables.backend, tables.history.path("owners"), "owners_of_open_leads")
    listed = listed.group_by(OWNER).agg(country=listed.country.max())
    return leads.inner_join(listed, OWNER).select("lead_id", "country")
