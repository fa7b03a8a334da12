"""Check 4, its third part: a fact that closed leads have and open ones lack is filled in when a lead is closed.

Comparing winners with losers does not show it: both have been closed. But a lead that stays open past the horizon is a loss in training,
so "not filled in" would mean "not won". In one public export every closed deal names its account and two thirds of the open ones do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ibis.expr.types as ir

from leadq.crm.contract.history import History
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
    closed_leads, open_leads = presence.pop("closed"), presence.pop("open")
    if closed_leads < MIN_CLOSED or open_leads < MIN_OPEN:
        return
    for field in sorted({name.split("|")[1] for name in presence}):
        closed, still_open = presence[f"closed|{field}"] / closed_leads, presence[f"open|{field}"] / open_leads
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


def _presence(backend: Any, history: History, tracked: frozenset[str]) -> dict[str, int]:
    """Count closed and open leads, and per field (``"open|leads.source"``) how many of them have it."""
    leads = backend.read_parquet(str(history.path("leads")), table_name="presence_leads")
    accounts = backend.read_parquet(str(history.path("accounts")), table_name="presence_accounts")
    outcomes = backend.read_parquet(str(history.path("outcomes")), table_name="presence_outcomes")
    closed_ids = outcomes.filter(outcomes.outcome != "reopened").select("lead_id").distinct()
    joined = leads.left_join(closed_ids.mutate(is_closed=True), "lead_id").drop("lead_id_right")
    joined = joined.mutate(is_closed=joined.is_closed.fill_null(False))
    joined = joined.left_join(accounts, "account_id", rname="account:{name}")
    facts = {_ACCOUNT: joined.account_id, **_facts(joined, leads, "leads", tracked)}
    facts |= _facts(joined, accounts, "accounts", tracked, already=frozenset(leads.columns))
    counts: dict[str, ir.Value] = {"closed": joined.is_closed.sum(), "open": (~joined.is_closed).sum()}
    for field, value in facts.items():
        counts[f"closed|{field}"] = (_known(value) & joined.is_closed).sum()
        counts[f"open|{field}"] = (_known(value) & ~joined.is_closed).sum()
    row = joined.aggregate(**counts).to_pyarrow().to_pylist()[0]
    return {name: int(count or 0) for name, count in row.items()}


def _facts(
    joined: ir.Table, source: ir.Table, table: str, tracked: frozenset[str], already: frozenset[str] = frozenset()
) -> dict[str, ir.Value]:
    names = [name for name in source.columns if name not in _NO_FACTS and f"{table}.{name}" not in tracked]
    return {f"{table}.{name}": joined[f"account:{name}" if name in already else name] for name in names}


def _known(value: ir.Value) -> ir.BooleanValue:
    if value.type().is_string():
        return (value.notnull() & (value.strip() != "")).fill_null(False)
    return value.notnull()
