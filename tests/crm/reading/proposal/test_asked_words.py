"""Words that nobody can read the outcome in are asked, never made open in silence; the line that is offered can be pasted."""

from __future__ import annotations

import re

import pytest

from leadq.foundation.problems import InputError
from tests.crm.reading.proposal.conftest import TRUTH, Cell, Folder, closed, created, overdue, planned, words

IDS: dict[str, Cell] = {"Deal Id": lambda lead: f"D{lead.number:05d}"}
LOST = "Closed Lost|Closed-Lost to Competition|Lost - no budget"


def _offered(text: str, key: str) -> list[str]:
    return re.findall(rf"({key}: \[[^\]]*\])", text)


@pytest.mark.parametrize("ends", [closed, planned])
def test_unclear_words_with_a_past_closing_date_are_asked_and_the_line_can_be_pasted(
    folder: Folder, ends: Cell
) -> None:
    stage = words(won="Closed Won", lost=f"{LOST}|Duplicate|Abandoned", open="Qualification")
    outcome = folder.propose({**IDS, "Created Time": created, "Closing Date": ends, "Stage": stage})["outcome"]
    assert outcome["lost"] == sorted(LOST.split("|"), key=outcome["lost"].index)
    assert outcome["open"] == ["Qualification"]
    with pytest.raises(InputError) as stopped:
        folder.states()
    in_yaml, said = _offered(folder.text(), "lost")[-1], _offered(str(stopped.value), "lost")[-1]
    assert sorted(re.findall('"([^"]*)"', in_yaml)) == sorted(re.findall('"([^"]*)"', said))
    assert "'Duplicate'" in str(stopped.value)
    folder.paste("lost", said)
    assert folder.states() == TRUTH


@pytest.mark.parametrize("ends", [closed, planned])
def test_unknown_words_of_leads_without_an_end_are_open(folder: Folder, ends: Cell) -> None:
    stage = words(won="Closed Won", lost="Closed Lost", open="Jugando|Ping pong")
    outcome = folder.propose({**IDS, "Created Time": created, "Closing Date": ends, "Stage": stage})["outcome"]
    assert sorted(outcome["open"]) == ["Jugando", "Ping pong"]
    assert folder.states() == TRUTH


def test_unknown_words_of_overdue_deals_are_asked(folder: Folder) -> None:
    stage = words(won="Closed Won", lost="Closed Lost", open="Jugando|Ping pong")
    outcome = folder.propose({**IDS, "Created Time": created, "Closing Date": overdue, "Stage": stage})["outcome"]
    assert "open" not in outcome
    with pytest.raises(InputError) as stopped:
        folder.states()
    text = folder.text()
    folder.paste("lost", f"lost: {outcome['lost']}\n  {_offered(str(stopped.value), 'open')[-1]}")
    assert text != folder.text()
    assert folder.states() == TRUTH


def test_flags_of_the_crm_settle_unclear_words(folder: Folder) -> None:
    proposed = folder.propose({
        **IDS, "CreatedDate": created, "CloseDate": overdue,
        "StageName": words(won="Closed Won", lost="Closed Lost|Abandoned", open="Pingpong"),
        "IsClosed": words(won="true", lost="true", open="false"), "IsWon": words(won="true", lost="false", open="false"),
    })  # fmt: skip
    assert proposed["outcome"]["column"] == "StageName"
    assert sorted(proposed["outcome"]["lost"]) == ["Abandoned", "Closed Lost"]
    assert proposed["outcome"]["open"] == ["Pingpong"]
    assert folder.states() == TRUTH


def test_words_are_compared_as_people_compare_them(folder: Folder) -> None:
    folder.propose({**IDS, "Created": created, "Closed": closed, "Stage": words(won="Won", lost="Lost", open="New")})
    export = folder.path / "export.csv"
    text = (
        export.read_text(encoding="utf-8")
        .replace("Won", "WON!")
        .replace("Lost", "lost\u00a0")
        .replace("New", "n\u200bew")
    )
    export.write_text(text, encoding="utf-8")
    assert folder.states() == TRUTH


def test_a_later_word_is_refused_and_never_open(folder: Folder) -> None:
    folder.propose({**IDS, "Created": created, "Closed": closed, "Stage": words(won="Won", lost="Lost", open="New")})
    export = folder.path / "export.csv"
    export.write_text(export.read_text(encoding="utf-8").replace("Lost", "Verloren"), encoding="utf-8")
    with pytest.raises(InputError, match="an outcome must be named") as stopped:
        folder.states()
    folder.paste("lost", _offered(str(stopped.value), "lost")[-1])
    assert folder.states() == TRUTH
