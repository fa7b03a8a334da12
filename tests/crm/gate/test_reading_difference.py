"""Two readings of the same sources: every column that differs is told with how many rows and an example, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from leadq.crm.contract.history import History
from leadq.crm.gate.reading_difference import ColumnDifference, differing_columns

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
OWN = {"leads": {"seats": pa.float64(), "plan": pa.string(), "vorname": pa.string()}}
Rows = dict[str, list[dict[str, Any]]]


def company() -> Rows:
    """Two leads with an account each, events without a key, one lead won."""
    leads = [
        {
            "lead_id": f"L{n}",
            "created_at": NOON.replace(day=n),
            "account_id": f"A{n}",
            "source": "Messe",
            "seats": float(n),
            "plan": "pro",
            "vorname": "Änne",
        }
        for n in (1, 2, 3)
    ]
    return {
        "leads": leads,
        "accounts": [{"account_id": f"A{n}", "employees": 1240.0} for n in (1, 2, 3)],
        "events": [{"lead_id": "L1", "occurred_at": NOON, "kind": kind} for kind in ("demo", "demo", "mail")],
        "outcomes": [{"lead_id": "L1", "occurred_at": NOON, "outcome": "won"}],
    }


@pytest.fixture
def compared(
    tmp_path: Path, write_history: Callable[..., History]
) -> Callable[[Rows, Rows, dict[str, dict[str, pa.DataType]]], dict[str, ColumnDifference]]:
    def compare(then: Rows, now: Rows, types: dict[str, dict[str, pa.DataType]]) -> dict[str, ColumnDifference]:
        sides = [
            write_history(tmp_path / name, rows, own_types=own, sha256=name)
            for name, rows, own in (("then", then, OWN), ("now", now, types))
        ]
        return {one.column: one for one in differing_columns(sides[0], sides[1])}

    return compare


def test_the_same_values_in_another_order_are_no_difference(compared: Callable[..., Any]) -> None:
    now = company()
    for rows in now.values():
        rows.reverse()
    assert compared(company(), now, OWN) == {}


def _employees(now: Rows) -> None:
    now["accounts"][1]["employees"] = 1.24


def _later(now: Rows) -> None:
    for lead in now["leads"][:2]:
        lead["created_at"] = lead["created_at"].replace(hour=23)


def _event(now: Rows) -> None:
    now["events"][0]["kind"] = "visit"


def _lost(now: Rows) -> None:
    now["outcomes"] = [
        {"lead_id": "L1", "occurred_at": NOON, "outcome": "won"},
        {"lead_id": "L2", "occurred_at": NOON, "outcome": "lost"},
    ]


def _missing(now: Rows) -> None:
    now["leads"][2]["source"] = None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_employees, {"accounts.employees: 1 of 3 accounts, such as A2: 1240, now 1.24"}),
        (_later, {"leads.created_at: 2 of 3 leads, such as L1: 2026-05-01 12:00:00, now 2026-05-01 23:00:00"}),
        (_event, {'events.kind: 1 of 3 rows, such as "demo", now "visit"'}),
        (
            _lost,
            {
                'outcomes.outcome: 1 of 3 leads, such as L2: "open", now "lost"',
                "outcomes.occurred_at: 1 of 3 leads, such as L2: nothing, now 2026-05-04 12:00:00",
            },
        ),
        (_missing, {'leads.source: 1 of 3 leads, such as L3: "Messe", now nothing'}),
    ],
)
def test_what_differs_is_told_with_an_example_both_ways(
    change: Callable[[Rows], None], said: set[str], compared: Callable[..., Any]
) -> None:
    now = company()
    change(now)
    assert {one.in_words() for one in compared(company(), now, OWN).values()} == said


def test_rows_and_columns_of_one_reading_alone(compared: Callable[..., Any]) -> None:
    now = company()
    del now["leads"][2]
    for lead in now["leads"]:
        del lead["vorname"]
    found = compared(company(), now, {"leads": {"seats": pa.float64(), "plan": pa.string()}})
    assert found["leads"].in_words() == "leads: 3 rows, now 2 rows; 1 by one reading only"
    assert found["leads.vorname"].in_words() == "leads.vorname: 2 of 3 leads, such as L1: a value, now left out"
    assert "Änne" not in str(found)


def test_another_type_is_another_value(compared: Callable[..., Any]) -> None:
    now = company()
    for lead in now["leads"]:
        lead["seats"] = "few"
    types = {"leads": {**OWN["leads"], "seats": pa.string()}}
    assert (
        compared(company(), now, types)["leads.seats"].in_words()
        == 'leads.seats: 3 of 3 leads, such as L1: 1, now "few"'
    )
