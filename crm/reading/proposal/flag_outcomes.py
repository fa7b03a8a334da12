"""A flag of won leads (Is Won, Converted) that is no for open leads too: told from lost ones by the closing date, or not taken.

A lead that is not won and has no closing date is open. Where dates are plans, nobody can tell open from lost, and the flag is no
outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from leadq.crm.reading.proposal.date_guess import Dates, closing, day
from leadq.crm.reading.proposal.file_sample import Column
from leadq.crm.reading.proposal.heading_names import is_called
from leadq.crm.reading.proposal.outcome_guess import Outcome
from leadq.crm.reading.values.words.folded_words import BETWEEN
from leadq.crm.reading.values.words.outcome_words import flags, judge
from leadq.crm.storage.scratch_database import Relation, first_row, name, texts

_FEW = 0.01
"""Share of rows up to which a missing date, or one long after all others, is an accident."""
_SOME = 0.05
"""Share of rows that may be closed after the last lead was created."""
_LONG = "INTERVAL 30 DAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A flag that cannot be the outcome, and why, in words for a comment."""

    column: str
    why: str


def told_apart(rows: Relation, columns: tuple[Column, ...], outcome: Outcome, dates: Dates) -> Outcome | Refused:
    """Return the outcome with open leads told from lost ones where the outcome is one flag; anything else as it is.

    Parameters
    ----------
    rows : Relation
        The sample.
    columns : tuple of Column
    outcome : Outcome
    dates : Dates
    """
    if len(outcome.columns) > 1 or outcome.open or not flags((*outcome.won, *outcome.lost)):
        return outcome
    column = outcome.columns[0]
    if other := _with_open_words(columns, column):
        return Refused(
            column=column,
            why=f"{column} may be no for open leads too: {other} has words of open leads, but none for lost ones",
        )
    if not dates.closed:
        return outcome
    not_won = rows.filter(f"{name(column)} IN {texts(outcome.lost)}")
    total, undated, late, long_after = _ends(rows, not_won, column, outcome, dates)
    if undated == total:
        return Refused(
            column=column,
            why=f"{column} is no for open and for lost leads, and none of them has a closing date: export the column of the stage as well",
        )
    if late > _SOME * total or long_after > _FEW * total:
        return Refused(
            column=column,
            why=f"{column} is no for open leads too, and their closing dates are plans: export the column of the stage as well",
        )
    if undated <= _FEW * total:
        return replace(
            outcome,
            remark=outcome.remark
            or f"is every lead of this file closed? Whatever is not won in {column} counts as lost",
        )
    if len(dates.closed) > 1:
        return outcome
    return Outcome(
        columns=(column, dates.closed[0]),
        won=tuple(f"{word}{BETWEEN}*" for word in outcome.won),
        lost=tuple(f"{word}{BETWEEN}*" for word in outcome.lost),
        open=tuple(f"{word}{BETWEEN}" for word in outcome.lost),
        asked=outcome.asked,
        remark=f"{column} is no for open leads too: those without {dates.closed[0]} are open",
    )


def _ends(rows: Relation, not_won: Relation, column: str, outcome: Outcome, dates: Dates) -> tuple[int, int, int, int]:
    """Rows that are not won; those without a closing date; those closed after everything known in the file, and long after it."""
    ended = closing(dates.closed)
    began = f"max({day(dates.created)})" if dates.created else "NULL"
    won = f"max({ended}) FILTER (WHERE {name(column)} IN {texts(outcome.won)})"
    (last,) = first_row(rows.aggregate(f"CAST(greatest({won}, {began}) AS VARCHAR)"))
    known = f"TIMESTAMPTZ '{last}'" if last is not None else "NULL"
    late = f"count_true({ended} > {known}), count_true({ended} > {known} + {_LONG})"
    total, undated, after, long_after = first_row(not_won.aggregate(f"count(*), count_true({ended} IS NULL), {late}"))
    return int(total), int(undated or 0), int(after or 0), int(long_after or 0)


def _with_open_words(columns: tuple[Column, ...], flag_column: str) -> str:
    """Name a column of stages in which some words are those of open leads."""
    for column in columns:
        named = column.name != flag_column and is_called("outcome", column.name)
        if named and any(judge(word) == "open" for word, _ in column.words):
            return column.name
    return ""
