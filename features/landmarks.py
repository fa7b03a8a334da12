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
from leadq.features.labels import outcome_order
from leadq.features.rejection.standing import Rejections
from leadq.features.training_data import HANDOFF


def last_outcomes(tables: Tables, points: ir.Table) -> ir.Table:
    """State of each point's lead: ``point_id, last_outcome`` of the latest outcome row not after as-of (absent if none)."""
    ordered = tables.outcomes.mutate(order_key=outcome_order(tables.outcomes))
    joined = points.inner_join(ordered, "lead_id").filter(ibis._.occurred_us <= ibis._.as_of_us)
    return joined.group_by("point_id").agg(last_outcome=ibis._.outcome.argmax(ibis._.order_key))


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
    leads = tables.leads.filter(ibis._.created_us.notnull())
    return leads.select("lead_id", "account_id", "created_us", entered_us=leads.created_us)


def training_points(tables: Tables, ages_days: tuple[float, ...], *, rejected: Rejections | None = None) -> ir.Table:
    """Points of all leads at all landmarks and at hand-off, while open and not rejected, and not after the data was read.

    Parameters
    ----------
    tables : Tables
    ages_days : tuple of float
    rejected : Rejections, optional
        Without them nobody's rejection counts. The landmarks of a lead that came back are those of its new age.

    Returns
    -------
    ir.Table
        Materialised: ``point_id, lead_id, account_id, created_us, entered_us`` (when its present entry began) ``, as_of_us,
        landmark`` (index into ``ages_days``, or :data:`leadq.features.training_data.HANDOFF`).
    """
    leads = _known_leads(tables)
    read_us = microseconds(tables.history.read_at)
    grid = ibis.memtable(
        {"landmark": list(range(len(ages_days))), "age_us": [round(age * DAY_US) for age in ages_days]},
        schema=ibis.schema({"landmark": "int64", "age_us": "int64"}),
    )
    starts = leads if rejected is None else leads.union(_entered_again(leads, rejected))
    at_ages = starts.cross_join(grid).mutate(as_of_us=ibis._.entered_us + ibis._.age_us).drop("age_us")
    at_handoff = (
        leads.inner_join(handoffs(tables, read_us), "lead_id")
        .mutate(landmark=ibis.literal(HANDOFF, "int64"), as_of_us=ibis.greatest(ibis._.handoff_us, ibis._.created_us))
        .drop("handoff_us")
    )
    columns = ("lead_id", "account_id", "created_us", "entered_us", "as_of_us", "landmark")
    candidates = at_ages.select(*columns)
    if tables.history.dated:
        candidates = candidates.union(at_handoff.select(*columns))
    known = candidates.filter(ibis._.as_of_us <= read_us)
    points = _numbered(tables, known if rejected is None else _in_their_entry(known, rejected))
    if rejected is not None:
        points = points.anti_join(rejected.standing(points), "point_id")
    return _materialise(tables, "training_points", still_open(tables, points))


def tonight_points(
    tables: Tables, as_of_us: int, only: ir.Table | None = None, *, rejected: Rejections | None = None
) -> ir.Table:
    """One point per lead that is open at ``as_of_us`` (also those without a date); ``only`` restricts to its ``lead_id``s."""
    leads = tables.leads.select("lead_id", "account_id", "created_us", entered_us=tables.leads.created_us)
    leads = leads.filter(leads.created_us.isnull() | (leads.created_us <= as_of_us))
    if only is not None:
        leads = leads.semi_join(only, "lead_id")
    points = leads.mutate(as_of_us=ibis.literal(as_of_us, "int64"), landmark=ibis.literal(0, "int64"))
    if rejected is not None:
        points = _with_entry(points, rejected)
    return _materialise(tables, "tonight_points", still_open(tables, _numbered(tables, points)))


def _entered_again(leads: ir.Table, rejected: Rejections) -> ir.Table:
    joined = (
        leads.drop("entered_us").inner_join(rejected.returns, "lead_id").filter(ibis._.returned_us > ibis._.created_us)
    )
    return joined.select("lead_id", "account_id", "created_us", entered_us=joined.returned_us)


def _in_their_entry(candidates: ir.Table, rejected: Rejections) -> ir.Table:
    """Leave out landmarks of an entry that is over; the hand-off belongs to the entry it falls into."""
    entered = _with_entry(candidates.rename(began_us="entered_us"), rejected)
    at_handoff = entered.landmark == HANDOFF
    kept = entered.filter(at_handoff | (entered.began_us == entered.entered_us))
    return kept.select(*candidates.columns)


def _with_entry(points: ir.Table, rejected: Rejections) -> ir.Table:
    """Return points with ``entered_us`` of the entry they fall into: the last time that their lead came back, else its creation."""
    points = points.drop(*({"entered_us"} & set(points.columns)))
    back = points.select("lead_id", "as_of_us").distinct().inner_join(rejected.returns, "lead_id")
    back = (
        back.filter(back.returned_us <= back.as_of_us)
        .group_by("lead_id", "as_of_us")
        .agg(last_us=back.returned_us.max())
    )
    joined = points.left_join(back, ["lead_id", "as_of_us"]).drop("lead_id_right", "as_of_us_right")
    later = joined.last_us > joined.created_us
    return joined.mutate(entered_us=ibis.ifelse(later, joined.last_us, joined.created_us)).drop("last_us")


def _numbered(tables: Tables, points: ir.Table) -> ir.Table:
    if is_distributed(tables.backend):  # one order of all points would be the work of one machine
        return tables.backend.numbered("numbered_points", points, "point_id")
    order = ibis.window(order_by=[points.as_of_us, points.lead_id, points.landmark])
    return points.mutate(point_id=ibis.row_number().over(order).cast("int64"))


def _materialise(tables: Tables, name: str, expression: ir.Table) -> Any:
    return tables.backend.create_table(name, expression, temp=True, overwrite=True)
