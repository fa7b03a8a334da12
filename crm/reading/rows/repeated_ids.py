"""Rows with the same id: equal ones are one row, ones that differ only in columns that are not read are one too, others are a Problem.

Exports overlap, and reports write a row a contact or a product. Nobody but the company can say which of two different rows is true:
the Problem names the columns in which they differ and the line that settles it. ``newest_by`` in ``leadq.yaml`` keeps the newest state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from leadq.crm.config.schema import Flat, Source
from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.reading.columns.profiling import TypedField
from leadq.crm.reading.findings import Findings, RowRule
from leadq.crm.reading.sources.flat_file import ORDER
from leadq.crm.reading.values.column_reading import as_written
from leadq.crm.reading.values.ids import ROUNDED
from leadq.crm.storage.scratch_database import ROW, Relation, count, first_row, name, scalar, text
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import MAX_EXAMPLES, Problem
from leadq.foundation.yaml_scalars import quoted

NEWEST = "_leadq_newest"
"""Staged column of the time by which the newest of several rows is kept."""
_KEY, _ROWS, _FIRST = "_leadq_key", "_leadq_rows", "_leadq_first"
_MOST_NAMED = 8
_CHANGED = re.compile(
    r"modif|updat|last.?chang|systemmodstamp|write.?date|ge(ä|ae)ndert|aktualis|modifi|gewijzigd|изменен|更新"
)
_MOVING = ("status", "stage", "closed_at", "outcome", "_leadq_outcome")
"""Columns that tell the state of a lead: they differ where rows are of two times."""
_DESCRIBING = ("title", "source", "campaign", "owner", "country", "email_domain")
"""Columns of the contract that a lead can do without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumns:
    """What the staged columns of a table are called in its source.

    Parameters
    ----------
    named : mapping of contract column to source column
    own : mapping of staged column to own field
    read : callable
        Return the own fields that are read (neither refused nor personal nor useless), asked only where rows differ in some.
    made_up : collection of str
        Staged columns that the reader made itself.
    mapped : collection of str
        Contract columns that ``columns`` of ``leadq.yaml`` names.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[], Collection[str]] = tuple
    made_up: Collection[str] = ()
    mapped: Collection[str] = ()

    def title(self, staged: str) -> str:
        """Return what the source calls a staged column."""
        if staged in self.own:
            return self.own[staged]
        return self.named.get(staged, "the outcome" if staged == "_leadq_outcome" else staged)


def source_columns(
    findings: Findings, source: Source, staged: Mapping[str, str], typed: Callable[[], list[TypedField]]
) -> SourceColumns:
    """Return what the columns of a source are called; ``staged`` is the staged column of each own field, ``typed`` types them."""

    def read() -> list[str]:
        notes = len(findings.notes)
        fields = [one.field for one in typed()]
        del findings.notes[notes:]  # they are typed again, and noted, once every id has one row
        return [one.name for one in fields if one.status != "refused"]

    made_up = ("created_at", "closed_at", ORDER) if isinstance(source, Flat) else ()
    own = {column: one for one, column in staged.items()}
    return SourceColumns(named=source.named, own=own, read=read, made_up=made_up, mapped=source.columns)


def one_row_an_id(findings: Findings, table: str, key: str, columns: SourceColumns) -> None:
    """Reject all but one of the rows of an id where that loses nothing, with notes; else add the Problem."""
    _refuse_rounded(findings, table, key)
    if not _repeated(findings, table, key):
        return
    untimed = _keep_newest(findings, table, key) if NEWEST in findings.good(table).columns else None
    compared = [one for one in findings.good(table).columns if one not in {ROW, key, NEWEST, *columns.made_up}]
    differing = _differing(findings, table, key, compared)
    own = {one for one in differing if one in columns.own}
    read = columns.read() if own else ()
    unread = {one for one in own if columns.own[one] not in read}
    _leave_repeats_out(findings, table, key, [one for one in compared if one not in unread], columns, unread)
    left = {one: ids for one, ids in differing.items() if one not in unread}
    if left and untimed is not None:
        findings.problems.append(untimed)
    elif left:
        _refuse(findings, table, key, left, columns)


def _refuse_rounded(findings: Findings, table: str, key: str) -> None:
    rounded = findings.good(table).filter(f"regexp_full_match({key}, {text(ROUNDED)})")
    if rows := count(rounded):
        shown = rounded.order(ROW).project(f"{ROW}, {key}").limit(MAX_EXAMPLES).fetchall()
        findings.problems.append(
            Problem(
                where=f"{table}: {findings.files.get(table, table)} column {key}",
                rule="ids must be complete, but a spreadsheet has rounded these",
                value=repr(shown[0][1]),
                count=rows,
                remedy="A spreadsheet has rounded these ids: export them again, as text, and do not save the file in it.",
                examples=tuple(f"row {row}: {value!r}" for row, value in shown),
            )
        )


def _repeated(findings: Findings, table: str, key: str) -> bool:
    """Create the table of ids that several good rows have; False where there are none."""
    findings.connection.execute(f"DROP TABLE IF EXISTS twice_{table}")
    many = findings.good(table).aggregate(f"{key} AS {_KEY}, count(*) AS {_ROWS}, min({ROW}) AS {_FIRST}")
    many.filter(f"{_ROWS} > 1").create(f"twice_{table}")
    return count(findings.connection.table(f"twice_{table}")) > 0


def _rows(findings: Findings, table: str, key: str) -> Relation:
    twice = findings.connection.table(f"twice_{table}").set_alias("twice")
    return findings.good(table).set_alias("rows").join(twice, f"rows.{key} = twice.{_KEY}")


def _keep_newest(findings: Findings, table: str, key: str) -> Problem | None:
    """Leave out all but the newest of the rows of an id; none, with the Problem, where the time that tells it cannot be read."""
    read = f"TRY_CAST({NEWEST} AS TIMESTAMPTZ)"
    if found := _unread_times(findings, table, key, read):
        return found
    when = f"coalesce({read}, TIMESTAMPTZ '0001-01-01')"
    last = _rows(findings, table, key).project(f"*, {when} < max({when}) OVER (PARTITION BY {_KEY}) AS _leadq_older")
    rule = RowRule(
        reason=f"an older state of a row with the same {key}",
        remedy="Export each row once.",
        column=key,
        follows=True,
        merged=True,
    )
    if rows := findings.reject(table, last.filter("_leadq_older"), rule, value=key):
        older = one_or_many(rows, "is an older state of what", "are older states of what")
        findings.notes.append(f"{table}: {counted(rows, 'row')} {older} stands there again; the newest counts")
    _repeated(findings, table, key)
    return None


def _unread_times(findings: Findings, table: str, key: str, read: str) -> Problem | None:
    """Return the Problem of rows of one id of which the time that tells the newest cannot be read."""
    unread = _rows(findings, table, key).filter(f"{NEWEST} IS NOT NULL AND {read} IS NULL")
    if not (rows := count(unread)):
        return None
    shown = unread.order(ROW).project(f"{ROW}, {as_written(NEWEST)}").limit(MAX_EXAMPLES).fetchall()
    return Problem(
        where=f"{table}: {findings.files.get(table, table)} newest_by",
        rule="the column of newest_by must hold a time where an id has several rows",
        value=repr(shown[0][1]),
        count=rows,
        remedy="Name a column with the time of the last change, or say under read how its values are written.",
        examples=tuple(f"row {row}: {value!r}" for row, value in shown),
    )


def _differing(findings: Findings, table: str, key: str, compared: list[str]) -> dict[str, int]:
    """Columns in which rows of one id differ, with the number of such ids."""
    rows = _rows(findings, table, key)
    tests = [
        f"min({name(one)}) IS DISTINCT FROM max({name(one)}) OR count({name(one)}) NOT IN (0, count(*)) AS c{place}"
        for place, one in enumerate(compared)
    ]
    by_id = rows.aggregate(", ".join([_KEY, *tests]), _KEY)
    counts = first_row(by_id.aggregate(", ".join(f"count_true(c{place})" for place in range(len(compared)))))
    return {one: int(ids) for one, ids in zip(compared, counts, strict=True) if ids}


def _leave_repeats_out(
    findings: Findings, table: str, key: str, compared: list[str], columns: SourceColumns, unread: Collection[str]
) -> None:
    rows = _rows(findings, table, key)
    content = ", ".join(name(one) for one in compared)
    contents = rows.aggregate(f"{_KEY}, count(DISTINCT row({content})) AS contents", _KEY)
    alike = contents.filter("contents = 1").project(f"{_KEY} AS alike").set_alias("alike")
    repeated = rows.filter(f"{ROW} > {_FIRST}").set_alias("repeated").join(alike, f"repeated.{key} = alike.alike")
    rule = RowRule(
        reason=f"repeats a row with the same {key}",
        remedy="Export each row once.",
        column=key,
        follows=True,
        merged=table == "accounts",  # a file of leads has a row of its company with each
    )
    if not (found := findings.reject(table, repeated, rule, value=key)):
        return
    titles = [columns.title(one) for one in unread]
    but = "alike in every column that is read"
    if titles:
        but = f"alike but for {_listed(titles)}, which {one_or_many(len(titles), 'is', 'are')} not read"
    ids = scalar(_keys_of(findings, table, rule), f'count(DISTINCT "{"key"}")')
    findings.notes.append(
        f"{table}: {counted(ids, key)} {one_or_many(ids, 'stands', 'stand')} in several rows, {but}; each counts once "
        f"({counted(found, 'row')} left out)"
    )


def _keys_of(findings: Findings, table: str, rule: RowRule) -> Relation:
    return findings.connection.table("rejections").filter(
        f'"table" = {text(table)} AND reason = {text(rule.reason)}'
    )  # fmt: skip


def _refuse(findings: Findings, table: str, key: str, differing: Mapping[str, int], columns: SourceColumns) -> None:
    rows = _rows(findings, table, key)
    content = ", ".join(name(one) for one in differing)
    contents = rows.aggregate(
        f"{_KEY}, count(DISTINCT row({content})) AS contents, list({ROW} ORDER BY {ROW})[:5] AS places", _KEY
    )
    different = contents.filter("contents > 1")
    shown = different.order(_KEY).limit(MAX_EXAMPLES).project(f"{_KEY}, places").fetchall()
    found = count(different)
    by_count = sorted(differing, key=lambda one: (-differing[one], one))
    named = [f"{columns.title(one)} ({counted(differing[one], 'id')})" for one in by_count[:_MOST_NAMED]]
    only = f"{columns.title(by_count[0])} only" if len(by_count) == 1 else _listed(named)
    more = f" and {counted(len(by_count) - _MOST_NAMED, 'other column')}" if len(by_count) > _MOST_NAMED else ""
    findings.problems.append(
        Problem(
            where=f"{table}: {findings.files.get(table, table)} column {key}",
            rule=f"an id must be unique, or its rows must be equal in every column; these differ in {only}{more}",
            value=repr(shown[0][0]),
            count=found,
            remedy=_remedy(table, by_count, columns),
            examples=tuple(f"{one!r} in rows {', '.join(map(str, places))}" for one, places in shown),
        )
    )


def _remedy(table: str, differing: list[str], columns: SourceColumns) -> str:
    """Return the lines that settle it: the newest row, or without the columns that differ."""
    changed = [
        columns.own[one] for one in differing if one in columns.own and _CHANGED.search(columns.own[one].lower())
    ]
    if changed:
        return (
            f"If these are older and newer states of the same, write newest_by: {quoted(changed[0])} under {table} in leadq.yaml: the "
            "newest row of each then counts."
        )
    if moving := [columns.title(one) for one in differing if one in _MOVING]:
        return (
            f"These rows tell different states of the same ({_listed(moving)}), and none says when. Export the time of the last change "
            f"(such as LastModifiedDate) and write newest_by: LastModifiedDate under {table}; or take only the newest export."
        )
    if table not in ("leads", "accounts") or not set(differing) & {*columns.own, *_DESCRIBING}:
        given = [columns.title(one) for one in differing]
        merged = "" if table == "owners" else "; merged leads belong in lead_aliases"
        return f"Keep one row of each, or export without {_listed(given)}{merged}."
    why = quoted(
        "differs between the rows of one lead" if table == "leads" else "differs between the rows of one account"
    )
    refused = [columns.own[one] for one in differing if one in columns.own]
    contract = [one for one in differing if one in TABLES[table].names]
    aside = {one: f"{columns.title(one)}_of_a_row" for one in contract}
    parts = [f"refuse: {{{', '.join(f'{quoted(one)}: {why}' for one in [*refused, *aside.values()])}}}"]
    if aside:
        parts.insert(
            0, f"rename: {{{', '.join(f'{quoted(new)}: {quoted(columns.title(one))}' for one, new in aside.items())}}}"
        )
    out = [columns.title(one) for one in contract if one in columns.mapped]
    first = f"take {_listed(out)} out of columns and " if out else ""
    return (
        f"If each row is, for example, a contact or a product of the same {table[:-1]}, {first}write under {table} in leadq.yaml: "
        f"own_fields: {{{', '.join(parts)}}}. Each {table[:-1]} then counts once."
    )


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
