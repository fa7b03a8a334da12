"""Who asked not to be contacted: a stop of the lead's own, which comes before whatever interest it showed.

It stands from when it is known until the lead itself asks again for something (an event whose kind ends in ``request``).
"""

from __future__ import annotations

import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import Tables

STOPS = ("unsubscribe", "unsubscribed", "opt_out", "do_not_contact", "spam_complaint")
"""Kinds of events by which somebody says no, in small letters with ``_``."""
STOP = "stop"
"""Column with the kind of a stop that stands; null where none does."""


def any_stop(tables: Tables) -> bool:
    """Whether anybody ever said no."""
    found = tables.events.filter(_word(tables.events.kind).isin(STOPS)).limit(1)
    return bool(int(found.count().to_pyarrow().as_py()))


def stops_at(tables: Tables, points: ir.Table) -> ir.Table:
    """Return ``point_id, stop`` of the points at which a stop stands: its kind, the latest one's.

    Parameters
    ----------
    tables : Tables
    points : ir.Table
        With ``point_id, lead_id, as_of_us``.
    """
    word = _word(tables.events.kind)
    events = tables.events.select("lead_id", "visible_us", at_us="occurred_us", word=word)
    said = events.filter(events.word.isin(STOPS) | events.word.endswith("request"))
    joined = points.select("point_id", "lead_id", "as_of_us").inner_join(said, "lead_id")
    known = joined.filter(joined.visible_us <= joined.as_of_us)
    is_stop = known.word.isin(STOPS)
    last = known.group_by("point_id").agg(
        stop=known.word.argmax(known.at_us, where=is_stop),
        stopped_us=known.at_us.max(where=is_stop),
        asked_us=known.at_us.max(where=~is_stop),
    )
    stands = last.filter(last.stopped_us.notnull(), last.asked_us.isnull() | (last.asked_us <= last.stopped_us))
    return stands.select("point_id", "stop")


def _word(kind: ir.StringValue) -> ir.StringValue:
    return kind.strip().lower().replace("-", "_").replace(" ", "_")
