"""A first ``leadq.yaml`` for a file nobody has described yet: guesses by name and content, each with its reason.

What cannot be guessed is left as a comment to fill in. With a creation date and a closing date the file is mapped
as dated leads, else as a flat file. Nothing is judged here; ``leadq check`` does that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from leadq.crm.reading.proposal.date_guess import Dates, best_named, guess_dates
from leadq.crm.reading.proposal.file_sample import LOOKED, Column, Sample, take_sample
from leadq.crm.reading.proposal.flag_outcomes import Refused, told_apart
from leadq.crm.reading.proposal.heading_names import is_called, may_be_an_id, rank
from leadq.crm.reading.proposal.outcome_evidence import STATE, settle, with_states
from leadq.crm.reading.proposal.outcome_guess import Outcome, guess_outcome
from leadq.crm.reading.proposal.proposal_text import Proposal, write_proposal
from leadq.crm.reading.values.words.joined_words import joined_text
from leadq.crm.storage.scratch_database import Connection, Relation, name, open_engine
from leadq.foundation.private_scratch import private_scratch

_OTHERS = ("account_id", "source", "campaign", "owner", "email", "title", "country")

_OF_RECORDS = 2
"""Rank of the last heading that says lead, deal or opportunity."""
_LEAST_RECORDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    outcome: Outcome | None
    dates: Dates
    refused: str = ""


def propose_mapping(path: Path) -> str:
    """Return the text of a commented ``leadq.yaml`` for the leads in ``path``.

    Raises
    ------
    InputError
        The file cannot be read, or its first line is no header.
    """
    with private_scratch() as folder, open_engine(folder) as connection:
        sample = take_sample(connection, path.resolve(), folder)
        found = _look(connection, sample)
    return write_proposal(sample, _proposal(sample, found))


def _look(connection: Connection, sample: Sample) -> _Found:
    rows = connection.table(LOOKED)

    def together(columns: tuple[str, ...]) -> dict[str, int]:
        counted = rows.project(f"{joined_text(columns)} AS w").filter("w IS NOT NULL").aggregate("w, count(*) AS n")
        return {str(word): int(n) for word, n in counted.order("n DESC, w").fetchall()}

    outcome = guess_outcome(sample.columns, together)
    dates = guess_dates(*_with_ends(rows, outcome), sample.columns)
    if outcome is None:
        return _Found(outcome=None, dates=dates)
    told = told_apart(rows, sample.columns, outcome, dates)
    if isinstance(told, Refused):
        return _Found(outcome=None, dates=dates, refused=told.why)
    if told.columns != outcome.columns:  # open leads lack the date: what was said of it is said of them
        dates = replace(dates, remark="")
    return _Found(outcome=settle(rows, sample.columns, told, dates), dates=dates)


def _with_ends(rows: Relation, outcome: Outcome | None) -> tuple[Relation, str]:
    """Rows and the condition of those that are won or lost."""
    if outcome is None:
        return rows, ""
    return with_states(rows, outcome), f"{name(STATE)} IN ('won', 'lost')"


def _proposal(sample: Sample, found: _Found) -> Proposal:
    outcome, dates = found.outcome, found.dates
    ends = () if outcome is None else tuple(column for column in outcome.columns if column not in dates.closed)
    taken = {*ends, *dates.closed, *filter(None, [dates.created])}
    lead_id, repeated = _lead_id(sample, taken)
    taken |= {lead_id.name} if lead_id else set()
    mapping: dict[str, tuple[str, ...]] = {}
    for contract in _OTHERS:
        if column := best_named(contract, sample.columns, taken):
            mapping[contract] = (column.name,)
            taken.add(column.name)
    dated = bool(lead_id and dates.created and dates.closed)
    if lead_id is not None:
        mapping = {"lead_id": (lead_id.name,), **mapping}
    return Proposal(
        dated=dated, mapping=mapping, outcome=outcome, dates=dates, repeated_id=lead_id if repeated else None,
        refused=found.refused,
    )  # fmt: skip


def _lead_id(sample: Sample, taken: set[str]) -> tuple[Column | None, bool]:
    """Return the column of ids, and whether they are repeated; one that is different in every row comes first."""
    called = [column for column in sample.columns if column.name not in taken and is_called("lead_id", column.name)]
    called.sort(key=lambda column: rank("lead_id", column.name))
    unique = [column for column in called if column.filled == sample.rows == column.distinct]
    if unique and _names_the_record(called[0], sample) and unique[0] is not called[0]:
        return called[0], True  # a row is, for example, one of its contacts
    if unique:
        return unique[0], False
    alike = [column for column in sample.columns if column.name not in taken and not column.is_time]
    alike = [
        column for column in alike if column.filled == sample.rows == column.distinct and may_be_an_id(column.name)
    ]
    if alike:
        return alike[0], False
    nearly = [column for column in called if column.filled >= 0.9 * sample.rows]
    return (nearly[0], True) if nearly else (None, False)


def _names_the_record(column: Column, sample: Sample) -> bool:
    """Whether a column of repeated ids is called that of a lead, deal or opportunity, and says of which one a row is."""
    several = _LEAST_RECORDS * sample.rows <= column.distinct
    return rank("lead_id", column.name) <= _OF_RECORDS and column.filled >= 0.9 * sample.rows and several
