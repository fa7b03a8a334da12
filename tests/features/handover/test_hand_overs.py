"""Hand-overs, frozen tiers and what came of them, against a slow, plain reading of the definitions, lead by lead."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.features.engine.duckdb_engine import microseconds, moment
from leadq.features.handover.sources import Deliveries
from tests.features.handover.conftest import (
    HORIZON_DAYS,
    OWNED,
    READ_AT,
    START,
    TIERS,
    company,
    deliveries,
    owners,
    scores,
)

DAY = timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=START.tzinfo)
OWNER_SINCE, DELIVERED_SINCE = START + 20 * DAY, START + 70 * DAY


def entries_of(lead: dict[str, Any], rows: dict[str, Any]) -> list[tuple[datetime, datetime, datetime]]:
    """When a lead came in, when that entry closed, when the next one began."""
    order = {"lost": 0, "reopened": 1, "won": 2}
    past = [row for row in rows["outcomes"] if row["lead_id"] == lead["lead_id"]]
    past.sort(key=lambda row: (row["occurred_at"], order[row["outcome"]]))
    entered, closed = [lead["created_at"]], [LATEST]
    for row in past:
        if row["outcome"] == "reopened":
            entered.append(row["occurred_at"])
            closed.append(LATEST)
        else:
            closed[-1] = min(closed[-1], row["occurred_at"])
    return list(zip(entered, closed, [*entered[1:], LATEST], strict=True))


def owner_at(lead: dict[str, Any], rows: dict[str, Any], when: datetime) -> str:
    changes = [
        (row["changed_at"], row["old_value"])
        for row in rows["field_history"]
        if row["entity_id"] == lead["lead_id"] and row["changed_at"] > when
    ]
    return min(changes)[1] if changes else lead["owner"]


def sells(owner: str, when: datetime) -> bool:
    one = next(row for row in owners() if row["owner"] == owner)
    begun, gone = one["active_from"] or START - 9 * DAY, one["active_to"] or LATEST
    return one["role"] in ("sales", "sales_manager") and begun <= when < gone


def survivor(lead_id: str) -> str:
    return {**{f"M{number}": f"L{number:02d}" for number in range(6)}, "MM": "L00"}.get(lead_id, lead_id)


def delivered_at(
    lead_id: str, delivered: Deliveries, entered: datetime
) -> tuple[datetime, datetime | None, str] | None:
    """First moment from ``entered`` on at which a tier of sales stood in the CRM, the score it was shown, and the tier."""
    found = []
    for row in delivered.rows.to_pylist():
        begun, until = moment(row["confirmed_us"]), LATEST if row["until_us"] is None else moment(row["until_us"])
        if survivor(row["lead_id"]) == lead_id and row["tier"] in OWNED and max(begun, entered) < until:
            shown = moment(row["as_of_us"]) if begun >= entered else None
            found.append((max(begun, entered), begun, row["tier"], shown))
    return None if not found else (min(found)[0], min(found)[3], min(found)[2])


def handed(
    lead: dict[str, Any], rows: dict[str, Any], source: str, entered: datetime, delivered: Deliveries | None
) -> tuple[datetime, datetime | None, str | None] | None:
    if source == "created":
        return entered, None, None
    if source == "handed_off_at":
        at = lead["handed_off_at"]
        return (
            None if at is None or max(at, lead["created_at"]) < entered else (max(at, lead["created_at"]), None, None)
        )
    if source == "owner_assigned":
        hours = int((READ_AT - entered) / DAY * 24) + 1
        times = [entered + timedelta(hours=hour) for hour in range(hours)]
        first = next((when for when in times if sells(owner_at(lead, rows, when), when)), None)
        return None if first is None else (first, None, None)
    assert delivered is not None
    return delivered_at(lead["lead_id"], delivered, entered)


def by_hand(
    rows: dict[str, Any], source_at: Any, ends: Any, delivered: Deliveries | None
) -> dict[tuple[str, int], dict[str, Any]]:
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for lead in rows["leads"]:
        if lead["created_at"] is None:
            continue
        for number, (entered, closed, following) in enumerate(entries_of(lead, rows)):
            source = source_at(entered)
            if entered > READ_AT or source is None:
                continue
            told = handed(lead, rows, source, entered, delivered)
            if told is not None and told[0] < min(closed, following, ends(entered)) and told[0] <= READ_AT:
                found[lead["lead_id"], number] = {
                    "at": told[0], "seen": told[1] or told[0], "shown": told[2], "source": source, "entered": entered, "next": following,
                }  # fmt: skip
    return found


def compare(found: dict[tuple[str, int], dict[str, Any]], expected: dict[tuple[str, int], dict[str, Any]]) -> None:
    assert {key: moment(row["handed_over_us"]) for key, row in found.items()} == {
        key: one["at"] for key, one in expected.items()
    }
    assert {key: (row["source"], row["shown_tier"]) for key, row in found.items()} == {
        key: (one["source"], one["shown"]) for key, one in expected.items()
    }


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("source", ["created", "handed_off_at"])
def test_a_source_that_was_always_there(made, measured, source, seed) -> None:
    rows = company(seed)
    found, told = measured(made(rows), agreed=source)
    compare(told, by_hand(rows, lambda entered: source, lambda entered: LATEST, None))
    assert [(one.period.source, one.backlog) for one in found.counts] == [(source, 0)]
    assert len(told) > 20


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_sources_after_each_other_and_who_was_open_at_each_change(made, measured, seed) -> None:
    rows, delivered = company(seed), deliveries(seed, DELIVERED_SINCE)
    history = made(rows, sellers=owners(), tracked_since={"lead.owner": OWNER_SINCE})

    def source_at(entered: datetime) -> str:
        return (
            "handed_off_at" if entered < OWNER_SINCE else "owner_assigned" if entered < DELIVERED_SINCE else "delivered"
        )

    def end_at(entered: datetime) -> datetime:
        return OWNER_SINCE if entered < OWNER_SINCE else DELIVERED_SINCE if entered < DELIVERED_SINCE else LATEST

    found, told = measured(history, delivered=delivered)
    expected = by_hand(rows, source_at, end_at, delivered)
    compare(told, expected)
    assert [one.period.source for one in found.counts] == ["handed_off_at", "owner_assigned", "delivered"]
    for counts, begun in zip(found.counts[1:], (OWNER_SINCE, DELIVERED_SINCE), strict=True):
        there = [
            (lead["lead_id"], number)
            for lead in rows["leads"]
            if lead["created_at"]
            for number, (entered, closed, following) in enumerate(entries_of(lead, rows))
            if entered < begun < min(closed, following)
        ]
        assert counts.backlog == sum(key not in expected for key in there)
    assert found.counts[2].backlog > 0
    assert {one["source"] for one in expected.values()} == {"handed_off_at", "owner_assigned", "delivered"}


def test_the_agreed_source_counts_alone_and_all_before_it_is_backlog(made, measured) -> None:
    rows, delivered = company(5), deliveries(5, DELIVERED_SINCE)
    found, told = measured(made(rows), delivered=delivered, agreed="delivered")
    compare(
        told,
        by_hand(
            rows, lambda entered: "delivered" if entered >= DELIVERED_SINCE else None, lambda entered: LATEST, delivered
        ),
    )
    open_then = [
        lead
        for lead in rows["leads"]
        if lead["created_at"]
        for entered, closed, following in entries_of(lead, rows)
        if entered < DELIVERED_SINCE < min(closed, following)
    ]
    assert [(one.period.source, one.backlog) for one in found.counts] == [("delivered", len(open_then))]
    assert all(row["entered_us"] >= microseconds(DELIVERED_SINCE) for row in told.values())


@pytest.mark.parametrize("seed", [1, 2, 3, 6])
def test_tier_and_chance_are_those_sales_was_shown_and_later_rises_change_nothing(
    made, measured, tmp_path, seed
) -> None:
    rows, begun = company(seed), START + 30 * DAY
    files = scores(tmp_path / "scores", seed, begun)
    delivered = deliveries(seed, START + 40 * DAY) if seed % 2 else None
    _, told = measured(made(rows), delivered=delivered, files=files)
    every = [row for file in files for row in pq.read_table(file).to_pylist() if row["as_of"] <= READ_AT]
    rank = {tier: place for place, tier in enumerate(TIERS)}
    frozen = rises = 0
    for (lead_id, number), row in told.items():
        entered, following = moment(row["entered_us"]), LATEST if row["next_us"] is None else moment(row["next_us"])
        at, seen = moment(row["handed_over_us"]), moment(row["seen_us"])
        mine = [one for one in every if survivor(one["lead_id"]) == lead_id and entered <= one["as_of"] < following]
        known = [one for one in mine if one["as_of"] <= seen]
        soon = [one for one in mine if seen < one["as_of"] <= seen + 2 * DAY and at >= begun]
        best = max(known, key=lambda one: (one["as_of"], one["scored_at"]), default=None)
        if best is None:
            best = min(soon, key=lambda one: (one["as_of"], READ_AT - one["scored_at"]), default=None)
        if best is None:
            assert (row["tier"], row["probability"], row["rose"]) == (row["shown_tier"], None, False), (lead_id, number)
            continue
        tier = row["shown_tier"] or best["tier"]
        assert (row["tier"], row["probability"], row["tier_by"]) == (tier, best["probability"], best["tier_by"])
        later = [one for one in mine if best["as_of"] < one["as_of"] <= at + HORIZON_DAYS * DAY]
        assert row["rose"] == any(rank.get(one["tier"], 3) < rank.get(tier, 3) for one in later), (lead_id, number)
        frozen, rises = frozen + 1, rises + row["rose"]
    assert frozen > 4
    assert rises > 0
    assert frozen < len(told)  # some have no tier, as imported history has none


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_came_of_each_and_no_win_counts_twice(made, measured, seed) -> None:
    rows = company(seed)
    _, told = measured(made(rows), agreed="created")
    wins = set()
    for (lead_id, number), row in told.items():
        at = moment(row["handed_over_us"])
        later = [
            moment(one["handed_over_us"]) for (lead, other), one in told.items() if lead == lead_id and other > number
        ]
        end, following = at + HORIZON_DAYS * DAY, min(later, default=LATEST)
        won = [
            one["occurred_at"]
            for one in rows["outcomes"]
            if one["lead_id"] == lead_id and one["outcome"] == "won" and at < one["occurred_at"] <= min(end, following)
        ]
        worked = [one["occurred_at"] for one in rows["touches"] if one["lead_id"] == lead_id]
        worked += [
            one["decided_at"]
            for one in rows["dispositions"]
            if one["lead_id"] == lead_id and one["decision"] == "accepted"
        ]
        entered, closes = moment(row["entered_us"]), LATEST if row["next_us"] is None else moment(row["next_us"])
        assert row["won"] == bool(won)
        assert row["worked"] == any(entered <= when <= end and when < closes for when in worked), (lead_id, number)
        assert row["mature"] == (end + 7 * DAY <= READ_AT)
        assert not wins & {(lead_id, when) for when in won}
        wins |= {(lead_id, when) for when in won}
    assert wins
    assert {row["worked"] for row in told.values()} == {True, False}


def test_without_touches_nothing_is_said_of_who_was_worked(made, measured) -> None:
    rows = company(1)
    _, told = measured(made({**rows, "touches": []}))
    assert {row["worked"] for row in told.values()} == {None}


def test_without_a_list_of_owners_an_owner_is_nobody_of_sales(made, measured) -> None:
    rows = company(1)
    history = made(rows, tracked_since={"lead.owner": OWNER_SINCE})
    found, _ = measured(history)
    assert [one.period.source for one in found.counts] == ["handed_off_at"]


def test_old_scores_keep_the_tier_they_had(made, measured, tmp_path: Path) -> None:
    """Whatever is delivered or scored afterwards: the tier of a hand-over stays."""
    rows, begun = company(7), START + 30 * DAY
    files = scores(tmp_path / "scores", 7, begun)
    history = made(rows)
    _, before = measured(history, files=files[:10])
    _, after = measured(history, files=files)
    told = {key: row["tier"] for key, row in before.items() if row["probability"] is not None}
    ended = pq.read_table(files[9], columns=["as_of"])["as_of"].to_pylist()[0]
    for key, tier in told.items():
        if moment(before[key]["handed_over_us"]) <= ended - 2 * DAY:
            assert after[key]["tier"] == tier
    assert len(told) > 5
