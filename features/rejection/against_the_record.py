"""What the records show for a rejection's reason, as of a moment: the agreement's contradiction rules (decision 0031).

A contradiction is a question and no verdict: the record may be what is wrong. What is not known contradicts only where the agreement
asks for something that must be there (attempts, a mark that is not met, a merge, checks). Leaves out how it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.agreement.schema import Agreement, Check, Rule, Tier
from leadq.features.engine.duckdb_engine import Tables
from leadq.features.field_values import fields_as_of, known_fields
from leadq.features.handover.present_ids import present_ids
from leadq.features.handover.touches import sales_touches
from leadq.features.predicates import field_check, rule_hits

ATTEMPTS = "attempts"
"""Column of the attempts that are recorded: null where touches are not."""


def asked_for(agreement: Agreement) -> tuple[str, ...]:
    """Return the reasons for which the records must show something."""
    return tuple(reason for reason, one in agreement.after_rejection.items() if one.needs or one.checks)


def attempts_owed(tiers: Sequence[Tier], tier_id: str | None) -> int | None:
    """Return the attempts that a lead's tier owes; the fewest that any tier owes where its tier is not known, in doubt for sales.

    Examples
    --------
    >>> attempts_owed((), "T1") is None
    True
    """
    owed = {tier.id: tier.sla.attempts for tier in tiers if tier.sla is not None and tier.sla.attempts is not None}
    return owed.get(tier_id or "", min(owed.values(), default=None))


def records_at(tables: Tables, points: ir.Table, agreement: Agreement) -> Any:
    """Return what the records show at each point.

    Parameters
    ----------
    tables : Tables
    points : ir.Table
        A table of the engine: ``point_id, lead_id, account_id, as_of_us``.
    agreement : Agreement

    Returns
    -------
    ir.Table
        Materialised: ``point_id``, :data:`ATTEMPTS` (int64) if a reason needs them, and per other reason of :func:`asked_for` a
        column ``shows:<reason>``, whether the records show it.
    """
    after = agreement.after_rejection
    fields = fields_as_of(tables, points, known_fields(tables.history), tables.history.tracked_since)
    found = points.select("point_id", "lead_id")
    if any(one.needs == "attempts" for one in after.values()):
        made = _attempts(tables, points, agreement)
        found = found.left_join(made, "point_id").drop("point_id_right")
        found = found.mutate(attempts=found.attempts.fill_null(0) if tables.history.has_touches else ibis.null("int64"))
    outside = [reason for reason, one in after.items() if one.needs == "outside_ideal_customer"]
    if outside:
        shown = points.select("point_id").left_join(fields, "point_id").drop("point_id_right")
        shown = shown.select("point_id", **dict.fromkeys(map(shows, outside), _misses_a_mark(shown, agreement)))
        found = found.left_join(shown, "point_id").drop("point_id_right")
    merged = [reason for reason, one in after.items() if one.needs == "merged"]
    if merged:
        survivors = present_ids(tables).select(lead_id="survivor", was_merged=ibis.literal(True)).distinct()
        found = found.left_join(survivors, "lead_id").drop("lead_id_right")
        found = found.mutate(**dict.fromkeys(map(shows, merged), found.was_merged.fill_null(False))).drop("was_merged")
    checked = tuple(Rule(id=reason, when=one.checks) for reason, one in after.items() if one.checks)
    if checked:
        hits = rule_hits(tables, points, fields, replace(agreement, rules=checked))
        hits = hits.select("point_id", **{shows(rule.id): hits[f"rule:{rule.id}"] for rule in checked})
        found = found.left_join(hits, "point_id").drop("point_id_right")
    return tables.backend.create_table("records_at_points", found.drop("lead_id"), temp=True, overwrite=True)


def shows(reason: str) -> str:
    """Return the column that says whether the records show a reason."""
    return f"shows:{reason}"


def _attempts(tables: Tables, points: ir.Table, agreement: Agreement) -> ir.Table:
    """Return ``point_id, attempts``: touches of persons towards the lead, of the agreed kinds, by then."""
    made = sales_touches(tables, agreement.clocks.counts_as_touch)
    joined = points.select("point_id", "lead_id", "as_of_us").inner_join(made, "lead_id")
    return joined.filter(joined.touched_us <= joined.as_of_us).group_by("point_id").agg(attempts=ibis._.count())


def _misses_a_mark(fields: ir.Table, agreement: Agreement) -> ir.BooleanValue:
    """Whether a mark of the ideal customer is known and not met."""
    missed = [field_check(fields, _present(check)) & ~field_check(fields, check) for check in agreement.ideal_customer]
    return reduce(lambda left, right: left | right, missed, ibis.literal(False))


def _present(check: Check) -> Check:
    return replace(check, operator="present", values=())
