"""Checks of the agreement that hold for no lead there is: a rule that never acts, a stage that nobody reaches, and why.

Held against what is known of every lead when the data was read, by the predicates that scoring uses. An event or an answer counts
where it ever occurred.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from leadq.agreement.checks import ANY_EVENT, placed_checks
from leadq.agreement.clauses import check_in_words
from leadq.agreement.schema import Agreement, Check
from leadq.crm.contract.history import History
from leadq.features.engine.duckdb_engine import Tables, microseconds, open_engine, open_tables
from leadq.features.field_values import Field, fields_as_of, known_fields
from leadq.features.predicates import field_check
from leadq.foundation.plurals import counted, figure
from leadq.foundation.problems import Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_tree import shortened

_SHOWN = 4
"""Commonest values that are named."""


def never_holding(history: History, agreement: Agreement, *, where: str = "agreement.yaml") -> tuple[Problem, ...]:
    """Name every check of rules, stages and ideal customer that holds for no lead: a remark, for it may yet.

    Parameters
    ----------
    history : History
    agreement : Agreement
        Its fields are in the data (:func:`leadq.agreement.checks.check_fields`).
    where : str
        Name of the agreement's file.
    """
    placed = list(placed_checks(agreement))
    if not placed:
        return ()
    with open_engine() as backend:
        tables = open_tables(backend, history)
        values = _values(tables, [check for _, check in placed])
        held = _held(values, [check for _, check in placed if check.subject == "field"])
        return (*_remarks(tables, values, placed, held, where), *_never_returning(tables, agreement, where))


def _values(tables: Tables, checks: list[Check]) -> ir.Table:
    """One row a lead, with what its fields held when the data was read."""
    asked = {_key(check) for check in checks if check.subject == "field"}
    fields = tuple(field for field in known_fields(tables.history) if field.key in asked)
    read_us = ibis.literal(microseconds(tables.history.read_at), "int64")
    leads = tables.leads.select("lead_id", "account_id", point_id=tables.leads.lead_id, as_of_us=read_us)
    points = tables.backend.create_table("leads_as_read", leads, temp=True, overwrite=True)
    values: ir.Table = fields_as_of(tables, points, fields, tables.history.tracked_since)
    return values


def _held(values: ir.Table, checks: list[Check]) -> dict[Check, int]:
    if not checks:
        return {}
    sums = {str(place): field_check(values, check).cast("int64").sum() for place, check in enumerate(checks)}
    found = values.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return {check: int(found[str(place)] or 0) for place, check in enumerate(checks)}


def _remarks(
    tables: Tables, values: ir.Table, placed: list[tuple[str, Check]], held: dict[Check, int], where: str
) -> Iterator[Problem]:
    kinds = _words(tables.events, "kind")
    decisions = _words(tables.dispositions, "decision")
    fields = {field.key: field for field in known_fields(tables.history)}
    for place, check in placed:
        at = f"{where} line {check.line}"
        if check.subject == "event":
            if (kinds and check.name == ANY_EVENT) or check.name in kinds:
                continue
            remedy = (
                f"{did_you_mean(check.name, kinds)}Map such events in leadq.yaml, or change the check: {_until(place)}."
            )
            rule = f"{place}: {'no event' if check.name == ANY_EVENT else 'no event of this kind'} has ever occurred"
            yield Problem(where=at, rule=rule, value=shortened(check.name), remedy=remedy)
        elif check.subject == "disposition":
            if check.name not in decisions:
                remedy = f"Map what sales answered as dispositions, or let them answer at the desk: {_until(place)}."
                yield Problem(where=at, rule=f"{place}: sales has never answered so", value=check.name, remedy=remedy)
        elif not held.get(check, 0) and _key(check) in fields:
            yield _of_field(values, fields[_key(check)], place, check, at)


def _never_returning(tables: Tables, agreement: Agreement, where: str) -> Iterator[Problem]:
    """Name the events on which rejected leads are to come back and that never occur; those of a check are named there already."""
    kinds = _words(tables.events, "kind")
    told = {check.name for _, check in placed_checks(agreement) if check.subject == "event"}
    for reason, after in agreement.after_rejection.items():
        for kind in after.returns_on if kinds else ():
            if kind not in kinds and kind not in told:
                rule = f"rejection reason {reason}: no event of this kind has ever occurred"
                remedy = (
                    f"{did_you_mean(kind, kinds)}Name an event that there is ({', '.join(sorted(kinds)[:_SHOWN])}) under "
                    "returns_on, or map such events in leadq.yaml: until then no lead comes back on it."
                )
                yield Problem(where=where, rule=rule, value=shortened(kind), remedy=remedy)


def _of_field(values: ir.Table, field: Field, place: str, check: Check, at: str) -> Problem:
    rule = f"{place}: must hold for some lead: {check_in_words(check)}"
    there = _commonest(values, field)
    if not there:
        remedy = f"Map {check.name} in leadq.yaml, or take the check out: {_until(place)}."
        return Problem(where=at, rule=rule, value=f"{check.name} is empty", remedy=remedy)
    listed = check.operator in ("in", "equals")
    hint = "".join(did_you_mean(str(value), list(there)) for value in check.values if listed)
    remedy = f"{hint}Write the values as the CRM has them, or map the words in leadq.yaml: {_until(place)}."
    return Problem(where=at, rule=rule, value=f"{check.name} is {', '.join(there.values())}", remedy=remedy)


def _commonest(values: ir.Table, field: Field) -> dict[str, str]:
    """Return the commonest values as they are shown, of a number from the least to the largest; none where the field is empty."""
    column = values[field.column]
    filled = values.filter(column.notnull())
    if column.type().is_numeric():
        found = filled.aggregate(low=column.min(), high=column.max()).to_pyarrow().to_pylist()[0]
        return {} if found["low"] is None else {"": f"{figure(found['low'])} to {figure(found['high'])}"}
    counts = filled.group_by(value=column.cast("string")).agg(n=ibis._.count())
    rows = counts.order_by(ibis.desc("n"), "value").limit(_SHOWN).to_pyarrow().to_pylist()
    return {row["value"]: f"{shortened(row['value'])} ({counted(row['n'], 'lead')})" for row in rows}


def _words(table: ir.Table, column: str) -> frozenset[str]:
    found = table.select(column).distinct().to_pyarrow()[column].to_pylist()
    return frozenset(str(one) for one in found if one is not None)


def _until(place: str) -> str:
    """Return what follows while the check never holds."""
    kind, _, name = place.partition(" ")
    match kind:
        case "rule":
            return f"until then rule {name} never acts"
        case "stage":
            return f"until then no lead counts as {name}"
        case _:
            return "until then no lead fits the ideal customer in it"


def _key(check: Check) -> str:
    return check.name if "." in check.name else f"lead.{check.name}"
