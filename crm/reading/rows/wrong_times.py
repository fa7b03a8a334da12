"""Rows with a wrong time: a lead that is known is not lost for it, and no time becomes earlier than it can have been.

Closed before created: closed when created. Closed after the data was read: closed when it was read, while such rows are few. A closing
date of an open lead that cannot be read is no matter. A time that the rest hangs on, such as created_at, still rejects its row.
"""

from __future__ import annotations

from datetime import datetime

from leadq.crm.contract.crm_tables import TABLES, TIME
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.storage.scratch_database import ROW, Relation, count, first_row, scalar, text
from leadq.foundation.plurals import counted, one_or_many

_CLOSING = ("leads", "opportunities")
_MAY_BE_UNKNOWN = {("leads", "handed_off_at"), ("lead_aliases", "merged_at")}
"""Times of which "unknown" says less than they would, and nothing that is wrong."""
PLANNED = {("owners", "active_from"), ("owners", "active_to"), ("customers", "started_at"), ("customers", "ended_at")}
"""Times that may lie ahead: a contract is signed before it begins, and its end is known before it comes."""
_NEARLY_ALL = 0.8
_SHOWN = 3
_HALF_A_DAY = 14
"""Hours that two time zones of the earth can lie apart."""


def mend_times(findings: Findings, table: str, *, read_at: datetime, columns: dict[str, str]) -> None:
    """Set right, or reject, the wrong times of staged ``table``, with notes.

    Parameters
    ----------
    findings : Findings
    table : str
    read_at : datetime
    columns : dict
        Contract column to the source's, for what is said.
    """
    _forget_unreadable(findings, table)
    limit = f"TIMESTAMPTZ {text(read_at.isoformat())}"
    for field in TABLES[table]:
        if field.type == TIME and (table, field.name) not in PLANNED:
            _after_reading(findings, table, field.name, limit, read_at)
    if table in _CLOSING:
        _closed_before_created(findings, table, columns)


def _forget_unreadable(findings: Findings, table: str) -> None:
    """Keep rows whose only fault is a time that may be unknown, and open ones whose plan cannot be read."""
    for field in TABLES[table]:
        reason = f"{field.name} cannot be read as a time"
        if field.type != TIME or (table, reason) not in findings.rules:
            continue
        gone = findings.connection.table("rejections").filter(f'"table" = {text(table)} AND reason = {text(reason)}')
        few = count(gone) <= findings.rejected_share * count(findings.connection.table(f"staged_{table}"))
        if (table, field.name) in _MAY_BE_UNKNOWN and few:
            kept, what = gone.project('"row" AS kept'), "counts as unknown"
        elif field.name == "closed_at" and table in findings.states:
            staged = findings.connection.table(f"staged_{table}").filter(f"({findings.states[table]}) = 'open'")
            rows = staged.project(f"{ROW} AS staged_row").set_alias("staged")
            kept = gone.set_alias("gone").join(rows, 'gone."row" = staged.staged_row').project('gone."row" AS kept')
            what = "is only a plan, as the row is open"
        else:
            continue
        kept.create("_leadq_kept")
        if rows := count(findings.connection.table("_leadq_kept")):
            values = gone.filter('"row" IN (SELECT kept FROM _leadq_kept)').project('"value"')
            ((value,),) = values.order("ALL").limit(1).fetchall()
            findings.connection.execute(
                f'DELETE FROM rejections WHERE "table" = {text(table)} AND reason = {text(reason)} '  # noqa: S608
                'AND "row" IN (SELECT kept FROM _leadq_kept)'
            )
            findings.notes.append(
                f"{table}.{field.name}: {counted(rows, 'value')} cannot be read as a time, such as {value!r}; {what}"
            )
        findings.connection.execute("DROP TABLE _leadq_kept")


