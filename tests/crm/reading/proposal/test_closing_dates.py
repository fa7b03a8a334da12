"""Closing dates in two columns, or missing for lost leads: proposed, or refused with a line that works; files without any."""

from __future__ import annotations

import re

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
