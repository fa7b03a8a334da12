"""Fifty kills at random instants of 20,000 leads into the fake HubSpot, with scripted faults, night after night."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crm.connectors.hubspot.killed_side import hubspot_side
from tests.kills.campaign import Campaign
from tests.kills.nights import first_night, next_night, same_scores
from tests.kills.template import warmed

pytestmark = pytest.mark.acceptance

KILLS, LEADS = 50, 20_000


def test_fifty_kills(tmp_path: Path, record_testsuite_property: Callable[[str, object], None]) -> None:
    with warmed() as template, hubspot_side(LEADS, faults_a_step=5, hangs=20, seed=4) as side:
        campaign = Campaign(template=template, folder=tmp_path, chunk_rows=100, chance=random.Random(10))
        campaign.side = side
        campaign.lives = (0.3, 0.08)  # a night that lasts: many kills in each
        night = first_night(tmp_path, side.keys)
        record_testsuite_property("seconds without a kill", campaign.measure(night))
        while campaign.tale.kills < KILLS:  # a night in which all changed, then one in which a tenth did, in turn
            all_change = len(night.changed) < LEADS or campaign.tale.nights == 0
            night = next_night(tmp_path, night, sorted(night.points)[:: 1 if all_change else 10])
            assert campaign.deliver(night, kills=KILLS) == 0, campaign.report()
            campaign.writes_nothing(night)
        campaign.writes_nothing(same_scores(tmp_path, night, number=night.number + 1))
        assert campaign.report()["planned"] == 0
    record_testsuite_property("kills", campaign.tale.told())
    assert len(campaign.tale.phases) >= 3, campaign.tale.told()
