"""Which of tonight's leads stand rejected or came back, and what was agreed to follow, as columns beside what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from leadq.agreement.schema import Agreement
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.rejection.standing import Rejections

NO_REASON = "no reason given"
CHALLENGED = "challenged"
"""``track`` of a lead that came back because its rejection was challenged and picked to be worked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TonightsRejections:
    """What is known of the leads that stand rejected or came back.

    Parameters
    ----------
    rows : ir.Table
        ``lead_id, reason, rejected_at, track, next_owner, wakes_at, returned_at``; moments are microseconds.
    """

    rows: ir.Table

    def beside(self, shown: ir.Table) -> ir.Table:
        """Return what is shown of leads with these columns; the reason of a rejection that stands is why there is no score."""
        rows = self.rows.rename(rejected_lead="lead_id")
        joined = shown.left_join(rows, shown.lead_id == rows.rejected_lead)
        stands = joined.rejected_at.notnull() & joined.returned_at.isnull()
        why = ibis.ifelse(stands, joined.reason, joined.status_reason)
        return joined.mutate(status_reason=why).drop("rejected_lead", "reason")


def tonights_rejections(
    tables: Tables, points: ir.Table, rejected: Rejections | None, agreement: Agreement
) -> TonightsRejections | None:
    """Return the rejections of tonight's leads; None where none of them stands rejected or came back.

    Parameters
    ----------
    tables : Tables
    points : ir.Table
        Of tonight, as :func:`leadq.features.landmarks.tonight_points` gives them.
    rejected : Rejections or None
    agreement : Agreement
        Says what follows each reason.
    """
    if rejected is None:
        return None
    none = ibis.null("int64")
    stands = rejected.standing(points).mutate(returned_us=none, challenged=ibis.literal(False))
    back = rejected.came_back(points).mutate(wakes_us=none)
    columns = ("point_id", "reason", "rejected_us", "wakes_us", "returned_us", "challenged")
    both = stands.select(*columns).union(back.select(*columns))
    named = both.inner_join(points.select("point_id", "lead_id"), "point_id")
    tracks = [(reason, one.then) for reason, one in agreement.after_rejection.items() if one.then]
    owners = [(reason, agreement.tiers[-1].owner) for reason, then in tracks if then == "nurture"]
    table = named.select(
        "lead_id",
        reason=named.reason.fill_null(NO_REASON),
        rejected_at=named.rejected_us,
        track=ibis.ifelse(named.challenged, CHALLENGED, _of_standing(named, tracks)),
        next_owner=_of_standing(named, owners),
        wakes_at=named.wakes_us,
        returned_at=named.returned_us,
    )
    kept = tables.backend.create_table("tonights_rejections", table, temp=True, overwrite=True)
    return TonightsRejections(rows=kept) if int(kept.count().to_pyarrow().as_py()) else None


def _of_standing(named: ir.Table, by_reason: Sequence[tuple[str, str]]) -> ir.StringValue:
    """Return what was agreed for the reason of a rejection that stands; of a lead that came back nothing is due any more."""
    none = ibis.null("string")
    if not by_reason:
        return none
    return ibis.ifelse(named.returned_us.isnull(), named.reason.cases(*by_reason, else_=none), none)