def _after_reading(findings: Findings, table: str, column: str, limit: str, read_at: datetime) -> None:
    late = findings.good(table).filter(f"{column} > {limit}")
    rows = count(late)
    if not rows:
        return
    few = rows <= findings.rejected_share * count(findings.connection.table(f"staged_{table}"))
    closing = table in _CLOSING and column == "closed_at"
    if few and (closing or (table, column) in _MAY_BE_UNKNOWN):
        shown = _shown(late, column)
        becomes = limit if closing else "NULL"
        findings.connection.execute(
            f"UPDATE staged_{table} SET {column} = {becomes} WHERE {column} > {limit}"  # noqa: S608 - names of the contract
        )
        what = "when the data was read" if closing else "unknown"
        findings.notes.append(
            f"{table}.{column}: {counted(rows, 'row')} {one_or_many(rows, 'lies', 'lie')} after the data was read ({shown}); "
            f"{one_or_many(rows, 'it counts', 'they count')} as {what}"
        )
        return
    remedy = f"The data was read at {read_at.isoformat()}; fix the dates, or time_zone, or say with read how they are written."
    going_on = ""
    if closing:
        remedy = (
            f"A closing date after {read_at.isoformat()}, when the data was read, is a plan: name the column in which a won or lost "
            "row has the day it was closed, under columns as closed_at."
        )
        going_on = "Or raise rejected_share in leadq.yaml: these rows then count as closed when the data was read."
    rule = RowRule(
        reason=f"{column} lies after the data was read", remedy=remedy, column=column, going_on=going_on
    )  # fmt: skip
    findings.reject(table, late, rule, value=column)


def _closed_before_created(findings: Findings, table: str, columns: dict[str, str]) -> None:
    """Let what was closed before it was created be closed when it was created: never earlier than it was known."""
    wrong = findings.good(table).filter("closed_at < created_at")
    rows = count(wrong)
    if not rows:
        return
    closed = scalar(findings.good(table), "count(closed_at)")
    shown = _shown(wrong, "closed_at")
    cause = _cause(wrong, rows, columns) if rows > findings.rejected_share * closed else ""
    findings.connection.execute(
        f"UPDATE staged_{table} SET closed_at = created_at WHERE closed_at < created_at"  # noqa: S608 - names of the contract
    )
    findings.notes.append(
        f"{table}.closed_at: {rows:,} of {counted(closed, 'closing date')} ({rows / closed:.1%}) "
        f"{one_or_many(rows, 'lies', 'lie')} before created_at ({shown}); {one_or_many(rows, 'it counts', 'they count')} as the time "
        f"of creation, so nothing is learnt from how long {one_or_many(rows, 'that lead', 'those leads')} took{cause}"
    )


def _cause(wrong: Relation, rows: int, columns: dict[str, str]) -> str:
    """Return what a large share of such rows probably comes of, and what to look at."""
    created, closed = (columns.get(one, one) for one in ("created_at", "closed_at"))
    swapped = [
        f"make_timestamptz(year({one}), day({one}), month({one}), hour({one}), minute({one}), 0.0)"
        for one in ("closed_at", "created_at")
    ]
    other_closed = f"CASE WHEN day(closed_at) <= 12 THEN {swapped[0]} ELSE closed_at END >= created_at"
    other_created = f"closed_at >= CASE WHEN day(created_at) <= 12 THEN {swapped[1]} ELSE created_at END"
    midnight = "hour(closed_at) = 0 AND minute(closed_at) = 0 AND second(closed_at) = 0"
    found = first_row(
        wrong.aggregate(
            f"count_true({other_closed}), count_true({other_created}), count_true(created_at - closed_at < INTERVAL {_HALF_A_DAY} HOUR), "
            f"count_true(created_at - closed_at < INTERVAL 24 HOUR AND {midnight})"
        )
    )
    counts = [int(one or 0) for one in found]
    enough = _NEARLY_ALL * rows
    if counts[3] >= enough:
        return f". Probably {closed} is written in days and {created} in moments: export {closed} with its time, or both as days"
    if counts[2] >= enough:
        return f". Probably {created} and {closed} are in two time zones: export them with their offset"
    for place, column in enumerate((closed, created)):
        if counts[place] >= enough:
            return f". Probably day and month are swapped in {column}: say with read how it is written"
    return f". Probably {created} is not when leads were created, or {closed} not when they were closed: look for other columns"


def _shown(rows: Relation, column: str) -> str:
    some = rows.order(ROW).project(f"{ROW}, strftime({column}, '%Y-%m-%d %H:%M')").limit(_SHOWN).fetchall()
    return ", ".join(f"row {row}: {value}" for row, value in some)
