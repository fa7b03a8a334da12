"""Opportunities as changes of a lead's state, and which candidate rows change something: the same in every reading.

Leaves out which words of the data mean won, lost or open.
"""

from __future__ import annotations

from leadq.crm.config.schema import FromOpportunities
from leadq.crm.reading.findings import Findings
from leadq.crm.storage.scratch_database import ROW, Relation, count, scalar
from leadq.foundation.plurals import counted, one_or_many


def state_changes(candidates: Relation) -> Relation:
    """Keep the rows that change a lead's state; at one moment a re-opening comes before a win, a win before a loss."""
    rank = "CASE outcome WHEN 'reopened' THEN 0 WHEN 'won' THEN 1 ELSE 2 END"
    before = f"lag(outcome) OVER (PARTITION BY lead_id ORDER BY occurred_at, {rank})"
    ranked = candidates.project(f"lead_id, occurred_at, outcome, {before} AS before")
    kept = ranked.filter(
        "outcome = 'won' OR (outcome = 'lost' AND (before IS NULL OR before = 'reopened')) "
        "OR (outcome = 'reopened' AND before IN ('won', 'lost'))"
    )
    return kept.project("lead_id, occurred_at, outcome")


def from_opportunities(findings: Findings, origin: FromOpportunities) -> Relation:
    """Return candidate rows (lead_id, occurred_at, outcome) of the good opportunities, each credited to its lead."""
    _credited(findings, origin).create("credited")
    credited = findings.connection.table("credited")
    won = credited.filter("outcome = 'won'").project("lead_id, closed_at AS occurred_at, 'won' AS outcome")
    lost = _without_another(credited.filter("outcome = 'lost'"), credited, "closed_at")
    created = credited.project("lead_id, created_at AS occurred_at, 'reopened' AS outcome")
    leads = findings.good("leads").filter("closed_at IS NOT NULL")
    given_up = _without_another(leads, credited, "closed_at")
    return won.union(lost).union(created).union(given_up).distinct()


def _without_another(closing: Relation, credited: Relation, moment: str) -> Relation:
    """Losses of ``closing`` rows at whose time no opportunity of the lead is open (or won at that moment)."""
    closing = closing.project(f"lead_id, {moment} AS occurred_at").distinct().set_alias("closing")
    other = credited.set_alias("other")
    still = (
        "closing.lead_id = other.lead_id AND other.created_at <= closing.occurred_at "
        "AND (other.closed_at IS NULL OR other.closed_at > closing.occurred_at "
        "OR (other.outcome = 'won' AND other.closed_at = closing.occurred_at))"
    )
    return closing.join(other, still, how="anti").project("lead_id, occurred_at, 'lost' AS outcome")


def _credited(findings: Findings, origin: FromOpportunities) -> Relation:
    """Opportunities with the lead they count for; those of an account are credited to its latest lead before them."""
    rows = findings.good("opportunities").project(f"{ROW}, lead_id, account_id, created_at, closed_at, outcome")
    own = rows.filter("lead_id IS NOT NULL")
    of_account = rows.filter("lead_id IS NULL").set_alias("of_account")
    leads = findings.good("leads").project("lead_id, account_id, created_at").filter("account_id IS NOT NULL")
    near = (
        "of_account.account_id = leads.account_id AND leads.created_at <= of_account.created_at "
        f"AND leads.created_at >= of_account.created_at - INTERVAL {origin.credit_within_days} DAY"
    )
    latest = (
        of_account.join(leads.set_alias("leads"), near)
        .project(f"of_account.{ROW} AS {ROW}, struct_pack(at := leads.created_at, id := leads.lead_id) AS lead")
        .aggregate(f"{ROW} AS latest_row, max(lead).id AS latest_lead")
        .set_alias("latest")
    )
    matched = of_account.join(latest, f"of_account.{ROW} = latest.latest_row")
    credited = matched.project(f"{ROW}, latest_lead AS lead_id, account_id, created_at, closed_at, outcome")
    nobody = count(of_account) - count(credited)
    if nobody:
        wins = scalar(of_account, "count_true(outcome = 'won')") - scalar(credited, "count_true(outcome = 'won')")
        findings.notes.append(
            f"outcomes: {counted(nobody, 'opportunity', 'opportunities')} ({wins} won) {one_or_many(nobody, 'is', 'are')} "
            f"unattributed: no lead of the account was created within {counted(origin.credit_within_days, 'day')} before"
        )
    return own.union(credited)
