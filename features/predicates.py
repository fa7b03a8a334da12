"""Agreed checks as predicates on what is known of a lead at a moment.

The agreement holds subjects, operators and values; here they become Ibis expressions. Nothing is evaluated as code, and
values are bound as literals. What is not known does not hold.
"""

from __future__ import annotations

from functools import reduce

import ibis
import ibis.expr.types as ir

from leadq.agreement.schema import Agreement, Check
from leadq.features.engine.duckdb_engine import DAY_US, Tables
from leadq.features.engine.text_values import number_in
from leadq.features.field_values import Field, value_column
from leadq.foundation.problems import Problem


def field_check(fields: ir.Table, check: Check) -> ir.BooleanValue:
    """Whether a check on a field holds, never null; ``fields`` is the table of :func:`leadq.features.field_values.fields_as_of`."""
    key = check.name if "." in check.name else f"lead.{check.name}"
    name = value_column(key)
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
            return _numeric(number_in(column), check)


def _numeric(column: ir.NumericValue, check: Check) -> ir.BooleanValue:
    match check.operator:
        case "present":
            return column.notnull()
        case "between":
            return column.between(*_numbers(check))
        case "at_least":
            return column >= _numbers(check)[0]
        case "at_most":
            return column <= _numbers(check)[0]
        case "in" | "equals":
            return column.isin(_numbers(check))
        case "not_in":
            return column.notin(_numbers(check))
        case _:
            return ibis.literal(False)


def operand_problems(agreement: Agreement, fields: tuple[Field, ...]) -> tuple[Problem, ...]:
    """Name every check that compares a number with words, in rules and ideal customer alike."""
    types = {field.key: field.type for field in fields}
    checks = [*agreement.ideal_customer, *(check for rule in agreement.rules for check in rule.when)]
    problems = []
    for check in checks:
        key = check.name if "." in check.name else f"lead.{check.name}"
        words = [value for value in check.values if not _is_number(value)]
        if check.subject == "field" and types.get(key) == "number" and words:
            problems.append(
                Problem(
                    where=f"agreement.yaml line {check.line}",
                    rule=f"{check.name} is a number, so {check.operator} must compare it with numbers",
                    value=", ".join(str(word) for word in words),
                    remedy="Write numbers, for example between: [50, 5000].",
                )
            )
    return tuple(problems)


def _is_number(value: str | float | bool) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _numbers(check: Check) -> list[float]:
    return [float(value) for value in check.values if _is_number(value)]


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
        return _decided(tables, points, check)
    joined = points.inner_join(facts, "lead_id").filter(ibis._.visible_us <= ibis._.as_of_us)
    if check.within_days is not None:
        joined = joined.filter(ibis._.as_of_us - ibis._.at_us <= check.within_days * DAY_US)
    return joined.select("point_id").distinct()


def answer_order(answers: ir.Table) -> ir.IntegerValue:
    """Return by what answers are in order: their moment; of two at one moment the desk's counts, and then a rejection."""
    order = answers.decided_us * 4 + ibis.ifelse(answers.channel == "desk", 2, 0)
    return order + ibis.ifelse(answers.decision == "rejected", 1, 0)


def _decided(tables: Tables, points: ir.Table, check: Check) -> ir.Table:
    """Points at which the latest decision on the lead was the one of ``check``: of two at one moment the desk's counts."""
    answers = tables.dispositions
    given = answers.select("lead_id", "decision", "decided_us", order_key=answer_order(answers))
    joined = points.inner_join(given, "lead_id").filter(ibis._.decided_us <= ibis._.as_of_us)
    last = joined.group_by("point_id").agg(
        decision=ibis._.decision.argmax(ibis._.order_key), ago_us=(ibis._.as_of_us - ibis._.decided_us).min()
    )
    stands = last.filter(last.decision == check.name)
    if check.within_days is not None:
        stands = stands.filter(stands.ago_us <= check.within_days * DAY_US)
    return stands.select("point_id")
