"""Mapped text to the contract's types, row by row, naming every value that does not fit.

Times that cannot be read reject their row; a number that cannot be read becomes unknown and is counted. Only the domain
of an e-mail address goes on; addresses and phone numbers inside free notes are blanked. Leaves out rules between rows.
"""

from __future__ import annotations

import pyarrow as pa

from leadq.crm.config.schema import Source
from leadq.crm.contract.crm_tables import TABLES, TIME
from leadq.crm.contract.personal_data import (
    bare_domain,
    domain_of_address,
    domain_of_site,
    without_contact_details,
)
from leadq.crm.reading.columns.mapping import Mapped
from leadq.crm.reading.columns.times import STARTS_ITS_DAY, TimeReading
from leadq.crm.reading.columns.unread_times import remedy_for_times
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.reading.values.column_reading import as_written
from leadq.crm.storage.scratch_database import ROW, Relation, count, name, scalar
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import MAX_EXAMPLES, Problem

FREE_TEXT = {("dispositions", "note"), ("events", "topic"), ("opportunities", "loss_reason")}


def number(column: str, decimal: str) -> str:
    """Return the SQL expression of the text expression ``column`` as a finite DOUBLE, null where it is none."""
    plain = f"replace(replace({column}, '.', ''), ',', '.')" if decimal == "," else column
    return f"(CASE WHEN isfinite(TRY_CAST({plain} AS DOUBLE)) THEN TRY_CAST({plain} AS DOUBLE) END)"


def stage(findings: Findings, table: str, source: Source, mapped: Mapped, times: TimeReading) -> None:
    """Create ``staged_<table>``: row number, every contract column typed, extra and own columns as text.

    Rows with an unreadable time are rejected; naive times and systematic faults go to ``findings.problems``.
    """
    schema = TABLES[table]
    expressions: dict[str, str] = {}
    for field in schema:
        expressions[field.name] = _typed(table, field, mapped, source, times)
    others = [column for column in mapped.rows.columns if column not in (*schema.names, ROW, "email")]
    shown = [f"{expression} AS {name(column)}" for column, expression in expressions.items()]
    mapped.rows.project(", ".join([ROW, *shown, *(name(column) for column in others)])).create(f"staged_{table}")
    for field in schema:
        if field.name not in mapped.contract:
            continue
        if field.type == TIME:
            _judge_times(findings, table, field.name, mapped.rows, expressions[field.name], times)
        elif pa.types.is_floating(field.type):
            _judge_numbers(findings, table, field.name, mapped.rows, expressions[field.name])


def _typed(table: str, field: pa.Field, mapped: Mapped, source: Source, times: TimeReading) -> str:
    column = name(field.name)
    if field.name == "email_domain" and "email" in mapped.contract:
        address = domain_of_address("email")
        return f"coalesce({bare_domain(column)}, {address})" if "email_domain" in mapped.contract else address
    if field.name not in mapped.contract:
        kind = "TIMESTAMPTZ" if field.type == TIME else "DOUBLE" if pa.types.is_floating(field.type) else "VARCHAR"
        return f"CAST(NULL AS {kind})"
    if field.type == TIME:
        return times.moment(column, starts_day=field.name in STARTS_ITS_DAY)
    if pa.types.is_floating(field.type):
        return number(column, source.decimal)
    if field.name == "email_domain":
        return bare_domain(column)
    if field.name == "domain":
        return domain_of_site(column)
    if (table, field.name) in FREE_TEXT:
        return without_contact_details(column)
    return column


def _judge_times(findings: Findings, table: str, column: str, rows: Relation, moment: str, times: TimeReading) -> None:
    given = name(column)
    naive = rows.filter(f"{given} IS NOT NULL AND {times.naive(given)}")
    if found := count(naive):
        shown = naive.order(ROW).limit(MAX_EXAMPLES).project(f"{ROW}, {given}").fetchall()
        findings.problems.append(
            Problem(
                where=f"{table}: {findings.files.get(table, table)} column {column}",
                rule="times must have a time zone (naive time zone)",
                value=repr(shown[0][1]),
                count=found,
                remedy="Set time_zone in leadq.yaml to the zone of these times, for example Europe/Amsterdam.",
                examples=tuple(f"row {row}: {value!r}" for row, value in shown),
            )
        )
    bad = rows.filter(f"{given} IS NOT NULL AND ({moment}) IS NULL")
    if count(bad):
        remedy = remedy_for_times(rows, bad, column, reading=findings.reading)
        rule = RowRule(reason=f"{column} cannot be read as a time", remedy=remedy, column=column)
        findings.reject(table, _with_key(findings, table, bad, column), rule, value="bad_value")


def _with_key(findings: Findings, table: str, bad: Relation, column: str) -> Relation:
    """Staged rows of the text rows ``bad``, with the text as ``bad_value``."""
    texts = bad.project(f"{ROW} AS bad_row, {as_written(name(column))} AS bad_value").set_alias("bad")
    staged = findings.connection.table(f"staged_{table}").set_alias("staged")
    return staged.join(texts, f"staged.{ROW} = bad.bad_row")


def _judge_numbers(findings: Findings, table: str, column: str, rows: Relation, typed: str) -> None:
    given = name(column)
    bad = rows.filter(f"{given} IS NOT NULL AND {typed} IS NULL")
    found = count(bad)
    if not found:
        return
    total = scalar(rows, f"count({given})")
    shown = bad.order(ROW).limit(MAX_EXAMPLES).project(f"{ROW}, left({as_written(given)}, 60)").fetchall()
    if found <= findings.rejected_share * total:
        unknown = one_or_many(found, "is not a number and counts", "are not numbers and count")
        findings.notes.append(f"{table}.{column}: {found:,} of {counted(total, 'value')} {unknown} as unknown")
        return
    findings.problems.append(
        Problem(
            where=f"{table}: {findings.files.get(table, table)} column {column}",
            rule=f"must be a number, but {found / total:.1%} of the values are not",
            value=repr(shown[0][1]),
            count=found,
            remedy="Map another column, map words to numbers with values, or say in leadq.yaml how 1234.5 is written in it: "
            f'read: {{"{column}": "1.234,5"}}.',
            examples=tuple(f"row {row}: {value!r}" for row, value in shown),
        )
    )
