"""What followed rejections, on a company of a few leads of which every figure is known, and that nothing later changes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from leadq.agreement.schema import Agreement, Sla
from leadq.agreement.terms.measured_terms import AfterRejection
from leadq.crm.contract.crm_tables import WITHDRAWN, WORKED_AGAIN
from leadq.features.engine.duckdb_engine import microseconds, open_engine, open_tables
from leadq.features.rejection.standing import rejections
from leadq.features.rejection.what_followed import Followed, what_followed

DAY = timedelta(days=1)
START = datetime(2025, 3, 1, tzinfo=UTC)
AFTER = {
    "no_budget": AfterRejection(then="nurture", wake_after_days=10),
    "unreachable": AfterRejection(then="nurture", needs="attempts"),
}


def answer(
    lead: str, day: float, decision: str = "rejected", reason: str | None = "no_budget", rep: str | None = "Bo"
) -> Any:
    given = {"lead_id": lead, "decided_at": START + day * DAY, "decision": decision, "channel": "crm", "rep": rep}
    return {**given, "reason": reason if decision == "rejected" else None}


def outcome(lead: str, day: float, kind: str) -> Any:
    return {"lead_id": lead, "occurred_at": START + day * DAY, "outcome": kind}


ROWS: dict[str, list[Any]] = {
    "leads": [{"lead_id": f"L{number}", "created_at": START} for number in range(10)],
    "dispositions": [
        answer("L0", 1),  # wakes on day 11, won on day 20
        answer("L1", 1),  # taken back
        answer("L1", 3, "accepted"),
        answer("L2", 5, reason="unreachable"),  # after one attempt of two; opened by the CRM, won
        answer("L3", 5, reason="unreachable", rep="Cy"),  # after two
        answer("L4", 5, reason="unreachable"),  # picked, worked again and won
        {**answer("L4", 7, WORKED_AGAIN, rep=None), "channel": "desk"},
        answer("L5", 5, reason="unreachable"),  # picked, but the CRM has closed it
        {**answer("L5", 7, WORKED_AGAIN, rep=None), "channel": "desk"},
        answer("L8", 3, reason="unreachable", rep="Di"),  # picked, and touched since
        {**answer("L8", 7, WORKED_AGAIN, rep=None), "channel": "desk"},
        answer("L9", 5, reason="unreachable", rep="Ed"),  # after no attempt; taken back in the CRM
        answer("L9", 6, WITHDRAWN, rep="Ed"),
        answer("L6", 5, rep=None),  # nobody says by whom
        answer("L7", -400),  # too long ago
        answer("L8", 30),  # wakes later than is known
    ],
    "touches": [
        {"lead_id": lead, "occurred_at": START + day * DAY, "kind": "call", "direction": "out"}
        for lead, day in (
            ("L2", 4),
            ("L2", 6),
            ("L3", 1),
            ("L3", 2),
            ("L4", 1),
            ("L4", 2),
            ("L5", 1),
            ("L8", 1),
            ("L8", 2),
            ("L8", 8),
        )
    ],
    "outcomes": [
        outcome("L0", 20, "won"),
        outcome("L2", 6, "lost"),
        outcome("L2", 8, "reopened"),
        outcome("L2", 30, "won"),
        outcome("L4", 20, "won"),
        outcome("L5", 6, "lost"),
    ],
    "events": [],
}


def followed(write_history: Any, folder: Any, rows: dict[str, list[Any]], agreement: Agreement, day: float) -> Followed:
    history = write_history(folder, rows, read_at=START + 39 * DAY)
    with open_engine(threads=1) as backend:
        tables = open_tables(backend, history)
        rejected = rejections(tables, AFTER)
        assert rejected is not None
        return what_followed(tables, rejected, agreement, as_of_us=microseconds(START + day * DAY))


def test_what_followed_is_counted_by_person_and_reason(tmp_path: Any, write_history: Any, agreement: Agreement) -> None:
    tiers = tuple(replace(tier, sla=Sla(attempts=2)) for tier in agreement.tiers)
    agreed = replace(agreement, tiers=tiers, after_rejection=AFTER)
    found = followed(write_history, tmp_path / "all", ROWS, agreed, 39)

    def line(rep: str, reason: str, *counts: int) -> dict[str, Any]:
        return {
            "rep": rep,
            "reason": reason,
            **dict(zip(("given", "came_back", "won", "against"), counts, strict=True)),
        }

    assert found.by_reason == [
        line("Bo", "no_budget", 3, 2, 1, 0),
        line("Bo", "unreachable", 3, 2, 2, 2),
        line("Cy", "unreachable", 1, 0, 0, 0),
        line("Di", "unreachable", 1, 1, 0, 0),
        line("Ed", "unreachable", 1, 1, 0, 1),
    ]
    picked = microseconds(START + 7 * DAY)
    won = microseconds(START + 20 * DAY)
    assert found.worked_again == [
        {"lead_id": "L4", "challenged_us": picked, "again_us": picked, "won_us": won, "touched": False},
        {"lead_id": "L5", "challenged_us": picked, "again_us": None, "won_us": None, "touched": False},
        {"lead_id": "L8", "challenged_us": picked, "again_us": picked, "won_us": None, "touched": True},
    ]
    moment = {"leads": "created_at", "dispositions": "decided_at", "touches": "occurred_at", "outcomes": "occurred_at"}
    for day in (6, 15):
        known = {
            name: [row for row in rows if name not in moment or row[moment[name]] <= START + day * DAY]
            for name, rows in ROWS.items()
        }
        whole = followed(write_history, tmp_path / f"whole-{day}", ROWS, agreed, day)
        assert followed(write_history, tmp_path / f"known-{day}", known, agreed, day) == whole
