"""What leadq.yaml vouches for is kept, whatever it is called; the report says what to paste, and what was pasted without effect."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.gate.judge import check_rules
from leadq.features.leak_checks.advice import what_happened, what_to_do
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.run_checks import find_leaks, quarantine
from leadq.features.leak_checks.table import check_table
from leadq.features.leak_checks.vouching import honoured
from leadq.features.readiness.check_page import render_check_report
from leadq.features.readiness.readiness import readiness
from leadq.features.training_data import TrainingData

LookedAt = Callable[[History], TrainingData]


def finding(field: str, *features: str, consequence: Any = "quarantine", check: int = 4) -> LeakFinding:
    return LeakFinding(
        check=check, name="a test", field=field, features=features, figure=0.9, limit=0.85, consequence=consequence,
        sentence=f"{field} tells.",
    )  # fmt: skip


def a_leaking_world(leak_world: Any, looked_at: LookedAt) -> tuple[History, TrainingData]:
    world = leak_world(n_leads=500)
    world.plant("told", [float(won) for won in world.won], "number")
    history = world.write()
    return history, looked_at(history)


@pytest.mark.parametrize("name", ["leads.told", "own_lead_told"])
def test_a_field_or_feature_is_kept_by_its_name(leak_world: Any, looked_at: LookedAt, name: str) -> None:
    history, data = a_leaking_world(leak_world, looked_at)
    (left_out,) = [found for found in find_leaks(data, history, seed=1) if found.consequence == "quarantine"]
    pasted = what_to_do(left_out).partition("leadq.yaml: ")[2]
    assert yaml.safe_load(pasted) == {"vouch": {"leads.told": "why it is known beforehand"}}
    findings = find_leaks(data, history, seed=1, vouched={name: "typed in at the fair"})
    assert quarantine(findings, history) == {}
    (kept,) = [found for found in findings if "own_lead_told" in found.features]
    assert "vouched for and kept (typed in at the fair)" in kept.sentence


def test_one_vouched_feature_of_several_is_kept_alone(leak_world: Any, looked_at: LookedAt) -> None:
    history, data = a_leaking_world(leak_world, looked_at)
    whole = finding("leads.account_id", "company_employees", "company_industry")
    kept = honoured(whole, data.catalogue, history, {"company_industry": "asked"})
    assert kept.features == ("company_employees",)
    assert "company_industry" in kept.sentence


def test_stops_are_not_vouched_away(leak_world: Any, looked_at: LookedAt) -> None:
    history, data = a_leaking_world(leak_world, looked_at)
    stop = finding("engagement_count_7d", "engagement_count_7d", consequence="stop", check=1)
    assert honoured(stop, data.catalogue, history, {"engagement_count_7d": "please"}) == stop


def test_a_typing_error_keeps_nothing_and_is_said(leak_world: Any, looked_at: LookedAt) -> None:
    history, data = a_leaking_world(leak_world, looked_at)
    findings = find_leaks(data, history, seed=1, vouched={"leads.tolt": "a typing error"})
    assert "own_lead_told" in quarantine(findings, history)
    assert [found for found in findings if "Did you mean leads.told?" in found.sentence]


def test_leadq_yaml_takes_vouch(tmp_path: Path) -> None:
    (tmp_path / "leadq.yaml").write_text(
        "vouch: {engagement_kinds_30d: counts what the lead did}\n"
        "sources: {leads: {path: leads.csv}}\noutcome: {from: lead_columns, won: [Won], lost: [Lost]}\n"
    )
    assert read_config(tmp_path / "leadq.yaml").vouch == {"engagement_kinds_30d": "counts what the lead did"}


def test_what_to_do_says_the_line() -> None:
    told = what_to_do(finding("events.kind contract sent", consequence="name", check=5))
    assert 'ignore_kinds: ["contract sent"]' in told
    own = what_to_do(finding("leads.talk time", "own_lead_talk_time", consequence="name"))
    assert 'own_fields: {refuse: {"talk time": why}}' in own
    assert what_to_do(finding("leads.status")) == ""
    assert what_happened(finding("leads.status")).startswith("Nothing")
    assert what_happened(finding("x", "x")).startswith("Left out")


def test_the_page_is_escaped_and_says_what_to_paste(leak_world: Any, looked_at: LookedAt, leak_agreement: Any) -> None:
    history, _ = a_leaking_world(leak_world, looked_at)
    found = finding("leads.<script>alert(1)</script>", "own_lead_x")
    rows = check_table([found], passed={12: "200 scored leads"}, not_run={10: "run by leadq train"})
    page = render_check_report(readiness(history, None, leak_agreement), [found], check_rules(history), rows)
    assert "<script>" not in page
    assert "200 scored leads" in page
    assert "run by leadq train" in page
    assert re.search(r"<code>vouch: \{.*leads", page)
