"""Three kills at a small size; fifty of 20,000 leads are in ``tests/acceptance/test_hubspot_kills.py``."""

from __future__ import annotations

import random
from pathlib import Path

from tests.crm.connectors.hubspot.killed_side import hubspot_side
from tests.kills.campaign import Campaign
from tests.kills.nights import first_night, next_night
from tests.kills.template import warmed

KILLS, MOST_NIGHTS = 3, 8


def test_three_kills(tmp_path: Path) -> None:
    with warmed() as template, hubspot_side(500, faults_a_step=1, hangs=1, seed=2) as side:
        campaign = Campaign(template=template, folder=tmp_path, chunk_rows=100, chance=random.Random(1))
        campaign.side = side
        night = first_night(tmp_path, side.keys)
        campaign.measure(night)
        campaign.lives = (0.6, 0.2)
        while campaign.tale.kills < KILLS and campaign.tale.nights < MOST_NIGHTS:
            part = 10 if campaign.tale.nights % 2 else 1  # all change, then a tenth does, in turn
            night = next_night(tmp_path, night, sorted(night.points)[::part])
            assert campaign.deliver(night, kills=KILLS) == 0, campaign.report()
        campaign.writes_nothing(night)
        assert campaign.tale.kills == KILLS, campaign.tale.told()
