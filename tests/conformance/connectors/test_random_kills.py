"""Killed at random instants, with faults at every kind of step, and left for good: a few kills a side, at a small size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.connectors.conftest import StartCampaign
from tests.conformance.connectors.far_side import SideSpec
from tests.conformance.connectors.nights import first_night, next_night, same_scores

pytestmark = pytest.mark.acceptance

KILLS, MOST_NIGHTS = 3, 8


def test_killed_at_random_instants_with_faults_at_every_step(
    spec: SideSpec, campaign: StartCampaign, tmp_path: Path
) -> None:
    one = campaign(spec, faults_a_step=1)
    night = first_night(tmp_path, one.side.keys)
    one.measure(night)
    one.lives = (0.6, 0.2)
    while one.tale.kills < KILLS and one.tale.nights < MOST_NIGHTS:
        part = 10 if one.tale.nights % 2 else 1  # all change, then a tenth does, in turn
        night = next_night(tmp_path, night, sorted(night.points)[::part])
        assert one.deliver(night, kills=KILLS) == 0, one.report()
    one.writes_nothing(night)
    assert one.tale.kills == KILLS, one.tale.told()


def test_a_night_that_another_takes_the_place_of(spec: SideSpec, campaign: StartCampaign, tmp_path: Path) -> None:
    """It holds the values of the night before the one that never ended: all that this one wrote must be undone."""
    one = campaign(spec, seed=12)
    held = first_night(tmp_path, one.side.keys)
    one.measure(held)
    assert one.deliver(held, kills=0) == 0, one.report()
    lost = next_night(tmp_path, held, held.points)
    assert one.abandon(lost)
    again = same_scores(tmp_path, held, number=2)
    assert one.deliver(again, kills=3, abandoned=lost) == 0, one.report()
    one.writes_nothing(again)
