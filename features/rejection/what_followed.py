"""What followed the rejections of the last year, by person and reason, and what came of leads that were worked again (decision 0035).

Only what is known by a moment counts. Leaves out how it is said, and who was right (``serving/words/agreed/followed_words.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.agreement.schema import Agreement
from leadq.crm.contract.crm_tables import WITHDRAWN
from leadq.features.engine.duckdb_engine import DAY_US, Tables
from leadq.features.handover.touches import sales_touches
from leadq.features.predicates import answer_order
from leadq.features.rejection.against_the_record import ATTEMPTS, asked_for, attempts_owed, records_at, shows
from leadq.features.rejection.standing import Rejections

LOOKS_BACK_DAYS = 365
_KEY = ["lead_id", "rejected_us"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What followed.

    Parameters
    ----------
    by_reason : list of dict
        ``rep, reason, given, came_back, won, against``: of each person and reason how many rejections there were, of how many the lead
        came back (as agreed, taken back, opened by the CRM), was won since, and how many the records spoke against. In order.
    worked_again : list of dict
        ``lead_id, challenged_us, again_us`` (from when it is open again; None where the CRM keeps it closed) ``, won_us, touched``
        (whether sales touched it within the horizon from then; None where touches are not recorded).
    """

    by_reason: list[dict[str, Any]]
    worked_again: list[dict[str, Any]]


def what_followed(tables: Tables, rejected: Rejections, agreement: Agreement, *, as_of_us: int) -> Followed:
    """Look at the rejections of the year until ``as_of_us``.

    Parameters
    ----------
    tables : Tables
    rejected : Rejections
    agreement : Agreement
        Says what the records must show.
    as_of_us : int
        Microseconds since 1970.
    """
    spans = rejected.spans.filter(
        rejected.spans.rejected_us <= as_of_us, rejected.spans.rejected_us > as_of_us - LOOKS_BACK_DAYS * DAY_US
    )
    opened = spans.select(*_KEY, at_us="until_us").inner_join(_openings(tables), ["lead_id", "at_us"])
    ended = spans.left_join(opened.select(*_KEY, opened_us="at_us").distinct(), _KEY)
    ended = ended.select(*_KEY, "reason", back_us=ibis.coalesce(ended.returned_us, ended.opened_us))
    ended = _with_wins(tables, ended, "rejected_us", as_of_us)
    ended = ended.left_join(_reps(tables), _KEY).drop("lead_id_right", "rejected_us_right")
    against = _against(tables, ended, agreement)
    if against is not None:
        ended = ended.left_join(against, _KEY).drop("lead_id_right", "rejected_us_right")
    known = ended.filter(ended.rep.notnull())
    by_reason = known.group_by("rep", "reason").agg(
        given=known.count(),
        came_back=(known.back_us <= as_of_us).fill_null(False).sum(),
        won=known.won_us.notnull().sum(),
        against=known.against.fill_null(False).sum() if against is not None else ibis.literal(0),
    )
    return Followed(
        by_reason=_rows(by_reason.order_by("rep", "reason")),
        worked_again=_rows(_worked_again(tables, rejected, agreement, as_of_us).order_by("challenged_us", "lead_id")),
    )


