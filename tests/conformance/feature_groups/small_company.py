"""A small company whose every table has rows before and after a moment, and facts that could not have been known by then."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from leadq.crm.contract.history import OwnField
from leadq.features.feature_settings import FeatureSettings

START = datetime(2025, 3, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=60, hours=5, microseconds=7)
READ_AT = START + timedelta(days=200)
DAYS = st.floats(min_value=1e-9, max_value=100, allow_nan=False)
OWN = {"leads": {"plan": pa.string(), "seats": pa.float64()}, "accounts": {"region": pa.string()}}


def company(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Make a small company whose every table has rows before and after AS_OF."""
    draw = np.random.default_rng(seed)

    def when(low: float = 0, high: float = 120) -> datetime:
        return START + timedelta(microseconds=int(draw.uniform(low, high) * 86_400e6))

    accounts = [
        {
            "account_id": f"A{number}",
            "industry": str(draw.choice(["software", "retail"])),
            "employees": float(draw.integers(5, 2000)),
            "domain": str(draw.choice(["rival.example", "acme.example"])),
            "region": str(draw.choice(["north", "south"])),
        }
        for number in range(4)
    ]
    leads = [
        {
            "lead_id": f"L{number:02d}",
            "created_at": when(0, 80),
            "account_id": f"A{draw.integers(4)}" if draw.random() < 0.8 else None,
            "source": str(draw.choice(["web", "partner"])),
            "title": str(draw.choice(["CEO", "HR Manager"])),
            "email_domain": str(draw.choice(["gmail.com", "uni.edu", "acme.example"])),
            "plan": str(draw.choice(["basic", "pro"])),
            "seats": float(draw.integers(1, 50)),
        }
        for number in range(14)
    ]

    def lead() -> str:
        return f"L{draw.integers(14):02d}"

    events = []
    for _ in range(70):
        occurred, at_account = when(), draw.random() < 0.15
        events.append(
            {
                "lead_id": None if at_account else lead(),
                "account_id": f"A{draw.integers(4)}" if at_account else None,
                "occurred_at": occurred,
                "known_at": occurred + timedelta(days=float(draw.uniform(0, 10))) if draw.random() < 0.5 else None,
                "kind": str(draw.choice(["page view", "demo_request", "email_click"])),
            }
        )
    changes = [
        {
            "entity": "account",
            "entity_id": f"A{draw.integers(4)}",
            "field": "employees",
            "changed_at": when(),
            "old_value": "12",
        }
        for _ in range(6)
    ] + [
        {"entity": "lead", "entity_id": lead(), "field": "plan", "changed_at": when(), "old_value": "basic"}
        for _ in range(6)
    ]
    outcomes = [
        {
            "lead_id": f"L{number:02d}",
            "occurred_at": leads[number]["created_at"] + timedelta(days=20),
            "outcome": outcome,
        }
        for number, outcome in enumerate(["won", "lost", "won", "lost"])
    ]
    return {
        "leads": leads,
        "accounts": accounts,
        "events": events,
        "field_history": changes,
        "touches": [{"lead_id": lead(), "occurred_at": when()} for _ in range(10)],
        "dispositions": [
            {"lead_id": lead(), "decided_at": when(), "decision": str(draw.choice(["accepted", "rejected"]))}
            for _ in range(6)
        ],
        "outcomes": outcomes,
    }


