"""Closing dates in two columns, or missing for lost leads: proposed, or refused with a line that works; files without any."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest

from leadq.foundation.problems import InputError
from tests.crm.reading.proposal.conftest import TRUTH, Cell, Folder, Lead, closed, created, leads, planned, words

STATUS = words(won="Closed - Converted", lost="Closed - Not Converted", open="Working - Contacted")
BASE: dict[str, Cell] = {"Id": lambda lead: f"00Q{lead.number:05d}", "CreatedDate": created, "Status": STATUS}


def only(state: str) -> Cell:
    return lambda lead: closed(lead) if lead.state == state else ""


def changed(lead: Lead) -> str:
    return closed(lead) or created(lead)


def test_won_time_and_lost_time(folder: Folder) -> None:
    proposed = folder.propose({
        "Deal - ID": BASE["Id"], "Deal - Deal created": created, "Deal - Won time": only("won"), "Deal - Lost time": only("lost"),
        "Deal - Expected close date": planned, "Deal - Status": words(won="Won", lost="Lost", open="Open"),
    })  # fmt: skip
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == ["Deal - Won time", "Deal - Lost time"]
    assert folder.states() == TRUTH


def test_the_last_change_fills_in_for_lost_leads_and_is_said(folder: Folder) -> None:
    proposed = folder.propose({**BASE, "ConvertedDate": only("won"), "LastModifiedDate": changed})
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == ["ConvertedDate", "LastModifiedDate"]
    assert "lost rows have no ConvertedDate" in folder.text()
    assert folder.states() == TRUTH


def test_a_date_of_another_name_is_offered_as_a_line_that_works(folder: Folder) -> None:
    folder.propose({**BASE, "ConvertedDate": only("won"), "Cleaned up on": changed})
    with pytest.raises(InputError, match="won or lost without closed_at") as stopped:
        folder.states()
    line = re.search(r'closed_at: \["ConvertedDate", "Cleaned up on"\]', str(stopped.value))
    assert line
    text = re.sub(r'closed_at: "ConvertedDate".*', line[0], folder.text())
    (folder.path / "leadq.yaml").write_text(text, encoding="utf-8")
    assert folder.states() == TRUTH


def test_without_any_other_date_the_refusal_says_what_to_export(folder: Folder) -> None:
    folder.propose({**BASE, "ConvertedDate": only("won")})
    assert "leadq check refuses them" in folder.text()
    with pytest.raises(InputError, match="LastModifiedDate") as stopped:
        folder.states()
    line = re.search(r"closed_at: \[[^]]*\]", str(stopped.value))
    assert line
    text = re.sub(r'closed_at: "ConvertedDate".*', line[0], folder.text())
    folder.propose({**BASE, "ConvertedDate": only("won"), "LastModifiedDate": changed})  # exported again, with it
    (folder.path / "leadq.yaml").write_text(text, encoding="utf-8")
    assert folder.states() == TRUTH


def test_a_file_without_closing_dates_is_ordered_by_its_creation_date(folder: Folder) -> None:
    ended = [lead for lead in reversed(leads()) if lead.state != "open"]
    proposed = folder.propose({
        "Created On": lambda lead: lead.created.strftime("%d.%m.%Y %H:%M"), "Outcome": words(won="won", lost="lost", open=""),
        "Visits": lambda lead: str(lead.number % 7),
    }, ended)  # fmt: skip
    assert proposed["flat"]["order"] == "Created On"
    assert sum(folder.states().values()) == len(ended)


@pytest.mark.parametrize(("won", "lost"), [
    ("Deal - Gewonnen-Zeit", "Deal - Verloren-Zeit"), ("Trato - Hora de ganado", "Trato - Hora de perdido"),
    ("Gewonnen am", "Verloren am"), ("Date gagné", "Date perdu"), ("Data wygranej", "Data przegranej"),
])  # fmt: skip
def test_won_and_lost_times_in_other_languages(folder: Folder, won: str, lost: str) -> None:
    proposed = folder.propose(
        {"ID": BASE["Id"], "Created": created, won: only("won"), lost: only("lost"), "Status": STATUS}
    )
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == [won, lost]
    assert folder.states() == TRUTH


@pytest.mark.parametrize(
    "heading", ["Expected Close Date", "Est. Close Date:", "Erwartetes Abschlussdatum", "Fecha prevista de cierre"]
)
def test_a_planned_day_stands_in_where_no_other_says_when_a_lead_was_closed(folder: Folder, heading: str) -> None:
    proposed = folder.propose({**BASE, "CreatedDate": created, heading: planned})
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == heading
    assert "the planned day" in folder.text()
    assert folder.states() == TRUTH


def test_a_plan_that_nobody_set_at_closing_gives_way_to_the_last_change(folder: Folder) -> None:
    never_set = lambda lead: f"2027-0{1 + lead.number % 9}-01"  # noqa: E731
    proposed = folder.propose({**BASE, "Expected Close Date": never_set, "modifiedon": changed})
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == "modifiedon"
    assert "the last change" in folder.text()
    assert folder.states() == TRUTH


@pytest.mark.parametrize("word", ["offen", "не закрыта", "not closed yet", "pending"])
def test_a_word_in_place_of_the_closing_date_of_open_leads(folder: Folder, word: str) -> None:
    proposed = folder.propose({**BASE, "Closed": lambda lead: closed(lead) or word})
    assert proposed["sources"]["leads"]["columns"]["closed_at"] == "Closed"
    assert folder.states() == TRUTH


@pytest.mark.parametrize(
    "era", [lambda at: f"令和{at.year - 2018}年{at.month}月{at.day}日", lambda at: f"on day {at:%j} of {at.year}"]
)
def test_days_that_nobody_can_read_are_refused_and_never_left_out(
    folder: Folder, era: Callable[[datetime], str]
) -> None:
    proposed = folder.propose({
        "id": BASE["Id"], "Created": lambda lead: era(lead.created), "Closed": lambda lead: era(lead.closed) if lead.closed else "",
        "Status": STATUS,
    })  # fmt: skip
    assert (proposed["sources"]["leads"]["columns"]["created_at"], proposed["outcome"]["column"]) == (
        "Created",
        "Status",
    )
    assert "leadq check says what to do" in folder.text()
    with pytest.raises(InputError, match="cannot be read as a time"):
        folder.states()
