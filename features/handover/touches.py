"""Which touches are sales' own act, as it was agreed: kinds that count, made by a person, towards the lead.

Where nothing was agreed every touch that a person made counts, as in training (``features/labels.py``), which goes on asking no more.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import Tables

INBOUND = ("in", "inbound", "incoming", "received")
"""How CRMs say that the lead called or wrote: that is no act of sales."""


def sales_touches(tables: Tables, kinds: Sequence[str] = ()) -> ir.Table:
    """Return ``lead_id, touched_us`` of every touch that counts.

    Parameters
    ----------
    tables : Tables
    kinds : sequence of str
        Kinds that were agreed, however they are written; none where nothing was.
    """
    touches = tables.human_touches
    if kinds:
        touches = outbound(of_kinds(touches, kinds))
    return touches.select("lead_id", touched_us="occurred_us")


def outbound(touches: ir.Table) -> ir.Table:
    """Return the touches that are not known to come from the lead."""
    return touches.filter(touches.direction.strip().lower().fill_null("").notin(INBOUND))


def of_kinds(touches: ir.Table, kinds: Sequence[str]) -> ir.Table:
    """Return the touches of these kinds, however they are written."""
    return touches.filter(_word(touches.kind).isin(_folded(kinds)))


def other_kinds(tables: Tables, kinds: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Return the kinds of touches that are recorded and do not count, with how many there are of each, most first.

    Parameters
    ----------
    tables : Tables
    kinds : sequence of str
        Kinds that count; with none all do.
    """
    if not kinds:
        return ()
    touches = tables.human_touches
    left = touches.filter(~_word(touches.kind).isin(_folded(kinds)).fill_null(False))
    counted = left.group_by(kind=left.kind.fill_null("")).agg(n=left.count()).to_pyarrow().to_pylist()
    return tuple((row["kind"], row["n"]) for row in sorted(counted, key=lambda row: (-row["n"], row["kind"])))


def _word(kind: ir.StringValue) -> ir.StringValue:
    return kind.strip().lower().replace("-", "_").replace(" ", "_")


def _folded(kinds: Sequence[str]) -> list[str]:
    return [kind.strip().lower().replace("-", "_").replace(" ", "_") for kind in kinds]
