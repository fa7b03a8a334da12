"""When a rejection stands, and when a rejected lead comes back: the one rule for looks, scores and hand-overs (decision 0031).

A rejection stands from its moment until the next answer, until it is taken back or the CRM opens the lead again, until what was agreed
of its reason brings the lead back, or until it is challenged and picked to be worked again (decision 0035). Only what was known by a
moment decides whether one stands at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.agreement.terms.measured_terms import AfterRejection
from leadq.crm.contract.crm_tables import WITHDRAWN
from leadq.features.engine.duckdb_engine import DAY_US, Tables
from leadq.features.labels import outcome_order
from leadq.features.predicates import answer_order

_FOREVER_US = 2**62
_KEY = ("lead_id", "rejected_us")

AfterReasons = Mapping[str, AfterRejection]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejections:
    """Every rejection of a history as a span.

    Parameters
    ----------
    spans : ir.Table
        Materialised: ``lead_id, reason`` (null where none was given) ``, rejected_us, until_us`` (is no part of it) ``, wakes_us``
        (null where the reason has no days) ``, returned_us`` (``until_us`` where the lead came back then as agreed, else null)
        ``, challenged`` (whether it came back because it was picked to be worked again) ``, answered_us`` (the next answer, null
        without one). A moment that is not known to come is far away.
    """

    spans: ir.Table

    @property
    def returns(self) -> ir.Table:
        """Return ``lead_id, returned_us``: when leads came back, a new entry each."""
        back = self.spans.filter(self.spans.returned_us.notnull())
        return back.select("lead_id", "returned_us").distinct()

    def standing(self, points: ir.Table) -> ir.Table:
        """Return ``point_id, reason, rejected_us, wakes_us`` of the points at which a rejection stands."""
        joined = points.select("point_id", "lead_id", "as_of_us").inner_join(self.spans, "lead_id")
        stands = joined.filter(joined.rejected_us <= joined.as_of_us, joined.as_of_us < joined.until_us)
        return stands.select("point_id", "reason", "rejected_us", "wakes_us")

    def came_back(self, points: ir.Table) -> ir.Table:
        """Return ``point_id, reason, rejected_us, returned_us, challenged`` of points whose lead came back and was not answered since."""
        joined = points.select("point_id", "lead_id", "as_of_us").inner_join(self.spans, "lead_id")
        open_again = joined.filter(
            joined.returned_us <= joined.as_of_us,
            joined.answered_us.isnull() | (joined.as_of_us < joined.answered_us),
        )
        return open_again.select("point_id", "reason", "rejected_us", "returned_us", "challenged")


def rejections(tables: Tables, after: AfterReasons) -> Rejections | None:
    """Return the rejections of a history; None where nobody rejected anything, or without dates.

    Parameters
    ----------
    tables : Tables
    after : mapping of str to AfterRejection
        ``after_rejection`` of the agreement.
    """
    given = tables.dispositions.filter(ibis._.decision == "rejected").limit(1)
    if not tables.history.dated or not int(given.count().to_pyarrow().as_py()):
        return None
    found = tables.backend.create_table("rejected_spans", _spans(tables, after), temp=True, overwrite=True)
    return Rejections(spans=found)


def _spans(tables: Tables, after: AfterReasons) -> ir.Table:
    given = _answers(tables)
    given = given.left_join(_reopened(tables, given), list(_KEY)).drop("lead_id_right", "rejected_us_right")
    given = given.left_join(_called_back(tables, given, after), list(_KEY)).drop("lead_id_right", "rejected_us_right")
    given = given.left_join(_worked_again(tables, given), list(_KEY)).drop("lead_id_right", "rejected_us_right")
    sleeps = [(reason, one.wake_after_days) for reason, one in after.items() if one.wake_after_days is not None]
    given = given.mutate(wakes_us=given.rejected_us + _days(given.reason, sleeps) * DAY_US)
    back_us = ibis.least(*(given[one].fill_null(_FOREVER_US) for one in ("wakes_us", "called_us", "again_us")))
    other_us = ibis.least(given.answered_us.fill_null(_FOREVER_US), given.reopened_us.fill_null(_FOREVER_US))
    given = given.mutate(until_us=ibis.least(back_us, other_us), back_us=back_us, other_us=other_us)
    given = given.left_join(_closed(tables, given), list(_KEY)).drop("lead_id_right", "rejected_us_right")
    came_back = (given.back_us < given.other_us) & given.closed.isnull()
    return given.select(
        "lead_id",
        "reason",
        "rejected_us",
        "until_us",
        "wakes_us",
        returned_us=ibis.ifelse(came_back, given.until_us, ibis.null("int64")),
        challenged=(given.until_us == given.again_us).fill_null(False),
        answered_us=given.answered_us,
    )


def _answers(tables: Tables) -> ir.Table:
    """Rejections that stood at all: ``lead_id, reason, rejected_us, answered_us``, one a lead and moment."""
    answers = tables.dispositions.filter(ibis._.decision.isin(["accepted", "rejected"]))
    answers = answers.select(
        "lead_id", "decision", "reason", rejected_us=answers.decided_us, order_key=answer_order(answers)
    )
    in_order = ibis.window(group_by="lead_id", order_by=["order_key", "decision", "reason"])
    answers = answers.mutate(answered_us=answers.rejected_us.lead().over(in_order))
    stood = answers.filter(
        answers.decision == "rejected", answers.answered_us.isnull() | (answers.answered_us > answers.rejected_us)
    )
    return stood.select("lead_id", "reason", "rejected_us", "answered_us")


def _reopened(tables: Tables, given: ir.Table) -> ir.Table:
    """Return when the CRM first opened the lead of each rejection again, or sales took the rejection back."""
    again = tables.outcomes.filter(ibis._.outcome == "reopened").select("lead_id", at_us=ibis._.occurred_us)
    taken_back = tables.dispositions.filter(ibis._.decision == WITHDRAWN).select("lead_id", at_us=ibis._.decided_us)
    joined = given.inner_join(again.union(taken_back), "lead_id").filter(ibis._.at_us > ibis._.rejected_us)
    return joined.group_by(*_KEY).agg(reopened_us=ibis._.at_us.min())


def _called_back(tables: Tables, given: ir.Table, after: AfterReasons) -> ir.Table:
    """Return when it was first known of each rejection that what brings its lead back happened after it."""
    pairs = [(reason, kind) for reason, one in after.items() for kind in one.returns_on]
    events = tables.events.select("lead_id", "kind", "visible_us", at_us=ibis._.occurred_us)
    joined = given.inner_join(events, "lead_id").filter(ibis._.at_us > ibis._.rejected_us)
    agreed: ir.BooleanValue = ibis.literal(False)
    for reason, kind in pairs:
        agreed = agreed | ((joined.reason == reason) & (joined.kind == kind))
    return joined.filter(agreed).group_by(*_KEY).agg(called_us=ibis._.visible_us.min())


def _worked_again(tables: Tables, given: ir.Table) -> ir.Table:
    """Return when each rejection was picked to be worked again."""
    joined = given.select(*_KEY).inner_join(tables.worked_again, "lead_id")
    joined = joined.filter(joined.decided_us > joined.rejected_us)
    return joined.group_by(*_KEY).agg(again_us=joined.decided_us.min())


def _closed(tables: Tables, given: ir.Table) -> ir.Table:
    """Return rejections whose lead the CRM had closed by the end of the span: those do not come back by themselves."""
    state = tables.outcomes.select(
        "lead_id", "outcome", at_us=ibis._.occurred_us, state_key=outcome_order(tables.outcomes)
    )
    joined = given.inner_join(state, "lead_id").filter(ibis._.at_us <= ibis._.until_us)
    last = joined.group_by(*_KEY).agg(outcome=ibis._.outcome.argmax(ibis._.state_key))
    return last.filter(last.outcome != "reopened").select(*_KEY, closed=ibis.literal(True))


def _days(reason: ir.StringValue, sleeps: list[tuple[str, int]]) -> Any:
    none = ibis.null("int64")
    return reason.cases(*((name, ibis.literal(days, "int64")) for name, days in sleeps), else_=none) if sleeps else none
