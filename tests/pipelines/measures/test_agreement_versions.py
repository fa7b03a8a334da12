"""Figures of hand-overs are split by the agreement's version, and say who was worked only where enough is logged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.template import template_text
from leadq.crm.contract.history import History
from leadq.crm.contract.score_table import SCORES
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.pipelines.measures.agreement_versions import Version
from leadq.pipelines.measures.deliveries import ScoreFiles
from leadq.pipelines.measures.hand_over_words import hand_overs_in_words
from leadq.pipelines.measures.measure import Measured, measure_tables
from leadq.pipelines.measures.measured_facts import measured_facts
from leadq.pipelines.training.feasibility.kept_agreement import Supply
from leadq.pipelines.training.feasibility.tier_shares import with_hand_overs

START = datetime(2025, 1, 1, tzinfo=UTC)
READ_AT = START + timedelta(days=400)
CHANGED = START + timedelta(days=150)
FORECAST = Supply(tiers=(), source="nothing is known")


@pytest.fixture(scope="module")
def agreed() -> Agreement:
    return replace(parse_agreement(template_text(), where="agreement.yaml"), version=2)


def company() -> dict[str, list[dict[str, Any]]]:
    """Three hundred leads, one a day; each third is won after ten days, every other one is called, by a robot's note the rest."""
    rows: dict[str, list[dict[str, Any]]] = {"leads": [], "outcomes": [], "touches": []}
    for number in range(300):
        lead_id, created = f"L{number:03d}", START + timedelta(days=number, hours=9)
        rows["leads"].append({"lead_id": lead_id, "created_at": created})
        if number % 3 == 0:
            rows["outcomes"].append({"lead_id": lead_id, "occurred_at": created + timedelta(days=10), "outcome": "won"})
        kind, direction = (("Call", "out"), ("email", "in"), ("note", "out"), ("call", None))[number % 4]
        touched = {
            "lead_id": lead_id,
            "occurred_at": created + timedelta(hours=2),
            "kind": kind,
            "direction": direction,
        }
        rows["touches"].append(touched)
    return rows


Measure = Callable[[Agreement], Measured]


@pytest.fixture
def measured(tmp_path: Path, write_history: Callable[..., History]) -> Measure:
    history = write_history(tmp_path / "history", company(), read_at=READ_AT)
    files = []
    for night in range(0, 310, 1):
        as_of = START + timedelta(days=night)
        shared = {"as_of": as_of, "scored_at": as_of, "run_id": f"n{night:03d}", "tier_by": "model", "probability": 0.2}
        version = 1 if as_of < CHANGED else 2
        leads = range(max(0, night - 1), min(300, night))
        rows = [
            {"lead_id": f"L{one:03d}", "tier": f"T{one % 2 + 1}", "agreement_version": version, **shared}
            for one in leads
        ]
        files += rows
    path = tmp_path / "scores.parquet"
    pq.write_table(pa.Table.from_pylist(files, schema=SCORES), path)

    def measure(agreement: Agreement) -> Measured:
        versions = (
            Version(number=1, since_us=microseconds(START), agreement=None),
            Version(number=2, since_us=microseconds(CHANGED), agreement=agreement),
        )
        with open_engine(threads=1) as backend:
            tables = open_tables(backend, history)
            return measure_tables(tables, agreement, scores=ScoreFiles(files=(path,), gone=0), versions=versions)

    return measure


def clocks(agreement: Agreement, **changed: Any) -> Agreement:
    return replace(agreement, clocks=replace(agreement.clocks, **changed))


def test_no_figure_crosses_a_change_of_the_agreement(agreed: Agreement, measured: Measure) -> None:
    found = measured(clocks(agreed, logged_share_at_least=None))
    [earlier] = found.earlier
    # the lead that came in on the day before the change was first scored under the new version
    assert (earlier.number, earlier.figures[0].handed_over, found.figures[0].handed_over) == (1, 149, 151)
    assert sum(one.handed_over for one in earlier.figures[1:]) == 148  # the first lead was there before the first score
    words = hand_overs_in_words(found)
    assert any(
        line.startswith("Under version 1 of the agreement (until 2025-05-31), all tiers: of 149") for line in words
    )
    assert any("T1 (what it promised is no longer in the store)" in line for line in words)
    assert any(line.startswith("T1 (30 % promised): of ") for line in words)
    facts = measured_facts(found)["hand_overs"]
    assert facts["earlier_versions"][0]["figures"][0]["handed_over"] == 149
    assert measured(replace(clocks(agreed, logged_share_at_least=None), version=3)).figures[0].handed_over == 0


def test_supply_is_all_hand_overs_by_month_tier_and_version(agreed: Agreement, measured: Measure) -> None:
    supply = with_hand_overs(FORECAST, measured(agreed))
    assert supply.source == "all leads handed over, by their tier at that moment"
    assert [one.months for one in supply.tiers] == [
        (15, 15, 16, 15),
        (15, 16, 15, 15),
    ]  # June to September, worked or not
    [earlier] = supply.earlier
    assert [one.months for one in earlier.tiers] == [(14, 15, 15), (14, 16, 15)]  # February to April


@pytest.mark.parametrize(
    ("kinds", "worked", "other"),
    [
        ((), 151, {}),
        (("call",), 76, {"email": 75, "note": 75}),
        (("call", "meeting", "email"), 76, {"note": 75}),
        (("Note",), 37, {"Call": 75, "call": 75, "email": 75}),
    ],
)
def test_agreed_kinds_decide_who_was_worked(
    agreed: Agreement, measured: Measure, kinds: tuple[str, ...], worked: int, other: dict[str, int]
) -> None:
    found = measured(clocks(agreed, counts_as_touch=kinds, logged_share_at_least=None))
    assert found.figures[0].worked is not None
    assert abs(found.figures[0].worked.n - worked) <= 1
    assert dict(found.other_touches) == other


def test_who_was_worked_is_said_only_where_enough_is_logged(agreed: Agreement, measured: Measure) -> None:
    found = measured(clocks(agreed, counts_as_touch=("call",), logged_share_at_least=0.9))
    assert found.figures[0].worked is None
    assert found.logged.won == 100
    [said] = [line for line in hand_overs_in_words(found) if line.startswith("Calls are not fully logged")]
    assert said.startswith(
        "Calls are not fully logged: 50 % of 100 won leads show none, and 90 % must show one as agreed"
    )
    assert measured(clocks(agreed, counts_as_touch=("call",), logged_share_at_least=0.5)).figures[0].worked is not None