@st.composite
def later_facts(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """Rows that could not have been known at AS_OF, in any table."""
    lead, account = f"L{draw(st.integers(0, 13)):02d}", f"A{draw(st.integers(0, 3))}"
    later = AS_OF + timedelta(microseconds=1) + timedelta(days=draw(DAYS))
    earlier = AS_OF - timedelta(days=draw(DAYS))
    kinds = st.sampled_from(["page view", "demo_request", "email_click", "never seen before"])
    event = {"lead_id": lead, "kind": draw(kinds), "occurred_at": later, "known_at": None}
    possible: list[tuple[str, dict[str, Any]]] = [
        ("events", event),
        ("events", {**event, "occurred_at": earlier, "known_at": later}),
        ("events", {**event, "lead_id": None, "account_id": account}),
        ("events", {**event, "lead_id": None, "account_id": account, "occurred_at": earlier, "known_at": later}),
        ("touches", {"lead_id": lead, "occurred_at": later}),
        ("dispositions", {"lead_id": lead, "decided_at": later, "decision": "accepted"}),
        (
            "outcomes",
            {"lead_id": lead, "occurred_at": later, "outcome": draw(st.sampled_from(["won", "lost", "reopened"]))},
        ),
        ("leads", {"lead_id": "L99", "created_at": later, "account_id": account}),
        (
            "change",
            {"entity": "account", "entity_id": account, "field": "employees", "changed_at": later, "new_value": "77"},
        ),
        ("change", {"entity": "lead", "entity_id": lead, "field": "plan", "changed_at": later, "new_value": "pro"}),
        (
            "change",
            {"entity": "lead", "entity_id": lead, "field": "title", "changed_at": later, "new_value": "Student"},
        ),
    ]
    return draw(st.lists(st.sampled_from(possible), min_size=1, max_size=6))


def side_by_side(companies: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    """Put companies that have nothing to do with each other into one history: looking at them costs what one costs."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for number, one in enumerate(companies):
        for table, some in one.items():
            rows.setdefault(table, []).extend(
                {
                    key: f"C{number}-{value}" if key in _KEYS and value is not None else value
                    for key, value in row.items()
                }
                for row in some
            )
    return rows


_KEYS = ("lead_id", "account_id", "entity_id")


def with_facts(
    rows: dict[str, list[dict[str, Any]]], facts: list[tuple[str, dict[str, Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """Return the company after the facts; a change of a field appends its history and overwrites the current value."""
    rows = copy.deepcopy(rows)
    for table, fact in sorted(facts, key=lambda item: str(item[1].get("changed_at", ""))):
        if table != "change":
            if fact not in rows[table]:
                rows[table].append(fact)
            continue
        target = "leads" if fact["entity"] == "lead" else "accounts"
        key = "lead_id" if target == "leads" else "account_id"
        for row in rows[target]:
            if row[key] == fact["entity_id"]:
                _record(rows["field_history"], row, fact)
    return rows


def _record(history: list[dict[str, Any]], row: dict[str, Any], fact: dict[str, Any]) -> None:
    """Append a change as a CRM would: its old value is what the field held then, by the changes recorded so far."""
    same_field = [
        change for change in history if all(change[name] == fact[name] for name in ("entity", "entity_id", "field"))
    ]
    if any(change["changed_at"] == fact["changed_at"] for change in same_field):
        return
    after = [change for change in same_field if change["changed_at"] > fact["changed_at"]]
    current = row.get(fact["field"])
    held = min(after, key=lambda change: change["changed_at"])["old_value"] if after else current
    history.append({**fact, "old_value": None if held is None else str(held)})
    if not after:
        row[fact["field"]] = float(fact["new_value"]) if fact["field"] == "employees" else fact["new_value"]


def manifest() -> dict[str, Any]:
    """What the company's history says beside its tables."""
    own = tuple(
        OwnField(entity=entity, name=name, type=kind)  # type: ignore[arg-type]
        for entity, name, kind in (
            ("lead", "plan", "category"),
            ("lead", "seats", "number"),
            ("account", "region", "category"),
        )
    )
    since = {
        "account.employees": START,
        "lead.plan": START - timedelta(days=9),
        "lead.title": START - timedelta(days=9),
    }
    return {"read_at": READ_AT, "own_fields": own, "tracked_since": since, "own_types": OWN}


LAW = settings(  # no shrinking: an example takes seconds, the facts printed are few anyway
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(LAW, max_examples=max(2, settings().max_examples // 8))
"""For a law whose examples are eight companies each."""
EASY = FeatureSettings(min_wins_at_age=1, min_rows_of_value=1, min_leads_of_kind=1, ages_days=(0, 7, 30))


def trained_with(*groups: str) -> FeatureSettings:
    """Settings that keep every feature of so small a company, with groups of other packages."""
    return replace(EASY, groups=groups)
