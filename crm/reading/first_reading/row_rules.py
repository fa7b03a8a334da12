"""Rules on rows as the first reading has them: a row with a wrong date is left out, and only rows equal in every column are one."""

from __future__ import annotations

import re
from datetime import datetime

from leadq.crm.contract.crm_tables import TABLES, TIME
from leadq.crm.reading.columns.wanted_columns import OWN_KEYS
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.reading.rows.row_rules import reject_unfilled, reject_unknown_words
from leadq.crm.reading.rows.wrong_times import PLANNED
from leadq.crm.storage.scratch_database import ROW, count, name, text
from leadq.foundation.problems import MAX_EXAMPLES, Problem

_ROUNDED = r"\d(?:[.,]\d+)?[eE]\+\d+"
"""What a spreadsheet makes of a long number."""


def check_rows(findings: Findings, table: str, *, read_at: datetime, **_: object) -> None:
    """Reject the rows of staged ``table`` that break a rule on their own, then its duplicates."""
    reject_unfilled(findings, table)
    reject_unknown_words(findings, table)
    _future(findings, table, read_at)
    _order_of_times(findings, table)
    if table in OWN_KEYS:
        _duplicates(findings, table, OWN_KEYS[table])


def _future(findings: Findings, table: str, read_at: datetime) -> None:
    limit = f"TIMESTAMPTZ {text(read_at.isoformat())}"
    for field in TABLES[table]:
        if field.type != TIME or (table, field.name) in PLANNED:
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
