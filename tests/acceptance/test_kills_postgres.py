"""Fifty kills at random instants of 20,000 rows into a real PostgreSQL server, night after night."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kills.campaign import Campaign
from tests.kills.nights import first_night, next_night, same_scores
from tests.kills.postgres_side import postgres_side
from tests.kills.template import warmed
from tests.postgres_server import Postgres

pytestmark = pytest.mark.acceptance

KILLS, LEADS = 50, 20_000


def test_fifty_kills(
    tmp_path: Path, postgres: Postgres, record_testsuite_property: Callable[[str, object], None]
) -> None:
    with warmed() as template, postgres_side(postgres, LEADS) as side:
        campaign = Campaign(template=template, folder=tmp_path, chunk_rows=5_000, chance=random.Random(10))
        campaign.side = side
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


def test_a_night_that_another_takes_the_place_of_leaves_nothing_behind(tmp_path: Path, postgres: Postgres) -> None:
    with warmed() as template, postgres_side(postgres, 4_000) as side:
        campaign = Campaign(template=template, folder=tmp_path, chunk_rows=500, chance=random.Random(11))
        campaign.side = side
        last = first_night(tmp_path, side.keys)
        campaign.measure(last)
        last = next_night(tmp_path, last, last.points)
        assert campaign.deliver(last, kills=2) == 0, campaign.report()
        for _ in range(8):
            lost = next_night(tmp_path, last, last.points)
            assert campaign.abandon(lost)
            last = same_scores(tmp_path, last, number=lost.number + 1)
            assert campaign.deliver(last, kills=campaign.tale.kills + 2, abandoned=lost) == 0, campaign.report()
            campaign.writes_nothing(last)
