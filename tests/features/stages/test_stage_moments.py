"""First moments of stages against a slow, plain reading: every check looked at at every moment, lead by lead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadq.agreement.schema import Agreement, Check
from leadq.crm.contract.history import History, OwnField
from leadq.features.engine.duckdb_engine import microseconds, moment, open_engine, open_tables
from leadq.features.stages.stage_moments import StageMoments, stage_moments
from tests.conformance.feature_groups.small_company import LAW

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
START = datetime(2025, 3, 1, tzinfo=UTC)
READ_AT = START + 22 * DAY
TRACKED = {
    "lead.authority": START - DAY,
    "lead.timeline": START + 3 * DAY,
    "account.employees": START - DAY,
}
Rows = dict[str, list[dict[str, Any]]]
CHECKS = {
    "authority": Check(subject="field", name="authority", operator="in", values=("Boss", "user")),
    "no rival": Check(subject="field", name="authority", operator="not_in", values=("rival",)),
    "timeline": Check(subject="field", name="timeline", operator="present"),
    "size": Check(subject="field", name="account.employees", operator="between", values=(50, 500)),
    "event": Check(subject="event", name="any", operator="occurred", within_days=2),
    "demo": Check(subject="event", name="demo", operator="occurred", within_days=4),
    "demo ever": Check(subject="event", name="demo", operator="occurred"),
    "accepted": Check(subject="disposition", name="accepted", operator="occurred"),
    "rejected": Check(subject="disposition", name="rejected", operator="occurred", within_days=3),
}


def company(seed: int, leads: int = 9) -> Rows:
    """Everything happens at whole hours of a few days, so that much of it meets, ages out and comes back."""
    draw = np.random.default_rng(seed)
    rows: Rows = {name: [] for name in ("leads", "accounts", "events", "field_history")}

    def hour(low: int = 0, high: int = 24 * 20) -> datetime:
        return START + int(draw.integers(low, high)) * HOUR

    def word(*words: str | None) -> str | None:
        return words[int(draw.integers(len(words)))]

    for number in range(4):
        rows["accounts"].append({"account_id": f"A{number}", "employees": float(draw.choice([10, 60, 300, 900]))})
    for number in range(leads):
        rows["leads"].append(
            {
                "lead_id": f"L{number:02d}",
                "account_id": word("A0", "A1", "A2", "A3", None),
                "created_at": hour(0, 24 * 8) if number else None,
                "authority": word("boss", "user", "rival", "student", None),
                "timeline": word("this year", None),
            }
        )

    def lead() -> str:
        return f"L{draw.integers(leads):02d}"

    for _ in range(40):
        occurred = hour()
        known = occurred + int(draw.integers(0, 48)) * HOUR if draw.random() < 0.5 else None
        rows["events"].append(
            {"lead_id": lead(), "occurred_at": occurred, "known_at": known, "kind": word("demo", "visit")}
        )
    for _ in range(20):
        field = word("authority", "timeline")
        old = word("boss", "user", "rival", None) if field == "authority" else word("next year", None)
        rows["field_history"].append(
            {"entity": "lead", "entity_id": lead(), "field": field, "changed_at": hour(), "old_value": old}
        )
    for _ in range(6):
        account, old = f"A{draw.integers(4)}", word("20", "70", "400", None)
        rows["field_history"].append(
            {"entity": "account", "entity_id": account, "field": "employees", "changed_at": hour(), "old_value": old}
        )
    rows.update(acts_of_sales(draw, lead, hour))
    return rows


def acts_of_sales(draw: np.random.Generator, lead: Callable[[], str], hour: Callable[[], datetime]) -> Rows:
    """Answers of sales, meetings and calls, opportunities of leads and of accounts."""

    def word(*words: str | None) -> str | None:
        return words[int(draw.integers(len(words)))]

    rows: Rows = {"dispositions": [], "touches": [], "opportunities": []}
    for _ in range(14):
        channel = word("crm", "desk", None)
        rows["dispositions"].append(
            {"lead_id": lead(), "decided_at": hour(), "decision": word("accepted", "rejected"), "channel": channel}
        )
    for _ in range(6):
        rows["touches"].append({"lead_id": lead(), "occurred_at": hour(), "kind": word("Sales Meeting", "call", None)})
    for number in range(5):
        of_lead = draw.random() < 0.5
        rows["opportunities"].append(
            {
                "opportunity_id": f"O{number}",
                "lead_id": lead() if of_lead else None,
                "account_id": None if of_lead else f"A{draw.integers(4)}",
                "created_at": hour(),
            }
        )
    return rows


def value_at(rows: Rows, entity: str, key: str | None, field: str, now: Any, when: datetime) -> Any:
    if when < TRACKED[f"{entity}.{field}"]:
        return None
    later = [
        (row["changed_at"], row["old_value"] is not None, row["old_value"] or "")
        for row in rows["field_history"]
        if (row["entity"], row["entity_id"], row["field"]) == (entity, key, field) and row["changed_at"] > when
    ]
    if not later:
        return now
    _, known, old = min(later)  # of two at one moment an empty one counts, then the smaller
    return old if known else None


def accepted_by_acts(rows: Rows, lead: dict[str, Any]) -> list[datetime]:
    acts = [
        row["occurred_at"]
        for row in rows["touches"]
        if row["lead_id"] == lead["lead_id"] and "meeting" in (row["kind"] or "").lower()
    ]
    for row in rows["opportunities"]:
        of = row["lead_id"]
        if of is None:
            near = [
                (one["created_at"], one["lead_id"])
                for one in rows["leads"]
                if one["created_at"]
                and one["account_id"] == row["account_id"]
                and one["created_at"] <= row["created_at"]
            ]
            of = max(near)[1] if near else None
        if of == lead["lead_id"] and row["created_at"] > lead["created_at"]:
            acts.append(row["created_at"])
    return acts


def holds(rows: Rows, lead: dict[str, Any], check: Check, when: datetime) -> bool:
    within = timedelta(days=check.within_days) if check.within_days is not None else timedelta.max
    if check.subject == "event":
        return any(
            row["lead_id"] == lead["lead_id"]
            and check.name in ("any", row["kind"])
            and max(row["occurred_at"], row["known_at"] or row["occurred_at"]) <= when
            and when - row["occurred_at"] <= within
            for row in rows["events"]
        )
    if check.subject == "disposition":
        answers = [
            (row["decided_at"], 1 + (row["channel"] == "desk"), row["decision"] == "rejected", row["decision"])
            for row in rows["dispositions"]
            if row["lead_id"] == lead["lead_id"] and row["decided_at"] <= when
        ]
        answers += [(at, 0, False, "accepted") for at in accepted_by_acts(rows, lead) if at <= when]
        return bool(answers) and max(answers)[3] == check.name and when - max(answers)[0] <= within
    if check.name.startswith("account."):
        account = next((one for one in rows["accounts"] if one["account_id"] == lead["account_id"]), None)
        if account is None:
            return False
        size = value_at(rows, "account", lead["account_id"], "employees", account["employees"], when)
        return size is not None and 50 <= float(size) <= 500
    value = value_at(rows, "lead", lead["lead_id"], check.name, lead[check.name], when)
    if value is None:
        return False
    words = [str(one).lower() for one in check.values]
    return {"in": value in words, "not_in": value not in words, "present": value != ""}[check.operator]


def first_by_hand(rows: Rows, checks: tuple[Check, ...]) -> dict[str, datetime]:
    """Everything happens at whole hours, and ages out a moment after one: looking at every hour misses nothing."""
    found = {}
    tracked = [TRACKED[name(check)] for check in checks if check.subject == "field"]
    for lead in rows["leads"]:
        if lead["created_at"] is None or any(lead["created_at"] < since for since in tracked):
            continue
        for hour in range(int((READ_AT - lead["created_at"]) / HOUR) + 1):
            when = lead["created_at"] + hour * HOUR
            if all(holds(rows, lead, check, when) for check in checks):
                found[lead["lead_id"]] = when
                break
    return found


def name(check: Check) -> str:
    return check.name if "." in check.name else f"lead.{check.name}"


def staged(agreement: Agreement, **stages: tuple[Check, ...]) -> Agreement:
    return replace(agreement, stages=stages)


def told(history: History, agreement: Agreement) -> tuple[list[StageMoments], list[dict[str, datetime]]]:
    with open_engine(threads=1) as backend:
        found = list(stage_moments(open_tables(backend, history), agreement))
        rows = [[] if one.table is None else one.table.to_pyarrow().to_pylist() for one in found]
    return found, [{row["lead_id"]: moment(row["first_us"]) for row in one} for one in rows]


@LAW
@given(
    seed=st.integers(0, 10_000),
    names=st.lists(
        st.lists(st.sampled_from(sorted(CHECKS)), min_size=1, max_size=3, unique=True), min_size=3, max_size=3
    ),
)
def test_first_moments_are_those_of_looking_at_every_hour(tmp_path_factory, write_history, agreement, seed, names):
    rows = company(seed)
    history = write_history(tmp_path_factory.mktemp("stages"), rows, read_at=READ_AT, tracked_since=TRACKED)
    stages = {f"S{place}": tuple(CHECKS[one] for one in chosen) for place, chosen in enumerate(names)}
    _, found = told(history, staged(agreement, **stages))
    for moments, checks in zip(found, stages.values(), strict=True):
        assert moments == first_by_hand(rows, checks)


def test_each_check_alone_and_all_kinds_together(tmp_path, write_history, agreement):
    """The law's cases are there: stages that begin by each kind of change, and some that a lead meets only for a while."""
    met = 0
    for seed in range(4):
        rows = company(seed)
        history = write_history(tmp_path / f"{seed}", rows, read_at=READ_AT, tracked_since=TRACKED)
        stages = {key.replace(" ", "_"): (check,) for key, check in CHECKS.items()}
        stages["together"] = (CHECKS["size"], CHECKS["event"], CHECKS["no rival"])
        _, found = told(history, staged(agreement, **stages))
        for moments, checks in zip(found, stages.values(), strict=True):
            assert moments == first_by_hand(rows, checks)
            met += len(moments) > 0
    assert met > 30


