"""The quarterly review's own figures are what they say, and its pictures do not break on edges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadq.agreement.schema import Agreement
from leadq.crm.contract.history import History
from leadq.features.readiness.win_delays import win_delays
from leadq.features.training_data import TrainingData
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.fit.contributions import reference_rows
from leadq.models.fit.fit_model import population
from leadq.models.pictures.quarterly_figures import (
    contributions_by_shap,
    figures_by_moment,
    figures_by_origin,
    outcomes_by_month,
    tiers_and_capacity,
)
from leadq.models.pictures.quarterly_plots import draw_beeswarm, draw_families, draw_outcomes, draw_time_to_win
from leadq.models.pictures.rival_plots import draw_moments, draw_rivals
from leadq.models.training.train_bundle import TrainResult

JANUARY = datetime(2024, 1, 10, tzinfo=UTC)
FEBRUARY = datetime(2024, 2, 10, tzinfo=UTC)
World = tuple[TrainingData, np.ndarray]


@pytest.fixture
def history(write_history: Callable[..., History], tmp_path: Path) -> History:
    """Five leads: one lost and re-opened, one lost and then won, one open, one without a date."""
    leads = [
        {"lead_id": name, "created_at": created}
        for name, created in (("a", JANUARY), ("b", JANUARY), ("c", FEBRUARY), ("d", FEBRUARY), ("e", None))
    ]
    changes = [("a", 1, "lost"), ("a", 5, "reopened"), ("b", 1, "lost"), ("b", 2, "won"), ("c", 30, "lost")]
    outcomes = [
        {"lead_id": name, "occurred_at": JANUARY + timedelta(days=days), "outcome": outcome}
        for name, days, outcome in changes
    ]
    return write_history(tmp_path / "history", {"leads": leads, "outcomes": outcomes})


def test_outcomes_are_counted_as_they_stand(history: History, world: World) -> None:
    months = outcomes_by_month(history, world[0])
    counted = months[["leads", "won", "lost", "open"]].to_dict("index")
    assert counted == {
        "2024-01": {"leads": 2, "won": 1, "lost": 0, "open": 1},
        "2024-02": {"leads": 2, "won": 0, "lost": 1, "open": 1},
    }


def test_the_win_rate_is_that_of_the_labels_at_hand_off(history: History, world: World) -> None:
    months = outcomes_by_month(history, world[0])
    learnt = world[0].rows(population(world[0]))
    judged = learnt.meta[reference_rows(learnt)[0]]
    january = judged[judged["created_at"] < pd.Timestamp("2024-02-01", tz="UTC")]
    row = months.loc["2024-01"]
    assert row["mature"] == len(january) > 30
    assert row["rate"] == pytest.approx(january["label"].mean())
    assert row["low"] < row["rate"] < row["high"]


def test_a_flat_source_is_cut_into_twelfths(
    write_history: Callable[..., History], tmp_path: Path, world: World
) -> None:
    leads = [{"lead_id": f"L{row:03d}", "created_at": JANUARY + timedelta(seconds=row)} for row in range(120)]
    flat = write_history(tmp_path / "flat", {"leads": leads}, dated=False)
    data = TrainingData(features=world[0].features, meta=world[0].meta, catalogue=world[0].catalogue, dated=False)
    parts = outcomes_by_month(flat, data)
    assert list(parts.index) == [f"{part:02d}" for part in range(1, 13)]
    assert set(parts["leads"]) == {10}
    assert parts["mature"].sum() == (population(data) & (data.meta["landmark"] == -1)).sum()
    assert draw_outcomes(parts, tmp_path / "parts.png", horizon_days=30, dated=False).stat().st_size > 10_000


def test_shap_says_what_the_nightly_scorer_says(trained: TrainResult, world: World) -> None:
    rows = world[0].features[:300]
    scored = MatrixScorer(trained.bundle).score(rows)
    by_shap = contributions_by_shap(trained.bundle, rows)
    assert np.abs(by_shap - scored.feature_contributions).max() < 1e-9
    log_odds = np.log(scored.probability / (1 - scored.probability))
    assert np.abs(scored.base + by_shap.sum(axis=1) - log_odds).max() < 1e-6


def test_figures_stand_beside_those_of_the_rivals(trained: TrainResult) -> None:
    table = figures_by_moment(trained.bundle.evaluation)
    first = trained.bundle.evaluation["moments"][0]
    assert table.index[0] == first["moment"] == "hand-off"
    assert table.iloc[0]["log-loss, logistic"] == first["logistic_log_loss"]
    assert table.iloc[0]["slope"] == first["calibration"]["slope"]
    assert table.iloc[0]["AUC, points"] == first["points_auc"]
    assert figures_by_moment({"moments": []}).empty


def test_figures_stand_by_origin(trained: TrainResult) -> None:
    table = figures_by_origin(trained.bundle.evaluation)
    origins = trained.bundle.evaluation["origins"]
    assert table["leads"].sum() == len(trained.bundle.out_of_time)
    assert table["log-loss"].tolist() == [one["log_loss"] for one in origins]
    assert figures_by_origin({"origins": []}).empty


def test_tiers_are_counted_by_the_week(trained: TrainResult, agreement: Agreement) -> None:
    table = tiers_and_capacity(trained.bundle, agreement)
    assert list(table.index) == ["T1", "T2"]
    seen = pd.to_datetime(trained.bundle.out_of_time["as_of"], format="ISO8601", utc=True)
    weeks = (seen.max() - seen.min()).days / 7
    assert table.loc["T2", "a_week"] == pytest.approx(table.loc["T2", "leads"] / weeks, rel=0.05)
    assert table.loc["T1", "promised"] == 0.40
    assert table["agreed_a_week"].isna().all()


def test_a_base_rate_has_tables_too(base_rate: TrainResult, agreement: Agreement) -> None:
    table = tiers_and_capacity(base_rate.bundle, agreement)
    assert table["light"].str.contains("not offered").all()
    assert len(figures_by_moment(base_rate.bundle.evaluation))


def test_pictures_are_drawn_also_at_the_edges(
    trained: TrainResult, world: World, history: History, tmp_path: Path
) -> None:
    months = outcomes_by_month(history, world[0])
    nothing = months.assign(mature=0, wins=0, rate=np.nan, low=np.nan, high=np.nan)
    draw_outcomes(months, tmp_path / "months.png", horizon_days=30)
    draw_outcomes(nothing, tmp_path / "nothing.png", horizon_days=30)
    draw_time_to_win(win_delays(np.array([3.0]), np.array([90.0])), tmp_path / "one_win.png", horizon_days=90)
    draw_time_to_win(win_delays(np.arange(400.0), np.full(400, 500.0)), tmp_path / "late_wins.png", horizon_days=30)
    evaluation = trained.bundle.evaluation
    draw_moments(evaluation["moments"], tmp_path / "moments.png")
    draw_moments([{**evaluation["moments"][0], "wins": 3}], tmp_path / "no_moment.png")
    draw_rivals(evaluation, tmp_path / "rivals.svg")
    nobody = dict.fromkeys(("versus_base", "versus_base_at_handoff", "versus_points", "versus_logistic"))
    draw_rivals(nobody, tmp_path / "alone.png")
    draw_families({f"family {at}": 0.1 * at for at in range(20)}, tmp_path / "families.png")
    draw_families({"company": 0.0}, tmp_path / "still.png")
    rows = world[0].features[:200]
    draw_beeswarm(
        contributions_by_shap(trained.bundle, rows), rows, world[0].catalogue, tmp_path / "features.png", seed=1
    )
    assert len(list(tmp_path.glob("*.png"))) == 10
    assert (tmp_path / "rivals.svg").read_text(encoding="utf-8").count("against") >= 3
