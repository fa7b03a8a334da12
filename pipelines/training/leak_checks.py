"""All leak checks of a project: those on data, the planted canaries and parity with what was already scored, as one table.

``leadq check`` and ``leadq train`` run the same; only the checks that need a model are left to training.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from leadq.crm.contract.history import History
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.run_checks import check_leaks
from leadq.features.leak_checks.table import CheckRow, with_model_checks
from leadq.features.training_data import TrainingData
from leadq.foundation.atomic_files import write_text
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.training.parity import check_parity

TABLE = "leak_checks.json"


FINDINGS = "leaks.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakReport:
    """What was found, worst first, and a line for every check."""

    findings: tuple[LeakFinding, ...]
    rows: tuple[CheckRow, ...]


def run_leak_checks(project: Project, history: History, data: TrainingData, progress: Progress) -> LeakReport:
    """Look for leaks in ``data`` before anything was quarantined; nothing is stopped here.

    Raises
    ------
    StoreError
        A committed night of the store is damaged.
    """
    progress("Looking for leaks")
    seed, engine = project.settings.seed, project.settings.engine
    checked = check_leaks(
        data,
        history,
        seed=seed,
        agreement=project.agreement,
        vouched=project.config.vouch,
        memory_limit=engine.memory_limit,
        threads=engine.threads,
    )
    progress("Scoring leads of the last nights again")
    parity = check_parity(project, history, seed=seed)
    rows = checked.rows(parity.findings, passed=parity.words, not_run=parity.why_not)
    stopping = [one for one in parity.findings if one.consequence == "stop"]
    naming = [one for one in parity.findings if one.consequence != "stop"]
    return LeakReport(findings=(*stopping, *checked.findings, *naming), rows=rows)


def write_leak_checks(report: LeakReport, work: Path) -> None:
    """Write ``leaks.json`` (findings) and ``leak_checks.json`` (a line for every check) into ``work``."""
    for name, parts in ((FINDINGS, report.findings), (TABLE, report.rows)):
        write_text(work / name, json.dumps([asdict(part) for part in parts], indent=1, sort_keys=True) + "\n")


def read_findings(work: Path) -> tuple[LeakFinding, ...]:
    """Return what stage build found in ``work``, the worst first; nothing where it has not run."""
    path = work / FINDINGS
    if not path.is_file():
        return ()
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(LeakFinding(**{**row, "features": tuple(row["features"])}) for row in rows)


def leak_check_rows(work: Path, model_findings: Iterable[Mapping[str, Any]]) -> tuple[CheckRow, ...]:
    """Return all checks of a training, in order: those that stage build wrote, and those of the model.

    Parameters
    ----------
    work : Path
        The project's ``work`` folder.
    model_findings : iterable of mapping
        ``bundle.evaluation["findings"]``.
    """
    written = json.loads((work / TABLE).read_text(encoding="utf-8"))
    return with_model_checks([CheckRow(**row) for row in written], model_findings)
