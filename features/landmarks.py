"""At which moments a lead is looked at: one rule for winners and losers alike.

A point is (lead, as-of). For training every lead is looked at at the same grid of ages (its landmarks) while it is still open, and
again at its hand-off. Tonight every open lead is looked at once. An as-of that depends on the outcome ("a day before
conversion") would encode the label, so none is ever computed from it (docs/method.md, Looks).
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.features.engine.duckdb_engine import DAY_US, Tables, is_distributed, microseconds
from leadq.features.training_data import HANDOFF

_LATER_STATE_WINS = {"lost": 0, "reopened": 1, "won": 2}
"""Order of outcome rows that carry the same moment."""


def last_outcomes(tables: Tables, points: ir.Table) -> ir.Table:
    """State of each point's lead: ``point_id, last_outcome`` of the latest outcome row not after as-of (absent if none)."""
    ordered = tables.outcomes.mutate(order_key=outcome_order(tables.outcomes))
    joined = points.inner_join(ordered, "lead_id").filter(ibis._.occurred_us <= ibis._.as_of_us)
    return joined.group_by("point_id").agg(last_outcome=ibis._.outcome.argmax(ibis._.order_key))


def outcome_order(outcomes: ir.Table) -> ir.IntegerValue:
    """Return by what rows of outcomes are in order: their moment, and of one moment the later state last."""
    rank = outcomes.outcome.cases(*_LATER_STATE_WINS.items(), else_=0)
    return outcomes.occurred_us * 4 + rank.cast("int64")


def still_open(tables: Tables, points: ir.Table) -> ir.Table:
    """Keep the points at which the lead is open: no outcome so far, or re-opened since."""
    state = last_outcomes(tables, points)
    joined = points.left_join(state, "point_id").drop("point_id_right")
    return joined.filter(joined.last_outcome.isnull() | (joined.last_outcome == "reopened")).drop("last_outcome")


def handoffs(tables: Tables, until_us: int) -> ir.Table:
    """Hand-off of each lead as far as known at ``until_us``, ``lead_id, handoff_us``.

    First accepted disposition, else first touch of a person, else the mapped column.
    """
    answers, touches, leads = tables.dispositions, tables.human_touches, tables.leads
    accepted = answers.filter(answers.decision == "accepted", answers.decided_us <= until_us)
    by_answer = accepted.group_by("lead_id").agg(answer_us=ibis._.decided_us.min())
    by_touch = (
        touches.filter(touches.occurred_us <= until_us).group_by("lead_id").agg(touch_us=ibis._.occurred_us.min())
    )
    leads = leads.select(
        "lead_id", handed_off_us=ibis.ifelse(leads.handed_off_us <= until_us, leads.handed_off_us, None)
    )
    joined = (
        leads.left_join(by_answer, "lead_id").drop("lead_id_right").left_join(by_touch, "lead_id").drop("lead_id_right")
    )
    handoff = ibis.coalesce(joined.answer_us, joined.touch_us, joined.handed_off_us)
    return joined.select("lead_id", handoff_us=handoff).filter(ibis._.handoff_us.notnull())


def _known_leads(tables: Tables) -> ir.Table:
    return tables.leads.filter(ibis._.created_us.notnull()).select("lead_id", "account_id", "created_us")


def training_points(tables: Tables, ages_days: tuple[float, ...]) -> ir.Table:
    """Points of all leads at all landmarks and at hand-off, while open and not after the data was read.

    Returns
    -------
    ir.Table
        Materialised: ``point_id, lead_id, account_id, created_us, as_of_us, landmark`` (index into ``ages_days``, or
        :data:`leadq.features.training_data.HANDOFF`).
    """
    leads = _known_leads(tables)
    read_us = microseconds(tables.history.read_at)
    grid = ibis.memtable(
        {"landmark": list(range(len(ages_days))), "age_us": [round(age * DAY_US) for age in ages_days]},
        schema=ibis.schema({"landmark": "int64", "age_us": "int64"}),
    )
    at_ages = leads.cross_join(grid).mutate(as_of_us=ibis._.created_us + ibis._.age_us).drop("age_us")
    at_handoff = (
        leads.inner_join(handoffs(tables, read_us), "lead_id")
        .mutate(landmark=ibis.literal(HANDOFF, "int64"), as_of_us=ibis.greatest(ibis._.handoff_us, ibis._.created_us))
        .drop("handoff_us")
    )
    columns = ("lead_id", "account_id", "created_us", "as_of_us", "landmark")
    candidates = at_ages.select(*columns)
    if tables.history.dated:
        candidates = candidates.union(at_handoff.select(*columns))
    known = candidates.filter(ibis._.as_of_us <= read_us)
    return _materialise(tables, "training_points", still_open(tables, _numbered(tables, known)))


def tonight_points(tables: Tables, as_of_us: int, only: ir.Table | None = None) -> ir.Table:
    """One point per lead that is open at ``as_of_us`` (also those without a date); ``only`` restricts to its ``lead_id``s."""
    leads = tables.leads.select("lead_id", "account_id", "created_us")
    leads = leads.filter(leads.created_us.isnull() | (leads.created_us <= as_of_us))
    if only is not None:
        leads = leads.semi_join(only, "lead_id")
    points = leads.mutate(as_of_us=ibis.literal(as_of_us, "int64"), landmark=ibis.literal(0, "int64"))
    return _materialise(tables, "tonight_points", still_open(tables, _numbered(tables, points)))


def _numbered(tables: Tables, points: ir.Table) -> ir.Table:
    if is_distributed(tables.backend):  # one order of all points would be the work of one machine
        return tables.backend.numbered("numbered_points", points, "point_id")
    order = ibis.window(order_by=[points.as_of_us, points.lead_id, points.landmark])
    return points.mutate(point_id=ibis.row_number().over(order).cast("int64"))


def _materialise(tables: Tables, name: str, expression: ir.Table) -> Any:
    return tables.backend.create_table(name, expression, temp=True, overwrite=True)
