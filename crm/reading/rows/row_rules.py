"""Rules on rows of one table: required values, known words; times and repeated ids have modules of their own beside this one.

A rule rejects single rows; whether there are too many of them is judged at the end by ``Findings.judge``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from leadq.crm.contract.crm_tables import REQUIRED, TABLES, TIME
from leadq.crm.reading.columns.mapping import EITHER
from leadq.crm.reading.columns.wanted_columns import OWN_KEYS
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.reading.rows.repeated_ids import SourceColumns, one_row_an_id
from leadq.crm.reading.rows.wrong_times import mend_times
from leadq.crm.storage.scratch_database import count, name, text
from leadq.foundation.plurals import counted, one_or_many

_WHILE_BEGINNING = timedelta(hours=1)
"""A run may wait so long for its turn."""
MAY_BE_MISSING = {("leads", "created_at")}
"""An open lead without a date is kept, not scored, and said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    table: str
    column: str
    holds: str
    allowed: str


_WORDS = (
    _Word(table="field_history", column="entity", holds="entity IN ('lead', 'account')", allowed="lead or account"),
    _Word(
        table="dispositions",
        column="decision",
        holds="decision IN ('accepted', 'rejected', 'withdrawn')",
        allowed="accepted, rejected or withdrawn",
    ),
    *(
        _Word(
            table=table,
            column="month",
            holds=r"regexp_full_match(month, '\d{4}-(0[1-9]|1[0-2])')",
            allowed="a month such as 2024-03",
        )
        for table in ("campaign_costs", "customers", "sales_costs")
    ),
)


def check_rows(
    findings: Findings, table: str, *, read_at: datetime, columns: SourceColumns | None = None, dated: bool = True
) -> None:
    """Reject the rows of staged ``table`` that break a rule on their own, then its repeated ids.

    Parameters
    ----------
    findings : Findings
    table : str
    read_at : datetime
    columns : SourceColumns, optional
        What the columns are called in the source.
    dated : bool
        False for a flat file, whose times are an order.
    """
    columns = columns or SourceColumns()
    reject_unfilled(findings, table)
    reject_unknown_words(findings, table)
    if dated:
        mend_times(findings, table, read_at=read_at, columns=dict(columns.named))
    if table in OWN_KEYS:
        one_row_an_id(findings, table, OWN_KEYS[table], columns)


def leave_out_later_rows(findings: Findings, table: str, *, read_at: datetime, fetched_at: datetime) -> None:
    """Leave out staged rows that came between ``read_at`` and ``fetched_at``: a database goes on while a run begins.

    Later than an hour after ``read_at`` nothing is left out: those rows are no accident, and are judged.
    """
    began = next((field.name for field in TABLES[table] if field.type == TIME), None)
    if began is None:
        return
    end = min(fetched_at, read_at + _WHILE_BEGINNING)
    times = [f"TIMESTAMPTZ {text(moment.isoformat())}" for moment in (read_at, end)]
    later = f"{name(began)} > {times[0]} AND {name(began)} <= {times[1]}"
    staged = findings.connection.table(f"staged_{table}")
    if rows := count(staged.filter(later)):
        findings.connection.execute(f"DELETE FROM staged_{table} WHERE {later}")  # noqa: S608 - names are quoted
        came = counted(rows, "row was added", "rows were added")
        findings.notes.append(
            f"{table}: {came} while this run was starting; the next run reads {one_or_many(rows, 'it', 'them')}"
        )


def reject_unfilled(findings: Findings, table: str) -> None:
    """Reject rows without a value that they must have."""
    conditions = [
        (column, f"{name(column)} IS NULL") for column in REQUIRED[table] if (table, column) not in MAY_BE_MISSING
    ]
    if table in EITHER:
        conditions.append(("lead_id", "lead_id IS NULL AND account_id IS NULL"))
    for column, condition in conditions:
        either = table in EITHER and column == "lead_id"
        rule = RowRule(
            reason="names neither lead nor account" if either else f"{column} is missing",
            remedy="Fill it in the source, or leave such rows out with where.",
            column=column,
        )
        findings.reject(table, findings.good(table).filter(condition), rule)


def reject_unknown_words(findings: Findings, table: str) -> None:
    """Reject rows with a word that the contract does not know."""
    for word in _WORDS:
        if word.table == table:
            rule = RowRule(
                reason=f"{word.column} is not {word.allowed}",
                remedy=f"Map the words with values: {{{word.column}: ...}}.",
                column=word.column,
            )
            findings.reject(table, findings.good(table).filter(f"NOT {word.holds}"), rule, value=name(word.column))
