"""The anchor: right on average where the world has moved, silent where it has not, and fair to leads that are not mature."""

import numpy as np
import pytest

from leadq.foundation.arrays import sigmoid
from leadq.models.fit.anchor import MIN_WINS, Recent, Tried, back_test, find_anchor


def recent_world(rng: np.random.Generator, *, shift: float, n: int = 4000) -> Recent:
    """Leads of the last 182 days whose true log-odds lie ``shift`` above the model's; wins come evenly over 90 days."""
    log_odds = rng.normal(-2.2, 0.8, n)
    days_ago = rng.uniform(0, 182, n)
    matured = np.clip(days_ago / 90, 0, 1)
    will_win = rng.random(n) < sigmoid(log_odds + shift)
    return Recent(
        log_odds=log_odds, won=(will_win & (rng.random(n) < matured)).astype(float), matured=matured, days_ago=days_ago
    )


@pytest.mark.parametrize("shift", [-0.6, 0.0, 0.5])
def test_the_shift_is_found_on_average_though_half_the_leads_are_not_mature(shift: float) -> None:
    rng = np.random.default_rng(11)
    found = [find_anchor(recent_world(rng, shift=shift), 182).shift for _ in range(60)]
    assert np.mean(found) == pytest.approx(shift, abs=0.05)  # shrunk by about 4 %


def test_open_leads_counted_as_lost_would_anchor_too_low() -> None:
    world = recent_world(np.random.default_rng(3), shift=0.0, n=20_000)
    naive = Recent(log_odds=world.log_odds, won=world.won, matured=np.ones_like(world.matured), days_ago=world.days_ago)
    assert abs(find_anchor(world, 182).shift) < 0.1
    assert find_anchor(naive, 182).shift < -0.25


def test_few_wins_do_not_anchor_and_the_evidence_is_told() -> None:
    world = recent_world(np.random.default_rng(3), shift=1.0, n=120)
    anchor = find_anchor(world, 182)
    assert anchor.wins < MIN_WINS
    assert anchor.shift == 0.0
    assert anchor.actual_to_expected == pytest.approx(anchor.wins / anchor.expected)


def test_only_the_window_counts() -> None:
    world = recent_world(np.random.default_rng(5), shift=0.7)
    flipped = Recent(
        log_odds=world.log_odds,
        won=np.where(world.days_ago > 91, 1.0, world.won),
        matured=world.matured,
        days_ago=world.days_ago,
    )
    assert find_anchor(flipped, 91) == find_anchor(world, 91)


def test_the_back_test_keeps_the_anchor_only_where_it_pays() -> None:
    kept = {drift: sum(_kept(seed, drift) for seed in range(40)) for drift in (0.0, 0.5)}
    assert kept[0.5] >= 38
    assert kept[0.0] <= 12  # a gain of more than a standard error is rare where there is nothing to gain


def _kept(seed: int, drift: float) -> bool:
    rng = np.random.default_rng(seed)
    origins = []
    for _ in range(4):
        log_odds = rng.normal(-2.2, 0.8, 1500)
        label = (rng.random(1500) < sigmoid(log_odds + drift)).astype(float)
        origins.append(Tried(recent=recent_world(rng, shift=drift, n=2000), log_odds=log_odds, label=label))
    found = back_test(origins, (91.0, 182.0))
    assert found.kept == (found.window is not None)
    assert found.log_loss["none"] >= min(found.log_loss.values())
    return found.kept
