"""Fifty kills at random instants with faults at every kind of step, night after night, at each side's long size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.connectors.conftest import StartCampaign
from tests.conformance.connectors.far_side import SideSpec
from tests.conformance.connectors.nights import first_night, next_night, same_scores

pytestmark = pytest.mark.acceptance

KILLS, ABANDONED = 50, 8
Record = Callable[[str, object], None]


def test_fifty_kills(spec: SideSpec, campaign: StartCampaign, tmp_path: Path, record_property: Record) -> None:
    one = campaign(spec, leads=spec.long_leads, chunk_rows=spec.long_chunk_rows, faults_a_step=4, seed=6)
    one.lives = spec.lives
    night = first_night(tmp_path, one.side.keys)
    seconds = one.measure(night)
    while one.tale.kills < KILLS:  # a night in which all changed, then one in which a tenth did, in turn
        all_change = len(night.changed) < spec.long_leads or one.tale.nights == 0
        night = next_night(tmp_path, night, sorted(night.points)[:: 1 if all_change else 10])
        assert one.deliver(night, kills=KILLS) == 0, one.report()
        one.writes_nothing(night)
    one.writes_nothing(same_scores(tmp_path, night, number=night.number + 1))
    assert one.report()["planned"] == 0
    told = f"{spec.name}, {spec.long_leads:,} leads: {one.tale.told()}; without a kill {seconds:.0f} s"
    record_property("figure", told)
    assert not one.side.never_struck(), f"faults never struck at {sorted(one.side.never_struck())}"
    assert len(one.tale.phases) >= 3, told


def test_nights_that_others_take_the_place_of_leave_nothing_behind(
    spec: SideSpec, campaign: StartCampaign, tmp_path: Path, record_property: Record
) -> None:
    """Night after night is killed and never ends; the next one holds the values of the one before it, so all must be undone."""
    leads = min(spec.long_leads, 4_000)
    one = campaign(spec, leads=leads, chunk_rows=min(spec.long_chunk_rows, leads // 4), faults_a_step=2, seed=8)
    last = first_night(tmp_path, one.side.keys)
    one.measure(last)
    last = next_night(tmp_path, last, last.points)
    assert one.deliver(last, kills=2) == 0, one.report()
    for _ in range(ABANDONED):
        lost = next_night(tmp_path, last, last.points)
        assert one.abandon(lost)
        last = same_scores(tmp_path, last, number=lost.number + 1)
        assert one.deliver(last, kills=one.tale.kills + 2, abandoned=lost) == 0, one.report()
        one.writes_nothing(last)
    record_property("figure", f"{spec.name}, nights given up: {one.tale.told()}")
