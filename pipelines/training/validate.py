"""Stage validate: the gate on the way in, judged by Great Expectations, and the agreement compared with the data."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from leadq.agreement.checks import check_event_kinds, check_fields
from leadq.crm.contract.history import History, open_history
from leadq.crm.gate.html_report import render_gate_report
from leadq.crm.gate.judge import judge_with_great_expectations
from leadq.crm.gate.result import GateResult
from leadq.crm.storage.engine_paths import engine_path
from leadq.features.field_values import known_fields
from leadq.features.predicates import operand_problems
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import GateStopped, Problem
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.file_names import AGREEMENT
from leadq.pipelines.project.project import Project


def validate(project: Project, progress: Progress) -> GateResult:
    """Judge the ingested history; write ``work/gate.json`` and ``reports/gate.html``.

    Raises
    ------
    GateStopped
        A stop rule is broken, or a rule of the agreement names a field that the data does not have; the report is
        written all the same.
    """
    progress("Gate: checking the tables")
    history = open_history(project.work / "history")
    result = judge_with_great_expectations(history)
    write_text(project.reports / "gate.html", render_gate_report(result))
    write_text(project.work / "gate.json", _summary(result))
    unknown = agreement_problems(project, history)
    if result.stopped or unknown:
        raise GateStopped([row.problem() for row in result.stopped] + list(unknown))
    return result


def agreement_problems(project: Project, history: History) -> tuple[Problem, ...]:
    """Fields that the agreement asks for and the data does not have, and numbers that it compares with words."""
    fields = known_fields(history)
    names = {field.name if field.entity == "lead" else field.key for field in fields}
    return (*check_fields(project.agreement, names, where=AGREEMENT), *operand_problems(project.agreement, fields))


def agreement_remarks(project: Project, history: History) -> tuple[Problem, ...]:
    """Event kinds that the agreement asks for and that never occurred: worth a look, no reason to stop."""
    return check_event_kinds(project.agreement, _event_kinds(history.path("events")), where=AGREEMENT)


def _event_kinds(events: Path) -> frozenset[str]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT DISTINCT kind FROM read_parquet(?, hive_partitioning=false)", [engine_path(events)]
        ).fetchall()
    return frozenset(str(kind) for (kind,) in rows if kind is not None)


def _summary(result: GateResult) -> str:
    document = {
        "passed": result.passed,
        "rules": len(result.results),
        "stopped": [str(row.problem()) for row in result.stopped],
        "warnings": [str(row.problem()) for row in result.warnings],
        "rows": result.table_rows,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"
