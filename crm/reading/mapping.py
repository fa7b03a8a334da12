"""A staged file to the contract's column names: value maps, joins, filters, and which columns are the company's own.

Everything stays text here. Order: values, joins, filters, names. A source column that bears a contract column's name
(letter case aside) is that column unless ``columns`` says otherwise. Leaves out types and row rules.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from agreement.problems import MAX_EXAMPLES, Problem
from crm.config_schema import EXTRA_COLUMNS, Events, FileFormat, Join, Source
from crm.reading.engine import ROW, Relation, count, matches, name, scalar, text
from crm.reading.files import Loaded
from crm.reading.findings import Findings
from crm.schemas import REQUIRED, TABLES

Entity = Literal["lead", "account"]
WITH_OWN_FIELDS: dict[str, Entity] = {"leads": "lead", "accounts": "account"}
EITHER = {"opportunities": ("lead_id", "account_id"), "events": ("lead_id", "account_id")}
"""Tables of which a row must name a lead or an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Rows under contract names, still text, with the company's own columns (``own``: staged name to source column)."""

    rows: Relation
    contract: tuple[str, ...]
    own: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """A source on its way: its rows and the columns they have by now."""

    table: str
    source: Source
    findings: Findings
    rows: Relation
    loaded: Loaded

    def resolve(self, wanted: str) -> str | None:
        """Source column of a contract or source column name."""
        return self.loaded.column(self.source.columns.get(wanted, wanted))

    def missing(self, column: str, what: str) -> None:
        close = difflib.get_close_matches(column, self.loaded.columns, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        self.findings.problems.append(
            Problem(
                where=f"{self.table}: {self.source.path}",
                rule=f"{what} must be a column of the file",
                value=column,
                remedy=f"{hint}It has: {', '.join(self.loaded.columns)}.",
            )
        )


def map_source(
    findings: Findings,
    table: str,
    source: Source,
    loaded: Loaded,
    *,
    load_join: Callable[[FileFormat, str], Loaded | None],
    extra: Mapping[str, str],
    required: tuple[str, ...] | None = None,
) -> Mapped | None:
    """Map a staged file.

    Parameters
    ----------
    findings : Findings
        Takes problems and notes.
    table : str
        Contract table.
    source : Source
    loaded : Loaded
    load_join : callable
        Stages a joined file; None where it could not (the problem is then in ``findings``).
    extra : mapping of staged name to column name
        Columns kept beside the contract's, of which none is an own field (outcome, order).
    required : tuple of str, optional
        Contract columns that must be there; default those of the contract.

    Returns
    -------
    Mapped or None
        None where a column is missing; the problems are in ``findings``.
    """
    before = len(findings.problems)
    work = _Work(
        table=table, source=source, findings=findings, rows=findings.connection.table(loaded.table), loaded=loaded
    )
    mapped_first = {key for key in source.values if work.resolve(key) is not None}
    work = _with_values(work, mapped_first)
    for place, join in enumerate(source.join):
        work = _joined(work, join, load_join(join, f"join_{table}_{place}"))
    work = _with_values(work, source.values.keys() - mapped_first)
    work = _filtered(work)
    contract = _contract_columns(work, REQUIRED[table] if required is None else required)
    kept: dict[str, str] = {}
    for staged, wanted in extra.items():
        column = work.resolve(wanted)
        if column is None:
            work.missing(wanted, "the outcome or order column")
        else:
            kept[staged] = column
    own = _own_columns(work, contract, kept)
    if len(findings.problems) > before:
        return None
    shown = {**contract, **kept, **own}
    rows = work.rows.project(", ".join([ROW, *(f"{name(column)} AS {name(new)}" for new, column in shown.items())]))
    return Mapped(rows=rows, contract=tuple(contract), own=own)


def _with_values(work: _Work, keys: set[str]) -> _Work:
    replaced: dict[str, str] = {}
    for key in sorted(keys):
        column = work.resolve(key)
        if column is None:
            work.missing(key, "a column with mapped values")
            continue
        cases = " ".join(
            f"WHEN {text(old)} THEN {text(new) if new is not None else 'NULL'}"
            for old, new in work.source.values[key].items()
        )
        replaced[column] = f"CASE {name(column)} {cases} ELSE {name(column)} END"
    if not replaced:
        return work
    shown = [
        f"{replaced[column]} AS {name(column)}" if column in replaced else name(column)
        for column in work.loaded.columns
    ]
    return replace(work, rows=work.rows.project(", ".join([ROW, *shown])))


def _joined(work: _Work, join: Join, right: Loaded | None) -> _Work:
    if right is None:
        return work
    left_key, right_key = work.resolve(join.keys[0]), right.column(join.keys[1])
    right_work = replace(
        work, source=Source.model_construct(path=join.path, values=join.values, columns={}), loaded=right,
        rows=work.findings.connection.table(right.table),
    )  # fmt: skip
    if left_key is None:
        work.missing(join.keys[0], "the key of a join")
    if right_key is None:
        right_work.missing(join.keys[1], "the key of a join")
    taken = [(wanted, right.column(wanted)) for wanted in join.take]
    for wanted, column in taken:
        if column is None:
            right_work.missing(wanted, "a column to take")
        elif work.loaded.column(column) is not None:
            work.findings.problems.append(
                Problem(
                    where=f"{work.table}: join of {join.path.name}",
                    rule="must not take a column that the source has already",
                    value=column,
                    remedy="Leave it out of take.",
                )
            )
    columns = [column for _, column in taken if column is not None and work.loaded.column(column) is None]
    if left_key is None or right_key is None or len(columns) < len(join.take):
        return work
    others = _with_values(right_work, set(join.values)).rows
    _check_keys(work, join, left_key, right_key, others)
    mine, theirs = work.rows.set_alias("mine"), others.set_alias("theirs")
    rows = mine.join(theirs, f"mine.{name(left_key)} = theirs.{name(right_key)}", how="left").project(
        ", ".join(["mine.*", *(f"theirs.{name(column)} AS {name(column)}" for column in columns)])
    )
    return replace(work, rows=rows, loaded=replace(work.loaded, columns=(*work.loaded.columns, *columns)))


def _check_keys(work: _Work, join: Join, left_key: str, right_key: str, others: Relation) -> None:
    """Check that a joined file holds each key once, and nearly every key of the source."""
    findings = work.findings
    where = f"{work.table}: join of {join.path.name} on {left_key}"
    twice = (
        others.filter(f"{name(right_key)} IS NOT NULL")
        .aggregate(f"{name(right_key)} AS k, count(*) AS n")
        .filter("n > 1")
    )
    if rows := count(twice):
        findings.problems.append(
            Problem(
                where=where,
                rule="the joined file must hold each key once",
                count=rows,
                remedy="Remove the duplicates from it.",
                examples=tuple(f"{key!r}: {n} times" for key, n in twice.order("k").limit(MAX_EXAMPLES).fetchall()),
            )
        )
    mine, theirs = work.rows.set_alias("mine"), others.set_alias("theirs")
    lost = mine.filter(f"mine.{name(left_key)} IS NOT NULL").set_alias("mine").join(
        theirs, f"mine.{name(left_key)} = theirs.{name(right_key)}", how="anti"
    )  # fmt: skip
    rows = count(lost)
    if rows == 0:
        return
    total = scalar(work.rows, f"count({name(left_key)})")
    keys = lost.aggregate(f"{name(left_key)} AS k, count(*) AS n").order("n DESC, k").limit(MAX_EXAMPLES).fetchall()
    shown = ", ".join(f"{key!r} ({n} rows)" for key, n in keys)
    if rows <= findings.rejected_share * total:
        findings.notes.append(f"{where}: {rows} of {total} rows found no partner: {shown}")
        return
    known = [str(key) for (key,) in others.project(name(right_key)).distinct().limit(10_000).fetchall()]
    close = difflib.get_close_matches(str(keys[0][0]), known, n=1)
    hint = f"values: {{{left_key}: {{{keys[0][0]}: {close[0]}}}}} would map it" if close else "Map them with values"
    findings.problems.append(
        Problem(
            where=where,
            rule=f"keys must be in the joined file; {rows} of {total} rows find no partner",
            value=shown,
            count=rows,
            remedy=f"{hint}, or add them to {join.path.name}.",
        )
    )


def _filtered(work: _Work) -> _Work:
    conditions = []
    for key, patterns in work.source.where.items():
        column = work.resolve(key)
        if column is None:
            work.missing(key, "a column to filter by")
        else:
            conditions.append(matches(name(column), patterns))
    if isinstance(work.source, Events) and work.source.ignore_kinds:
        kind = work.resolve("kind")
        if kind is not None:
            conditions.append(f"NOT {matches(name(kind), work.source.ignore_kinds)}")
    if not conditions:
        return work
    rows = work.rows.filter(" AND ".join(conditions))
    work.findings.notes.append(
        f"{work.table}: where and ignore_kinds select {count(rows):,} of {count(work.rows):,} rows of {work.source.path.name}"
    )
    return replace(work, rows=rows)


def _contract_columns(work: _Work, required: tuple[str, ...]) -> dict[str, str]:
    """Contract column to source column."""
    found: dict[str, str] = {}
    renamed = {column.lower() for column in work.source.own_fields.rename.values()}
    for contract in (*TABLES[work.table].names, *EXTRA_COLUMNS.get(work.table, ())):
        wanted = work.source.columns.get(contract)
        column = work.loaded.column(wanted or contract)
        if wanted is None and column is not None and column.lower() in renamed:
            column = None
        if column is not None:
            found[contract] = column
        elif wanted is not None or contract in required:
            work.missing(wanted or contract, f"the source of {contract}")
    either = EITHER.get(work.table, ())
    if either and not any(column in found for column in either):
        work.missing(either[0], f"the source of {' or '.join(either)}")
    return found


def _own_columns(work: _Work, contract: dict[str, str], kept: dict[str, str]) -> dict[str, str]:
    """Staged name to source column of the company's own columns."""
    own = work.source.own_fields
    used = {*contract.values(), *kept.values()}
    free = [column for column in work.loaded.columns if column not in used]
    if work.table not in WITH_OWN_FIELDS:
        if free:
            work.findings.notes.append(f"{work.table}: columns not read: {', '.join(free)}")
        return {}
    new_names: dict[str, str] = {}
    for new, wanted in own.rename.items():
        column = work.loaded.column(wanted)
        if column is None:
            work.missing(wanted, "a column to rename")
        else:
            new_names[column] = new
    named = {new_names.get(column, column): column for column in free}
    for wanted in {*own.refuse, *own.vouch, *own.types, *(() if own.take == "all" else own.take)}:
        if wanted not in named and wanted not in contract:
            work.missing(wanted, "an own field")
    if own.take != "all":
        named = {new: column for new, column in named.items() if new in own.take}
    reserved = {column.lower() for column in (*TABLES[work.table].names, *EXTRA_COLUMNS.get(work.table, ()))}
    if taken := sorted(new for new in named if new.lower() in reserved):
        work.findings.notes.append(
            f"{work.table}: columns not read, their names are the contract's: {', '.join(taken)}; own_fields.rename takes them"
        )
    return {new: column for new, column in named.items() if new.lower() not in reserved}
