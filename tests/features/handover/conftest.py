"""Small random companies with every way in which a lead is handed over, closed and opened again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.terms.measured_terms import HandOver
from leadq.crm.contract.history import History
from leadq.crm.contract.score_table import SCORES
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.handover.hand_overs import HandOvers, hand_overs
from leadq.features.handover.judged import Judging, judged
from leadq.features.handover.periods import periods
from leadq.features.handover.sources import DELIVERED, Deliveries, recorded_sources

START = datetime(2025, 3, 1, tzinfo=UTC)
READ_AT = START + timedelta(days=150)
HORIZON_DAYS = 30
TIERS = ("T1", "T2", "T3")
OWNED = ("T1", "T2")
TIME = pa.timestamp("us", tz="UTC")
OWNERS = pa.schema([("owner", pa.string()), ("role", pa.string()), ("active_from", TIME), ("active_to", TIME)])
Rows = dict[str, list[dict[str, Any]]]


def company(seed: int, leads: int = 60) -> Rows:
    """Leads with up to four outcomes, touches, answers and changes of owner, at whole hours so that some fall together."""
    draw = np.random.default_rng(seed)
    rows: Rows = {
        name: [] for name in ("leads", "outcomes", "touches", "dispositions", "field_history", "lead_aliases")
    }

    def hours(low: float, high: float) -> timedelta:
        return timedelta(hours=int(draw.integers(int(low * 24), int(high * 24) + 1)))

    for number in range(leads):
        lead_id, created = f"L{number:02d}", START + hours(0, 110)
        handed = created + hours(-3, 20) if draw.random() < 0.6 else None
        owner = str(draw.choice(["ann", "bob", "queue", "mia"]))
        rows["leads"].append(
            {
                "lead_id": lead_id,
                "created_at": created if draw.random() < 0.97 else None,
                "account_id": f"A{draw.integers(30)}" if draw.random() < 0.8 else None,
                "handed_off_at": handed,
                "owner": owner,
            }
        )
        state = "open"
        at = created
        for _ in range(draw.integers(0, 5)):
            at = at + hours(0, 30)
            state = "reopened" if state in ("won", "lost") else str(draw.choice(["won", "lost"]))
            rows["outcomes"].append({"lead_id": lead_id, "occurred_at": at, "outcome": state})
        for _ in range(draw.integers(0, 3)):
            rows["touches"].append({"lead_id": lead_id, "occurred_at": created + hours(-2, 60), "kind": "call"})
        if draw.random() < 0.3:
            rows["dispositions"].append(
                {
                    "lead_id": lead_id,
                    "decided_at": created + hours(0, 40),
                    "decision": str(draw.choice(["accepted", "rejected"])),
                }
            )
        for _ in range(draw.integers(0, 3)):
            old = str(draw.choice(["ann", "bob", "queue", "mia"]))
            rows["field_history"].append(
                {
                    "entity": "lead",
                    "entity_id": lead_id,
                    "field": "owner",
                    "changed_at": created + hours(0, 40),
                    "old_value": old,
                    "new_value": owner,
                }
            )
    for number in range(6):
        rows["lead_aliases"].append({"old_lead_id": f"M{number}", "lead_id": f"L{number:02d}", "merged_at": READ_AT})
    rows["lead_aliases"].append({"old_lead_id": "MM", "lead_id": "M0", "merged_at": READ_AT})
    for table, key in (("outcomes", "occurred_at"), ("touches", "occurred_at"), ("dispositions", "decided_at")):
        rows[table] = [row for row in rows[table] if row[key] <= READ_AT]
    return rows


def owners() -> list[dict[str, Any]]:
    """Who sells: ann always, bob until day 60, mia from day 50; a queue does not."""
    return [
        {"owner": "ann", "role": "sales", "active_from": None, "active_to": None},
        {"owner": "bob", "role": "sales_manager", "active_from": None, "active_to": START + timedelta(days=60)},
        {"owner": "mia", "role": "sales", "active_from": START + timedelta(days=50), "active_to": None},
        {"owner": "queue", "role": "other", "active_from": None, "active_to": None},
    ]


def deliveries(seed: int, since: datetime, leads: int = 60) -> Deliveries:
    """Changes of delivered tier, each standing until the next one, some of leads that were merged since."""
    draw = np.random.default_rng(seed)
    rows = []
    for lead_id in [f"L{number:02d}" for number in range(leads)] + ["M1", "MM"]:
        at = since
        moments, tiers = [], []
        for _ in range(draw.integers(0, 4)):
            at = at + timedelta(hours=int(draw.integers(0, 30 * 24)))
            moments.append(at)
            tiers.append(str(draw.choice(["T1", "T2", "T3", "disqualified", ""])))
        for place, (moment, tier) in enumerate(zip(moments, tiers, strict=True)):
            until = microseconds(moments[place + 1]) if place + 1 < len(moments) else None
            as_of = microseconds(moment) - 3_600_000_000 * int(draw.integers(0, 3))
            rows.append((lead_id, microseconds(moment), until, as_of, tier))
    columns = [list(one) for one in zip(*rows, strict=True)]
    return Deliveries(rows=pa.table(columns, schema=DELIVERED), since_us=microseconds(since))


def scores(folder: Path, seed: int, begun: datetime, leads: int = 60) -> tuple[Path, ...]:
    """Score tables of several nights; not every lead is in every one, and two are of the same moment."""
    draw = np.random.default_rng(seed)
    files = []
    for night in range(14):
        as_of = begun + timedelta(days=5 * (night - night // 8), hours=int(night == 3))
        if night == 8:
            as_of = begun + timedelta(days=35)
        names = [f"L{number:02d}" for number in range(leads)] + ["M2", "MM"]
        rows = [
            {
                "lead_id": lead_id,
                "as_of": as_of,
                "scored_at": as_of + timedelta(minutes=night),
                "run_id": f"run{night:02d}",
                "tier": str(draw.choice([*TIERS, "disqualified"])) if draw.random() < 0.9 else None,
                "tier_by": str(draw.choice(["model", "student"])),
                "probability": float(draw.random()),
            }
            for lead_id in names
            if draw.random() < 0.8
        ]
        path = folder / f"{night}.parquet"
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=SCORES), path)
        files.append(path)
    return tuple(files)


Measure = Callable[..., tuple[HandOvers, dict[tuple[str, int], dict[str, Any]]]]


@pytest.fixture
def made(tmp_path: Path, write_history: Callable[..., History]) -> Callable[..., History]:
    """Write a company as a history; with a list of owners where they are given."""

    def make(rows: Rows, *, sellers: Sequence[dict[str, Any]] = (), **manifest: Any) -> History:
        history = write_history(tmp_path / "history", rows, read_at=READ_AT, **manifest)
        if sellers:
            pq.write_table(pa.Table.from_pylist(list(sellers), schema=OWNERS), history.path("owners"))
        return history

    return make


@pytest.fixture
def measured() -> Measure:
    """Measure a history: the hand-overs, and a row a lead and entry with what came of it."""

    def measure(
        history: History,
        *,
        delivered: Deliveries | None = None,
        agreed: HandOver | None = None,
        files: tuple[Path, ...] = (),
    ) -> tuple[HandOvers, dict[tuple[str, int], dict[str, Any]]]:
        with open_engine(threads=1) as backend:
            tables = open_tables(backend, history)
            sources = recorded_sources(tables, delivered, OWNED)
            found = hand_overs(tables, sources, periods(sources, agreed))
            by = Judging(horizon_days=HORIZON_DAYS, grace_days=7, best_first=TIERS, score_files=files)
            rows = judged(tables, found.table, by).to_pyarrow().to_pylist()
        return found, {(row["lead_id"], row["entry"]): row for row in rows}

    return measure