def _rows(table: ir.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def _openings(tables: Tables) -> ir.Table:
    """Return ``lead_id, at_us`` of what takes a rejection back: sales accepts or withdraws it, or the CRM opens the lead."""
    accepted = tables.dispositions.filter(tables.dispositions.decision.isin(("accepted", WITHDRAWN)))
    opened = tables.outcomes.filter(tables.outcomes.outcome == "reopened")
    return ibis.union(
        accepted.select("lead_id", at_us="decided_us"), opened.select("lead_id", at_us="occurred_us"), distinct=True
    )


def _with_wins(tables: Tables, rows: ir.Table, since: str, as_of_us: int) -> ir.Table:
    """Return rows with ``won_us``, the first win after the moment in the column ``since``."""
    won = tables.outcomes.filter(tables.outcomes.outcome == "won", tables.outcomes.occurred_us <= as_of_us)
    joined = rows.select("lead_id", since).inner_join(won.select("lead_id", at_us=won.occurred_us), "lead_id")
    first = joined.filter(joined.at_us > joined[since]).group_by("lead_id", since).agg(won_us=ibis._.at_us.min())
    return rows.left_join(first, ["lead_id", since]).drop("lead_id_right", f"{since}_right")


def _reps(tables: Tables) -> ir.Table:
    """Return who gave each rejection: of two at one moment the one that counts."""
    given = tables.dispositions.filter(tables.dispositions.decision == "rejected")
    given = given.select("lead_id", "rep", rejected_us=given.decided_us, order_key=answer_order(given))
    return given.group_by(_KEY).agg(rep=given.rep.argmax(given.order_key))


def _against(tables: Tables, rejections: ir.Table, agreement: Agreement) -> ir.Table | None:
    """Return the rejections that the records spoke against when they were given; None where nothing must be shown."""
    asked = asked_for(agreement)
    if not asked:
        return None
    given = rejections.filter(rejections.reason.isin(asked))
    given = given.inner_join(tables.leads.select("lead_id", "account_id"), "lead_id")
    order = ibis.window(order_by=_KEY)
    points = given.select(
        "lead_id", "account_id", "reason", as_of_us="rejected_us", point_id=ibis.row_number().over(order)
    )
    points = tables.backend.create_table("rejections_followed", points, temp=True, overwrite=True)
    shown = points.inner_join(records_at(tables, points, agreement), "point_id")
    after, owed = agreement.after_rejection, attempts_owed(agreement.tiers, None)

    def speaks(reason: str) -> ir.BooleanValue:
        if after[reason].needs != "attempts":
            return ~shown[shows(reason)]
        few: ir.BooleanValue = (shown[ATTEMPTS] < owed) if owed is not None else ibis.literal(False)
        return few

    spoke = reduce(lambda left, right: left | right, ((shown.reason == one) & speaks(one) for one in asked))
    return shown.filter(spoke).select("lead_id", rejected_us="as_of_us", against=ibis.literal(True))


def _worked_again(tables: Tables, rejected: Rejections, agreement: Agreement, as_of_us: int) -> ir.Table:
    """Return what was picked to be worked again, from when it is open (as it came back, else as the CRM opened it), what came of it."""
    picked = tables.worked_again.filter(tables.worked_again.decided_us <= as_of_us)
    picked = picked.select("lead_id", challenged_us=picked.decided_us).distinct()
    key = ["lead_id", "challenged_us"]
    back = rejected.spans.filter(rejected.spans.challenged, rejected.spans.returned_us.notnull())
    back = back.select("lead_id", challenged_us=back.returned_us, at_us=back.returned_us)
    opened = tables.outcomes.filter(
        tables.outcomes.outcome == "reopened", tables.outcomes.occurred_us <= as_of_us
    ).select("lead_id", at_us=ibis._.occurred_us)
    later = picked.inner_join(opened, "lead_id")
    later = later.filter(later.at_us > later.challenged_us).select(*key, "at_us")
    first = back.union(later).group_by(key).agg(again_us=ibis._.at_us.min())
    rows = picked.left_join(first, key).drop("lead_id_right", "challenged_us_right")
    rows = _with_wins(tables, rows, "again_us", as_of_us)
    if not tables.history.has_touches:
        return rows.select(*key, "again_us", "won_us", touched=ibis.null("boolean"))
    made = rows.select(*key, "again_us").inner_join(sales_touches(tables, agreement.clocks.counts_as_touch), "lead_id")
    until_us = ibis.least(made.again_us + agreement.outcome.horizon_days * DAY_US, ibis.literal(as_of_us, "int64"))
    made = made.filter(made.touched_us > made.again_us, made.touched_us <= until_us)
    made = made.select(*key, touched=ibis.literal(True)).distinct()
    rows = rows.left_join(made, key).drop("lead_id_right", "challenged_us_right")
    return rows.select(*key, "again_us", "won_us", touched=rows.touched.fill_null(False))
