"""What a person answered about the outcome: its column, which of its words are won and lost, and what the unclear ones are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from leadq.crm.reading.proposal.file_sample import Column
from leadq.crm.reading.proposal.outcome_guess import Outcome
from leadq.crm.reading.values.words.outcome_words import Verdict, flag, flags, judge

COLUMN, WON, LOST, WORDS = "outcome", "won", "lost", "words"
"""Keys of the answers: the column, its words of won and of lost leads (one a line), what unclear words are (lost or open)."""


def answered_outcome(columns: tuple[Column, ...], answers: Mapping[str, str]) -> Outcome | None:
    """Return the outcome in the column that a person named; None where nobody did.

    Words that were not asked for are what they say; all that are then neither won nor lost are open.
    """
    column = next((one for one in columns if one.name == answers.get(COLUMN) and one.words), None)
    if column is None:
        return None
    words = [word for word, _ in column.words]
    won, lost = _said(answers, WON), _said(answers, LOST)
    verdicts = {word: verdict for word, verdict in said_by(column).items() if word in words}
    verdicts |= dict.fromkeys((word for word in words if word in won), "won")
    verdicts |= dict.fromkeys((word for word in words if word in lost), "lost")
    if WON in answers:
        verdicts |= {word: "unclear" for word in words if verdicts[word] == "won" and word not in won}
    if LOST in answers:
        kept = (*won, *lost)
        verdicts |= {word: "open" for word in words if word not in kept}
    return Outcome(
        columns=(column.name,),
        won=tuple(word for word in words if verdicts[word] == "won"),
        lost=tuple(word for word in words if verdicts[word] == "lost"),
        open=tuple(word for word in words if verdicts[word] == "open"),
        asked={word: n for word, n in column.words if verdicts[word] == "unclear"},
        remark="as answered",
    )


def said_by(column: Column) -> dict[str, Verdict]:
    """Return what the words of a column say by themselves: of a flag that a person chose, yes is won and no is lost."""
    words = [word for word, _ in column.words]
    if flags(words):
        return {word: "won" if flag(word) else "lost" for word in words}
    return {word: judge(word) for word in words}


def answered_words(outcome: Outcome, answers: Mapping[str, str]) -> Outcome:
    """Make the words that are asked lost or open, where a person said so."""
    unclear = tuple(outcome.asked)
    match answers.get(WORDS):
        case "lost":
            return replace(outcome, lost=(*outcome.lost, *unclear), asked={})
        case "open":
            return replace(outcome, open=(*outcome.open, *unclear), asked={})
        case _:
            return outcome


def _said(answers: Mapping[str, str], key: str) -> tuple[str, ...]:
    return tuple(word for word in answers.get(key, "").split("\n") if word)
