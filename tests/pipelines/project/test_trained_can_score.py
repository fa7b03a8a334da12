"""What a model learnt from, it can be asked about: no history that trains is refused on the same night for its shape.

A company gives what it has. Each case leaves something out, a table, a column or what fills it, and looks at both ends:
the catalogue that training makes, and what a night with the same sources demands.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.crm_tables import ACCOUNTS, LEADS
from leadq.crm.contract.history import History, OwnField
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.pipelines.getting_started.init import init
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.project.schema_check import shape_problems

READ_AT = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = FeatureSettings(ages_days=(0, 7), min_wins_at_age=1, min_rows_of_value=1)
OWN = (
    OwnField(entity="lead", name="seats", type="number"),
    OwnField(entity="lead", name="product", type="category"),
    OwnField(entity="lead", name="trial", type="flag"),
    OwnField(entity="lead", name="renewal", type="date"),
    OwnField(entity="account", name="segment", type="category"),
)
OWN_TYPES = {
    "leads": {
        "seats": pa.float64(),
        "product": pa.string(),
        "trial": pa.bool_(),
        "renewal": pa.timestamp("us", tz="UTC"),
    },
    "accounts": {"segment": pa.string()},
}
Write = Callable[..., History]
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose files only name the sources, for the messages."""
    folder = tmp_path_factory.mktemp("project")
    init(folder)
    return open_project(folder, environment={}, now=READ_AT)


def company() -> Rows:
    """Write everything that a company can have, of 120 leads."""
    rows: Rows = {name: [] for name in ("leads", "accounts", "outcomes", "events", "touches", "field_history")}
    texts = [name for name in LEADS.names if LEADS.field(name).type == pa.string() and not name.endswith("_id")]
    for place in range(120):
        lead, created = f"L{place:03d}", READ_AT - timedelta(days=200 - place)
        own = {"seats": place % 9, "product": "ab"[place % 2], "trial": place % 3 == 0, "renewal": created}
        known = {name: f"{name} {place % 2}" for name in texts}
        rows["leads"].append(
            {"lead_id": lead, "created_at": created, "account_id": f"A{place % 12}", **known, "status": None, **own}
        )
        if place < 100:
            closed = created + timedelta(days=10)
            rows["outcomes"].append(
                {"lead_id": lead, "occurred_at": closed, "outcome": ("won", "lost", "lost")[place % 3]}
            )
        rows["events"].append({"lead_id": lead, "occurred_at": created, "kind": "demo_request", "known_at": created})
        rows["touches"].append({"lead_id": lead, "occurred_at": created, "kind": "call", "direction": "out"})
    rows["accounts"] = [
        {"account_id": f"A{place}", "industry": "x", "employees": 10.0 * place, "country": "DE", "segment": "s"}
        for place in range(12)
    ]
    return rows


def problems_of(project: Project, write_history: Write, folder: Path, agreement: Agreement, rows: Rows) -> list[str]:
    """Train on a history as far as its catalogue, and ask what a night with that history lacks."""
    since = {"lead.seats": READ_AT - timedelta(days=400)}
    history = write_history(
        folder,
        rows,
        own_fields=OWN,
        own_types=OWN_TYPES,
        tracked_since=since,
        read_at=READ_AT,
        has_touches="touches" in rows,
    )
    with open_engine(threads=1) as backend:
        catalogue = build_training_data(backend, history, agreement, SETTINGS).catalogue
    assert catalogue.features
    return [str(problem) for problem in shape_problems(project, history, catalogue)]


@pytest.mark.parametrize("table", ["accounts", "events", "touches"])
def test_without_a_table(
    project: Project, write_history: Write, tmp_path: Path, agreement: Agreement, table: str
) -> None:
    rows = {name: some for name, some in company().items() if name != table}
    assert problems_of(project, write_history, tmp_path / "history", agreement, rows) == []


EMPTY = (
    *(f"leads.{name}" for name in (*LEADS.names, *OWN_TYPES["leads"]) if name not in ("lead_id", "created_at")),
    *(f"accounts.{name}" for name in (*ACCOUNTS.names, "segment") if name != "account_id"),
    "accounts but their ids",
)
NOTHING = "leads but their ids and dates"


@pytest.mark.parametrize("emptied", [NOTHING, *(pytest.param(one, marks=pytest.mark.acceptance) for one in EMPTY)])
def test_without_the_values_of_a_column(
    project: Project, write_history: Write, tmp_path: Path, agreement: Agreement, emptied: str
) -> None:
    rows = company()
    table, _, column = emptied.partition(".")
    for row in rows[table.partition(" ")[0]]:
        for name in set(row) - {"lead_id", "created_at", "account_id"} if not column else {column}:
            row[name] = None
    assert problems_of(project, write_history, tmp_path / "history", agreement, rows) == []


def test_what_was_there_and_is_gone_is_said(
    project: Project, write_history: Write, tmp_path: Path, agreement: Agreement
) -> None:
    rows = company()
    history = write_history(tmp_path / "then", rows, own_fields=OWN, own_types=OWN_TYPES, read_at=READ_AT)
    with open_engine(threads=1) as backend:
        catalogue = build_training_data(backend, history, agreement, SETTINGS).catalogue
    without = {name: some for name, some in rows.items() if name != "events"}
    now = write_history(tmp_path / "now", without, own_fields=OWN, own_types=OWN_TYPES, read_at=READ_AT)
    (problem,) = shape_problems(project, now, catalogue)
    assert "must have rows, as when the model was trained" in str(problem)
