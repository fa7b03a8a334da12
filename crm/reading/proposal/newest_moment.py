"""The newest moment that a file of leads tells of: about when it was exported."""

from __future__ import annotations

from leadq.crm.reading.proposal.date_guess import closing, day
from leadq.crm.reading.proposal.heading_names import is_called
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.outcome_evidence import STATE, with_states
from leadq.crm.reading.values.column_reading import UNREAD
from leadq.crm.storage.scratch_database import Connection, Relation, first_row, name, text

_NO_PLANS = ("created_at", "changed_at", "won_at", "lost_at")
_LONG = "INTERVAL 60 DAY"
"""A closing that is so much later than everything else is a plan or a mistake."""


def newest_moment(connection: Connection, guess: LeadGuess) -> str:
    """Return the newest creation, change or closing of a won or lost lead as ``2026-09-30 16:12``; empty where there is none."""
    columns = [
        column.name
        for column in guess.sample.columns
        if column.is_time and any(is_called(contract, column.name) for contract in _NO_PLANS)
    ]
    if not columns:
        return ""
    there = {column.name for column in guess.sample.columns}
    closed = tuple(column for column in guess.dates.closed if column in there)
    rows = _all_rows(connection, guess, {*columns, *closed})
    (newest,) = first_row(
        rows.aggregate(f"CAST(greatest({', '.join(f'max({day(one)})' for one in columns)}) AS VARCHAR)")
    )
    if newest is None:
        return ""
    last = f"TIMESTAMPTZ {text(str(newest))}"
    if guess.outcome is not None and closed and set(guess.outcome.columns) <= there:
        ends = f"{name(STATE)} IN ('won', 'lost') AND {closing(closed)} <= {last} + {_LONG}"
        last = f"greatest({last}, max({closing(closed)}) FILTER (WHERE {ends}))"
        rows = with_states(rows, guess.outcome)
    return str(first_row(rows.aggregate(f"strftime({last}, '%Y-%m-%d %H:%M')"))[0])


def _all_rows(connection: Connection, guess: LeadGuess, times: set[str]) -> Relation:
    """All rows of the file with ``times`` as canonical text: a short file's are so already."""
    sample = guess.sample
    if sample.total == sample.rows:
        return connection.table(sample.looked)
    shown = []
    for column in sample.columns:
        given = column.reading.expression(column.name)
        read = f"CASE WHEN NOT starts_with({given}, {text(UNREAD)}) THEN {given} END AS {name(column.name)}"
        shown.append(read if column.name in times else name(column.name))
    return connection.table(sample.whole).project(", ".join(shown))
