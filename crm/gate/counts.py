"""Rules counted where the data is: one aggregate a table, memory bounded by DuckDB, no frame in Python.

Rules of a table share one pass; what breaks uniqueness and references needs a query each (DuckDB spills them to disk).
Examples are fetched only for broken rules. Needs no Great Expectations: this is the nightly path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import ibis.expr.types as ir

from leadq.crm.contract.crm_tables import TABLES
from leadq.crm.contract.history import History
from leadq.crm.gate.result import RuleResult, within_allowance
from leadq.crm.gate.rules import Rule
from leadq.crm.storage.engine_paths import AS_IT_STANDS, engine_path
from leadq.foundation.problems import MAX_EXAMPLES

_ROW_WISE = ("not_null", "either", "in_set", "between", "matches", "not_after", "ordered")
_LOCAL_PART = re.compile(r"[^@\s]+@")
_KEYS = {
    "leads": "lead_id",
    "accounts": "account_id",
    "opportunities": "opportunity_id",
    "events": "lead_id",
    "field_history": "entity_id",
    "touches": "lead_id",
    "dispositions": "lead_id",
    "lead_aliases": "old_lead_id",
    "campaign_costs": "campaign",
    "owners": "owner",
    "customers": "account_id",
    "sales_costs": "month",
    "outcomes": "lead_id",
}


@contextmanager
def _open(history: History, memory_limit: str) -> Iterator[dict[str, ir.Table]]:
    with TemporaryDirectory(prefix="leadq-gate-") as spill:
        backend: Any = ibis.duckdb.connect(memory_limit=memory_limit, temp_directory=spill)
        try:
            backend.raw_sql("LOAD icu; SET TimeZone = 'UTC'")
            names = (name for name in (*TABLES, "outcomes") if history.has(name))
            yield {
                name: backend.read_parquet(engine_path(history.path(name)), table_name=name, **AS_IT_STANDS)
                for name in names
            }
        finally:
            backend.disconnect()


def count_rules(
    history: History, rules: Iterable[Rule], *, memory_limit: str = "1GB"
) -> tuple[tuple[RuleResult, ...], dict[str, int]]:
    """Count how many rows break each rule.

    Returns
    -------
    results : tuple of RuleResult
        In the order of ``rules``, judged by the count.
    table_rows : dict of str to int
        Rows of every table that a rule looks at.
    """
    rules = tuple(rules)
    with _open(history, memory_limit) as tables:
        counted: dict[Rule, tuple[int, int]] = {}
        table_rows: dict[str, int] = {}
        for name in dict.fromkeys(rule.table for rule in rules):
            of_table = [rule for rule in rules if rule.table == name]
            table_rows[name], pairs = _one_pass(tables[name], of_table)
            counted.update(zip(of_table, pairs, strict=True))
        for rule in rules:
            if rule.kind not in _ROW_WISE:
                counted[rule] = _count_alone(tables, rule, rows=counted[rule][0])
        results = tuple(_result(tables, rule, *counted[rule]) for rule in rules)
    return results, table_rows


def _result(tables: dict[str, ir.Table], rule: Rule, rows: int, violations: int) -> RuleResult:
    return RuleResult(
        rule=rule,
        rows=rows,
        violations=violations,
        examples=_examples(tables, rule) if violations else (),
        kept=within_allowance(rule, rows, violations),
    )


def _one_pass(table: ir.Table, rules: list[Rule]) -> tuple[int, list[tuple[int, int]]]:
    """Rows of the table, and (rows looked at, violations) of each rule, in one aggregate; violations of row-wise rules only."""
    sums: dict[str, ir.Scalar] = {"n": table.count()}
    for index, rule in enumerate(rules):
        sums[f"n{index}"] = _looked_at(table, rule).fill_null(0)
        broken = _broken(table, rule).fill_null(False).sum().fill_null(0) if rule.kind in _ROW_WISE else ibis.literal(0)
        sums[f"v{index}"] = broken
    row = table.aggregate(**sums).to_pyarrow().to_pylist()[0]
    return int(row["n"]), [(int(row[f"n{index}"]), int(row[f"v{index}"])) for index in range(len(rules))]


def _looked_at(table: ir.Table, rule: Rule) -> ir.IntegerScalar:
    """How many rows a rule looks at: those that have the values it compares."""
    if rule.kind in ("not_null", "either", "min_rows"):
        return table.count()
    if rule.kind == "min_leads":
        return table.lead_id.nunique(where=table[rule.column] == rule.other)
    if rule.kind == "ordered":
        return (table[rule.column].notnull() & table[rule.other].notnull()).sum()
    return table[rule.column].count()


def _broken(table: ir.Table, rule: Rule) -> ir.BooleanValue:
    """Whether a row breaks a row-wise rule; null (a value is missing) counts as not."""
    column = table[rule.column]
    if rule.kind == "not_null":
        return column.isnull()
    if rule.kind == "either":
        return column.isnull() & table[rule.other].isnull()
    if rule.kind == "in_set":
        return column.notin(rule.values)
    if rule.kind == "matches":
        return ~column.re_search(rule.values[0])
    if rule.kind == "ordered":
        return column < table[rule.other]
    if rule.kind == "not_after":
        return column > _literal(column, rule.values[0])
    low, high = rule.values
    below = column < _literal(column, low) if low is not None else ibis.literal(False)
    above = column > _literal(column, high) if high is not None else ibis.literal(False)
    if not column.type().is_floating():
        return below | above
    # As text: Parquet's bounds leave NaN out, and DuckDB answers isnan() and > from them, wrongly.
    return below | above | (column.cast("string") == "nan")


def _literal(column: ir.Value, value: Any) -> ir.Scalar:
    return ibis.literal(value).cast(column.type())


def _broken_rows(tables: dict[str, ir.Table], rule: Rule) -> ir.Table:
    """Rows that break ``rule``, whatever its kind; a minimum has none."""
    table = tables[rule.table]
    if rule.kind in _ROW_WISE:
        return table.filter(_broken(table, rule).fill_null(False))
    present = table.filter(table[rule.column].notnull())
    if rule.kind == "unique":
        several = present.group_by(rule.column).aggregate(_times=present.count()).filter(ibis._["_times"] > 1)
        return present.semi_join(several, rule.column)
    if rule.kind == "references":
        parent, _, key = rule.other.partition(".")
        return present.anti_join(tables[parent].select(**{rule.column: tables[parent][key]}), rule.column)
    leads = tables["leads"].select("lead_id", _created_at=tables["leads"].created_at)
    joined = present.inner_join(leads, "lead_id")
    return joined.filter(joined[rule.column] < joined["_created_at"]).drop("_created_at")


def _count_alone(tables: dict[str, ir.Table], rule: Rule, *, rows: int) -> tuple[int, int]:
    if rule.kind in ("min_rows", "min_leads"):
        return rows, max(0, int(_least(rule)) - rows)
    return rows, int(_broken_rows(tables, rule).count().to_pyarrow().as_py())


def _least(rule: Rule) -> float:
    least = rule.values[0]
    if not isinstance(least, int | float):
        raise TypeError(f"{rule.where}: {rule.kind} needs a number, got {least!r}")
    return least


def _examples(tables: dict[str, ir.Table], rule: Rule) -> tuple[str, ...]:
    if rule.kind in ("min_rows", "min_leads"):
        return ()
    key = _KEYS[rule.table]
    broken = _broken_rows(tables, rule)
    shown = broken.select(key=broken[key], value=broken[rule.column].cast("string"))
    rows = shown.distinct().order_by("key", "value").limit(MAX_EXAMPLES).to_pyarrow().to_pylist()
    return tuple(_example(key, row["key"], row["value"]) for row in rows)


def _example(key: str, found: str | None, value: str | None) -> str:
    """One broken row as text; of an e-mail address only the domain is shown."""
    shown = "missing" if value is None else repr(_LOCAL_PART.sub("...@", value)[:80])
    return f"{key} {found}: {shown}"
