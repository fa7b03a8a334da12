"""Check 4, its third part: a fact that closed leads have and open ones lack is filled in when a lead is closed.

Comparing winners with losers does not show it: both have been closed. But a lead that stays open past the horizon is a loss in training,
so "not filled in" would mean "not won". In one public export every closed deal names its account and two thirds of the open ones do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis.expr.types as ir

from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import open_parquet
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.training_data import TrainingData

DIFFERENCE = 0.30
"""In shares; as an AUC of presence .65, the limit of the check between won and lost."""
MIN_CLOSED = 100
MIN_OPEN = 50
_ACCOUNT = "leads.account_id"
_NO_FACTS = {"lead_id", "account_id", "created_at", "closed_at", "status", "owner", "handed_off_at"}


def check_filled_when_closed(
    backend: Any, history: History, data: TrainingData, tracked: frozenset[str]
) -> Iterator[LeakFinding]:
    """Find facts of leads and accounts that are filled in far more often once a lead is closed.

    Parameters
    ----------
    tracked : frozenset of str
        Fields with recorded changes (``"leads.authority"``): rebuilt as of the moment, so not judged by today's value.
    """
    presence = _presence(backend, history, tracked)
    closed_leads, open_leads = presence.pop(("closed", "")), presence.pop(("open", ""))
    if closed_leads < MIN_CLOSED or open_leads < MIN_OPEN:
        return
    for field in sorted({field for _, field in presence}):
        closed, still_open = presence["closed", field] / closed_leads, presence["open", field] / open_leads
        if closed - still_open >= DIFFERENCE:
            yield LeakFinding(
                check=4,
                name="filled in when a lead is closed",
                field=field,
                features=_features_of(field, data),
                figure=closed - still_open,
                limit=DIFFERENCE,
                consequence="quarantine",
                sentence=f"{field} is filled in for {closed:.0%} of the closed and {still_open:.0%} of the open leads and has no "
                "recorded history: it seems to be filled in when a lead is closed.",
            )


def _features_of(field: str, data: TrainingData) -> tuple[str, ...]:
    """Everything computed from the field; from the link to the account, all that is known of the account."""
    if field == _ACCOUNT:
        through = ("company", "account", "history", "completeness")
        return tuple(
            feature.name
            for feature in data.catalogue.features
            if feature.family in through
            or feature.source.startswith("accounts.")
            or feature.name == "person_email_kind"
        )
    return tuple(feature.name for feature in data.catalogue.features if feature.source == field)


def _presence(backend: Any, history: History, tracked: frozenset[str]) -> dict[tuple[str, str], int]:
    """Count closed and open leads, and per field (``("open", "leads.source")``) how many of them have it."""
    leads = open_parquet(backend, history.path("leads"), "presence_leads")
    accounts = open_parquet(backend, history.path("accounts"), "presence_accounts")
    outcomes = open_parquet(backend, history.path("outcomes"), "presence_outcomes")
    closed = outcomes.filter(outcomes.outcome != "reopened").select(closed_id=outcomes.lead_id).distinct()
    of_leads, of_accounts = _facts(leads, "leads", tracked), _facts(accounts, "accounts", tracked)
    called = {field: f"fact_{place}" for place, field in enumerate((*of_leads, *of_accounts))}
    looked = leads.select("lead_id", "account_id", **{called[field]: known for field, known in of_leads.items()})
    joined = looked.left_join(closed, looked.lead_id == closed.closed_id)
    there = accounts.select(
        account_key=accounts.account_id, **{called[one]: known for one, known in of_accounts.items()}
    )
    joined = joined.left_join(there, joined.account_id == there.account_key)
    is_closed = joined.closed_id.notnull()
    counts: dict[str, ir.Value] = {"closed": is_closed.sum(), "open": (~is_closed).sum()}
    places: dict[str, tuple[str, str]] = {"closed": ("closed", ""), "open": ("open", "")}
    for field, fact in {_ACCOUNT: "", **called}.items():
        known = joined[fact].fill_null(False) if fact else _known(joined.account_id)
        for state, holds in (("closed", is_closed), ("open", ~is_closed)):
            counts[f"{state}:{fact}"] = (known & holds).sum()
            places[f"{state}:{fact}"] = (state, field)
    row = joined.aggregate(**counts).to_pyarrow().to_pylist()[0]
    return {places[name]: int(count or 0) for name, count in row.items()}


def _facts(source: ir.Table, table: str, tracked: frozenset[str]) -> dict[str, ir.BooleanValue]:
    """Whether each fact is known; which ones are none is said of contract columns."""
    names = [name for name in source.columns if name not in _NO_FACTS and f"{table}.{name}" not in tracked]
    return {f"{table}.{name}": _known(source[name]) for name in names}


def _known(value: ir.Value) -> ir.BooleanValue:
    if value.type().is_string():
        return (value.notnull() & (value.strip() != "")).fill_null(False)
    return value.notnull()
