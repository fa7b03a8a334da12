"""Rows that the far side does not take, under kills: they end as such, take no others with them, and come again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.kills.campaign import Campaign
from tests.kills.nights import first_night, same_scores
from tests.kills.postgres_side import postgres_side
from tests.kills.salesforce_side import salesforce_side
from tests.kills.template import Template, warmed
from tests.postgres_server import Postgres

REJECTED = 5
LEADS = 400
_BROKEN = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    with warmed() as process:
        yield process


@pytest.mark.parametrize("kind", ["bulk", "collections"])
def test_refused_locked_converted_and_deleted_leads(
    kind: Literal["bulk", "collections"], template: Template, tmp_path: Path
) -> None:
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=200, chance=random.Random(3), longest=1.5)
    with salesforce_side(kind, LEADS, began=campaign.began, faults_a_step=0, seed=4) as side:
        campaign.side, leads = side, side.fake.organisation.leads
        locked, refused, converted, deleted = (side.keys[place::40] for place in (1, 2, 3, 4))
        for key in locked:
            leads.refuse(key, "UNABLE_TO_LOCK_ROW", times=2)
        for key in refused:
            leads.refuse(key, _BROKEN, "not in this state", times=500)
        for key in converted:
            leads.convert(key)
        for key in deleted:
            leads.delete(key)
        night = first_night(tmp_path, side.keys)

        code = campaign.deliver(night, kills=3, excused=frozenset([*refused, *converted, *deleted]))

        told = campaign.report()
        assert code == REJECTED, told
        assert told["rows_by_state"] == {"ok": LEADS - 30, "rejected": 10, "skipped": 20}
        assert (told["rejected"][0]["code"], told["rejected"][0]["leads"]) == (_BROKEN, 10)
        assert not {write.record_id for write in leads.writes} & {*refused, *converted, *deleted}

        leads.row_faults.clear()
        mended = same_scores(tmp_path, night, number=1, changed=[*refused, *converted, *deleted])
        assert campaign.deliver(mended, kills=3, excused=frozenset([*converted, *deleted])) == 0, campaign.report()
        assert {write.record_id for write in leads.writes} == set(refused)


@pytest.mark.parametrize("kind", ["bulk", "collections"])
def test_too_many_rejected_rows_stop_a_run_and_lose_nothing(
    kind: Literal["bulk", "collections"], template: Template, tmp_path: Path
) -> None:
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=100, chance=random.Random(5), longest=1.0)
    with salesforce_side(kind, LEADS, began=campaign.began, faults_a_step=0, seed=6) as side:
        campaign.side, leads = side, side.fake.organisation.leads
        for key in side.keys[::10]:
            leads.refuse(key, _BROKEN, "not in this state", times=500)
        night = first_night(tmp_path, side.keys)

        code = campaign.deliver(night, kills=2, excused=frozenset(side.keys))

        assert code == REJECTED, campaign.report()
        assert campaign.report()["state"] == "stopped"
        assert 0 < len({write.record_id for write in leads.writes}) < LEADS / 2  # the rest was not tried

        leads.row_faults.clear()
        assert campaign.deliver(night, kills=4) == 0, campaign.report()
        campaign.writes_nothing(night)


def test_rows_that_a_table_refuses(template: Template, tmp_path: Path, postgres: Postgres) -> None:
    campaign = Campaign(template=template, folder=tmp_path, chunk_rows=100, chance=random.Random(7), longest=1.0)
    with postgres_side(postgres, LEADS) as side:
        campaign.side = side
        refused = side.keys[5:45:10]
        listed = ", ".join(f"'{key}'" for key in refused)
        postgres.run(
            f'ALTER TABLE killed."Scores" ADD CONSTRAINT not_these CHECK (lead_id NOT IN ({listed})) NOT VALID'
        )
        night = first_night(tmp_path, side.keys)

        code = campaign.deliver(night, kills=3, excused=frozenset(refused))

        assert code == REJECTED, campaign.report()
        assert campaign.report()["rows_by_state"] == {"ok": LEADS - 4, "rejected": 4}
        postgres.run('ALTER TABLE killed."Scores" DROP CONSTRAINT not_these')
        mended = same_scores(tmp_path, night, number=1, changed=refused)
        assert campaign.deliver(mended, kills=4) == 0, campaign.report()
        assert side.writes() == len(refused)
