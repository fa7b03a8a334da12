"""What the records show for a rejection's reason, as of the answer: attempts, marks, merges and checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from leadq.agreement.schema import Agreement, Check, Sla
from leadq.agreement.terms.measured_terms import AfterRejection
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.rejection.judged_answers import JudgedReason, judged_answers
from leadq.features.rejection.stops import any_stop, stops_at
from leadq.pipelines.measures.record_sentences import records_in_words
from leadq.serving.words.agreed.record_words import against_the_record, question

START = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def asking(agreement: Agreement) -> Agreement:
    edu = Check(subject="field", name="email_domain", operator="ends_with", values=(".edu",))
    return replace(
        agreement,
        tiers=tuple(replace(tier, sla=Sla(attempts=6 if tier.id == "T1" else 4)) for tier in agreement.tiers),
        after_rejection={
            "unreachable": AfterRejection(needs="attempts"),
            "outside_icp": AfterRejection(needs="outside_ideal_customer"),
            "duplicate": AfterRejection(needs="merged"),
            "student": AfterRejection(checks=(edu,)),
            "no_budget": AfterRejection(then="nurture", wake_after_days=9),
        },
    )


def history_rows() -> dict[str, list[dict[str, Any]]]:
    """Two rejections a reason, the first as recorded (L0, ...), the second not; touches after the answer show nothing."""
    reasons = ("unreachable", "outside_icp", "duplicate", "student")
    leads = [{"lead_id": f"{reason}{number}", "created_at": START, "account_id": f"{reason}{number}",
              "email_domain": "uni.edu" if number == 0 else "acme.example"}
             for reason in reasons for number in (0, 1)]  # fmt: skip
    calls = [("unreachable0", day, "call", "out") for day in (1, 2, 3, 4)]
    calls += [("unreachable1", 1, "call", "out"), ("unreachable1", 2, "call", "Inbound"),
              ("unreachable1", 3, "newsletter", "out"), ("unreachable1", 9, "call", "out")]  # fmt: skip
    return {
        "leads": leads,
        "accounts": [
            {"account_id": "outside_icp0", "industry": "retail", "employees": 200.0},
            {"account_id": "outside_icp1", "industry": "software"},  # its size is not known: no mark is missed
        ],
        "touches": [
            {"lead_id": lead, "occurred_at": START + day * DAY, "kind": kind, "direction": direction}
            for lead, day, kind, direction in calls
        ],
        "lead_aliases": [{"old_lead_id": "old", "lead_id": "duplicate0", "merged_at": START + 8 * DAY}],
        "dispositions": [
            {"lead_id": lead["lead_id"], "decided_at": START + 5 * DAY, "decision": "rejected",
             "reason": lead["lead_id"][:-1], "channel": "crm" if lead["lead_id"].endswith("1") else "desk"}
            for lead in leads
        ],
    }  # fmt: skip


def test_answers_of_every_channel_are_judged_by_what_was_recorded_then(tmp_path, write_history, asking):
    rows = history_rows()
    with open_engine(threads=1) as backend:
        judged = judged_answers(open_tables(backend, write_history(tmp_path / "h", rows)), asking)
        silent = judged_answers(open_tables(backend, write_history(tmp_path / "s", {**rows, "touches": []})), asking)
    assert judged == (
        JudgedReason(reason="unreachable", given=2, against=1, attempts_owed=4),
        JudgedReason(reason="outside_icp", given=2, against=1),
        JudgedReason(reason="duplicate", given=2, against=1),
        JudgedReason(reason="student", given=2, against=1),
    )
    assert records_in_words(judged)[0] == "unreachable: 2 rejections, of which 1 shows fewer than 4 attempts."
    assert records_in_words(silent)[0].endswith("map the touches of sales.")


@pytest.mark.parametrize(
    ("reason", "records", "tier", "said"),
    [
        ("unreachable", {"attempts": 1}, "T1", "1 of 6 attempts is recorded"),
        ("unreachable", {"attempts": 0}, "T1", "none of 6 attempts is recorded"),
        ("unreachable", {"attempts": 3}, "T2", "3 of 4 attempts are recorded"),
        ("unreachable", {"attempts": 3}, None, "3 of 4 attempts are recorded"),
        ("unreachable", {"attempts": 6}, "T1", ""),
        ("unreachable", {"attempts": None}, "T1", ""),
        ("outside_icp", {"shows:outside_icp": False}, "T1",
         "no mark of the ideal customer is known that it does not meet"),
        ("duplicate", {"shows:duplicate": False}, "T1", "no merge with another lead is recorded"),
        ("student", {"shows:student": False}, "T1", "it is not recorded that e-mail domain of the lead ends with .edu"),
        ("student", {"shows:student": True}, "T1", ""),
        ("no_budget", {"attempts": 0}, "T1", ""),
        ("student", {}, "T1", ""),
    ],
)  # fmt: skip
def test_the_desk_says_what_the_record_shows(asking, reason, records, tier, said):
    assert against_the_record(reason, asking, records, tier) == said


def test_what_is_asked():
    assert (
        question("not_now", "1 of 6 attempts is recorded") == "1 of 6 attempts is recorded. Say not now all the same?"
    )


def test_a_stop_stands_until_the_lead_asks_again(tmp_path, write_history):
    leads = [
        {"lead_id": name, "created_at": START} for name in ("said no", "asked since", "opened since", "later", "never")
    ]
    events = [
        *(
            {"lead_id": name, "occurred_at": START + DAY, "kind": "Unsubscribe"}
            for name in ("said no", "asked since", "opened since")
        ),
        {"lead_id": "said no", "occurred_at": START, "kind": "demo_request"},
        {"lead_id": "asked since", "occurred_at": START + 2 * DAY, "kind": "demo_request"},
        {"lead_id": "opened since", "occurred_at": START + 2 * DAY, "kind": "email_open"},
        {"lead_id": "later", "occurred_at": START, "known_at": START + 9 * DAY, "kind": "do-not-contact"},
    ]
    history = write_history(tmp_path / "h", {"leads": leads, "events": events})
    grid = [
        {"point_id": place, "lead_id": one["lead_id"], "as_of_us": microseconds(START + 3 * DAY)}
        for place, one in enumerate(leads)
    ]
    with open_engine(threads=1) as backend:
        tables = open_tables(backend, history)
        points = backend.create_table("grid", pa.Table.from_pylist(grid), temp=True)
        assert any_stop(tables)
        stops = {
            leads[row["point_id"]]["lead_id"]: row["stop"] for row in stops_at(tables, points).to_pyarrow().to_pylist()
        }
    assert stops == {"said no": "unsubscribe", "opened since": "unsubscribe"}
