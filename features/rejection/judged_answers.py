"""Rejections of a whole history held against the records, as they were when each was given: from the desk and from any CRM alike."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from leadq.agreement.schema import Agreement
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.rejection.against_the_record import ATTEMPTS, asked_for, attempts_owed, records_at


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedReason:
    """How often a reason was given, and how often the records then said something else.

    Parameters
    ----------
    reason : str
    given : int
    against : int or None
        None where it cannot be told: touches are not recorded.
    attempts_owed : int or None
        Of a reason that needs attempts.
    """

    reason: str
    given: int
    against: int | None
    attempts_owed: int | None = None


def judged_answers(tables: Tables, agreement: Agreement) -> tuple[JudgedReason, ...]:
    """Judge the rejections whose reason the records must show, in the order of the agreement.

    Returns
    -------
    tuple of JudgedReason
        Reasons that were given; none without dates. The lead's tier at the answer is not recorded with it, so the fewest attempts that
        any tier owes are asked for.
    """
    asked = asked_for(agreement)
    if not asked or not tables.history.dated:
        return ()
    given = tables.dispositions.filter(ibis._.decision == "rejected", ibis._.reason.isin(asked))
    with_account = given.inner_join(tables.leads.select("lead_id", "account_id"), "lead_id")
    order = ibis.window(order_by=["decided_us", "lead_id", "reason"])
    numbered = with_account.select(
        "lead_id", "account_id", "reason", as_of_us="decided_us", point_id=ibis.row_number().over(order)
    )
    points = tables.backend.create_table("rejections_given", numbered, temp=True, overwrite=True)
    rows = points.inner_join(records_at(tables, points, agreement), "point_id").to_pyarrow().to_pylist()
    return tuple(
        _judged(reason, [row for row in rows if row["reason"] == reason], agreement)
        for reason in asked
        if any(row["reason"] == reason for row in rows)
    )


def _judged(reason: str, rows: list[dict[str, object]], agreement: Agreement) -> JudgedReason:
    if agreement.after_rejection[reason].needs != "attempts":
        against = sum(not row[f"shows:{reason}"] for row in rows)
        return JudgedReason(reason=reason, given=len(rows), against=against)
    owed = attempts_owed(agreement.tiers, None)
    made = [row[ATTEMPTS] for row in rows]
    known = owed is not None and all(isinstance(one, int) for one in made)
    few = sum(1 for one in made if isinstance(one, int) and owed is not None and one < owed) if known else None
    return JudgedReason(reason=reason, given=len(rows), against=few, attempts_owed=owed)
