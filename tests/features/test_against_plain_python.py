"""Features against a slow, plain reading of their definitions, on small random companies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from leadq.features.engine.duckdb_engine import open_engine, open_tables
from leadq.features.groups.account import AccountGroup
from leadq.features.groups.intent import IntentGroup
from leadq.features.groups.protocol import FeatureContext
from leadq.features.landmarks import training_points

START = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
YEARS = timedelta(days=730)


def random_company(seed: int, stretch: int) -> dict[str, list[dict[str, Any]]]:
    draw = np.random.default_rng(seed)

    def when(high: float = 150) -> datetime:
        return START + timedelta(hours=int(draw.uniform(0, high * stretch * 24)))  # whole hours: ties happen

    leads = [
        {"lead_id": f"L{n:02d}", "created_at": when(90), "account_id": f"A{draw.integers(3)}" if n % 4 else None}
        for n in range(16)
    ]
    events = []
    for _ in range(160):
        occurred, signal = when(), draw.random() < 0.2
        events.append(
            {
                "lead_id": None if signal else f"L{draw.integers(16):02d}",
                "account_id": f"A{draw.integers(3)}" if signal else None,
                "occurred_at": occurred,
                "known_at": occurred + timedelta(hours=int(draw.uniform(0, 900))) if draw.random() < 0.5 else None,
                "kind": str(draw.choice(["visit", "demo"])),
            }
        )
    outcomes = [
        {
            "lead_id": f"L{n:02d}",
            "occurred_at": leads[n]["created_at"] + 25 * DAY,
            "outcome": "won" if n % 3 else "lost",
        }
        for n in range(8)
    ]
    outcomes.append({"lead_id": "L00", "occurred_at": leads[0]["created_at"] + 28 * DAY, "outcome": "reopened"})
    return {"leads": leads, "events": events, "outcomes": outcomes}


def visible(event: dict[str, Any]) -> datetime:
    return max(event["occurred_at"], event["known_at"] or event["occurred_at"])


def active(rows: dict[str, Any], lead_id: str, as_of: datetime) -> bool:
    return any(
        event["lead_id"] == lead_id and visible(event) <= as_of and as_of - event["occurred_at"] <= MONTH
        for event in rows["events"]
    )


def account_by_hand(rows: dict[str, Any], lead: dict[str, Any], as_of: datetime) -> dict[str, int | None]:
    others = [
        other
        for other in rows["leads"]
        if other["account_id"] == lead["account_id"]
        and as_of - YEARS <= other["created_at"] <= as_of
        and other is not lead
    ]
    members = {row["lead_id"] for row in rows["leads"] if row["account_id"] == lead["account_id"]}
    past = [
        row for row in rows["outcomes"] if row["lead_id"] in members and as_of - YEARS <= row["occurred_at"] <= as_of
    ]
    wins = [row["occurred_at"] for row in past if row["outcome"] == "won"]
    return {
        "account_people": len(others),
        "account_people_active_30d": sum(
            active(rows, row["lead_id"], as_of)
            for row in rows["leads"]
            if row is not lead and row["account_id"] == lead["account_id"] and row["created_at"] <= as_of
        ),
        "account_events_30d": sum(
            event["account_id"] == lead["account_id"]
            and visible(event) <= as_of
            and as_of - event["occurred_at"] <= MONTH
            for event in rows["events"]
        ),
        "history_wins": len(wins),
        "history_losses": sum(row["outcome"] == "lost" for row in past),
        "history_wins_180d": sum(as_of - won <= timedelta(days=180) for won in wins),
    }


def intent_by_hand(rows: dict[str, Any], lead: dict[str, Any], as_of: datetime) -> dict[str, float | None]:
    seen = [event for event in rows["events"] if event["lead_id"] == lead["lead_id"] and visible(event) <= as_of]
    found: dict[str, float | None] = {}
    for family, events in (("engagement", seen), ("intent_demo", [event for event in seen if event["kind"] == "demo"])):
        for days in (7, 30, 90):
            recent = [event for event in events if as_of - event["occurred_at"] <= days * DAY]
            found[f"{family}_count_{days}d"] = len(recent)
            found[f"{family}_active_days_{days}d"] = len({event["occurred_at"].date() for event in recent})
        latest = max((event["occurred_at"] for event in events), default=None)
        found[f"{family}_days_since"] = None if latest is None else (as_of - latest).days
    month = {event["kind"] for event in seen if as_of - event["occurred_at"] <= MONTH}
    found["engagement_kinds_30d"] = len(month)
    return found


def is_open(rows: dict[str, Any], lead_id: str, as_of: datetime) -> bool:
    past = [row for row in rows["outcomes"] if row["lead_id"] == lead_id and row["occurred_at"] <= as_of]
    return not past or max(past, key=lambda row: row["occurred_at"])["outcome"] == "reopened"


@pytest.mark.parametrize(("seed", "stretch"), [(1, 1), (2, 9)], ids=["within months", "over years"])
def test_points_and_features_are_what_their_definitions_say(tmp_path, write_history, agreement, seed, stretch):
    rows = random_company(seed, stretch)
    history = write_history(tmp_path / "history", rows, read_at=START + 120 * stretch * DAY)
    ages = (0, 7, 30, 45)
    with open_engine() as backend:
        tables = open_tables(backend, history)
        points = training_points(tables, ages)
        looks = points.to_pandas()
        context = FeatureContext(
            tables=tables,
            points=points,
            agreement=agreement,
            fields=(),
            tracked_since={},
            event_kinds=("visit", "demo"),
        )
        of_account, of_intent = (
            group.compute(context).to_pandas().set_index("point_id") for group in (AccountGroup(), IntentGroup())
        )
    leads = {row["lead_id"]: row for row in rows["leads"]}
    expected = {
        (lead_id, age)
        for lead_id, lead in leads.items()
        for age in range(len(ages))
        if lead["created_at"] + ages[age] * DAY <= history.read_at
        and is_open(rows, lead_id, lead["created_at"] + ages[age] * DAY)
    }
    assert set(zip(looks.lead_id, looks.landmark, strict=True)) == expected
    for look in looks.itertuples():
        lead = leads[look.lead_id]
        as_of = lead["created_at"] + ages[look.landmark] * DAY
        if lead["account_id"] is not None:
            by_hand = account_by_hand(rows, lead, as_of)
            computed = of_account.loc[look.point_id]
            assert {name: none(computed[name]) for name in by_hand} == by_hand, (look.lead_id, as_of)
        by_hand = intent_by_hand(rows, lead, as_of)
        if look.point_id in of_intent.index:
            computed = of_intent.loc[look.point_id]
            assert {name: none(computed[name]) for name in by_hand} == by_hand, (look.lead_id, as_of)
        else:
            assert not any(by_hand.values())


def none(value: float) -> float | None:
    return None if value != value or value is None else value
