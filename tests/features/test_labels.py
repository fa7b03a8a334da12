"""Labels against a slow, plain reading of the rule, on small random companies with losses, re-openings and second wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.feature_settings import FeatureSettings
from leadq.features.labels import labels
from leadq.features.landmarks import training_points
from leadq.models.fit.fit_model import population
from tests.conformance.feature_groups.small_company import AS_OF, EASY, LAW, company, later_facts, manifest, with_facts

START = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
READ_AT = START + 120 * DAY
HORIZON, WORKED_WITHIN = 30, 14
AGES = (0, 7, 30)


def random_company(seed: int) -> dict[str, list[dict[str, Any]]]:
    """Each lead has up to four outcomes and touches at any hour before the data was read."""
    draw = np.random.default_rng(seed)
    leads, outcomes, touches = [], [], []
    for n in range(60):
        lead_id, created = f"L{n:02d}", START + int(draw.integers(0, 100 * 24)) * DAY / 24
        leads.append({"lead_id": lead_id, "created_at": created})

        def later(most: int = 90, since: datetime = created) -> datetime:
            return since + int(draw.integers(1, most * 24)) * DAY / 24

        for _ in range(draw.integers(0, 5)):
            outcome = str(draw.choice(["won", "lost", "reopened"], p=[0.4, 0.3, 0.3]))
            outcomes.append({"lead_id": lead_id, "occurred_at": later(), "outcome": outcome})
        touches += [{"lead_id": lead_id, "occurred_at": later(40)} for _ in range(draw.integers(0, 3))]
    return {
        "leads": leads,
        "outcomes": [row for row in outcomes if row["occurred_at"] <= READ_AT],
        "touches": [row for row in touches if row["occurred_at"] <= READ_AT],
    }


def is_open(past: list[dict[str, Any]]) -> bool:
    order = {"lost": 0, "reopened": 1, "won": 2}
    return not past or max(past, key=lambda row: (row["occurred_at"], order[row["outcome"]]))["outcome"] == "reopened"


def by_hand(rows: dict[str, Any]) -> dict[tuple[str, int], tuple[int, float | None, bool, bool]]:
    found = {}
    for lead in rows["leads"]:
        outcomes = [row for row in rows["outcomes"] if row["lead_id"] == lead["lead_id"]]
        touched = [row["occurred_at"] for row in rows["touches"] if row["lead_id"] == lead["lead_id"]]
        looks = [(number, lead["created_at"] + age * DAY) for number, age in enumerate(AGES)]
        if touched:
            looks.append((-1, max(lead["created_at"], min(touched))))
        for landmark, as_of in looks:
            if as_of > READ_AT or not is_open([row for row in outcomes if row["occurred_at"] <= as_of]):
                continue
            wins = [row["occurred_at"] for row in outcomes if row["outcome"] == "won" and row["occurred_at"] > as_of]
            days = (min(wins) - as_of) / DAY if wins and min(wins) <= as_of + HORIZON * DAY else None
            mature = as_of + HORIZON * DAY <= READ_AT
            worked = bool(touched) and min(touched) <= as_of + WORKED_WITHIN * DAY
            found[lead["lead_id"], landmark] = (int(days is not None), days, mature, worked)
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_labels_are_what_the_rule_says(tmp_path, write_history, seed):
    rows = random_company(seed)
    with open_engine() as backend:
        tables = open_tables(backend, write_history(tmp_path / "history", rows, read_at=READ_AT))
        points = training_points(tables, AGES)
        labelled = points.inner_join(labels(tables, points, HORIZON, WORKED_WITHIN), "point_id").to_pandas()
    found = {
        (row.lead_id, row.landmark): (
            row.label,
            None if np.isnan(row.days_to_win) else row.days_to_win,
            row.mature,
            row.worked,
        )
        for row in labelled.itertuples()
    }
    expected = by_hand(rows)
    assert {key: (a, c, d) for key, (a, _, c, d) in found.items()} == {
        key: (a, c, d) for key, (a, _, c, d) in expected.items()
    }
    assert {key: days for key, (_, days, _, _) in found.items()} == pytest.approx(
        {key: days for key, (_, days, _, _) in expected.items()}
    )
    reopened = {row["lead_id"] for row in rows["outcomes"] if row["outcome"] == "reopened"}
    assert sum(expected[key][0] for key in expected if key[0] in reopened) > 0  # the case is there


def one_lead(**outcomes: float) -> dict[str, list[dict[str, Any]]]:
    """A lead created at START, with outcomes by days after it."""
    return {
        "leads": [{"lead_id": "L", "created_at": START}],
        "outcomes": [
            {"lead_id": "L", "occurred_at": START + days * DAY, "outcome": name.split("_")[0]}
            for name, days in outcomes.items()
        ],
    }


def looks(tmp_path, write_history, rows, ages) -> dict[int, tuple[int, float]]:
    with open_engine() as backend:
        tables = open_tables(backend, write_history(tmp_path / "history", rows, read_at=READ_AT))
        points = training_points(tables, ages)
        table = points.inner_join(labels(tables, points, HORIZON, WORKED_WITHIN), "point_id").to_pandas()
    return {ages[row.landmark]: (row.label, row.days_to_win) for row in table.itertuples()}


def test_a_reopened_lead_is_open_again_from_then(tmp_path, write_history):
    """Lost on day 5, re-opened on day 20, won on day 40: not looked at in between, and the win counts before and after."""
    told = looks(tmp_path, write_history, one_lead(lost=5, reopened=20, won=40), (0, 3, 7, 14, 21, 30, 60))
    assert set(told) == {0, 3, 21, 30}
    assert told[0][0] == told[3][0] == 0  # later than 30 days after these looks
    assert told[21] == (1, 19.0)
    assert told[30] == (1, 10.0)


def test_a_second_win_is_a_win_of_the_looks_after_the_first(tmp_path, write_history):
    told = looks(tmp_path, write_history, one_lead(won=5, reopened=20, won_again=40), (0, 7, 21, 50))
    assert told == {0: (1, 5.0), 21: (1, 19.0)}


def test_a_win_counts_up_to_the_last_moment_of_the_horizon(tmp_path, write_history):
    exact = looks(tmp_path, write_history, one_lead(won=30), (0,))
    assert exact == {0: (1, 30.0)}
    label, days = looks(tmp_path, write_history, one_lead(won=30.000001), (0,))[0]
    assert (label, np.isnan(days)) == (0, True)


def test_immature_and_unworked_rows_are_never_trained_on(tmp_path, write_history, agreement):
    """Their labels would be losses that are none yet; wins so far stand in days_to_win, for the anchor."""
    rows = random_company(7)
    settings = FeatureSettings(ages_days=AGES, min_wins_at_age=1, worked_within_days=WORKED_WITHIN)
    with open_engine() as backend:
        history = write_history(tmp_path / "history", rows, read_at=READ_AT)
        data = build_training_data(backend, history, agreement, settings)
    learnt = data.rows(population(data)).meta
    assert len(learnt) < len(data.meta)
    assert (learnt["as_of"] + HORIZON * DAY <= READ_AT).all()
    assert (learnt["label_known_at"] <= READ_AT).all()
    assert learnt["worked"].all()
    assert (learnt["days_to_win"].notna() == (learnt["label"] == 1)).all()
    young = data.meta[~data.meta["mature"]]
    assert young["days_to_win"].notna().any()
    assert (young["days_to_win"].dropna() <= HORIZON).all()


def test_a_source_without_dates_has_no_days(tmp_path, write_history):
    rows = one_lead(won=1)
    with open_engine() as backend:
        tables = open_tables(backend, write_history(tmp_path / "history", rows, read_at=READ_AT, dated=False))
        points = training_points(tables, (0,))
        (row,) = labels(tables, points, HORIZON, WORKED_WITHIN).to_pyarrow().to_pylist()
    assert (row["mature"], row["days_to_win"]) == (True, None)


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
