"""A fact that closed leads have and open ones lack, and a number that tells the time: both are left out, their honest twins kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from leadq.crm.contract.history import OwnField
from leadq.features.catalogue import Catalogue, Feature
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.leak_checks.clock import check_clock
from leadq.features.leak_checks.filled_when_closed import check_filled_when_closed
from leadq.features.training_data import TrainingData

START = datetime(2025, 1, 1, tzinfo=UTC)


def feature(name: str, family: str, source: str) -> Feature:
    return Feature(name=name, family=family, kind="number", unit="", source=source, meaning=name, known_because="test")


def training_data(features: tuple[Feature, ...], columns: np.ndarray, won: np.ndarray | bool = False) -> TrainingData:
    moments = pd.to_datetime([START + timedelta(days=day) for day in range(len(columns))])
    meta = pd.DataFrame(
        {
            "landmark": np.zeros(len(columns), dtype=np.int64),
            "as_of": moments.as_unit("us"),
            "group": np.arange(len(columns)),
            "label": np.broadcast_to(won, len(columns)).astype(np.int8),
            "mature": True,
            "worked": True,
        }
    )
    catalogue = Catalogue(features=features, horizon_days=30, ages_days=(0,), tracked_since={}, quarantined={})
    return TrainingData(features=columns, meta=meta, catalogue=catalogue)


FEATURES = (
    feature("company_employees", "company", "accounts.employees"),
    feature("own_lead_region", "own_lead_region", "leads.region"),
    feature("timing_hour", "timing", "leads.created_at"),
)


@pytest.fixture
def history(tmp_path, write_history):
    """Return 200 closed leads with account and region; 100 open ones of which one in five has an account, all a region."""
    leads = [
        {
            "lead_id": f"L{number:03d}",
            "created_at": START,
            "account_id": "A1" if number < 200 or number % 5 == 0 else None,
            "region": "north" if number % 10 else None,
        }
        for number in range(300)
    ]
    outcomes = [
        {
            "lead_id": f"L{number:03d}",
            "occurred_at": START + timedelta(days=9),
            "outcome": "won" if number % 4 else "lost",
        }
        for number in range(200)
    ]
    own = (OwnField(entity="lead", name="region", type="category"),)
    rows = {"leads": leads, "accounts": [{"account_id": "A1", "employees": 50.0}], "outcomes": outcomes}
    return write_history(tmp_path / "h", rows, own_fields=own, own_types={"leads": {"region": pa.string()}})


def test_what_is_filled_in_at_closing_takes_its_features_along(history):
    data = training_data(FEATURES, np.zeros((5, 3)))
    with open_engine() as backend:
        found = {one.field: one for one in check_filled_when_closed(backend, history, data, frozenset())}
    assert set(found) == {"leads.account_id", "accounts.employees"}
    assert found["leads.account_id"].features == ("company_employees",)
    assert found["leads.account_id"].figure == pytest.approx(0.8)
    assert found["accounts.employees"].consequence == "quarantine"


def test_a_field_with_recorded_changes_is_not_judged_by_its_value_today(history):
    data = training_data(FEATURES, np.zeros((5, 3)))
    with open_engine() as backend:
        found = check_filled_when_closed(backend, history, data, frozenset({"accounts.employees"}))
        assert {one.field for one in found} == {"leads.account_id"}


@pytest.mark.parametrize("drift", [False, True])
def test_a_clock_is_left_out_where_win_rates_move_with_the_calendar_and_only_named_where_not(drift):
    draw = np.random.default_rng(1)
    days = np.arange(400.0)
    columns = np.column_stack(
        [draw.normal(size=400) + days / 150, days + draw.normal(size=400) * 50, draw.normal(size=400)]
    )
    features = (
        feature("company_employees", "company", "accounts.employees"),
        feature("own_lead_since", "own_lead_since", "leads.since"),
        feature("own_lead_score", "own_lead_score", "leads.score"),
    )
    won = draw.random(400) < (0.1 + 0.6 * days / 400 if drift else 0.3)
    (found,) = check_clock(training_data(features, columns, won))
    assert (found.field, found.features) == ("leads.since", ("own_lead_since",))
    assert found.consequence == ("quarantine" if drift else "name")
