"""Wins among the best leads: counted exactly, ties favour nobody, and capacity is what the agreement says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from leadq.models.evaluation.held_out_forecasts import at_judged_moment
from leadq.models.evaluation.lift import EXAMPLE_SHARE, captured, lift_rows, workable
from tests.models.conftest import make_agreement
from tests.models.made_forecasts import make_held_out


def test_wins_are_counted_from_the_top() -> None:
    label, score = np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.8, 0.7, 0.1])
    found = captured(label, score, np.array([0.0, 0.25, 0.5, 0.75, 1.0]))
    assert found.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]


def test_ties_favour_nobody() -> None:
    label = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    shares = np.array([0.2, 0.5, 0.8])
    assert captured(label, np.zeros(5), shares) == pytest.approx(shares)
    assert captured(label[::-1], np.zeros(5), shares) == pytest.approx(shares)


def test_a_better_score_holds_more_wins_beyond_luck() -> None:
    judged = at_judged_moment(make_held_out())
    for row in lift_rows(judged, (0.1, 0.3), seed=1, repeats=200):
        assert row.model > row.points > row.share
        assert row.lift == pytest.approx(row.model / row.share)
        assert row.versus_points is not None
        assert row.versus_points.better
        assert row.versus_points.mean == pytest.approx(row.model - row.points, abs=1e-9)
    same = lift_rows(judged.assign(points=judged["probability"]), (0.2,), seed=1, repeats=50)[0]
    assert same.versus_points is not None
    assert not same.versus_points.better
    assert lift_rows(judged.assign(label=0), (0.2,), seed=1, repeats=50) == ()


def test_capacity_is_a_weekly_flow_over_all_promised_tiers() -> None:
    agreement = make_agreement(0.4, 0.2)
    as_of = pd.Series(pd.date_range("2026-01-01", periods=701, freq="6h", tz="UTC"))  # 28 a week, 175 days
    nothing_agreed = workable(as_of, agreement, dated=True)
    assert (nothing_agreed.share, nothing_agreed.agreed) == (EXAMPLE_SHARE, False)
    first, second, rest = agreement.tiers

    def with_room(one: int, two: int) -> float:
        tiers = (replace(first, capacity_per_week=one), replace(second, capacity_per_week=two), rest)
        found = workable(as_of, replace(agreement, tiers=tiers), dated=True)
        assert found.capacity_per_week == one + two
        assert found.agreed == (found.share != EXAMPLE_SHARE)
        return found.share

    assert with_room(5, 9) == pytest.approx(14 / 28, rel=0.01)
    assert with_room(20, 30) == EXAMPLE_SHARE  # enough for all: a ranking would change nothing
    assert workable(as_of, agreement, dated=False).leads_per_week is None
