"""Fifty kills at random instants with a fault at every kind of step: 50,000 leads by bulk jobs, 1,500 by Collections."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.kills.campaign import Campaign
from tests.kills.nights import first_night, next_night, same_scores
from tests.kills.salesforce_side import salesforce_side
from tests.kills.template import Template, warmed

pytestmark = pytest.mark.acceptance

KILLS = 50
KINDS: list[tuple[Literal["bulk", "collections"], int]] = [("bulk", 50_000), ("collections", 1_500)]


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with warmed() as process:
        yield process


@pytest.mark.parametrize(("kind", "leads"), KINDS)
def test_fifty_kills(
    kind: Literal["bulk", "collections"],
    leads: int,
    template: Template,
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=20_000, chance=random.Random(6))
    if kind == "bulk":  # a night that lasts: many kills in each
        campaign.lives = (0.3, 0.08)
    with salesforce_side(kind, leads, began=campaign.began, faults_a_step=4, seed=7) as side:
        campaign.side = side
        night = first_night(tmp_path, side.keys)
        record_testsuite_property(f"seconds without a kill, {leads} leads", campaign.measure(night))
        night = next_night(tmp_path, night, night.points)
        while True:  # a night in which all changed, then one in which a tenth did, in turn
            assert campaign.deliver(night, kills=KILLS) == 0, campaign.report()
            campaign.writes_nothing(night)
            if campaign.tale.kills >= KILLS:
                break
            all_change = len(night.changed) < leads
            night = next_night(tmp_path, night, sorted(night.points)[:: 1 if all_change else 10])
        again = same_scores(tmp_path, night, number=night.number + 1)
        campaign.writes_nothing(again)
        assert campaign.report()["planned"] == 0
        assert not side.never_struck(), f"faults never struck at {sorted(side.never_struck())}"
    record_testsuite_property("kills", campaign.tale.told())
    assert len(campaign.tale.phases) >= 4, campaign.tale.told()


@pytest.mark.parametrize(("kind", "leads"), [("bulk", 6_000), ("collections", 1_500)])
def test_a_night_that_another_takes_the_place_of_leaves_nothing_behind(
    kind: Literal["bulk", "collections"],
    leads: int,
    template: Template,
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """Night after night is killed and never ends; the next one holds the values of the one before it, so all must be undone."""
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=2_000, chance=random.Random(8))
    with salesforce_side(kind, leads, began=campaign.began, faults_a_step=2, seed=9) as campaign.side:
        last = first_night(tmp_path, campaign.side.keys)
        campaign.measure(last)
        last = next_night(tmp_path, last, last.points)
        assert campaign.deliver(last, kills=2) == 0, campaign.report()
        for _ in range(8):
            lost = next_night(tmp_path, last, last.points)
            assert campaign.abandon(lost)
            last = same_scores(tmp_path, last, number=lost.number + 1)
            assert campaign.deliver(last, kills=campaign.tale.kills + 2, abandoned=lost) == 0, campaign.report()
            campaign.writes_nothing(last)
    record_testsuite_property("kills, nights abandoned", campaign.tale.told())
