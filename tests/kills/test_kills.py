"""Three kills a way, at a small size; the long campaigns are in ``tests/acceptance/test_kills_*.py``."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.kills.campaign import Campaign
from tests.kills.nights import first_night, next_night, same_scores
from tests.kills.postgres_side import postgres_side
from tests.kills.salesforce_side import salesforce_side
from tests.kills.template import Template, warmed
from tests.postgres_server import Postgres

KILLS = 3


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with warmed() as process:
        yield process


def _killed_and_judged(campaign: Campaign, folder: Path) -> None:
    """A night without kills, one in which every lead changed and one in which a tenth did, killed in both."""
    night = first_night(folder, campaign.side.keys)
    campaign.measure(night)
    night = next_night(folder, night, night.points)
    assert campaign.deliver(night, kills=KILLS - 1) == 0, campaign.report()
    night = next_night(folder, night, sorted(night.points)[::10])
    assert campaign.deliver(night, kills=KILLS, longest=campaign.longest / 2) == 0, campaign.report()
    campaign.writes_nothing(night)


@pytest.mark.parametrize("kind", ["bulk", "collections"])
def test_salesforce(kind: Literal["bulk", "collections"], template: Template, tmp_path: Path) -> None:
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=250, chance=random.Random(1))
    with salesforce_side(kind, 500, began=campaign.began, faults_a_step=1, seed=2) as campaign.side:
        _killed_and_judged(campaign, tmp_path)


def test_postgres(template: Template, tmp_path: Path, postgres: Postgres) -> None:
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=250, chance=random.Random(1))
    with postgres_side(postgres, 1_000) as campaign.side:
        _killed_and_judged(campaign, tmp_path)


@pytest.mark.parametrize("kind", ["bulk", "collections"])
def test_a_night_that_another_takes_the_place_of(
    kind: Literal["bulk", "collections"], template: Template, tmp_path: Path
) -> None:
    """It holds the values of the night before the one that never ended: all that this one wrote must be undone."""
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=100, chance=random.Random(12))
    with salesforce_side(kind, 300, began=campaign.began, faults_a_step=0, seed=13) as campaign.side:
        held = first_night(tmp_path, campaign.side.keys)
        campaign.measure(held)
        assert campaign.deliver(held, kills=0) == 0, campaign.report()
        lost = next_night(tmp_path, held, held.points)
        assert campaign.abandon(lost)
        again = same_scores(tmp_path, held, number=2)
        assert campaign.deliver(again, kills=3, abandoned=lost) == 0, campaign.report()
        campaign.writes_nothing(again)