def test_what_becomes_known_later_changes_no_earlier_moment(tmp_path, write_history, agreement):
    rows = company(3)
    checks = staged(agreement, MQL=(CHECKS["size"], CHECKS["event"]), SAL=(CHECKS["accepted"],))
    _, before = told(write_history(tmp_path / "a", rows, read_at=READ_AT, tracked_since=TRACKED), checks)
    cut = START + 10 * DAY
    late = {"lead_id": "L05", "occurred_at": START + 9 * DAY, "known_at": cut + HOUR, "kind": "visit"}
    answer = {"lead_id": "L06", "decided_at": cut + HOUR, "decision": "accepted", "channel": "crm"}
    later = {**rows, "events": [*rows["events"], late], "dispositions": [*rows["dispositions"], answer]}
    _, after = told(write_history(tmp_path / "b", later, read_at=READ_AT, tracked_since=TRACKED), checks)
    for one, other in zip(before, after, strict=True):
        assert {lead: at for lead, at in one.items() if at <= cut} == {
            lead: at for lead, at in other.items() if at <= cut
        }


def test_without_recorded_changes_the_crms_own_date_counts_or_its_stage_history(tmp_path, write_history, agreement):
    rows = company(1)
    checks = staged(agreement, MQL=(CHECKS["authority"],), SAL=(CHECKS["authority"],), SQL=(CHECKS["authority"],))
    when = START + 5 * DAY
    for row in rows["leads"]:
        row["MQL_Date__c"] = when if row["lead_id"] == "L03" else READ_AT + DAY
    rows["field_history"] = [
        {"entity": "lead", "entity_id": lead, "field": "stage", "changed_at": at, "old_value": "x", "new_value": value}
        for lead, at, value in (
            ("L01", when, "Sales Accepted Lead"),
            ("L01", when - DAY, "sal"),
            ("L02", when, "MQL"),
            ("L04", when, "salesqualified"),
        )
    ]
    history = write_history(
        tmp_path / "history",
        rows,
        read_at=READ_AT,
        own_types={"leads": {"MQL_Date__c": pa.timestamp("us", tz="UTC")}},
        own_fields=(
            OwnField(entity="lead", name="MQL_Date__c", type="date", status="refused", why="known afterwards"),
        ),
    )
    found, moments = told(history, checks)
    assert [(one.source, one.column, one.missing) for one in found] == [
        ("date column", "MQL_Date__c", ("lead.authority",)),
        ("stage history", "", ("lead.authority",)),
        ("stage history", "", ("lead.authority",)),
    ]
    assert moments == [{"L03": when}, {"L01": when - DAY}, {"L04": when}]


