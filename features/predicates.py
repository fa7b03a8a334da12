"""Agreed checks as predicates on what is known of a lead at a moment.

The agreement holds subjects, operators and values; here they become Ibis expressions. Nothing is evaluated as code, and
values are bound as literals. What is not known does not hold.
"""

from __future__ import annotations

from functools import reduce

import ibis
import ibis.expr.types as ir

from agreement.schema import Agreement, Check
from features.engine import DAY_US, Tables


def field_check(fields: ir.Table, check: Check) -> ir.BooleanValue:
    """Whether a check on a field holds, never null; ``fields`` is the table of :func:`features.fields.fields_as_of`."""
    key = check.name if "." in check.name else f"lead.{check.name}"
    name = f"field:{key}"
    if name not in fields.columns:
        return ibis.literal(False)
    column = fields[name]
    holds = _numeric(column, check) if column.type().is_numeric() else _text(column.cast("string").lower(), check)
    return holds.fill_null(False)


def _text(column: ir.StringValue, check: Check) -> ir.BooleanValue:
    words = [str(value).lower() for value in check.values]
    match check.operator:
        case "in" | "equals":
            return column.isin(words)
        case "not_in":
            return column.notin(words)
        case "ends_with":
            return reduce(lambda left, right: left | right, [column.endswith(word) for word in words])
        case "present":
            return column.notnull() & (column != "")
        case _:  # bounds on a text field: compare it as a number where it is one
            return _numeric(column.try_cast("float64"), check)


def _numeric(column: ir.NumericValue, check: Check) -> ir.BooleanValue:
    match check.operator:
        case "present":
            return column.notnull()
        case "between":
            low, high = (float(value) for value in check.values)
            return column.between(low, high)
        case "at_least":
            return column >= float(check.values[0])
        case "at_most":
            return column <= float(check.values[0])
        case "in" | "equals":
            return column.isin([float(value) for value in check.values])
        case "not_in":
            return column.notin([float(value) for value in check.values])
        case _:
            return ibis.literal(False)


def rule_hits(tables: Tables, points: ir.Table, fields: ir.Table, agreement: Agreement) -> ir.Table:
    """Return ``point_id`` and one boolean column ``rule:<id>`` per agreed rule: all its checks hold as of the point."""
    joined = points.select("point_id").left_join(fields, "point_id").drop("point_id_right")
    hits: dict[str, ir.BooleanValue] = {}
    for rule in agreement.rules:
        holds: list[ir.BooleanValue] = []
        for position, check in enumerate(rule.when):
            if check.subject == "field":
                holds.append(field_check(joined, check))
                continue
            column = f"{rule.id}:{position}"
            happened = _happened(tables, points, check).mutate(**{column: ibis.literal(True)})
            joined = joined.left_join(happened, "point_id").drop("point_id_right")
            holds.append(ibis._[column].fill_null(False))
        hits[f"rule:{rule.id}"] = reduce(lambda left, right: left & right, holds)
    return joined.select("point_id", **hits)


def _happened(tables: Tables, points: ir.Table, check: Check) -> ir.Table:
    """Points (``point_id``, distinct) at which the event or disposition of ``check`` was known to have occurred."""
    if check.subject == "event":
        facts = tables.events.select("lead_id", "kind", at_us=ibis._.occurred_us, visible_us=ibis._.visible_us)
        facts = facts if check.name == "any" else facts.filter(ibis._.kind == check.name)
    else:
        answers = tables.dispositions.filter(ibis._.decision == check.name)
        facts = answers.select("lead_id", at_us=answers.decided_us, visible_us=answers.decided_us)
    joined = points.inner_join(facts, "lead_id").filter(ibis._.visible_us <= ibis._.as_of_us)
    if check.within_days is not None:
        joined = joined.filter(ibis._.as_of_us - ibis._.at_us <= check.within_days * DAY_US)
    return joined.select("point_id").distinct()
