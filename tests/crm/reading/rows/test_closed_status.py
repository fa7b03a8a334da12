"""Leads that look closed and count as open: named with counts, lost where closed_status says so, and the printed line ends well."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from leadq.crm.config.leadq_yaml import read_config
from leadq.crm.contract.history import History
from leadq.crm.reading.ingest import closed_looking, outcome_words, read_notes
from leadq.crm.reading.rows.closed_status import closed_looking_words
from leadq.crm.reading.values.words.outcome_words import looks_closed
from leadq.foundation.problems import ConfigError
from tests.crm.reading.conftest import SourceFolder

RowsOf = Callable[[History, str], list[dict[str, Any]]]
BY_DEALS = """
sources:
  leads: {path: leads.csv}
  opportunities: {path: deals.csv}
outcome: {from: opportunities, won: [Won], lost: [Lost], open: [Open]}
"""
BY_STATUS = """
sources:
  leads: {path: leads.csv}
outcome: {from: lead_columns, won: [Won], lost: [Lost], open: ["*"]}
"""
DEAD = ("Disqualified", "Closed - Duplicate")


def _by_deals(sources: SourceFolder, *, statuses: tuple[str, ...] = ("Working", *DEAD, "Qualified")) -> None:
    """Forty leads; of each four one is worked on, two are dead, and one has a deal, every second of them an open one."""
    leads = [f"L{n:03d},2024-01-{1 + n % 28:02d}T10:00:00Z,{statuses[n % 4]}" for n in range(40)]
    sources.write("leads.csv", "lead_id,created_at,status\n" + "\n".join(leads) + "\n")
    deals = [f"D{n},L{n:03d},2024-02-01T10:00:00Z,{'' if n % 8 == 3 else '2024-03-01T10:00:00Z'},{'Open' if n % 8 == 3 else 'Won'}"
             for n in range(3, 40, 4)]  # fmt: skip
    sources.write("deals.csv", "opportunity_id,lead_id,created_at,closed_at,outcome\n" + "\n".join(deals) + "\n")


def _states(history: History, rows_of: RowsOf) -> Counter[str]:
    last = {row["lead_id"]: row["outcome"] for row in rows_of(history, "outcomes")}
    return Counter(last.get(row["lead_id"], "open") for row in rows_of(history, "leads"))


def _line(sources: SourceFolder, history: History, config: str) -> str:
    """Line that is printed."""
    origin = read_config(sources.path / "leadq.yaml").outcome or read_config(sources.path / "leadq.yaml").flat
    assert origin is not None
    words = closed_looking_words(closed_looking(history.folder), origin)
    found = re.search(r"leadq\.yaml[^:]*: ((?:closed_status|lost): \[.*?\])", words)
    assert found is not None, words
    return found.group(1)


def test_dead_leads_are_named_and_the_printed_line_makes_them_lost(sources: SourceFolder, rows_of: RowsOf) -> None:
    _by_deals(sources)
    history = sources.read(BY_DEALS)
    assert closed_looking(history.folder) == {"Closed - Duplicate": 10, "Disqualified": 10}
    assert _states(history, rows_of) == {"open": 35, "won": 5}
    line = _line(sources, history, BY_DEALS)
    mapped = sources.read(BY_DEALS.replace("open: [Open]", f"open: [Open], {line}"))
    assert _states(mapped, rows_of) == {"open": 15, "won": 5, "lost": 20}
    assert closed_looking(mapped.folder) == {}
    assert any("20 open leads count as lost, because closed_status" in note for note in read_notes(mapped.folder))


def test_a_status_that_is_none_is_said_once_and_for_all(sources: SourceFolder, rows_of: RowsOf) -> None:
    _by_deals(sources)
    history = sources.read(
        BY_DEALS.replace("open: [Open]", 'open: [Open], closed_status: [disqualified], open_status: ["Closed*"]')
    )
    assert closed_looking(history.folder) == {}
    assert _states(history, rows_of) == {"open": 25, "won": 5, "lost": 10}


def test_an_open_deal_and_a_win_count_more_than_a_status(sources: SourceFolder, rows_of: RowsOf) -> None:
    """A converted lead is closed in many a CRM, and its deal is what lives on."""
    _by_deals(sources, statuses=("Closed - Converted",) * 4)
    history = sources.read(BY_DEALS)
    assert closed_looking(history.folder) == {"Closed - Converted": 30}
    history = sources.read(BY_DEALS.replace("open: [Open]", 'open: [Open], closed_status: "Closed - Converted"'))
    assert _states(history, rows_of) == {"open": 5, "won": 5, "lost": 30}


@pytest.mark.parametrize(
    ("changed", "states"), [("", {"won": 5, "lost": 35}), ("2024-01-30", {"open": 1, "won": 5, "lost": 34})]
)
def test_a_status_that_says_lost_counts_more_than_a_deal_nobody_closed(
    sources: SourceFolder, rows_of: RowsOf, changed: str, states: dict[str, int]
) -> None:
    """But for a deal that was opened after the lead had been given up."""
    _by_deals(sources, statuses=("Disqualified",) * 4)
    change = f"lead,L003,status,{changed}T08:00:00Z,Working,Disqualified\n" if changed else ""
    sources.write("changes.csv", f"entity,entity_id,field,changed_at,old_value,new_value\n{change}")
    config = BY_DEALS.replace("sources:", "sources:\n  field_history: {path: changes.csv}") if changed else BY_DEALS
    history = sources.read(config.replace("open: [Open]", "open: [Open], closed_status: Disqualified"))
    assert _states(history, rows_of) == states


def test_a_deal_that_names_only_the_account_keeps_no_dead_lead_alive(sources: SourceFolder, rows_of: RowsOf) -> None:
    sources.write(
        "leads.csv",
        "lead_id,created_at,status,account_id\nL1,2024-01-01,Closed,A1\nL2,2024-01-02,Closed,A2\n"
        + "".join(f"L{n},2024-01-03,Working,A{n}\n" for n in range(3, 30)),
    )
    sources.write(
        "deals.csv",
        "opportunity_id,lead_id,account_id,created_at,closed_at,outcome\nD1,,A1,2024-02-01,,Open\nD2,L2,A2,2024-02-01,,Open\n"
        "D3,L3,A3,2024-02-01,2024-03-01,Won\nD4,L4,A4,2024-02-01,2024-03-01,Lost\n",
    )
    history = sources.read(BY_DEALS)
    assert closed_looking(history.folder) == {"Closed": 1}
    mapped = sources.read(BY_DEALS.replace("open: [Open]", "open: [Open], closed_status: closed"))
    last = {row["lead_id"]: row["outcome"] for row in rows_of(mapped, "outcomes")}
    assert last == {"L1": "lost", "L3": "won", "L4": "lost"}


def test_a_lead_is_lost_when_its_status_changed_else_when_the_data_end(sources: SourceFolder, rows_of: RowsOf) -> None:
    _by_deals(sources)
    sources.write(
        "changes.csv",
        "entity,entity_id,field,changed_at,old_value,new_value\nlead,L001,status,2024-02-20T08:00:00Z,Working,Disqualified\n",
    )
    config = BY_DEALS.replace("sources:", "sources:\n  field_history: {path: changes.csv}")
    history = sources.read(config.replace("open: [Open]", f"open: [Open], closed_status: [{DEAD[0]}]"))
    lost = {row["lead_id"]: row["occurred_at"] for row in rows_of(history, "outcomes") if row["outcome"] == "lost"}
    assert lost.pop("L001") == datetime(2024, 2, 20, 8, tzinfo=UTC)
    assert set(lost.values()) == {datetime(2024, 3, 1, 10, tzinfo=UTC)}  # the newest record, whenever it is read
    later = sources.read(
        config.replace("open: [Open]", f"open: [Open], closed_status: [{DEAD[0]}]"),
        read_at=datetime(2024, 9, 1, tzinfo=UTC),
    )
    assert later.sha256 == history.sha256


def test_by_a_column_of_the_lead_no_closing_date_is_needed(sources: SourceFolder, rows_of: RowsOf) -> None:
    states = ("Won", "Lost", "Working", "Unqualified")
    closed = ("2024-03-01T10:00:00Z", "2024-03-02T10:00:00Z", "", "")
    rows = [f"L{n:03d},2024-01-{1 + n % 28:02d}T10:00:00Z,{closed[n % 4]},{states[n % 4]}" for n in range(40)]
    rows[3] = rows[3].replace(",,Unq", ",2024-02-09T10:00:00Z,Unq")
    sources.write("leads.csv", "lead_id,created_at,closed_at,status\n" + "\n".join(rows) + "\n")
    history = sources.read(BY_STATUS)
    assert closed_looking(history.folder) == {"Unqualified": 10}
    line = _line(sources, history, BY_STATUS)
    mapped = sources.read(BY_STATUS.replace('open: ["*"]', f'open: ["*"], {line}'))
    assert _states(mapped, rows_of) == {"open": 10, "won": 10, "lost": 20}
    assert mapped.counts["leads"].rejected == 0
    lost = {row["lead_id"]: row["occurred_at"] for row in rows_of(mapped, "outcomes") if row["outcome"] == "lost"}
    assert lost["L003"] == datetime(2024, 2, 9, 10, tzinfo=UTC)
    assert "lost: 'Lost' (10 rows), 'Unqualified' (10 rows)" in outcome_words(mapped.folder)


def test_a_file_without_dates(sources: SourceFolder, rows_of: RowsOf) -> None:
    states = ("yes", "no", "working", "Nicht qualifiziert")
    sources.write("leads.csv", "nr,end\n" + "".join(f"{n},{states[n % 4]}\n" for n in range(40)))
    config = "flat: {path: leads.csv, columns: {lead_id: nr}, outcome: end, won: [yes], lost: [no], open: [working, Nicht qualifiziert]}\n"
    history = sources.read(config)
    assert closed_looking(history.folder) == {"Nicht qualifiziert": 10}
    line = _line(sources, history, config)
    mapped = sources.read(config.replace("lost: [no]", line).replace(", Nicht qualifiziert]}", "]}"))
    assert _states(mapped, rows_of) == {"open": 10, "won": 10, "lost": 20}


def test_closed_status_without_a_status_says_what_to_map(sources: SourceFolder) -> None:
    _by_deals(sources)
    sources.write("leads.csv", (sources.path / "leads.csv").read_text().replace("status", "Lead State"))
    config = BY_DEALS.replace("open: [Open]", "open: [Open], closed_status: [Disqualified]")
    (problem,) = sources.problems(config)
    assert problem.rule == "needs the status of leads, and no lead has one"
    again = sources.read(config.replace("{path: leads.csv}", "{path: leads.csv, columns: {status: Lead State}}"))
    assert any("10 open leads count as lost" in note for note in read_notes(again.folder))


def test_a_status_is_in_one_list_only(sources: SourceFolder) -> None:
    path = sources.write("leadq.yaml", BY_DEALS.replace("open: [Open]", "closed_status: [Dead], open_status: [Dead]"))
    with pytest.raises(ConfigError, match="a status must be in closed_status or in open_status, but Dead is in both"):
        read_config(path)


@pytest.mark.parametrize(
    "word",
    ["Disqualified", "UNQUALIFIED", "Closed - Not Converted", "Closed – Nurture later", "Closed: competitor", "Nicht qualifiziert",
     "Disqualifié", "Descalificado", "Geschlossen - kein Budget", "Fermé", "Non qualificato", "Duplicate", "Spam", "失注", "已关闭"],
)  # fmt: skip
def test_words_that_look_closed(word: str) -> None:
    assert looks_closed(word)


@pytest.mark.parametrize(
    "word",
    [
        "New",
        "Working - Contacted",
        "Open - Not Contacted",
        "Qualified",
        "Completed demo",
        "Nurture",
        "Disclosed",
        "Undecided",
        "",
    ],
)
def test_words_that_do_not(word: str) -> None:
    assert not looks_closed(word)


def test_a_converted_lead_whose_deal_is_open_does_not_look_closed(sources: SourceFolder) -> None:
    words = (
        "Closed - Converted,Won",
        "Closed - Converted,Prospecting",
        "Closed - Not Converted,Prospecting",
        "Working,",
        "Disqualified,",
    )
    rows = [f"L{n:03d},2024-01-05T10:00:00Z,2024-02-05T10:00:00Z,{words[n % 5]}" for n in range(50)]
    sources.write("leads.csv", "lead_id,created_at,closed_at,status,stage\n" + "\n".join(rows) + "\n")
    history = sources.read(
        "sources:\n  leads: {path: leads.csv}\n"
        'outcome: {from: lead_columns, column: [status, stage], won: ["* | Won"], lost: [Lost], open: ["*"]}\n'
    )
    assert closed_looking(history.folder) == {"Closed - Not Converted | Prospecting": 10, "Disqualified | ": 10}
