"""Which rules a history must keep: the contract's, and how far own fields may differ from when the model was trained.

Integrity rules hold every night. ``training=True`` adds what only a whole history can show: enough rows, and both
outcomes. Whether there are enough wins to learn from is counted where it is known which leads a model may learn from
(``features/readiness/minimum_outcomes.py``). An optional table without rows gets no rules, a source without dates none about time.

Own fields and those of the contract are compared every night with the profile in the bundle (``field_drift.py``), and warn beyond
:data:`MISSING_DIFFERS`, :data:`UNSEEN_SHARE`, :data:`UNSEEN_MOSTLY`, :data:`SHARE_DIFFERS` and :data:`LISTED_DIFFER`; they never stop,
for a company may change its forms. What stops is a field that is gone, empty or of another type (``pipelines/project/schema_check.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow.parquet as pq

from leadq.crm.contract.crm_tables import OWNER_ROLES, WITHDRAWN, WORKED_AGAIN
from leadq.crm.contract.history import History
from leadq.crm.gate.rules import Operand, Rule, RuleKind, Severity

MIN_WINS = 60
"""Below it nothing useful can be learnt; as many leads without a win are needed."""
MIN_LEADS = 2 * MIN_WINS

MISSING_DIFFERS = 0.10
"""Difference of the share of leads without a value."""
UNSEEN_SHARE, UNSEEN_LEADS = 0.05, 5
"""Share of leads with a value of a category that was not there at training, and how many there must be."""
UNSEEN_LOOKED_AT = 0.01
"""The same from which on it is looked at whether a word of training is only written otherwise."""
UNSEEN_MOSTLY = 0.50
"""The same where values come and go by nature (campaigns), or where only the model's own list of values is known."""
SHARE_DIFFERS = 0.20
"""Difference of a value's share, or of the share of leads up to a number: a fifth of the leads are others than before.

Half of all differences of the listed values together, and the rest as one, is held to the same.
"""
LISTED_DIFFER = 0.5
"""The same for a category with so many values that those listed are of few leads: a part of their share at training, if that is less."""

_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # 1970 and 1900 are what spreadsheets and databases write for "no date"
_CLOCK = "Check the time zone and the date format in leadq.yaml; a day and a month may be swapped."
_KEY = "Check the column that is mapped to the identifier in leadq.yaml."
_LARGEST = 1e15  # beyond it a double no longer holds cents exactly, and no field of a company gets there


def rules_for(history: History, *, training: bool = False) -> tuple[Rule, ...]:
    """Return the rules that ``history`` must keep.

    Parameters
    ----------
    history : History
    training : bool
        Add the rules on the whole: enough leads and wins, both outcomes.
    """
    contract = [*_leads(history), *_accounts(), *_opportunities(history), *_activity(history), *_outcomes(history)]
    rules = [*contract, *_own_fields(history)]
    if training:
        rules += _whole_history()
    filled = {table: _columns(history, table) for table in {rule.table for rule in rules}}
    needed = ("leads",) if not training else ("leads", "outcomes")
    return tuple(rule for rule in rules if _applies(rule, filled, history, needed))


def _applies(rule: Rule, filled: dict[str, frozenset[str]], history: History, needed: tuple[str, ...]) -> bool:
    if rule.kind in ("min_rows", "min_leads"):
        return True
    columns = filled[rule.table]
    if not columns and rule.table not in needed:
        return False
    if rule.kind == "references":  # a company that gives no accounts has no orphans among them
        parent, _, _ = rule.other.partition(".")
        return rule.column in columns and bool(_columns(history, parent))
    return rule.column in columns and (rule.kind not in ("ordered", "either") or rule.other in columns)


def _columns(history: History, table: str) -> frozenset[str]:
    """Columns of a table that has rows; empty for one without, or without a file."""
    if not history.has(table):
        return frozenset()
    parquet = pq.read_metadata(history.path(table))
    return frozenset(parquet.schema.to_arrow_schema().names) if parquet.num_rows else frozenset()


