"""The tier and chance a lead had when it was handed over, frozen: the newest score of that entry at the hand-over or before.

A lead that was handed over before the next night could score it has that night's, as long as leadq was scoring by then and the night
came within two days: a later score would have seen what sales did. What rises later is counted apart and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir

from leadq.crm.storage.engine_paths import engine_path
from leadq.features.engine.duckdb_engine import DAY_US, Tables, microseconds, timestamp_us
from leadq.features.handover.present_ids import present_ids, under_present_ids

THE_NEXT_NIGHT_US = 2 * DAY_US


def score_rows(tables: Tables, files: Sequence[Path]) -> ir.Table:
    """Return the rows of committed score tables up to when the data was read, under the leads' present ids.

    Parameters
    ----------
    tables : Tables
    files : sequence of Path
        At least one.
    """
    read = tables.backend.read_parquet(
        [engine_path(path) for path in files], table_name="scores_so_far", hive_partitioning=False, union_by_name=True
    )
    rows = read.select(
        "lead_id",
        "tier",
        "tier_by",
        "probability",
        "run_id",
        agreement_version=read.agreement_version.cast("int64"),
        scored_as_of_us=timestamp_us(read.as_of),
        scored_us=timestamp_us(read.scored_at),
    )
    known = rows.filter(rows.scored_as_of_us <= microseconds(tables.history.read_at))
    return under_present_ids(known, present_ids(tables))


def frozen_tiers(hand_overs: ir.Table, scores: ir.Table, *, horizon_us: int, best_first: Sequence[str]) -> ir.Table:
    """Return ``hand_over_id, tier, tier_by, probability, agreement_version, rose`` of hand-overs that have a score.

    Parameters
    ----------
    hand_overs : ir.Table
        As :class:`leadq.features.handover.hand_overs.HandOvers` holds it.
    scores : ir.Table
        As :func:`score_rows` gives it.
    horizon_us : int
        So long after the hand-over a better tier counts as ``rose``.
    best_first : sequence of str
        Tiers of the agreement; any other is worse than these.
    """
    begun_us = scores.aggregate(begun_us=scores.scored_as_of_us.min())
    joined = hand_overs.select(
        "hand_over_id", "lead_id", "entered_us", "next_us", "handed_over_us", "seen_us", "shown_tier"
    )
    joined = joined.inner_join(scores, "lead_id").cross_join(begun_us)
    late = joined.scored_as_of_us > joined.seen_us
    ours = joined.filter(
        joined.scored_as_of_us >= joined.entered_us,
        joined.next_us.isnull() | (joined.scored_as_of_us < joined.next_us),
    ).mutate(late=late, place=_place(joined.tier, best_first))
    may_be = ours.filter(
        ~ours.late
        | ((ours.scored_as_of_us <= ours.seen_us + THE_NEXT_NIGHT_US) & (ours.handed_over_us >= ours.begun_us))
    )
    nearest = [may_be.late, (may_be.scored_as_of_us - may_be.seen_us).abs(), ibis.desc(may_be.scored_us), may_be.run_id]
    rank = ibis.row_number().over(ibis.window(group_by="hand_over_id", order_by=nearest))
    ranked = may_be.mutate(rank=rank)
    frozen = ranked.filter(ranked.rank == 0)
    frozen = frozen.select(
        "hand_over_id",
        "tier_by",
        "probability",
        "agreement_version",
        tier=ibis.coalesce(frozen.shown_tier, frozen.tier),
        frozen_us="scored_as_of_us",
    )
    frozen = frozen.mutate(frozen_place=_place(frozen.tier, best_first))
    better = ours.inner_join(frozen.select("hand_over_id", "frozen_us", "frozen_place"), "hand_over_id")
    better = better.filter(
        better.scored_as_of_us > better.frozen_us,
        better.scored_as_of_us <= better.handed_over_us + horizon_us,
        better.place < better.frozen_place,
    )
    rose = better.select("hand_over_id").distinct().mutate(rose=ibis.literal(True))
    told = frozen.left_join(rose, "hand_over_id")
    return told.select(
        "hand_over_id", "tier", "tier_by", "probability", "agreement_version", rose=told.rose.fill_null(False)
    )


def _place(tier: ir.StringValue, best_first: Sequence[str]) -> ir.IntegerValue:
    branches = [(name, place) for place, name in enumerate(best_first)]
    return tier.cases(*branches, else_=len(best_first)).cast("int64")
