"""The newest moment that a file of leads tells of: about when it was exported."""

from __future__ import annotations

from leadq.crm.reading.proposal.heading_names import is_called
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.values.column_reading import UNREAD
from leadq.crm.storage.scratch_database import Connection, first_row, name, text

_NO_PLANS = ("created_at", "changed_at", "won_at", "lost_at")


def newest_moment(connection: Connection, guess: LeadGuess) -> str:
    """Return the newest creation or change of the whole file as ``2026-09-30 16:12``; empty where there is none."""
    columns = [
        column
        for column in guess.sample.columns
        if column.is_time and any(is_called(contract, column.name) for contract in _NO_PLANS)
    ]
    if not columns:
        return ""
    short = guess.sample.total == guess.sample.rows  # then they are canonical text already
    given = [name(column.name) if short else column.reading.expression(column.name) for column in columns]
    newest = [f"max({one}) FILTER (WHERE NOT starts_with({one}, {text(UNREAD)}))" for one in given]
    rows = connection.table(guess.sample.looked if short else guess.sample.whole)
    moment = f"strftime(greatest({', '.join(f'TRY_CAST({one} AS TIMESTAMPTZ)' for one in newest)}), '%Y-%m-%d %H:%M')"
    return str(first_row(rows.aggregate(moment))[0] or "")