def _rule(
    where: str,
    kind: RuleKind,
    *values: Operand,
    remedy: str,
    other: str = "",
    mostly: float = 1.0,
    severity: Severity = "stop",
) -> Rule:
    table, _, column = where.partition(".")
    return Rule(
        table=table,
        column=column,
        kind=kind,
        values=values,
        other=other,
        mostly=mostly,
        severity=severity,
        remedy=remedy,
    )


def _leads(history: History) -> Iterator[Rule]:
    yield _rule("leads", "min_rows", 1, remedy="Check the path of the leads source in leadq.yaml.")
    yield _rule("leads.lead_id", "not_null", remedy=_KEY)
    yield _rule("leads.lead_id", "unique", remedy=f"{_KEY} Merged leads belong into lead_aliases.")
    yield _rule(
        "leads.email_domain",
        "matches",
        r"^[^@]*$",
        remedy="Map the address to email: the reader keeps its domain only. Personal data may not enter.",
    )
    yield _rule("leads.account_id", "references", other="accounts.account_id", mostly=0.8, remedy=_orphan("accounts"))
    if not history.dated:
        return
    read_at = history.read_at
    yield _rule("leads.created_at", "not_null", mostly=0.5, remedy="Leads without a date cannot be scored.")
    yield _rule("leads.created_at", "between", _EARLIEST, None, mostly=0.99, remedy=_CLOCK)
    yield _rule("leads.created_at", "not_after", read_at, mostly=0.99, remedy=_CLOCK)
    yield _rule("leads.closed_at", "not_after", read_at, mostly=0.99, remedy=_CLOCK)
    yield _rule("leads.closed_at", "ordered", other="created_at", mostly=0.95, remedy=_CLOCK)
    yield _rule("leads.handed_off_at", "ordered", other="created_at", severity="warn", remedy=_CLOCK)


def _accounts() -> Iterator[Rule]:
    yield _rule("accounts.account_id", "not_null", remedy=_KEY)
    yield _rule("accounts.account_id", "unique", remedy=_KEY)
    yield _rule("accounts.employees", "between", 0.0, 1e7, severity="warn", remedy="Check the unit of the column.")
    yield _rule("accounts.annual_revenue", "between", 0.0, None, severity="warn", remedy="Check the sign and the unit.")


def _opportunities(history: History) -> Iterator[Rule]:
    yield _rule("opportunities.opportunity_id", "not_null", remedy=_KEY)
    yield _rule("opportunities.opportunity_id", "unique", remedy=_KEY)
    yield _rule("opportunities.lead_id", "either", other="account_id", remedy=_KEY)
    yield _rule("opportunities.lead_id", "references", other="leads.lead_id", mostly=0.8, remedy=_orphan("leads"))
    yield _rule(
        "opportunities.outcome", "in_set", "won", "lost", "open", remedy="Map the value in outcome: of leadq.yaml."
    )
    yield _rule("opportunities.amount", "between", 0.0, None, severity="warn", remedy="Check the sign.")
    if history.dated:
        yield _rule("opportunities.created_at", "not_after", history.read_at, mostly=0.99, remedy=_CLOCK)
        yield _rule("opportunities.closed_at", "ordered", other="created_at", mostly=0.95, remedy=_CLOCK)