@pytest.mark.parametrize(
    ("stage", "missing"),
    [
        ((CHECKS["authority"], CHECKS["size"]), ("lead.authority", "account.employees")),
        ((CHECKS["event"],), ("events",)),
        ((CHECKS["accepted"], CHECKS["event"]), ("events", "dispositions")),
        ((), ()),
    ],
)
def test_what_is_not_recorded_is_said_with_what_lacks(tmp_path, write_history, agreement, stage, missing):
    rows = {"leads": company(1)["leads"], "accounts": company(1)["accounts"]}
    (found,), (moments,) = told(write_history(tmp_path, rows, read_at=READ_AT), staged(agreement, MQL=stage))
    assert (found.source, found.missing, moments) == ("not recorded", missing, {})


def test_leads_from_before_changes_were_recorded_are_left_out_and_it_is_said_since_when(
    tmp_path, write_history, agreement
):
    rows = company(2)
    history = write_history(tmp_path, rows, read_at=READ_AT, tracked_since=TRACKED)
    (found,), (moments,) = told(history, staged(agreement, SQL=(CHECKS["timeline"],)))
    assert found.since_us == microseconds(TRACKED["lead.timeline"])
    created = {row["lead_id"]: row["created_at"] for row in rows["leads"]}
    assert moments
    assert all(created[lead] >= TRACKED["lead.timeline"] for lead in moments)
