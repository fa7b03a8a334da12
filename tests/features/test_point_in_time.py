"""Promise 1 as laws: nothing later than as-of, by either clock, changes a feature or a rule as of then."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from leadq.crm.contract.history import OwnField
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.feature_settings import FeatureSettings
from leadq.features.labels import labels
from leadq.features.landmarks import training_points
from leadq.features.tonight import OpenLeads, tonight

START = datetime(2025, 3, 1, tzinfo=UTC)
AS_OF = START + timedelta(days=60, hours=5, microseconds=7)
READ_AT = START + timedelta(days=200)
DAYS = st.floats(min_value=1e-9, max_value=100, allow_nan=False)
DISPLAY = {"owner", "source", "campaign"}  # shown as they stand now; no feature reads them
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
                "kind": str(draw.choice(["page view", "demo_request"])),
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
    kinds = st.sampled_from(["page view", "demo_request", "never seen before"])
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
EASY = FeatureSettings(min_wins_at_age=1, min_rows_of_value=1, min_leads_of_kind=1, ages_days=(0, 7, 30))


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory, write_history, agreement):
    """The catalogue is frozen at training; scoring any company with it obeys the law."""
    history = write_history(tmp_path_factory.mktemp("frozen"), company(1), **manifest())
    with open_engine() as backend:
        return build_training_data(backend, history, agreement, EASY).catalogue


def known_at_as_of(backend, history, agreement, catalogue) -> pa.Table:
    """Everything that scoring would see at AS_OF, without what is only shown."""
    table = pa.Table.from_batches(
        list(tonight(backend, OpenLeads(history=history, agreement=agreement, catalogue=catalogue, as_of=AS_OF)))
    )
    return table.drop_columns(sorted(DISPLAY))


@pytest.mark.law
@LAW
@given(seed=st.integers(0, 10_000), facts=later_facts())
def test_nothing_later_than_as_of_changes_a_feature(tmp_path_factory, write_history, agreement, catalogue, seed, facts):
    rows = company(seed)
    folder = tmp_path_factory.mktemp("law")
    before = write_history(folder / "before", rows, **manifest())
    after = write_history(folder / "after", with_facts(rows, facts), **manifest())
    with open_engine() as backend:
        one, two = (known_at_as_of(backend, history, agreement, catalogue) for history in (before, after))
    assert one.num_rows > 3
    assert same(one, two)


def same(one: pa.Table, two: pa.Table) -> bool:
    """Equal bit for bit, NaN being equal to NaN."""
    return one.to_pandas().equals(two.to_pandas())


def settled_labels(backend, history) -> pa.Table:
    """Labels of all landmarks whose horizon was over at AS_OF."""
    tables = open_tables(backend, history)
    points = training_points(tables, EASY.ages_days)
    labelled = points.inner_join(labels(tables, points, horizon_days=30, worked_within_days=14), "point_id")
    settled = labelled.filter(labelled.label_known_us <= microseconds(AS_OF))
    settled = settled.select("lead_id", "as_of_us", "landmark", "label", "mature")
    return settled.filter(settled.landmark >= 0).order_by("lead_id", "landmark").to_pyarrow()


@pytest.mark.law
@LAW
@given(seed=st.integers(0, 10_000), facts=later_facts())
def test_nothing_later_than_the_horizon_changes_a_label(tmp_path_factory, write_history, seed, facts):
    rows = company(seed)
    folder = tmp_path_factory.mktemp("law")
    before = write_history(folder / "before", rows, **manifest())
    after = write_history(folder / "after", with_facts(rows, facts), **manifest())
    with open_engine() as backend:
        one, two = settled_labels(backend, before), settled_labels(backend, after)
    assume(one.num_rows > 3)
    assert one.equals(two)


def test_the_law_can_fail(tmp_path, write_history, agreement, catalogue):
    """A fact before as-of does change features: the tests above are not blind."""
    rows = company(3)
    open_lead = next(row["lead_id"] for row in rows["leads"][4:] if row["created_at"] < AS_OF)
    fact = {"lead_id": open_lead, "kind": "demo_request", "occurred_at": AS_OF - timedelta(hours=1), "known_at": AS_OF}
    before = write_history(tmp_path / "before", rows, **manifest())
    after = write_history(tmp_path / "after", with_facts(rows, [("events", fact)]), **manifest())
    with open_engine() as backend:
        one, two = (known_at_as_of(backend, history, agreement, catalogue) for history in (before, after))
    assert not same(one, two)
