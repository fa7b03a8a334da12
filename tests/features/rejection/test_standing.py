"""When a rejection stands, against a slow, plain reading of decision 0031, and that nothing later changes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from leadq.agreement.terms.measured_terms import AfterRejection
from leadq.crm.contract.crm_tables import WORKED_AGAIN
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.engine.duckdb_engine import moment as moment_of
from leadq.features.landmarks import training_points
from leadq.features.rejection.standing import rejections
from leadq.features.training_data import HANDOFF
from tests.conformance.feature_groups.small_company import LAW

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
START = datetime(2025, 3, 1, tzinfo=UTC)
READ_AT = START + 90 * DAY
AFTER = {
    "no_budget": AfterRejection(then="nurture", wake_after_days=10),
    "unreachable": AfterRejection(then="nurture", wake_after_days=20, returns_on=("demo", "call")),
    "outside_icp": AfterRejection(then="close", returns_on=("demo",)),
    "duplicate": AfterRejection(then="merge"),
}
RANK = {"lost": 0, "reopened": 1, "won": 2}
Rows = dict[str, list[dict[str, Any]]]


def company(seed: int, leads: int = 12) -> Rows:
    """Answers, events and outcomes at whole half days, so that much of it falls together."""
    draw = np.random.default_rng(seed)
    rows: Rows = {name: [] for name in ("leads", "dispositions", "events", "outcomes", "touches")}

    def when(low: int = 0) -> datetime:
        return START + int(draw.integers(low, 170)) * 12 * HOUR

    for number in range(leads):
        lead = f"L{number:02d}"
        rows["leads"].append({"lead_id": lead, "created_at": START + int(draw.integers(40)) * 12 * HOUR})
        for _ in range(int(draw.integers(4))):
            decision = str(draw.choice(["rejected", "rejected", "accepted"]))
            reason = str(draw.choice([*AFTER, "student"])) if decision == "rejected" and draw.random() < 0.9 else None
            channel = str(draw.choice(["desk", "crm"]))
            given_at = {"lead_id": lead, "decided_at": when(), "decision": decision, "reason": reason}
            rows["dispositions"].append({**given_at, "channel": channel})
        for _ in range(int(draw.integers(5))):
            occurred = when()
            known = occurred + int(draw.integers(8)) * 12 * HOUR if draw.random() < 0.4 else None
            kind = str(draw.choice(["demo", "call", "page"]))
            rows["events"].append({"lead_id": lead, "occurred_at": occurred, "known_at": known, "kind": kind})
        for _ in range(int(draw.integers(3))):
            outcome = str(draw.choice(["won", "lost", "lost", "reopened"]))
            rows["outcomes"].append({"lead_id": lead, "occurred_at": when(40), "outcome": outcome})
        if draw.random() < 0.4:
            picked = {"lead_id": lead, "decided_at": when(), "decision": WORKED_AGAIN, "channel": "desk"}
            rows["dispositions"].append(picked)
        if draw.random() < 0.5:
            rows["touches"].append({"lead_id": lead, "occurred_at": when(), "kind": "call"})
    return rows


def known_by(rows: Rows, moment: datetime) -> Rows:
    """Leave out what could not be known at a moment."""
    return {
        "leads": [row for row in rows["leads"] if row["created_at"] <= moment],
        "dispositions": [row for row in rows["dispositions"] if row["decided_at"] <= moment],
        "events": [row for row in rows["events"] if max(row["occurred_at"], row["known_at"] or START) <= moment],
        "outcomes": [row for row in rows["outcomes"] if row["occurred_at"] <= moment],
        "touches": [row for row in rows["touches"] if row["occurred_at"] <= moment],
    }


def state(rows: Rows, lead_id: str, moment: datetime) -> tuple[str, Any, datetime]:
    """Walk through what was known of a lead: (closed, rejected or open; the reason or when it came back; when its entry began)."""
    known = {
        table: [row for row in found if row["lead_id"] == lead_id] for table, found in known_by(rows, moment).items()
    }
    entered = known["leads"][0]["created_at"]
    standing: dict[str, Any] | None = None
    back: datetime | None = None
    closed = False
    happened: list[tuple[datetime, tuple[int, ...], dict[str, Any]]] = [
        (row["occurred_at"], (0, RANK[row["outcome"]]), row) for row in known["outcomes"]
    ]
    happened += [
        (row["decided_at"], (1, row["channel"] == "desk", row["decision"] == "rejected"), row)
        for row in known["dispositions"]
        if row["decision"] != WORKED_AGAIN
    ]
    again = [row for row in known["dispositions"] if row["decision"] == WORKED_AGAIN]
    happened += [(row["decided_at"], (3,), row) for row in again]
    happened += [(max(row["occurred_at"], row["known_at"] or START), (2,), row) for row in known["events"]]
    wakes = [
        (row["decided_at"] + days * DAY, (-1,), row)
        for row in known["dispositions"]
        if row.get("reason") in AFTER and (days := AFTER[row["reason"]].wake_after_days) is not None
    ]
    happened += [wake for wake in wakes if wake[0] <= moment]
    for at in sorted({one[0] for one in happened}):
        now = sorted((one for one in happened if one[0] == at), key=lambda one: one[1])
        outcomes = [row for _, key, row in now if key[0] == 0]
        answers = [row for _, key, row in now if key[0] == 1]
        agreed = AFTER.get(standing["reason"] or "", AfterRejection()) if standing else AfterRejection()
        ends = standing is not None and (
            any(key == (-1,) and row is standing for _, key, row in now)
            or any(key == (3,) for _, key, _ in now)
            or any(
                key == (2,) and row["kind"] in agreed.returns_on and row["occurred_at"] > standing["decided_at"]
                for _, key, row in now
            )
        )
        reopened = any(row["outcome"] == "reopened" for row in outcomes)
        if outcomes:
            closed = outcomes[-1]["outcome"] != "reopened"
        if standing is not None and (reopened or answers or ends):
            if ends and not reopened and not answers and not closed:
                entered, back = max(entered, at), at
            standing = None
        if answers:
            back = None
            standing = answers[-1] if answers[-1]["decision"] == "rejected" else None
    if closed:
        return "closed", None, entered
    if standing is not None:
        return "rejected", standing["reason"], entered
    return "open", back, entered


def test_who_is_rejected_open_or_back_is_what_the_rule_says_at_every_moment(tmp_path, write_history):
    rows = company(0, leads=30)
    moments = [START + number * 12 * HOUR for number in range(2 * 90)]
    grid = [
        {"point_id": place, "lead_id": lead["lead_id"], "as_of_us": microseconds(moment)}
        for place, (lead, moment) in enumerate((lead, moment) for lead in rows["leads"] for moment in moments)
    ]
    ages = tuple(float(number) / 2 for number in range(2 * 90))
    with open_engine(threads=1) as backend:
        tables = open_tables(backend, write_history(tmp_path / "h", rows, read_at=READ_AT))
        found = rejections(tables, AFTER)
        assert found is not None
        points = backend.create_table("grid", pa.Table.from_pylist(grid), temp=True)
        stands = {row["point_id"]: row["reason"] for row in found.standing(points).to_pyarrow().to_pylist()}
        back = {row["point_id"]: row["returned_us"] for row in found.came_back(points).to_pyarrow().to_pylist()}
        looks = training_points(tables, ages, rejected=found).to_pyarrow().to_pylist()
    looked_at = {
        (row["lead_id"], row["as_of_us"]): (row["entered_us"], ages[row["landmark"]])
        for row in looks
        if row["landmark"] != HANDOFF
    }
    seen = set()
    for point in grid:
        lead_id, as_of = point["lead_id"], moment_of(point["as_of_us"])
        if as_of < next(lead["created_at"] for lead in rows["leads"] if lead["lead_id"] == lead_id):
            continue
        kind, said, since = state(rows, lead_id, as_of)
        seen.add((kind, said is not None))
        if kind != "closed":
            assert (point["point_id"] in stands) == (kind == "rejected"), (lead_id, as_of)
            assert stands.get(point["point_id"]) == (said if kind == "rejected" else None)
            assert back.get(point["point_id"]) == (microseconds(said) if kind == "open" and said else None), (
                lead_id,
                as_of,
            )
        look = (microseconds(since), (as_of - since) / DAY) if kind == "open" else None
        assert looked_at.get((lead_id, point["as_of_us"])) == look, (lead_id, as_of, kind)
    assert {("rejected", True), ("open", True), ("closed", False)} <= seen  # the cases are there


@given(seed=st.integers(0, 40), hours=st.integers(20 * 24, 80 * 24))
@LAW
def test_nothing_later_changes_who_stands_rejected(tmp_path_factory, write_history, seed, hours):
    moment = START + hours * HOUR
    rows = company(seed, leads=6)
    grid = [
        {"point_id": place, "lead_id": lead["lead_id"], "as_of_us": microseconds(moment)}
        for place, lead in enumerate(rows["leads"])
    ]
    told = []
    for one in (rows, known_by(rows, moment)):
        history = write_history(tmp_path_factory.mktemp("law"), one, read_at=READ_AT)
        with open_engine(threads=1) as backend:
            found = rejections(open_tables(backend, history), AFTER)
            points = backend.create_table("grid", pa.Table.from_pylist(grid), temp=True)
            parts = [] if found is None else [found.standing(points), found.came_back(points)]
            told.append([sorted(part.to_pyarrow().to_pylist(), key=str) for part in parts] or [[], []])
    assert told[0] == told[1]


def test_without_a_rejection_nothing_is_looked_for(tmp_path, write_history):
    rows = {"leads": [{"lead_id": "L", "created_at": START}]}
    accepted = [{"lead_id": "L", "decided_at": START, "decision": "accepted"}]
    for number, answers in enumerate(([], accepted)):
        history = write_history(tmp_path / str(number), {**rows, "dispositions": answers}, read_at=READ_AT)
        with open_engine(threads=1) as backend:
            assert rejections(open_tables(backend, history), AFTER) is None
