"""Rules on rows of one table: required values, times after the data was read, known words, duplicates.

A rule rejects single rows; whether there are too many of them is judged at the end by ``Findings.judge``. The same
id with two contents is always a Problem: nobody could say which one is true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadq.crm.contract.crm_tables import REQUIRED, TABLES, TIME
from leadq.crm.reading.columns.mapping import EITHER
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.storage.scratch_database import ROW, count, name, text
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import MAX_EXAMPLES, Problem

UNIQUE = {"leads": "lead_id", "accounts": "account_id", "opportunities": "opportunity_id"}
_ROUNDED = r"\d(?:[.,]\d+)?[eE]\+\d+"
"""What a spreadsheet makes of a long number."""
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
        holds="decision IN ('accepted', 'rejected')",
        allowed="accepted or rejected",
    ),
    _Word(
        table="campaign_costs",
        column="month",
        holds=r"regexp_full_match(month, '\d{4}-(0[1-9]|1[0-2])')",
        allowed="a month such as 2024-03",
    ),
)


def check_rows(findings: Findings, table: str, *, read_at: datetime) -> None:
    """Reject the rows of staged ``table`` that break a rule on their own, then its duplicates."""
    _required(findings, table)
    _words(findings, table)
    _future(findings, table, read_at)
    _order_of_times(findings, table)
    if table in UNIQUE:
        _duplicates(findings, table, UNIQUE[table])


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


def _required(findings: Findings, table: str) -> None:
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


def _words(findings: Findings, table: str) -> None:
    for word in _WORDS:
        if word.table == table:
            rule = RowRule(
                reason=f"{word.column} is not {word.allowed}",
                remedy=f"Map the words with values: {{{word.column}: ...}}.",
                column=word.column,
            )
            findings.reject(table, findings.good(table).filter(f"NOT {word.holds}"), rule, value=name(word.column))


def _future(findings: Findings, table: str, read_at: datetime) -> None:
    limit = f"TIMESTAMPTZ {text(read_at.isoformat())}"
    for field in TABLES[table]:
        if field.type != TIME:
            continue
        rule = RowRule(
            reason=f"{field.name} lies after the data was read",
            remedy=f"The data was read at {read_at.isoformat()}; fix the dates, or time_zone and time_format.",
            column=field.name,
        )
        late = findings.good(table).filter(f"{name(field.name)} > {limit}")
        findings.reject(table, late, rule, value=name(field.name))


def _order_of_times(findings: Findings, table: str) -> None:
    if table in ("leads", "opportunities"):
        rule = RowRule(
            reason="closed before it was created",
            remedy="Fix the dates; probably one of the two was filled in later or in another time zone.",
            column="closed_at",
        )
        findings.reject(table, findings.good(table).filter("closed_at < created_at"), rule, value="closed_at")


def _duplicates(findings: Findings, table: str, key: str) -> None:
    rows = findings.good(table)
    content = ", ".join(name(column) for column in rows.columns if column != ROW)
    many = rows.aggregate(f"{key} AS _leadq_key, count(*) AS _leadq_rows, min({ROW}) AS _leadq_first")
    many = many.filter("_leadq_rows > 1")
    many.create(f"twice_{table}")
    twice = findings.connection.table(f"twice_{table}").set_alias("twice")
    if count(twice) == 0:
        return
    rows = rows.set_alias("rows").join(twice, f"rows.{key} = twice._leadq_key")
    contents = rows.aggregate(
        f"_leadq_key, count(DISTINCT row({content})) AS contents, list({ROW} ORDER BY {ROW})[:5] AS places"
    )
    different = contents.filter("contents > 1")
    if found := count(different):
        shown = different.order("_leadq_key").limit(MAX_EXAMPLES).project("_leadq_key, places").fetchall()
        remedy = "Keep the correct row, or declare merged leads in lead_aliases."
        if re.fullmatch(_ROUNDED, str(shown[0][0])):
            remedy = "A spreadsheet has rounded these ids: export them again, as text, and do not save the file in it."
        findings.problems.append(
            Problem(
                where=f"{table}: {findings.files.get(table, table)} column {key}",
                rule="an id must be unique, or its rows must be equal in every column",
                value=repr(shown[0][0]),
                count=found,
                remedy=remedy,
                examples=tuple(f"{k!r} in rows {', '.join(map(str, places))}" for k, places in shown),
            )
        )
    rule = RowRule(reason=f"repeats a row with the same {key}", remedy="Export each row once.", column=key)
    alike = contents.filter("contents = 1").project("_leadq_key AS alike").set_alias("alike")
    repeated = rows.filter(f"{ROW} > _leadq_first").set_alias("repeated").join(alike, f"repeated.{key} = alike.alike")
    findings.reject(table, repeated, rule, value=key)
