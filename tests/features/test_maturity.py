"""The maturity curve tells what share of the wins has come by an age."""

from __future__ import annotations

import numpy as np
import pytest

from leadq.features.maturity import maturity_curve


def test_the_curve_is_the_distribution_it_was_drawn_from() -> None:
    rng = np.random.default_rng(3)
    days = 90 * rng.beta(1.5, 3.0, 4000)
    days[rng.random(4000) < 0.5] = np.nan  # not won
    curve = maturity_curve(days, 90.0)
    ages = np.linspace(0, 90, 50)
    known = days[~np.isnan(days)]
    expected = np.array([(known <= age).mean() for age in ages])
    np.testing.assert_allclose(curve.share(ages), expected, atol=0.01)
    assert len(curve.ages_days) < 250


@pytest.mark.parametrize("days", [[], [np.nan], [90.0], [90.0, 90.0, 1.0], [5.0, 5.0, 5.0, np.nan], [0.001] * 50])
def test_whatever_the_wins_it_climbs_from_nothing_to_all(days: list[float]) -> None:
    curve = maturity_curve(np.array(days), 90.0)
    share = curve.share(np.array([-1.0, 0.0, 0.001, 1.0, 5.0, 30.0, 89.9, 90.0, 400.0]))
    assert (np.diff(share) >= 0).all()
    assert share[1] == 0.0
    assert share[-2] == share[-1] == 1.0
    assert (np.diff(curve.ages_days) > 0).all()


def test_few_wins_say_little() -> None:
    ages = np.array([30.0])
    fast = np.full(1, 3.0)
    assert maturity_curve(np.empty(0), 90.0).share(ages) == pytest.approx(1 / 3)
    assert 0.5 < maturity_curve(fast, 90.0).share(ages) < 0.7
    assert maturity_curve(np.tile(fast, 100), 90.0).share(ages) > 0.99


def test_a_win_beyond_the_horizon_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"within \(0, 90\]"):
        maturity_curve(np.array([1.0, 91.0]), 90.0)
