"""Owners, customers and costs of sales: read like every table, absent where no source gives them, with clear errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.gate.counts import count_rules
from leadq.crm.gate.rule_book import rules_for
from leadq.crm.reading.ingest import read_notes
from leadq.foundation.problems import ConfigError, Problem
from tests.crm.reading.conftest import SIMPLE, SourceFolder, lead_rows

RowsOf = Callable[[History, str], list[dict[str, Any]]]
OWNERS = (
    "owner,role,team,manager,country,email,active_from,active_to\n"
    "ann,sales,North,cleo,DE,ann@acme.example,2023-01-01,2025-06-30\n"
    "ben,Account Executive,North,cleo,NL,ben@acme.example,2023-01-01,\n"
    "cleo,sales_manager,North,,DE,cleo@acme.example,2023-01-01,\n"
)
WITH_OWNERS = SIMPLE.replace("sources:", "sources:\n  owners: {path: owners.csv}")
KNOWN_ROLE = WITH_OWNERS.replace("owners.csv}", "owners.csv, values: {role: {Account Executive: sales}}}")


def _owned(rows: int, owners: tuple[str, ...]) -> str:
    header, *lines = lead_rows(rows).splitlines()
    owned = [f"{line},{owners[place % len(owners)]}" for place, line in enumerate(lines)]
    return "\n".join([f"{header},owner", *owned]) + "\n"


def _problem(problems: tuple[Problem, ...], words: str) -> Problem:
    return next(one for one in problems if words in one.rule)


def test_owners_are_read_without_their_addresses(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", _owned(30, ("ann", "ben")))
    sources.write("owners.csv", OWNERS)
    history = sources.read(KNOWN_ROLE)
    assert [(row["owner"], row["role"], row["manager"], row["team"]) for row in rows_of(history, "owners")] == [
        ("ann", "sales", "cleo", "North"), ("ben", "sales", "cleo", "North"), ("cleo", "sales_manager", None, "North"),
    ]  # fmt: skip
    ann = rows_of(history, "owners")[0]
    assert ann["active_from"] == datetime(2023, 1, 1, tzinfo=UTC)
    assert ann["active_to"].date().isoformat() == "2025-06-30"  # after the data was read, and that is no fault
    assert all(b"@acme" not in file.read_bytes() for file in history.folder.rglob("*") if file.is_file())
    assert any("owners: columns not read: email" in note for note in read_notes(history.folder))


def test_an_unknown_role_stops_nothing_and_the_line_that_is_printed_settles_it(
    sources: SourceFolder, rows_of: RowsOf
) -> None:
    sources.write("leads.csv", _owned(30, ("ann", "ben")))
    sources.write("owners.csv", OWNERS)
    history = sources.read(WITH_OWNERS)
    assert [row["role"] for row in rows_of(history, "owners")] == ["sales", None, "sales_manager"]
    (note,) = [one for one in read_notes(history.folder) if one.startswith("owners.role")]
    assert "1 row has no role that leadq knows: 'Account Executive' (1)" in note
    line = note.partition("marketing, other: ")[2]
    again = sources.read(WITH_OWNERS.replace("owners.csv}", f"owners.csv, {line}}}"))
    assert [row["role"] for row in rows_of(again, "owners")] == ["sales", "sales", "sales_manager"]
    assert not any(one.startswith("owners.role") for one in read_notes(again.folder))


def test_the_printed_line_says_of_each_title_what_it_is(sources: SourceFolder, rows_of: RowsOf) -> None:
    """Pasted as it stands, a queue and a marketer must not sell."""
    titles = {
        "ann": "Marketing Manager",
        "ben": "Lead Queue",
        "cleo": 'Head of "Sales": EMEA',
        "dora": "Account Executive",
    }
    sources.write("leads.csv", _owned(30, tuple(titles)))
    rows = [f'{owner},"{title.replace(chr(34), chr(34) * 2)}"' for owner, title in titles.items()]
    sources.write("owners.csv", "\n".join(["owner,role", *rows]) + "\n")
    config = SIMPLE.replace("sources:", "sources:\n  owners: {path: owners.csv}")
    (note,) = [one for one in read_notes(sources.read(config).folder) if one.startswith("owners.role")]
    line = note.partition("marketing, other: ")[2]
    again = sources.read(config.replace("owners.csv}", f"owners.csv, {line}}}"))
    found = {row["owner"]: row["role"] for row in rows_of(again, "owners")}
    assert found == {"ann": "marketing", "ben": "other", "cleo": "sales_manager", "dora": "sales"}


def test_owners_of_leads_that_nobody_listed_are_named(sources: SourceFolder) -> None:
    sources.write("leads.csv", _owned(30, ("ann", "Queue A", "dora")))
    sources.write("owners.csv", OWNERS)
    history = sources.read(KNOWN_ROLE + "people: {ann: ann@acme.example, eve: eve@acme.example}\n")
    notes = read_notes(history.folder)
    assert any("20 of 30 leads with an owner" in one and "'Queue A' (10), 'dora' (10)" in one for one in notes)
    assert "people in leadq.yaml names owners that owners has no row of: eve" in notes
    results, _ = count_rules(history, rules_for(history))
    (broken,) = [one for one in results if one.rule.where == "table leads column owner"]
    assert (broken.violations, broken.kept, broken.rule.severity) == (20, False, "warn")


def test_an_owner_has_one_row(sources: SourceFolder) -> None:
    sources.write("leads.csv", lead_rows(30))
    sources.write("owners.csv", OWNERS + "ann,marketing,South,,DE,ann@acme.example,2023-01-01,\n")
    problem = _problem(sources.problems(KNOWN_ROLE), "an id must be unique")
    assert problem.where == "owners: owners.csv column owner"
    assert problem.remedy.startswith("Keep one row of each")
    assert "lead_aliases" not in problem.remedy


def test_an_address_in_a_text_of_owners_is_blanked(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write("leads.csv", lead_rows(30))
    sources.write("owners.csv", OWNERS.replace("North,cleo", "North,cleo@acme.example"))
    history = sources.read(KNOWN_ROLE)
    assert rows_of(history, "owners")[0]["manager"] == "[e-mail]"


def test_an_address_of_people_is_one_and_is_never_repeated(sources: SourceFolder) -> None:
    path = sources.write("leadq.yaml", SIMPLE + "people:\n  ann: call me 030 1234567\n")
    with pytest.raises(ConfigError) as stopped:
        read_config(path)
    (problem,) = stopped.value.problems
    assert "people.ann" in problem.rule
    assert "must be one e-mail address" in problem.rule
    assert "1234567" not in str(problem)


CUSTOMERS = "account_id,started_at,ended_at,month,revenue,currency\n"
MONEY = SIMPLE.replace(
    "sources:",
    "sources:\n  accounts: {path: accounts.csv}\n  customers: {path: customers.csv}\n  sales_costs: {path: costs.csv}",
)


def _money(sources: SourceFolder, customers: str, costs: str) -> None:
    sources.write("leads.csv", lead_rows(30))
    sources.write("accounts.csv", "account_id,name\n" + "".join(f"A{n},Firm {n}\n" for n in range(9)))
    sources.write("customers.csv", CUSTOMERS + customers)
    sources.write("costs.csv", "month,cost,currency\n" + costs)


def test_customers_and_costs_of_sales(sources: SourceFolder, rows_of: RowsOf) -> None:
    _money(
        sources,
        'A1,2024-01-15,2026-01-14,2024-01,"1,200.50",EUR\nA1,2024-01-15,2026-01-14,2024-02,900,EUR\nA2,2024-03-01,,,,\n',
        "2024-01,41000,EUR\n2024-02,40500,EUR\nTotal,81500,EUR\n",
    )
    history = sources.read(MONEY)
    first, second, third = rows_of(history, "customers")
    assert (first["month"], first["revenue"], first["currency"]) == ("2024-01", 1200.5, "EUR")
    assert first["started_at"] == datetime(2024, 1, 15, tzinfo=UTC)
    assert first["ended_at"].date().isoformat() == "2026-01-14"
    assert second["revenue"] == 900
    assert (third["account_id"], third["month"], third["revenue"]) == ("A2", None, None)
    assert [row["cost"] for row in rows_of(history, "sales_costs")] == [41000, 40500]
    assert history.counts["customers"].used == 3


@pytest.mark.parametrize(("table", "month"), [("customers", "Jan 2024"), ("sales_costs", "2024/01")])
def test_a_month_is_written_as_in_campaign_costs(sources: SourceFolder, table: str, month: str) -> None:
    _money(
        sources,
        f"A1,2024-01-15,,{month if table == 'customers' else '2024-01'},900,EUR\n",
        f"{month if table == 'sales_costs' else '2024-01'},41000,EUR\n",
    )
    problem = _problem(sources.problems(MONEY), "month is not a month such as 2024-03")
    assert problem.where.startswith(f"{table}: ")
    assert month in problem.value


def test_what_is_missing_says_what_the_file_has(sources: SourceFolder) -> None:
    _money(sources, "A1,2024-01-15,,2024-01,900,EUR\n", "2024-01,41000,EUR\n")
    sources.write("costs.csv", "period,cost\n2024-01,4\n")
    problem = _problem(sources.problems(MONEY), "the source of month must be a column of the file")
    assert problem.remedy.endswith("It has: period, cost.")


def test_a_history_without_them_is_the_same_data(sources: SourceFolder) -> None:
    sources.write("leads.csv", _owned(30, ("ann", "ben")))
    plain = sources.read(SIMPLE)
    assert not [
        file.stem for file in plain.folder.glob("*.parquet") if file.stem in ("owners", "customers", "sales_costs")
    ]
    assert plain.rows("owners").num_rows == 0
    assert plain.rows("owners").column_names[0] == "owner"
    before = plain.sha256
    sources.write("owners.csv", OWNERS)
    assert sources.read(KNOWN_ROLE).sha256 != before
    assert sources.read(SIMPLE).sha256 == before
