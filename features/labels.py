"""What became of a lead after as-of: won within the horizon, and whether that can be known yet.

The one label rule (docs/method.md, Label): 1 when any win falls in (as-of, as-of + H], else 0; known only once H is over
(*mature*). Never "won against lost among closed deals". Being worked is a filter on the population, not a feature.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import DAY_US, Tables, microseconds

_LATER_STATE_WINS = {"lost": 0, "reopened": 1, "won": 2}
"""Order of outcome rows that carry the same moment."""


def labels(tables: Tables, points: ir.Table, horizon_days: int, worked_within_days: int) -> ir.Table:
    """Label every point.

    Returns
    -------
    ir.Table
        ``point_id, label`` (0 or 1), ``days_to_win`` (float64; null where not won within H, or without dates),
        ``label_known_us`` (as-of + H; as-of itself for a source without dates), ``mature``, ``worked`` (touched by sales
        no later than ``worked_within_days`` after as-of; true where no touches are recorded).
    """
    history = tables.history
    horizon_us = horizon_days * DAY_US
    wins = tables.outcomes.filter(ibis._.outcome == "won").select("lead_id", won_us=ibis._.occurred_us)
    after = points.inner_join(wins, "lead_id").filter(ibis._.won_us > ibis._.as_of_us)
    if history.dated:
        after = after.filter(ibis._.won_us <= ibis._.as_of_us + horizon_us)
    won = after.group_by("point_id").agg(first_won_us=ibis._.won_us.min())
    worked = points.inner_join(first_worked(tables), "lead_id").filter(
        ibis._.worked_us <= ibis._.as_of_us + worked_within_days * DAY_US
    )
    joined = (
        points.select("point_id", "as_of_us", "lead_id")
        .left_join(won, "point_id")
        .drop("point_id_right")
        .left_join(worked.select("point_id", "worked_us"), "point_id")
        .drop("point_id_right")
    )
    if history.dated:
        label_known = joined.as_of_us + horizon_us
        mature = label_known <= microseconds(history.read_at)
    else:  # known at once: a row with an outcome is mature, one without is open
        label_known = joined.as_of_us
        decided = tables.outcomes.select("lead_id").distinct().mutate(decided=True)
        joined = joined.left_join(decided, "lead_id").drop("lead_id_right")
        mature = joined.decided.fill_null(False)
    return joined.select(
        "point_id",
        label=joined.first_won_us.notnull().cast("int8"),
        days_to_win=(joined.first_won_us - joined.as_of_us) / DAY_US if history.dated else ibis.null("float64"),
        label_known_us=label_known,
        mature=mature,
        worked=joined.worked_us.notnull() if history.has_touches else ibis.literal(True),
    )


def outcome_order(outcomes: ir.Table) -> ir.IntegerValue:
    """Return by what rows of outcomes are in order: their moment, and of one moment the later state last."""
    rank = outcomes.outcome.cases(*_LATER_STATE_WINS.items(), else_=0)
    return outcomes.occurred_us * 4 + rank.cast("int64")


def first_worked(tables: Tables) -> ir.Table:
    """When sales first worked each lead, ``lead_id, worked_us``: first touch of a person or first accepted disposition."""
    return worked_moments(tables).group_by("lead_id").agg(worked_us=ibis._.worked_us.min())


def worked_moments(tables: Tables) -> ir.Table:
    """Every moment at which sales worked a lead, ``lead_id, worked_us``: touches of persons and accepted dispositions."""
    touches = tables.human_touches.select("lead_id", worked_us=ibis._.occurred_us)
    accepted = tables.dispositions.filter(ibis._.decision == "accepted").select("lead_id", worked_us=ibis._.decided_us)
    return touches.union(accepted)
