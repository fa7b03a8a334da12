"""Stage validate: the gate on the way in, judged by Great Expectations, and the agreement compared with the data."""

from __future__ import annotations

import json

from leadq.agreement.checks import check_fields
from leadq.crm.contract.history import History, open_history
from leadq.crm.gate.html_report import render_gate_report
from leadq.crm.gate.judge import judge_with_great_expectations
from leadq.crm.gate.result import GateResult
from leadq.features.field_values import known_fields
from leadq.features.predicates import operand_problems
from leadq.features.readiness.agreement_on_data import never_holding
from leadq.foundation.atomic_files import write_text
from leadq.foundation.problems import GateStopped, Problem
from leadq.pipelines.console.progress import Progress
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
    return (
        *check_fields(project.agreement, names, where=project.config.agreement.name),
        *operand_problems(project.agreement, fields),
    )


def agreement_remarks(project: Project, history: History) -> tuple[Problem, ...]:
    """Return the checks of the agreement that hold for no lead: worth a look, no reason to stop."""
    return never_holding(history, project.agreement, where=project.config.agreement.name)


def _summary(result: GateResult) -> str:
    document = {
        "passed": result.passed,
        "rules": len(result.results),
        "stopped": [str(row.problem()) for row in result.stopped],
        "warnings": [str(row.problem()) for row in result.warnings],
        "rows": result.table_rows,
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"
