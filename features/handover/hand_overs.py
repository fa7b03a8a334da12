"""The hand-over of each entry of a lead, and how many leads were open before hand-overs were recorded (backlog).

An entry belongs to the period in which it came in. Its hand-over is the first moment of a span of that period's source at which it
was open. One that was not handed over when the period ended was there before the next source began: backlog, with no hand-over, no
deadline and no promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import Tables, microseconds
from leadq.features.handover.entries import entries
from leadq.features.handover.periods import Period
from leadq.features.handover.sources import Source
from leadq.features.rejection.standing import Rejections

_FOREVER_US = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCounts:
    """A period and its entries.

    Parameters
    ----------
    period : Period
    entered, handed_over : int
        Entries that came in, and those of them that were handed over.
    came_back : int
        Entries among ``entered`` of leads that were opened again.
    backlog : int
        Entries that were open when the period began and had not been handed over.
    """

    period: Period
    entered: int
    came_back: int
    handed_over: int
    backlog: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOvers:
    """Hand-overs as a table, and counts of their periods, oldest first.

    ``table`` is materialised: ``hand_over_id, lead_id, account_id, entry, entered_us, next_us, handed_over_us, source, period`` (index
    into ``counts``) ``, seen_us`` (the moment whose score sales was shown) ``, shown_tier`` (null where the source says none).
    """

    table: ir.Table
    counts: tuple[PeriodCounts, ...]


def hand_overs(
    tables: Tables, sources: Sequence[Source], periods: Sequence[Period], *, rejected: Rejections | None = None
) -> HandOvers:
    """Return the hand-overs up to when the data was read.

    Parameters
    ----------
    tables : Tables
    sources : sequence of Source
    periods : sequence of Period
        At least one, each of a source that is among ``sources``.
    rejected : Rejections, optional
        A lead that came back from one is a new entry.
    """
    known = _made(tables, "entries_of_leads", entries(tables, rejected).filter(ibis._.entered_us <= _read_us(tables)))
    spans = {one.name: one.spans for one in sources}
    parts = [_of_period(known, spans[one.source], one, place) for place, one in enumerate(periods)]
    every = reduce(lambda left, right: left.union(right), parts).filter(ibis._.handed_over_us <= _read_us(tables))
    numbered = every.mutate(
        hand_over_id=ibis.row_number().over(ibis.window(order_by=["handed_over_us", "lead_id", "entry"]))
    )
    table = _made(tables, "hand_overs", numbered)
    return HandOvers(table=table, counts=tuple(_counts(known, table, one, place) for place, one in enumerate(periods)))


def _of_period(known: ir.Table, spans: ir.Table, period: Period, place: int) -> ir.Table:
    came_in = _within(known, period)
    joined = came_in.inner_join(spans, "lead_id")
    joined = joined.mutate(at_us=ibis.greatest(joined.entered_us, joined.from_us))
    ends = ibis.least(
        joined.until_us.fill_null(_FOREVER_US),
        joined.closed_us.fill_null(_FOREVER_US),
        joined.next_us.fill_null(_FOREVER_US),
        ibis.literal(_FOREVER_US if period.until_us is None else period.until_us, "int64"),
    )
    stood = joined.filter(joined.at_us < ends)
    # a span that began before this entry was shown to sales with an older score: what counts is the score when it came back
    seen_us = ibis.ifelse(stood.from_us >= stood.entered_us, stood.seen_us, ibis.null("int64")).fill_null(stood.at_us)
    first = ibis.row_number().over(ibis.window(group_by=["lead_id", "entry"], order_by=["at_us", "from_us", "tier"]))
    ranked = stood.mutate(seen_us=seen_us, shown_tier=stood.tier, place=first)
    return ranked.filter(ranked.place == 0).select(
        "lead_id",
        "account_id",
        "entry",
        "entered_us",
        "next_us",
        "seen_us",
        "shown_tier",
        handed_over_us="at_us",
        source=ibis.literal(period.source),
        period=ibis.literal(place, "int64"),
    )


def _within(known: ir.Table, period: Period) -> ir.Table:
    if period.from_us is not None:
        known = known.filter(known.entered_us >= period.from_us)
    return known if period.until_us is None else known.filter(known.entered_us < period.until_us)


def _counts(known: ir.Table, table: ir.Table, period: Period, place: int) -> PeriodCounts:
    backlog = 0
    if period.from_us is not None:
        begun = ibis.literal(period.from_us, "int64")
        there = known.filter(
            known.entered_us < begun,
            known.closed_us.isnull() | (known.closed_us > begun),
            known.next_us.isnull() | (known.next_us > begun),
        )
        backlog = _rows(there.anti_join(table, ["lead_id", "entry"]))
    came_in = _within(known, period)
    return PeriodCounts(
        period=period,
        entered=_rows(came_in),
        came_back=_rows(came_in.filter(came_in.entry > 0)),
        handed_over=_rows(table.filter(table.period == place)),
        backlog=backlog,
    )


def _rows(table: ir.Table) -> int:
    return int(table.count().to_pyarrow().as_py())


def _read_us(tables: Tables) -> int:
    return microseconds(tables.history.read_at)


def _made(tables: Tables, name: str, expression: ir.Table) -> Any:
    return tables.backend.create_table(name, expression, temp=True, overwrite=True)