def _activity(history: History) -> Iterator[Rule]:
    moments = {
        "events": "occurred_at",
        "touches": "occurred_at",
        "dispositions": "decided_at",
        "field_history": "changed_at",
    }
    for table, moment in moments.items():
        yield _rule(f"{table}.{moment}", "not_null", remedy=_CLOCK)
        if history.dated:
            yield _rule(f"{table}.{moment}", "not_after", history.read_at, mostly=0.99, remedy=_CLOCK)
        if table != "field_history":
            yield _rule(f"{table}.lead_id", "references", other="leads.lead_id", mostly=0.8, remedy=_orphan("leads"))
    yield _rule("events.lead_id", "either", other="account_id", remedy=_KEY)
    yield _rule("events.account_id", "references", other="accounts.account_id", mostly=0.8, remedy=_orphan("accounts"))
    yield _rule("events.kind", "not_null", remedy="Map the column that says what happened.")
    yield _rule("touches.lead_id", "not_null", remedy=_KEY)
    yield _rule("dispositions.lead_id", "not_null", remedy=_KEY)
    decisions = ("accepted", "rejected", WITHDRAWN, WORKED_AGAIN)
    yield _rule("dispositions.decision", "in_set", *decisions, remedy="Map the value in leadq.yaml.")
    yield _rule("field_history.entity", "in_set", "lead", "account", remedy="Map the value in leadq.yaml.")
    yield _rule("field_history.entity_id", "not_null", remedy=_KEY)
    yield _rule("field_history.field", "not_null", remedy="Map the column that names the changed field.")
    yield _rule("lead_aliases.old_lead_id", "unique", remedy="A lead merges into one other only.")
    yield _rule("lead_aliases.lead_id", "references", other="leads.lead_id", mostly=0.8, remedy=_orphan("leads"))
    yield _rule("campaign_costs.month", "matches", r"^\d{4}-(0[1-9]|1[0-2])$", remedy="Write months as 2026-09.")
    yield _rule("campaign_costs.cost", "between", 0.0, None, severity="warn", remedy="Check the sign.")
    yield _rule("campaign_costs.currency", "not_null", severity="warn", remedy="An amount needs its currency.")
    yield from _people_and_money()


def _people_and_money() -> Iterator[Rule]:
    unknown = (
        "Give a row of owners to everyone who owns leads, queues too, written as the leads' owner column writes it."
    )
    yield _rule("owners.owner", "not_null", remedy=_KEY)
    yield _rule("owners.owner", "unique", remedy="Keep one row an owner.")
    yield _rule("owners.role", "in_set", *OWNER_ROLES, remedy="Map the value in leadq.yaml.")
    yield _rule("owners.active_to", "ordered", other="active_from", severity="warn", remedy=_CLOCK)
    yield _rule("leads.owner", "references", other="owners.owner", mostly=0.8, severity="warn", remedy=unknown)
    yield _rule("customers.account_id", "not_null", remedy=_KEY)
    yield _rule(
        "customers.account_id", "references", other="accounts.account_id", mostly=0.8, severity="warn",
        remedy=_orphan("accounts"),
    )  # fmt: skip
    yield _rule("customers.ended_at", "ordered", other="started_at", severity="warn", remedy=_CLOCK)
    for table in ("customers", "sales_costs"):
        yield _rule(f"{table}.month", "matches", r"^\d{4}-(0[1-9]|1[0-2])$", remedy="Write months as 2026-09.")
    yield _rule("sales_costs.cost", "between", 0.0, None, severity="warn", remedy="Check the sign.")
    yield _rule("sales_costs.currency", "not_null", severity="warn", remedy="An amount needs its currency.")


def _outcomes(history: History) -> Iterator[Rule]:
    yield _rule("outcomes.lead_id", "references", other="leads.lead_id", remedy=_orphan("leads"))
    yield _rule("outcomes.outcome", "in_set", "won", "lost", "reopened", remedy="Map it in outcome: of leadq.yaml.")
    if history.dated:
        yield _rule("outcomes.occurred_at", "not_null", remedy="An outcome without a date cannot be used.")
        yield _rule("outcomes.occurred_at", "not_after", history.read_at, remedy=_CLOCK)
        yield _rule("outcomes.occurred_at", "not_before_lead", mostly=0.95, remedy=_CLOCK)


def _own_fields(history: History) -> Iterator[Rule]:
    for field in history.own_fields:
        if field.type == "number":
            column = f"{field.entity}s.{field.name}"
            yield _rule(column, "between", -_LARGEST, _LARGEST, remedy="Refuse the field or fix the number in the CRM.")


def _whole_history() -> Iterator[Rule]:
    longer = "Give a longer history, or check that closed leads are in the source."
    missing = "Check outcome: in leadq.yaml; a value may not be mapped, or the export leaves these leads out."
    yield _rule("leads", "min_rows", MIN_LEADS, remedy=longer)
    yield _rule("outcomes.outcome", "min_leads", 1, other="won", remedy=missing)
    yield _rule("outcomes.outcome", "min_leads", 1, other="lost", remedy=missing)


def _orphan(parent: str) -> str:
    return f"Its key is not among {parent}: check that both sources write keys alike and are of the same day."
