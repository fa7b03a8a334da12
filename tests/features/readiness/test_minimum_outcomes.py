"""One law of how much is enough, and a refusal that says what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from leadq.features.catalogue import Catalogue
from leadq.features.readiness.minimum_outcomes import in_months, shortage, supply, wins_with_horizon
from leadq.features.training_data import TrainingData


def some_data(*, won: int, lost: int, young: int = 0, unworked: int = 0, dated: bool = True) -> TrainingData:
    """``won`` and ``lost`` can be learnt from; ``young`` are won before the horizon is over, ``unworked`` won by themselves.

    One lead a day, looked at twice.
    """
    kinds = ["won"] * won + ["lost"] * lost + ["young"] * young + ["unworked"] * unworked
    kind = np.array(kinds)[np.random.default_rng(1).permutation(len(kinds))]
    created = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(np.arange(len(kind)), unit="D")
    looks = [
        pd.DataFrame(
            {
                "lead_id": [f"L{n}" for n in range(len(kind))],
                "created_at": created,
                "as_of": created + pd.Timedelta(days=landmark),
                "landmark": landmark,
                "label": (kind != "lost").astype(np.int8),
                "days_to_win": np.where((kind == "lost") | (not dated), np.nan, 9.0),
                "mature": kind != "young",
                "worked": kind != "unworked",
            }
        )
        for landmark in (0, 1)
    ]
    meta = pd.concat(looks, ignore_index=True)
    catalogue = Catalogue(features=(), horizon_days=60, ages_days=(0, 1), tracked_since={}, quarantined={})
    return TrainingData(features=np.empty((len(meta), 0)), meta=meta, catalogue=catalogue, dated=dated)


@pytest.mark.parametrize("dated", [True, False])
def test_sixty_of_each_are_enough(dated: bool) -> None:
    assert shortage(some_data(won=60, lost=60, dated=dated)) is None
    assert shortage(some_data(won=59, lost=600, dated=dated)) is not None
    assert shortage(some_data(won=600, lost=59, dated=dated)) is not None


def test_wins_that_cannot_be_learnt_from_do_not_count_and_are_told_apart() -> None:
    data = some_data(won=40, lost=300, young=30, unworked=70)
    found = supply(data)
    assert (found.won, found.not_won, found.too_young, found.not_worked) == (40, 300, 30, 70)
    missing = shortage(data)
    assert missing is not None
    assert missing.value == "40 won and 300 others"
    for words in (
        "20 more wins are needed",
        "30 won leads are not old enough",
        "70 won leads have no recorded work by sales",
    ):
        assert words in missing.remedy


def test_the_pace_says_how_long_it_takes() -> None:
    """40 wins in 340 days of one lead a day: 3.6 a month, so 20 more take between five and six months."""
    found = supply(some_data(won=40, lost=300))
    assert found.wins_a_month == pytest.approx(40 / 339 * 30.44, rel=0.01)
    assert found.months_until(60) == pytest.approx(20 / found.wins_a_month)
    assert found.months_until(30) == 0.0
    assert "in about 6 months" in str(shortage(some_data(won=40, lost=300)))


def test_the_pace_is_that_of_the_last_year() -> None:
    long = some_data(won=400, lost=800)
    recent = supply(long).wins_a_month
    long.meta.loc[long.meta["created_at"] < pd.Timestamp("2026-01-01", tz="UTC"), ["label", "days_to_win"]] = [
        0,
        np.nan,
    ]
    assert supply(long).wins_a_month == pytest.approx(recent, rel=0.2)


def test_without_a_win_or_dates_there_is_no_pace() -> None:
    assert supply(some_data(won=0, lost=100)).months_until(60) is None
    assert supply(some_data(won=50, lost=100, dated=False)).months_until(60) is None
    assert "pace" not in str(shortage(some_data(won=0, lost=100)))


@pytest.mark.parametrize(
    ("months", "words"),
    [(0.1, "1 week"), (1.0, "4 weeks"), (5.4, "5 months"), (23.9, "24 months"), (30.0, "2.5 years")],
)
def test_durations_are_named_as_people_do(months: float, words: str) -> None:
    assert in_months(months) == words


def test_a_shorter_horizon_is_offered_where_it_brings_more_wins() -> None:
    """Of one lead a day all but the last two weeks' are 14 days old; every win took nine days."""
    data = some_data(won=50, lost=100, young=20)
    old = data.meta["as_of"] <= data.meta["as_of"].max() - pd.Timedelta(days=14)
    count = data.meta.loc[old & (data.meta["label"] == 1), "lead_id"].nunique()
    assert 50 < count < 70
    assert wins_with_horizon(data, 14) == count
    assert wins_with_horizon(data, 7) == 0
    assert f"With horizon_days: 14 in the agreement, {count} wins would count today" in str(shortage(data))
