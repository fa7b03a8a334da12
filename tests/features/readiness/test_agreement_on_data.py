"""Checks that hold for no lead are named with what is there; those that hold for one are not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.template import template_text
from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History, open_history
from leadq.crm.reading.ingest import read_history
from leadq.features.readiness.agreement_on_data import never_holding

CONFIG = """
sources:
  leads: {path: leads.csv}
  accounts: {path: accounts.csv}
  events: {path: events.csv}
  dispositions: {path: dispositions.csv}
outcome: {from: lead_columns, won: [won], lost: [lost]}
"""
LEAD = ["lead_id,created_at,closed_at,status,account_id,email,authority,timeline"]
LEAD += [
    f"L{n},2026-01-0{n}T10:00:00Z,,open,A{n},a@b{n}.{'edu' if n == 1 else 'com'},Decision_maker,this_year"
    for n in range(1, 8)
]
FILES = {
    "leads.csv": LEAD,
    "accounts.csv": [
        "account_id,industry,employees,country,domain",
        "A1,Software,90,DE,rival.example",
        "A2,Farming,9,DE,",
    ],
    "events.csv": ["lead_id,occurred_at,kind", "L1,2026-01-03T10:00:00Z,demo_request"],
    "dispositions.csv": ["lead_id,decided_at,decision", "L1,2026-01-03T10:00:00Z,accepted"],
}
AGREEMENT = parse_agreement(template_text(), where="agreement.yaml")


def history_of(folder: Path, config: str = CONFIG, **changed: list[str]) -> History:
    for name, lines in FILES.items():
        (folder / name).write_text("\n".join(changed.get(name.removesuffix(".csv"), lines)) + "\n")
    (folder / "leadq.yaml").write_text(config)
    read_history(
        read_config(folder / "leadq.yaml", environment={}),
        folder=folder / "history",
        read_at=datetime(2026, 2, 1, tzinfo=UTC),
    )
    return open_history(folder / "history")


def test_what_holds_for_one_lead_is_not_named(tmp_path: Path) -> None:
    assert never_holding(history_of(tmp_path), AGREEMENT) == ()


@pytest.mark.parametrize(
    ("changed", "place", "value", "remedy"),
    [
        (
            {"accounts": ["account_id,industry,country,domain", "A1,Software,DE,rival.example"]},
            "stage MQL",
            "account.employees is empty",
            "Map account.employees",
        ),
        (
            {"accounts": [*FILES["accounts.csv"][:1], "A1,Softwear,90,DE,rival.example"]},
            "ideal_customer",
            "account.industry is Softwear (1 lead)",
            "Did you mean Softwear? ",
        ),
        (
            {"accounts": [*FILES["accounts.csv"][:1], "A1,software,9,DE,rival.example"]},
            "stage MQL",
            "account.employees is 9 to 9",
            "no lead counts as MQL",
        ),
        (
            {"leads": [line.replace(".edu", ".org") for line in LEAD]},
            "rule student",
            "b2.com",
            "rule student never acts",
        ),
        (
            {"events": ["lead_id,occurred_at,kind", "L1,2026-01-03T10:00:00Z,demo_requested"]},
            "rule hand_raiser",
            "demo_request",
            "Did you mean demo_requested? ",
        ),
        (
            {"dispositions": ["lead_id,decided_at,decision", "L1,2026-01-03T10:00:00Z,rejected"]},
            "stage SAL",
            "accepted",
            "no lead counts as SAL",
        ),
        (
            {"leads": [line.replace("this_year", "later") for line in LEAD]},
            "stage SQL",
            "timeline is later (7 leads)",
            "no lead counts as SQL",
        ),
    ],
)
def test_what_holds_for_none_is_named_with_what_is_there(
    tmp_path: Path, changed: dict[str, list[str]], place: str, value: str, remedy: str
) -> None:
    found = [one for one in never_holding(history_of(tmp_path, **changed), AGREEMENT) if one.rule.startswith(place)]
    assert found, place
    assert value in found[0].value
    assert remedy in found[0].remedy
    line = int(found[0].where.removeprefix("agreement.yaml line "))
    assert AGREEMENT.text.splitlines()[line - 1].strip()


def test_without_events_and_answers_every_check_on_them_is_named(tmp_path: Path) -> None:
    unmapped = "\n".join(line for line in CONFIG.splitlines() if "events" not in line and "dispositions" not in line)
    found = never_holding(history_of(tmp_path, config=unmapped), AGREEMENT)
    assert [one.rule.split(":")[0] for one in found] == ["rule hand_raiser", "stage MQL", "stage SAL"]


def test_an_event_that_brings_rejected_leads_back_is_named_until_there_is_one(tmp_path: Path) -> None:
    text = template_text().replace("returns_on: [demo_request]", "returns_on: [asked_again]")
    history = history_of(tmp_path)
    (problem,) = never_holding(history, parse_agreement(text, where="agreement.yaml"))
    assert "rejection reason unreachable: no event of this kind" in str(problem)
    assert "demo_request" in problem.remedy
    assert (
        never_holding(history, parse_agreement(text.replace("asked_again", "demo_request"), where="agreement.yaml"))
        == ()
    )
