"""Three kills at a small size; fifty of 2,000 leads are in ``tests/acceptance/test_tryton_kills.py``."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.crm.connectors.tryton.killed_side import tryton_side
from tests.kills.campaign import Campaign
from tests.kills.nights import first_night, next_night
from tests.kills.template import warmed

pytestmark = pytest.mark.integration


def test_three_kills(tmp_path: Path) -> None:
    with tryton_side(300) as side, warmed() as template:
        campaign = Campaign(template=template, folder=tmp_path, chunk_rows=100, chance=random.Random(1))
        campaign.side = side
        night = first_night(tmp_path, side.keys)
        campaign.measure(night)
        night = next_night(tmp_path, night, night.points)
        assert campaign.deliver(night, kills=2) == 0, campaign.report()
        night = next_night(tmp_path, night, sorted(night.points)[::10])
        assert campaign.deliver(night, kills=3, longest=campaign.longest / 2) == 0, campaign.report()
        campaign.writes_nothing(night)
        assert campaign.tale.kills >= 1, campaign.tale.told()
