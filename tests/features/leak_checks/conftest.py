"""A company whose honest facts are known, as a history on disk, into which a test plants leaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.agreement.schema import Agreement, Outcome, Promise, Tier
from leadq.crm.contract.crm_tables import OUTCOMES, TABLES
from leadq.crm.contract.history import History, OwnField
from leadq.features.build_training_data import build_training_data
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.features.training_data import TrainingData

START = datetime(2025, 1, 1, tzinfo=UTC)
READ_AT = datetime(2026, 9, 1, tzinfo=UTC)
Columns = dict[str, tuple[pa.DataType, list[Any]]]


class LeakWorld:
    """Leads with one honest signal of medium strength; ``won`` and ``closed_at`` are known to the test."""

    def __init__(self, folder: Path, n_leads: int, base_rate: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.folder, self.n = folder, n_leads
        self.rng = rng
        self.signal = rng.normal(size=n_leads)
        logit = np.log(base_rate / (1 - base_rate)) + 0.9 * self.signal
        self.won = rng.random(n_leads) < 1 / (1 + np.exp(-logit))
        self.created = [START + timedelta(minutes=int(m)) for m in np.sort(rng.integers(0, 500 * 1440, n_leads))]
        self.delay = rng.lognormal(3.0, 0.6, n_leads)
        self.closed = [c + timedelta(days=float(d)) for c, d in zip(self.created, self.delay, strict=True)]
        self.lead_fields: Columns = {"signal": (pa.float64(), self.signal.tolist())}
        self.own: list[OwnField] = [OwnField(entity="lead", name="signal", type="number")]
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.tables["accounts"] = [
            {"account_id": f"A{i}", "industry": "ab"[i % 2], "employees": float(rng.integers(5, 5000))}
            for i in range(n_leads // 2 + 1)
        ]
        self.tracked: dict[str, datetime] = {}
        kinds = rng.choice(["page_view", "webinar"], n_leads)
        self.tables["events"] = [
            {"lead_id": f"L{i:05d}", "occurred_at": self.created[i] + timedelta(hours=float(h)), "kind": str(kinds[i])}
            for i, h in enumerate(rng.exponential(100, n_leads))
        ]

    def plant(self, name: str, values: list[Any], kind: str, *, status: str = "used") -> None:
        types = {"number": pa.float64(), "category": pa.string(), "flag": pa.bool_()}
        self.lead_fields[name] = (types[kind], values)
        self.own.append(OwnField(entity="lead", name=name, type=kind, status=status, why="asked sales ops"))  # type: ignore[arg-type]

    def write(self, **changes: Any) -> History:
        known = [closed <= READ_AT for closed in self.closed]
        outcomes = [
            {"lead_id": f"L{i:05d}", "occurred_at": self.closed[i], "outcome": "won" if self.won[i] else "lost"}
            for i in range(self.n)
            if known[i]
        ]
        leads = [
            {"lead_id": f"L{i:05d}", "created_at": self.created[i], "account_id": f"A{i // 2}"} for i in range(self.n)
        ]
        for name, (_, values) in self.lead_fields.items():
            for row, value in zip(leads, values, strict=True):
                row[name] = value
        shape = TABLES["leads"]
        for name, (kind, _) in self.lead_fields.items():
            shape = shape if name in shape.names else shape.append(pa.field(name, kind))
        self.folder.mkdir(exist_ok=True)
        for name, schema in {**TABLES, "leads": shape, "outcomes": OUTCOMES}.items():
            rows = {"leads": leads, "outcomes": outcomes}.get(name, self.tables.get(name, []))
            pq.write_table(pa.Table.from_pylist(rows, schema=schema), self.folder / f"{name}.parquet")
        return History(
            folder=self.folder,
            read_at=READ_AT,
            own_fields=tuple(self.own),
            tracked_since=self.tracked,
            counts={},
            **changes,
        )


@pytest.fixture
def leak_world(tmp_path: Path) -> Callable[..., LeakWorld]:
    def make(n_leads: int = 1500, base_rate: float = 0.2, seed: int = 3) -> LeakWorld:
        return LeakWorld(tmp_path / f"history-{seed}-{n_leads}", n_leads, base_rate, seed)

    return make


@pytest.fixture(scope="session")
def leak_agreement() -> Agreement:
    return Agreement(
        version=1,
        effective_from=date(2026, 1, 1),
        outcome=Outcome(event="opportunity won", horizon_days=60),
        tiers=(
            Tier(id="T1", label="Hot", owner="sales", promise=Promise(win_rate_at_least=0.3)),
            Tier(id="T2", label="Rest", owner="marketing"),
        ),
        stages={},
        duties={},
    )


@pytest.fixture(scope="session")
def built(leak_agreement: Agreement) -> Callable[[History], TrainingData]:
    """The real training data (seconds)."""

    def build(history: History) -> TrainingData:
        with open_engine(memory_limit="500MB", threads=1) as backend:
            return build_training_data(backend, history, leak_agreement, FeatureSettings(ages_days=(0, 7, 14)))

    return build


@pytest.fixture(scope="session")
def plain_world(
    tmp_path_factory: pytest.TempPathFactory, built: Callable[[History], TrainingData]
) -> tuple[History, TrainingData]:
    """A small world without any leak, and its real training data; ``leak_world(n_leads=250)`` draws the same again."""
    history = LeakWorld(tmp_path_factory.mktemp("plain") / "history", 250, 0.2, 3).write()
    return history, built(history)


@pytest.fixture
def looked_at() -> Callable[[History], TrainingData]:
    """Own fields as they stand today, at creation and at 7 days: training data made by hand (at once)."""
    return look


def look(history: History) -> TrainingData:
    leads = pq.read_table(history.path("leads")).to_pandas()
    outcomes = pq.read_table(history.path("outcomes")).to_pandas().set_index("lead_id")
    closed = leads["lead_id"].map(outcomes["occurred_at"])
    won = leads["lead_id"].map(outcomes["outcome"]) == "won"
    used = [field for field in history.own_fields if field.status != "refused"]
    columns = [_encoded(leads[field.name]) for field in used]
    parts = []
    for landmark, age in enumerate((0, 7)):
        as_of = leads["created_at"] + pd.Timedelta(days=age)
        still_open = closed.isna() | (closed > as_of)
        days = (closed - as_of).dt.total_seconds() / 86_400
        meta = pd.DataFrame(
            {
                "lead_id": leads["lead_id"],
                "account_id": leads["account_id"],
                "group": pd.factorize(leads["account_id"])[0].astype(np.int64),
                "created_at": leads["created_at"],
                "as_of": as_of,
                "age_days": float(age),
                "landmark": np.int64(landmark),
                "label": (won & (closed <= as_of + pd.Timedelta(days=60))).astype(np.int8),
                "days_to_win": days.where(won & (days <= 60)),
                "mature": as_of + pd.Timedelta(days=60) <= history.read_at,
                "worked": True,
            }
        )
        parts.append((np.column_stack(columns)[still_open], meta[still_open]))
    declared = tuple(
        Feature(
            name=f"own_lead_{field.name}",
            family=f"own_lead_{field.name}",
            kind="category" if field.type == "category" else "number",
            unit="as recorded",
            source=f"leads.{field.name}",
            meaning=field.name,
            known_because="as it stands",
        )
        for field in used
    )
    catalogue = Catalogue(features=declared, horizon_days=60, ages_days=(0, 7), tracked_since={}, quarantined={})
    return TrainingData(
        features=np.vstack([matrix for matrix, _ in parts]),
        meta=pd.concat([meta for _, meta in parts], ignore_index=True),
        catalogue=catalogue,
    )


def _encoded(values: pd.Series) -> Any:
    if values.dtype.kind == "f":
        return values.to_numpy()
    codes = pd.factorize(values, sort=True)[0].astype(np.float64)
    return np.where(codes < 0, np.nan, codes)
