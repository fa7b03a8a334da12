"""What the list shows, against the same thing said in plain Python over the score tables."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import parse_qsl

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from leadq.serving.desk.lead_columns import LeadRows, read_lead_rows, with_rises
from leadq.serving.desk.lead_list import Answered, find
from leadq.serving.desk.list_query import ANSWERED, CHANGED, SORTS, Query
from tests.serving.desk.conftest import Company

TIERS = ("T1", "T2", "T3")


@pytest.fixture
def leads(company: Company) -> LeadRows:
    return read_lead_rows([(company.runs[-1].scores, company.runs[-1].moves)], tiers=TIERS)


@pytest.fixture
def rows(company: Company) -> list[dict[str, Any]]:
    found = pq.read_table(company.runs[-1].scores).to_pylist()
    return sorted(
        (row for row in found if row["status"] == "scored"),
        key=lambda row: (TIERS.index(row["tier"]), -row["probability"], row["lead_id"]),
    )


NOBODY = Answered(by_kind={})
GIVEN = Answered(
    by_kind={
        "accepted": frozenset({"L000010", "L000012"}),
        "rejected": frozenset({"L000014"}),
        "disagreed": frozenset(),
    }
)


def ids(leads: LeadRows, query: Query, answered: Answered = NOBODY, owner: str | None = None) -> list[str]:
    found = find(leads, query, answered=answered, owner=owner)
    return leads.lead_id.take(found.rows).to_pylist()


def logit(value: float) -> float:
    return math.log(value / (1 - value))


def test_the_whole_list_is_in_order_of_tier_and_chance(leads: LeadRows, rows: list[dict[str, Any]]) -> None:
    assert ids(leads, Query()) == [row["lead_id"] for row in rows]
    assert [leads.reason.at(place) for place in range(len(rows))] == [
        row["reasons_for"][0]["sentence"] if row["reasons_for"] else "" for row in rows
    ]


@pytest.mark.parametrize(
    ("query", "keeps"),
    [
        (Query(tier="T2"), lambda row: row["tier"] == "T2"),
        (Query(owner="south"), lambda row: row["owner"] == "south"),
        (Query(source="cold_list", tier="T3"), lambda row: row["source"] == "cold_list" and row["tier"] == "T3"),
        (Query(text="l00003"), lambda row: "L00003" in row["lead_id"]),
        (Query(text="a0000"), lambda row: "A0000" in row["account_id"]),
        (Query(text="NORTH"), lambda row: row["owner"] == "north"),
        (Query(changed="up"), lambda row: logit(row["probability"]) - logit(row["previous_probability"]) >= 0.15),
        (Query(changed="down"), lambda row: logit(row["probability"]) - logit(row["previous_probability"]) <= -0.15),
        (Query(changed="tier"), lambda row: row["lead_id"] == "L000005"),
        (Query(answered="no"), lambda row: row["lead_id"] not in GIVEN.all()),
        (Query(answered="accepted"), lambda row: row["lead_id"] in {"L000010", "L000012"}),
        (Query(answered="disagreed"), lambda row: False),
        (Query(owner="nobody"), lambda row: False),
    ],
)
def test_filters_keep_what_they_say(leads: LeadRows, rows: list[dict[str, Any]], query: Query, keeps: Any) -> None:
    seen_before = [row for row in rows if row["previous_probability"] is not None]
    among = seen_before if query.changed in ("up", "down") else rows
    assert ids(leads, query, GIVEN) == [row["lead_id"] for row in among if keeps(row)]


def test_a_lead_rises_against_its_first_tier_of_the_week_and_anew_after_a_night_without_one(leads: LeadRows) -> None:
    now = dict(zip(leads.lead_id.to_pylist(), (leads.tier.at(row) for row in range(len(leads))), strict=True))
    first, *others = (lead_id for lead_id in sorted(now) if now[lead_id] == "T1")
    back, same, new = others[:3]

    def night(**tiers: str | None) -> pa.Table:
        return pa.table({"lead_id": list(tiers), "tier": pa.array(tiers.values(), pa.string()).dictionary_encode()})

    week = [
        night(**{first: "T3", back: "T1", same: "T1"}),
        night(**{first: "T1", back: None, same: "T3"}),
        night(**{first: "T1", back: "T2", same: "T1"}),
    ]
    rising = with_rises(leads, week, tiers=TIERS)
    assert set(ids(rising, Query(list="rising"))) == {first, back}
    assert new not in ids(rising, Query(list="rising"))
    assert ids(with_rises(leads, week[-1:], tiers=TIERS), Query(list="rising")) == [back]
    assert ids(leads, Query(list="rising")) == []
    owed = Answered(by_kind={}, to_reply=frozenset({first}))
    assert ids(leads, Query(list="to_reply"), owed) == [first]


def test_an_owner_sees_nothing_else_whatever_is_asked(leads: LeadRows) -> None:
    for query in (Query(), Query(owner="south"), Query(text="south"), Query(tier="T3"), Query(sort="owner")):
        found = find(leads, query, answered=NOBODY, owner="north")
        assert {leads.owner.at(int(row)) for row in found.rows} <= {"north"}
        assert sum(found.by_tier.values()) <= 200


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_holds_the_same_leads_and_turns_round(leads: LeadRows, sort: str) -> None:
    there, back = ids(leads, Query(sort=sort)), ids(leads, Query(sort=sort, down=True))
    assert set(there) == set(back)
    keys = {
        "chance": lambda place: -leads.probability[place],
        "age": lambda place: leads.age_days[place],
        "owner": lambda place: leads.owner.at(place).casefold(),
        "lead": lambda place: leads.lead_id[place].as_py(),
        "source": lambda place: leads.source.at(place).casefold() or "\uffff",
    }
    if sort in keys:
        values = [keys[sort](int(place)) for place in find(leads, Query(sort=sort), answered=NOBODY).rows]
        assert values == sorted(values)


def test_an_address_leads_back_to_the_same_look() -> None:
    query = Query(
        tier="T1", owner="a&b", text="ü=1", changed=CHANGED[0], answered=ANSWERED[0], sort="age", down=True, page=3
    )
    assert Query.of(dict(parse_qsl(query.address()))) == query
    assert Query().address() == ""
