"""The gate on the way in: whether these tables are what we take them for.

``check_rules`` counts (every night, no Great Expectations); ``judge_with_great_expectations`` counts the same rules and
lets real expectations judge them: on the rows of tables of moderate size, on the counts of larger ones and of rules that
span tables. The only module that imports great_expectations, and only inside the function that needs it. Its context
lives in memory: no files, no progress bars, no analytics. Its HTML pulls styles from the net, so ours is rendered by
``html_report.py``.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds

from leadq.crm.contract.history import History
from leadq.crm.gate.counts import count_rules
from leadq.crm.gate.result import GateResult, Judge, RuleResult
from leadq.crm.gate.rule_book import rules_for
from leadq.crm.gate.rules import Rule

MAX_FRAME_ROWS = 200_000
"""Larger tables are judged on their counts, so that memory stays bounded."""

_ON_ROWS = ("not_null", "unique", "in_set", "between", "matches", "not_after", "ordered", "min_rows")


def check_rules(history: History, rules: Iterable[Rule] | None = None) -> GateResult:
    """Count the rules of ``history`` (by default :func:`leadq.crm.gate.rule_book.rules_for`); nothing is raised for a broken rule."""
    results, table_rows = count_rules(history, rules_for(history) if rules is None else rules)
    return GateResult(results=results, read_at=history.read_at, history_sha256=history.sha256, table_rows=table_rows)


def judge_with_great_expectations(
    history: History, rules: Iterable[Rule] | None = None, *, max_frame_rows: int = MAX_FRAME_ROWS
) -> GateResult:
    """Count the rules and have Great Expectations judge each of them.

    A rule is kept when both the count and the expectation say so: a difference between the two can only be stricter.

    Parameters
    ----------
    history : History
    rules : iterable of Rule or None
        By default the training rules of ``history``.
    max_frame_rows : int
        Tables with more rows are judged on their counts.
    """
    counted = check_rules(history, rules_for(history, training=True) if rules is None else rules)
    small = {table for table, rows in counted.table_rows.items() if 0 < rows <= max_frame_rows}
    on_rows = [i for i, result in enumerate(counted.results) if _fits_frame(result.rule, small)]
    success: dict[int, bool] = {}
    with _great_expectations() as (context, expectations):
        for table in dict.fromkeys(counted.results[i].rule.table for i in on_rows):
            members = {i: counted.results[i].rule for i in on_rows if counted.results[i].rule.table == table}
            suite = [_expectation_on_rows(expectations, i, rule) for i, rule in members.items()]
            success |= _validate(context, table, _frame(history, table, members.values()), suite)
        rest = {i: result for i, result in enumerate(counted.results) if i not in set(on_rows)}
        if rest:
            suite = [_expectation_on_count(expectations, i, result) for i, result in rest.items()]
            success |= _validate(context, "counts", _count_row(rest), suite)
    return replace(
        counted,
        results=tuple(
            replace(result, kept=result.kept and success[i], judged_by=_judge(i in set(on_rows)))
            for i, result in enumerate(counted.results)
        ),
    )


def _judge(on_rows: bool) -> Judge:
    return "Great Expectations on the rows" if on_rows else "Great Expectations on the counts"


def _fits_frame(rule: Rule, small: set[str]) -> bool:
    return rule.table in small and rule.kind in _ON_ROWS


def _frame(history: History, table: str, rules: Iterable[Rule]) -> pd.DataFrame:
    """Only the columns that a rule looks at."""
    columns = dict.fromkeys(
        name for rule in rules for name in (rule.column, rule.other if rule.kind == "ordered" else "") if name
    )
    wanted = {name: pc.field(name) for name in columns}  # a list of names would read a.b as a part of a
    frame: pd.DataFrame = ds.dataset(history.path(table)).to_table(columns=wanted).to_pandas()
    return frame


def _count_row(results: dict[int, RuleResult]) -> pd.DataFrame:
    """One row; a column a rule with the share of rows that hold (or the count, for a minimum)."""
    return pd.DataFrame({f"rule_{index}": [_held(result)] for index, result in results.items()})


def _held(result: RuleResult) -> float:
    if result.rule.kind in ("min_rows", "min_leads"):
        return float(result.rows)
    return 1.0 if result.violations == 0 else (result.rows - result.violations) / result.rows


def _expectation_on_count(gxe: Any, index: int, result: RuleResult) -> Any:
    rule = result.rule
    least = rule.values[0] if rule.kind in ("min_rows", "min_leads") else rule.mostly
    return gxe.ExpectColumnValuesToBeBetween(column=f"rule_{index}", min_value=least, meta={"rule": index})


def _expectation_on_rows(gxe: Any, index: int, rule: Rule) -> Any:
    meta = {"rule": index}
    if rule.kind == "min_rows":
        return gxe.ExpectTableRowCountToBeBetween(min_value=rule.values[0], meta=meta)
    if rule.kind == "ordered":
        return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=rule.column,
            column_B=rule.other,
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            mostly=rule.mostly,
            meta=meta,
        )
    made: dict[str, tuple[Any, dict[str, Any]]] = {
        "not_null": (gxe.ExpectColumnValuesToNotBeNull, {}),
        "unique": (gxe.ExpectColumnValuesToBeUnique, {}),
        "in_set": (gxe.ExpectColumnValuesToBeInSet, {"value_set": list(rule.values)}),
        "matches": (gxe.ExpectColumnValuesToMatchRegex, {"regex": rule.values[0] if rule.values else ""}),
        "not_after": (gxe.ExpectColumnValuesToBeBetween, {"max_value": rule.values[-1] if rule.values else None}),
        "between": (
            gxe.ExpectColumnValuesToBeBetween,
            dict(zip(("min_value", "max_value"), rule.values, strict=False)),
        ),
    }
    kind, operands = made[rule.kind]
    return kind(column=rule.column, mostly=rule.mostly, meta=meta, **operands)


def _validate(context: Any, name: str, frame: pd.DataFrame, expectations: list[Any]) -> dict[int, bool]:
    """Success of each expectation, by the index of its rule."""
    import great_expectations as gx  # noqa: PLC0415 (takes seconds)

    source = context.data_sources.add_pandas(name)
    definition = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
    suite = gx.ExpectationSuite(name=name, expectations=expectations)
    outcome = definition.get_batch({"dataframe": frame}).validate(suite, result_format="BOOLEAN_ONLY")
    return {int(row.expectation_config.meta["rule"]): bool(row.success) for row in outcome.results}


@contextmanager
def _great_expectations() -> Iterator[tuple[Any, Any]]:
    """Yield an in-memory context and the expectation classes, silent and offline."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the package is imported
    logger = logging.getLogger("great_expectations")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports use modules that Python has deprecated
        import great_expectations as gx  # noqa: PLC0415
        import great_expectations.expectations as gxe  # noqa: PLC0415
        from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

        logger.setLevel(logging.ERROR)
        try:
            context = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
            yield context, gxe
        finally:
            logger.setLevel(level)
