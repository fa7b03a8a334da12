"""What came of each hand-over: its frozen tier, whether it was won within the horizon, whether sales ever worked it.

A win counts for the lead's last hand-over before it, so that none counts twice. A hand-over can be judged once its horizon is over and
the days of grace in which wins are still entered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import DAY_US, Tables, microseconds
from leadq.features.handover.frozen_tiers import frozen_tiers, score_rows
from leadq.features.handover.touches import sales_touches


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """By what hand-overs are judged.

    Parameters
    ----------
    horizon_days, grace_days : int
    best_first : tuple of str
        Tiers of the agreement.
    score_files : tuple of Path
        Committed score tables of the store.
    touch_kinds : tuple of str
        Kinds of touches that count as work of sales; empty: every touch that a person made.
    """

    horizon_days: int
    grace_days: int
    best_first: tuple[str, ...]
    score_files: tuple[Path, ...] = ()
    touch_kinds: tuple[str, ...] = ()


def judged(tables: Tables, hand_overs: ir.Table, by: Judging) -> Any:
    """Return a row a hand-over.

    Returns
    -------
    ir.Table
        Materialised: the columns of ``hand_overs`` and ``tier, tier_by, probability, agreement_version`` (null without a frozen tier)
        ``, rose, won, touched, worked`` (touched or accepted; both null where touches are not recorded) ``, mature``.
    """
    horizon_us = by.horizon_days * DAY_US
    later = ibis.window(group_by="lead_id", order_by="handed_over_us")
    known = hand_overs.mutate(
        horizon_us=ibis._.handed_over_us + horizon_us, next_handed_us=ibis._.handed_over_us.lead().over(later)
    )
    told = known.left_join(_won(tables, known), "hand_over_id").drop("hand_over_id_right")
    told = told.left_join(_worked(tables, known, by.touch_kinds), "hand_over_id").drop("hand_over_id_right")
    told = told.left_join(_frozen(tables, hand_overs, by, horizon_us), "hand_over_id").drop("hand_over_id_right")
    recorded = tables.history.has_touches
    told = told.mutate(
        tier=told.tier.fill_null(told.shown_tier),
        rose=told.rose.fill_null(False),
        won=told.won.fill_null(False),
        touched=told.touched.fill_null(False) if recorded else ibis.null("boolean"),
        worked=told.worked.fill_null(False) if recorded else ibis.null("boolean"),
        mature=told.horizon_us + by.grace_days * DAY_US <= microseconds(tables.history.read_at),
    ).drop("horizon_us", "next_handed_us")
    return tables.backend.create_table("judged_hand_overs", told, temp=True, overwrite=True)


def _won(tables: Tables, known: ir.Table) -> ir.Table:
    wins = tables.outcomes.filter(ibis._.outcome == "won").select("lead_id", won_us=ibis._.occurred_us)
    joined = known.inner_join(wins, "lead_id")
    counted = joined.filter(
        joined.won_us > joined.handed_over_us,
        joined.won_us <= joined.horizon_us,
        joined.next_handed_us.isnull() | (joined.won_us <= joined.next_handed_us),
    )
    return counted.select("hand_over_id").distinct().mutate(won=ibis.literal(True))


def _worked(tables: Tables, known: ir.Table, kinds: tuple[str, ...]) -> ir.Table:
    """Hand-overs that sales touched or accepted in their entry, before or after the hand-over, by the end of the horizon."""
    touches = sales_touches(tables, kinds).select("lead_id", worked_us="touched_us", touched=ibis.literal(True))
    accepted = tables.dispositions.filter(ibis._.decision == "accepted")
    accepted = accepted.select("lead_id", worked_us="decided_us", touched=ibis.literal(False))
    joined = known.inner_join(touches.union(accepted), "lead_id")
    counted = joined.filter(
        joined.worked_us >= joined.entered_us,
        joined.worked_us <= joined.horizon_us,
        joined.next_us.isnull() | (joined.worked_us < joined.next_us),
    )
    return counted.group_by("hand_over_id").agg(worked=ibis.literal(True), touched=counted.touched.any())


def _frozen(tables: Tables, hand_overs: ir.Table, by: Judging, horizon_us: int) -> ir.Table:
    if by.score_files:
        scores = score_rows(tables, by.score_files)
        return frozen_tiers(hand_overs, scores, horizon_us=horizon_us, best_first=by.best_first)
    return hand_overs.select(
        "hand_over_id",
        tier=hand_overs.shown_tier,
        tier_by=ibis.null("string"),
        probability=ibis.null("float64"),
        agreement_version=ibis.null("int64"),
        rose=ibis.literal(False),
    )
