"""What a file leaves open is asked, with a line for each answer; an answer and the line that is pasted give the same."""

from __future__ import annotations

import re

import yaml

from leadq.crm.reading.proposal.asking.questions import Question
from leadq.crm.reading.proposal.mapping_proposal import Proposed, looking_at
from tests.crm.reading.proposal.conftest import Cell, Folder, created, leads, overdue, planned, words

IDS: dict[str, Cell] = {"Deal Id": lambda lead: f"D{lead.number:05d}", "Created Time": created}
OPTIN: dict[str, Cell] = {"Newsletter": lambda lead: "Yes" if lead.number % 2 else "No"}
FLAG: dict[str, Cell] = {"Is Closed Won": words(won="true", lost="false", open="false")}


def _propose(folder: Folder, **answers: str) -> Proposed:
    with looking_at([folder.path / "export.csv"]) as looking:
        return looking.propose(answers)


def _asked(proposed: Proposed, key: str) -> Question:
    return next(one for one in proposed.questions if one.key == key)


def test_a_flag_beside_planned_dates_is_asked_with_counts_and_never_a_consent(folder: Folder) -> None:
    topic: dict[str, Cell] = {"Topic": words(won="A", lost="B", open="C")}
    folder.propose({**IDS, "Close Date": planned, **FLAG, **OPTIN, **topic})
    asked = _asked(_propose(folder), "outcome")
    assert "closing dates are plans" in asked.asks
    assert [choice.key for choice in asked.choices] == ["Is Closed Won", "Topic"]
    assert f"true ({sum(lead.state == 'won' for lead in leads())})" in asked.choices[0].says
    assert asked.choices[0].line == 'column: "Is Closed Won"'


def test_an_answered_column_is_the_outcome_and_its_words_are_asked(folder: Folder) -> None:
    folder.propose({**IDS, "Close Date": overdue, "Topic": words(won="A", lost="B|B2", open="C")})
    named = _propose(folder, outcome="Topic")
    assert [one.key for one in named.questions] == ["won", "lost"]
    answered = _propose(folder, outcome="Topic", won="A", lost="B\nB2")
    outcome = yaml.safe_load(answered.text)["outcome"]
    assert (outcome["column"], outcome["won"], sorted(outcome["lost"]), outcome["open"]) == (
        "Topic",
        ["A"],
        ["B", "B2"],
        ["C"],
    )
    assert answered.questions == ()


def test_an_answered_flag_needs_no_further_answer(folder: Folder) -> None:
    folder.propose({**IDS, "Close Date": planned, **FLAG})
    answered = _propose(folder, outcome="Is Closed Won")
    outcome = yaml.safe_load(answered.text)["outcome"]
    assert (outcome["won"], outcome["lost"]) == (["true"], ["false"])
    assert answered.questions == ()


def test_unclear_words_answered_and_pasted_are_the_same(folder: Folder) -> None:
    stage = words(won="Closed Won", lost="Closed Lost|Duplicate", open="Qualification")
    folder.propose({**IDS, "Closing Date": overdue, "Stage": stage})
    asked = _asked(_propose(folder), "words")
    assert "Duplicate" in asked.asks
    lost, still_open = (yaml.safe_load(_propose(folder, words=choice.key).text)["outcome"] for choice in asked.choices)
    folder.paste("lost", asked.choices[0].line)
    assert sorted(folder.proposal()["outcome"]["lost"]) == sorted(lost["lost"]) == ["Closed Lost", "Duplicate"]
    assert sorted(still_open["open"]) == ["Duplicate", "Qualification"]


def test_day_or_month_is_asked_and_the_answer_is_written(folder: Folder) -> None:
    day: Cell = lambda lead: f"0{1 + lead.number % 9}/0{1 + lead.number * 5 % 9}/2024"  # noqa: E731
    stage = words(won="Won", lost="Lost", open="New")
    folder.propose({**IDS, "Closed": overdue, "Stage": stage, "Last Call": day})
    asked = _asked(_propose(folder), "read:export.csv:Last Call")
    assert [re.search("day|month", choice.says.split("comes")[0]) is not None for choice in asked.choices] == [
        True,
        True,
    ]
    for choice in asked.choices:
        answered = _propose(folder, **{asked.key: choice.key})
        assert yaml.safe_load(answered.text)["sources"]["leads"]["read"]["Last Call"] == choice.key
        assert choice.line == f'"Last Call": "{choice.key}"'
        assert answered.questions == ()
