"""A staged file to the contract's column names: value maps, joins, filters, and which columns are the company's own.

Everything stays text here. Order: values, joins, filters, names. A source column that bears a contract column's name
(letter case aside) is that column unless ``columns`` says otherwise. Leaves out types and row rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from leadq.crm.config.schema import EXTRA_COLUMNS, ONLY_WHERE_MAPPED, Events, Source
from leadq.crm.contract.crm_tables import REQUIRED, TABLES
from leadq.crm.reading.columns.canonical_columns import Canonical, with_first_filled
from leadq.crm.reading.columns.wanted_columns import WITH_OWN_FIELDS
from leadq.crm.reading.findings import Findings
from leadq.crm.reading.rows.total_rows import without_totals
from leadq.crm.reading.sources.flat_file import ORDER
from leadq.crm.reading.sources.joins import joined
from leadq.crm.reading.sources.loaded_file import Loaded
from leadq.crm.reading.sources.source_rows import SourceRows, with_values
from leadq.crm.reading.values.words.joined_words import joined_text
from leadq.crm.storage.scratch_database import ROW, Relation, count, matches, name
from leadq.crm.storage.source_locations import Place
from leadq.foundation.plurals import counted

EITHER = {"opportunities": ("lead_id", "account_id"), "events": ("lead_id", "account_id")}
"""Tables of which a row must name a lead or an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Rows under contract names, still text, with the company's own columns (``own``: field name to source column).

    Own columns are staged under names of ours (:func:`staged_own`): whatever a company calls them, no expression over staged rows
    can mean one of them by mistake.
    """

    rows: Relation
    contract: tuple[str, ...]
    own: dict[str, str]


def staged_own(own: Iterable[str]) -> dict[str, str]:
    """Staged column of every own field."""
    return {field: f"_leadq_own_{place}" for place, field in enumerate(own)}


def map_source(
    findings: Findings,
    table: str,
    source: Source,
    loaded: Loaded,
    *,
    load_join: Callable[[Place, str], Loaded | None],
    extra: Mapping[str, tuple[str, ...]],
    required: tuple[str, ...] | None = None,
    canonical: Canonical | None = None,
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
        Stages a joined file or table; None where it could not (the problem is then in ``findings``).
    extra : mapping of staged name to column names
        Columns kept beside the contract's, of which none is an own field (outcome, order); several are joined to one text.
    required : tuple of str, optional
        Contract columns that must be there; default those of the contract.
    canonical : Canonical, optional
        Makes columns canonical text; the first reading has none.

    Returns
    -------
    Mapped or None
        None where a column is missing; the problems are in ``findings``.
    """
    before = len(findings.problems)
    work = SourceRows(
        table=table, source=source, findings=findings, rows=findings.connection.table(loaded.table), loaded=loaded
    )
    if canonical is not None:
        work = without_totals(work)
    mapped_first = {key for key in source.values if work.resolve(key) is not None}
    work = with_values(work, mapped_first)
    if canonical is not None:
        work = canonical.source(work)
    for place, join in enumerate(source.join):
        staged_as = f"join_{table}_{place}"
        as_text = None if canonical is None else partial(canonical.join, join=join, staged=staged_as)
        work = joined(work, join, load_join(join, staged_as), as_text)
    if canonical is not None and source.join:
        work = with_first_filled(work)
    work = with_values(work, source.values.keys() - mapped_first)
    work = _filtered(work)
    contract = _contract_columns(work, REQUIRED[table] if required is None else required)
    kept: dict[str, tuple[str, ...]] = {}
    for new, wanted in extra.items():
        columns = [work.resolve(column) for column in wanted]
        for column, found in zip(wanted, columns, strict=True):
            if found is None:
                work.missing(column, "the column that orders the rows" if new == ORDER else "the column of the outcome")
        kept[new] = tuple(column for column in columns if column is not None)
    own = _own_columns(work, contract, {column for columns in kept.values() for column in columns})
    if len(findings.problems) > before:
        return None
    staged = staged_own(own)
    shown = {**contract, **{staged[field]: column for field, column in own.items()}}
    joined_texts = [f"{joined_text(columns)} AS {name(new)}" for new, columns in kept.items()]
    plain = [f"{name(column)} AS {name(new)}" for new, column in shown.items()]
    rows = work.rows.project(", ".join([ROW, *plain, *joined_texts]))
    return Mapped(rows=rows, contract=tuple(contract), own=own)


def _filtered(work: SourceRows) -> SourceRows:
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
        f"{work.table}: where and ignore_kinds select {count(rows):,} of {counted(count(work.rows), 'row')} of "
        f"{work.source.title}"
    )
    return replace(work, rows=rows)


def _contract_columns(work: SourceRows, required: tuple[str, ...]) -> dict[str, str]:
    """Contract column to source column."""
    found: dict[str, str] = {}
    renamed = {column.lower() for column in work.source.own_fields.rename.values()}
    for contract in (*TABLES[work.table].names, *EXTRA_COLUMNS.get(work.table, ())):
        wanted = work.source.named.get(contract)
        if wanted is None and (work.table, contract) in ONLY_WHERE_MAPPED:
            continue
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


def _own_columns(work: SourceRows, contract: dict[str, str], kept: set[str]) -> dict[str, str]:
    """Field name to source column of the company's own columns."""
    own = work.source.own_fields
    several = (column for columns in work.source.columns.values() for column in columns if len(columns) > 1)
    used = {*contract.values(), *kept, *(work.loaded.column(column) for column in several)}
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
            f"{work.table}: columns not read, because leadq uses their names itself: {', '.join(taken)}; "
            "own_fields.rename takes them under another name"
        )
    return {new: column for new, column in named.items() if new.lower() not in reserved}
