"""A small, sound history as a folder, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.crm.contract.crm_tables import OUTCOMES, TABLES
from leadq.crm.contract.history import History, OwnField

READ_AT = datetime(2026, 9, 1, tzinfo=UTC)
START = datetime(2025, 1, 1, tzinfo=UTC)

Rows = list[dict[str, Any]]


def sound_rows(n_leads: int = 300) -> dict[str, Rows]:
    """Every second lead is decided: a third of those won."""
    rows: dict[str, Rows] = {name: [] for name in (*TABLES, "outcomes")}
    for i in range(n_leads):
        lead, created = f"L{i:04d}", START + timedelta(days=i % 400, minutes=i)
        account = f"A{i // 3:03d}"
        if i % 3 == 0:
            rows["accounts"].append({"account_id": account, "name": account, "employees": 50.0 + i})
        rows["leads"].append(
            {
                "lead_id": lead,
                "created_at": created,
                "account_id": account,
                "email_domain": "a.example",
                "score": float(i),
            }
        )
        rows["events"].append({"lead_id": lead, "occurred_at": created + timedelta(hours=1), "kind": "page_view"})
        if i % 2:
            outcome = "won" if i % 3 == 0 else "lost"
            closed = created + timedelta(days=20)
            rows["outcomes"].append({"lead_id": lead, "occurred_at": closed, "outcome": outcome})
            rows["opportunities"].append(
                {
                    "opportunity_id": f"O{i}",
                    "lead_id": lead,
                    "created_at": created,
                    "closed_at": closed,
                    "outcome": outcome,
                }
            )
    return rows


def write_rows(folder: Path, rows: dict[str, Rows], *, dated: bool = True) -> History:
    for name, schema in {**TABLES, "outcomes": OUTCOMES}.items():
        shape = schema.append(pa.field("score", pa.float64())) if name == "leads" else schema
        pq.write_table(pa.Table.from_pylist(rows[name], schema=shape), folder / f"{name}.parquet")
    return History(
        folder=folder,
        read_at=READ_AT,
        dated=dated,
        own_fields=(OwnField(entity="lead", name="score", type="number"),),
        tracked_since={},
        counts={},
    )


@pytest.fixture
def gate_rows() -> dict[str, Rows]:
    return sound_rows(420)


@pytest.fixture
def gate_history(tmp_path: Path) -> Callable[..., History]:
    """Write rows (by default sound ones) as a history."""

    def write(rows: dict[str, Rows] | None = None, *, dated: bool = True) -> History:
        return write_rows(tmp_path, sound_rows(420) if rows is None else rows, dated=dated)

    return write
