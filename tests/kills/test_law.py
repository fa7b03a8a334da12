"""The judges of the far sides can say no: each part of the law, broken by hand."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.fake_salesforce.ids import INTEGRATION_USER
from tests.kills.nights import Night, first_night
from tests.kills.postgres_side import postgres_side
from tests.kills.salesforce_side import SalesforceSide, salesforce_side
from tests.postgres_server import Postgres

NOBODY: frozenset[str] = frozenset()


def _deliver(side: SalesforceSide, night: Night) -> None:
    side.begin(night)
    for key in side.keys:
        values = {f"LQ_{name}__c": value for name, value in night.expected(key).items()}
        side.fake.organisation.leads.update(key, values, by=INTEGRATION_USER)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({}, ""),
        ({"LQ_Score__c": 99.0}, "1 of 5 leads do not hold tonight's values"),
        ({"LQ_Chance__c": 1.0, "LQ_Score__c": None}, "do not hold tonight's values"),
        ({"Rating": "Cold"}, "fields that are not ours were written: .'Rating'"),
    ],
)
def test_what_stands_there(broken: dict[str, object], said: str, tmp_path: Path) -> None:
    with salesforce_side("bulk", 5, began=time.time(), faults_a_step=0, seed=1) as side:
        night = first_night(tmp_path, side.keys)
        _deliver(side, night)
        side.fake.organisation.leads.update(side.keys[2], broken, by=INTEGRATION_USER)
        if not said:
            side.judge(night, abandoned=None, excused=NOBODY)
            return
        with pytest.raises(AssertionError, match=said):
            side.judge(night, abandoned=None, excused=NOBODY)


def test_two_values_in_one_night_though_the_last_is_right(tmp_path: Path) -> None:
    with salesforce_side("bulk", 5, began=time.time(), faults_a_step=0, seed=1) as side:
        night = first_night(tmp_path, side.keys)
        side.begin(night)
        side.fake.organisation.leads.update(side.keys[0], {"LQ_Score__c": 77}, by=INTEGRATION_USER)
        for key in side.keys:
            values = {f"LQ_{name}__c": value for name, value in night.expected(key).items()}
            side.fake.organisation.leads.update(key, values, by=INTEGRATION_USER)
        with pytest.raises(AssertionError, match="1 fields had 2 or more values in one night"):
            side.judge(night, abandoned=None, excused=NOBODY)
        side.judge(night, abandoned=night, excused=NOBODY)  # the first one may be a night's that was left
        side.fake.organisation.leads.rows[side.keys[1]]["Status"] = "Closed"
        with pytest.raises(AssertionError, match="1 leads lost what people had written"):
            side.judge(night, abandoned=night, excused=NOBODY)


def test_a_table(tmp_path: Path, postgres: Postgres) -> None:
    with postgres_side(postgres, 3) as side:
        night = first_night(tmp_path, side.keys)
        side.begin(night)
        with pytest.raises(AssertionError, match="3 of 3 leads do not hold tonight's values"):
            side.judge(night, abandoned=None, excused=NOBODY)
        for key in side.keys:
            held = night.expected(key)
            postgres.run(
                f"UPDATE killed.\"Scores\" SET lq_score = {held['Score']}, lq_tier = '{held['Tier']}', "
                f"lq_reason_1 = '{str(held['Reason_1']).replace(chr(39), chr(39) * 2)}' WHERE lead_id = '{key}'"
            )
        side.judge(night, abandoned=None, excused=NOBODY)
        postgres.run("UPDATE killed.\"Scores\" SET lq_status = 'x'", "UPDATE killed.\"Scores\" SET rep_note = 'x'")
        with pytest.raises(AssertionError, match="3 leads lost what people had written"):
            side.judge(night, abandoned=None, excused=NOBODY)
        postgres.run("UPDATE killed.\"Scores\" SET rep_note = 'mine: ' || lead_id")
        with pytest.raises(AssertionError, match="3 leads had 2 or more values in one night"):
            side.judge(night, abandoned=None, excused=NOBODY)
