"""The gate lets sound histories in, names what is broken, and Great Expectations agrees with the counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leadq.crm.contract.history import History
from leadq.crm.gate.html_report import render_gate_report
from leadq.crm.gate.judge import check_rules, judge_with_great_expectations
from leadq.crm.gate.result import GateResult
from leadq.crm.gate.rule_book import rules_for

HistoryMaker = Callable[..., History]
Rows = dict[str, list[dict[str, Any]]]


def verdict(result: GateResult, table: str, column: str, kind: str) -> str:
    (found,) = [r for r in result.results if (r.rule.table, r.rule.column, r.rule.kind) == (table, column, kind)]
    return found.verdict


def test_a_sound_history_passes_without_great_expectations(gate_history: HistoryMaker) -> None:
    result = check_rules(gate_history())
    assert result.passed
    assert not result.warnings
    assert not result.stopped


def test_the_nightly_gate_does_not_import_great_expectations() -> None:
    code = "import sys, leadq.crm.gate.judge, leadq.crm.gate.html_report; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def spoil_ids(rows: Rows, history: History) -> None:
    rows["leads"][3]["lead_id"] = "L0002"


def spoil_missing_id(rows: Rows, history: History) -> None:
    rows["leads"][3]["lead_id"] = None


def spoil_future(rows: Rows, history: History) -> None:
    for lead in rows["leads"][:30]:
        lead["created_at"] = history.read_at + timedelta(days=3)


def spoil_epoch(rows: Rows, history: History) -> None:
    for lead in rows["leads"][:30]:
        lead["created_at"] = lead["created_at"].replace(year=1970)


def spoil_orphans(rows: Rows, history: History) -> None:
    for event in rows["events"][:150]:
        event["lead_id"] = "X" + event["lead_id"]


def spoil_outcome(rows: Rows, history: History) -> None:
    rows["opportunities"][0]["outcome"] = "gewonnen"


def spoil_order(rows: Rows, history: History) -> None:
    for deal in rows["opportunities"]:
        deal["closed_at"] = deal["created_at"] - timedelta(days=1)


def spoil_event_owner(rows: Rows, history: History) -> None:
    rows["events"][0]["lead_id"] = None


def spoil_number(rows: Rows, history: History) -> None:
    rows["leads"][0]["score"] = float("nan")


def spoil_address(rows: Rows, history: History) -> None:
    rows["leads"][0]["email_domain"] = "jane@a.example"


def spoil_kept_outcome(rows: Rows, history: History) -> None:
    for row in rows["outcomes"]:
        row["occurred_at"] -= timedelta(days=90)


SPOILED = [
    (spoil_ids, "leads", "lead_id", "unique"),
    (spoil_missing_id, "leads", "lead_id", "not_null"),
    (spoil_future, "leads", "created_at", "not_after"),
    (spoil_epoch, "leads", "created_at", "between"),
    (spoil_orphans, "events", "lead_id", "references"),
    (spoil_outcome, "opportunities", "outcome", "in_set"),
    (spoil_order, "opportunities", "closed_at", "ordered"),
    (spoil_event_owner, "events", "lead_id", "either"),
    (spoil_number, "leads", "score", "between"),
    (spoil_address, "leads", "email_domain", "matches"),
    (spoil_kept_outcome, "outcomes", "occurred_at", "not_before_lead"),
]


@pytest.mark.parametrize(("spoil", "table", "column", "kind"), SPOILED)
def test_each_rule_can_fail(
    gate_history: HistoryMaker, gate_rows: Rows, spoil: Any, table: str, column: str, kind: str
) -> None:
    spoil(gate_rows, gate_history())
    result = check_rules(gate_history(gate_rows))
    assert verdict(result, table, column, kind) == "stopped"
    problem = next(p for p in (row.problem() for row in result.stopped) if p.where == f"table {table} column {column}")
    assert problem.remedy
    assert 1 <= len(problem.examples) <= 5
    assert not any("jane" in example for example in problem.examples)


def test_few_broken_rows_warn_and_are_never_silent(gate_history: HistoryMaker, gate_rows: Rows) -> None:
    gate_rows["leads"][0]["created_at"] = gate_history().read_at + timedelta(days=3)
    result = check_rules(gate_history(gate_rows))
    assert verdict(result, "leads", "created_at", "not_after") == "warned"
    assert result.passed


def test_ten_leads_are_refused_with_what_is_missing(gate_history: HistoryMaker, gate_rows: Rows) -> None:
    few = {name: rows[:10] for name, rows in gate_rows.items()}
    history = gate_history(few)
    result = check_rules(history, rules_for(history, training=True))
    assert any("at least 120 rows, got 10" in str(row.problem()) for row in result.stopped)


@pytest.mark.parametrize(
    ("gone", "said"), [("won", "1 lead that is won, got 0"), ("lost", "1 lead that is lost, got 0")]
)
def test_all_one_class_is_refused(gate_history: HistoryMaker, gate_rows: Rows, gone: str, said: str) -> None:
    gate_rows["outcomes"] = [row for row in gate_rows["outcomes"] if row["outcome"] != gone]
    history = gate_history(gate_rows)
    result = check_rules(history, rules_for(history, training=True))
    assert any(said in str(row.problem()) for row in result.stopped)


def test_no_outcome_at_all_is_refused(gate_history: HistoryMaker, gate_rows: Rows) -> None:
    gate_rows["outcomes"] = []
    history = gate_history(gate_rows)
    assert not check_rules(history, rules_for(history, training=True)).passed


def test_empty_leads_are_refused(gate_history: HistoryMaker, gate_rows: Rows) -> None:
    assert not check_rules(gate_history({name: [] for name in gate_rows})).passed


def test_a_source_without_dates_has_no_rules_about_time(gate_history: HistoryMaker, gate_rows: Rows) -> None:
    spoil_future(gate_rows, gate_history())
    assert check_rules(gate_history(gate_rows, dated=False)).passed


def test_great_expectations_judges_rows_and_counts_alike(gate_history: HistoryMaker, gate_rows: Rows) -> None:
    history = gate_history()
    for spoil, *_ in SPOILED:
        if spoil is not spoil_missing_id:
            spoil(gate_rows, history)
    history = gate_history(gate_rows)
    rules = rules_for(history, training=True)
    counted = check_rules(history, rules)
    on_rows = judge_with_great_expectations(history, rules)
    on_counts = judge_with_great_expectations(history, rules, max_frame_rows=0)
    assert [r.kept for r in on_rows.results] == [r.kept for r in counted.results] == [r.kept for r in on_counts.results]
    assert sum(not r.kept for r in on_rows.results) >= 9
    assert {r.judged_by for r in on_counts.results} == {"Great Expectations on the counts"}
    assert "Great Expectations on the rows" in {r.judged_by for r in on_rows.results}


def test_great_expectations_itself_can_refuse(gate_history: HistoryMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the count wrong, the expectation on the rows would still stop the gate."""
    history = gate_history()
    rules = tuple(replace(r, values=("x", "y")) for r in rules_for(history) if r.kind == "in_set")
    honest = check_rules(history, rules)
    blind = replace(honest, results=tuple(replace(r, kept=True, violations=0) for r in honest.results))
    monkeypatch.setattr("leadq.crm.gate.judge.check_rules", lambda *_: blind)
    assert not any(r.kept for r in judge_with_great_expectations(history, rules).results)


def test_the_report_is_offline_and_hostile_text_stays_text(gate_history: HistoryMaker, gate_rows: Rows) -> None:
    gate_rows["opportunities"][0]["outcome"] = "<script>alert(1)</script>"
    page = render_gate_report(check_rules(gate_history(gate_rows)))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "Stopped." in page
