"""What the rows say of outcome words that the words do not settle: closing dates, and flags of closed and won beside them.

A word becomes open only where its rows mostly have no closing date or one that is a plan, while won and lost rows have passed ones;
or where a flag says that they are not closed. Everything else is asked.
"""

from __future__ import annotations

from dataclasses import replace

from leadq.crm.config.schema import FromLeadColumns
from leadq.crm.reading.columns.outcome_meaning import states_in
from leadq.crm.reading.proposal.date_guess import Dates, closing, day
from leadq.crm.reading.proposal.file_sample import Column
from leadq.crm.reading.proposal.heading_names import is_called
from leadq.crm.reading.proposal.outcome_guess import Outcome
from leadq.crm.reading.values.words.joined_words import joined_text
from leadq.crm.reading.values.words.outcome_words import flag, flags
from leadq.crm.storage.scratch_database import Relation, first_row, name, text, texts

_MOSTLY = 0.9
WORD = "_leadq_word"
STATE = "_leadq_state"


def with_states(rows: Relation, outcome: Outcome) -> Relation:
    """Return ``rows`` with the word of the outcome (:data:`WORD`) and its state (:data:`STATE`): won, lost, open or null."""
    worded = rows.project(f"*, {joined_text(outcome.columns)} AS {name(WORD)}")
    return worded.project(f"*, {states_in(worded, WORD, as_origin(outcome))} AS {name(STATE)}")


def as_origin(outcome: Outcome) -> FromLeadColumns:
    """Return the outcome as ``leadq.yaml`` would say it."""
    said = {"column": outcome.columns, "won": outcome.won, "lost": outcome.lost, "open": outcome.open}
    return FromLeadColumns.model_construct(**said, _fields_set={"open"})


def settle(rows: Relation, columns: tuple[Column, ...], outcome: Outcome, dates: Dates) -> Outcome:
    """Sort the words that are asked as far as the rows say what they are.

    Parameters
    ----------
    rows : Relation
        The sample.
    columns : tuple of Column
    outcome : Outcome
    dates : Dates
    """
    if not outcome.asked:
        return outcome
    stated = with_states(rows, outcome)
    opened = _not_closed(stated, columns, outcome) | _without_past_end(stated, outcome, dates)
    lost = _closed_not_won(stated, columns, outcome) - opened
    return replace(
        outcome,
        open=(*outcome.open, *(word for word in outcome.asked if word in opened)),
        lost=(*outcome.lost, *(word for word in outcome.asked if word in lost)),
        asked={word: n for word, n in outcome.asked.items() if word not in opened | lost},
    )


def _without_past_end(stated: Relation, outcome: Outcome, dates: Dates) -> set[str]:
    """Words whose rows mostly have no closing date, or one after everything that has happened in the file."""
    if not dates.closed:
        return set()
    ended = closing(dates.closed)
    began = f"max({day(dates.created)})" if dates.created else "NULL"
    known = f"{name(STATE)} IN ('won', 'lost')"
    last, total, filled = first_row(
        stated.aggregate(
            f"CAST(greatest(max({ended}) FILTER (WHERE {known}), {began}) AS VARCHAR), count_true({known}), "
            f"count({ended}) FILTER (WHERE {known})"
        )
    )
    if last is None or filled < _MOSTLY * total:
        return set()
    past = f"{ended} <= TIMESTAMPTZ {text(last)}"
    return _words_with(stated, outcome, f"NOT coalesce({past}, false)")


def _words_with(stated: Relation, outcome: Outcome, condition: str) -> set[str]:
    """Asked words of which nearly all rows meet ``condition``."""
    asked = stated.filter(f"{name(WORD)} IN {texts(outcome.asked)}")
    counts = asked.aggregate(f"{name(WORD)} AS w, count(*) AS n, count_true({condition}) AS m").fetchall()
    return {str(word) for word, n, m in counts if m >= _MOSTLY * n}


def _flag(columns: tuple[Column, ...], contract: str, outcome: Outcome) -> Column | None:
    found = [one for one in columns if is_called(contract, one.name) and flags(word for word, _ in one.words)]
    return next((one for one in found if one.name not in outcome.columns), None)


def _says(column: Column, answer: bool) -> str:
    said = [word for word, _ in column.words if flag(word) is answer]
    return f"coalesce({name(column.name)} IN {texts(said)}, false)" if said else "false"


def _not_closed(stated: Relation, columns: tuple[Column, ...], outcome: Outcome) -> set[str]:
    closed = _flag(columns, "closed_flag", outcome)
    return _words_with(stated, outcome, _says(closed, False)) if closed else set()


def _closed_not_won(stated: Relation, columns: tuple[Column, ...], outcome: Outcome) -> set[str]:
    closed, won = _flag(columns, "closed_flag", outcome), _flag(columns, "won_flag", outcome)
    if closed is None or won is None:
        return set()
    return _words_with(stated, outcome, f"{_says(closed, True)} AND {_says(won, False)}")
