"""The stages of training in their order: what ``leadq train`` runs and dvc.yaml names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from leadq.features.groups.plug_ins import load_named
from leadq.foundation.installed.extras import require_extra
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import Problem, UsageError
from leadq.pipelines.console.command_result import DONE, WITH_REJECTED_ROWS, Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.store_lock import only_writer
from leadq.pipelines.training.build import Built, build
from leadq.pipelines.training.check import report_readiness
from leadq.pipelines.training.evaluate import Evaluated, evaluate
from leadq.pipelines.training.ingest import ingest, rejected_rows, rejected_words
from leadq.pipelines.training.register import Registered, register, registered_again_words
from leadq.pipelines.training.simulate import simulate
from leadq.pipelines.training.train import train
from leadq.pipelines.training.validate import validate

STAGES: dict[str, Callable[[Project, Progress], Any]] = {
    "simulate": simulate,
    "ingest": ingest,
    "validate": validate,
    "build": build,
    "train": train,
    "evaluate": evaluate,
    "register": register,
}


def run_stage(name: str, project: Project, progress: Progress) -> Told:
    """Run one stage, as dvc.yaml does; what it needs must be in ``work/`` already.

    Raises
    ------
    UsageError
        There is no such stage.
    """
    if name not in STAGES:
        remedy = f"Stages are {', '.join(STAGES)}."
        raise UsageError(Problem(where="leadq stage", rule="must be a stage", value=name, remedy=remedy))
    if name not in ("simulate", "ingest"):
        require_extra("train", where=f"leadq stage {name}")
    with only_writer(project.work / "lock", doing=f"stage {name}", now=project.now):
        STAGES[name](project, progress)
    return Told(facts={"stage": name}, words=f"{name}: done")


def train_all(project: Project, progress: Progress) -> Told:
    """Run all stages of training on the project's data.

    Returns
    -------
    Told
        Exit code 5 where source rows could not be used.

    Raises
    ------
    LeadqError
        Whatever stopped a stage; later stages did not run and the store is unchanged.
    """
    require_extra("train", where="leadq train")
    load_named(project.settings.features.groups)  # what is not there is told before the sources are read
    with only_writer(project.work / "lock", doing="train", now=project.now):
        history = ingest(project, progress)
        gate = validate(project, progress)
        built = build(project, progress)
        ready = report_readiness(project, history, gate, built.whole, built.findings, built.checks)
        trained = train(project, progress)
        evaluated = evaluate(project, progress)
        registered = register(project, progress)
    words = [*trained.evaluation.in_words(), *ready.sentences("late_wins", "never_worked", "left_truncation")]
    facts = {
        "version": registered.version,
        "mlflow_version": registered.mlflow_version,
        "registered_again": list(registered.registered_again),
        "kind": trained.bundle.kind,
        "metrics": evaluated.metrics,
        "words": words,
        "gate": {"rules": len(gate.results), "warnings": len(gate.warnings)},
        "leak_checks": [asdict(row) for row in built.checks],
        "leaks": [finding.sentence for finding in built.findings],
        "quarantined": dict(sorted(built.data.catalogue.quarantined.items())),
        "rejected_rows": rejected_rows(history),
        "reports": [str(path) for path in sorted(project.reports.glob("*"))],
    }
    told = _words(project, built, evaluated, registered, words)
    if rejected := rejected_words(history):
        told = f"{told}\n{rejected}"
    return Told(facts=facts, words=told, exit_code=WITH_REJECTED_ROWS if rejected else DONE)


def _words(project: Project, built: Built, evaluated: Evaluated, registered: Registered, words: list[str]) -> str:
    suspected = sum(finding.consequence == "quarantine" for finding in built.findings)
    rows = counted(len(built.data.meta), "training row")
    lines = [f"Model {registered.version}, trained on {rows} (each lead at several ages)."]
    lines += [f"- {sentence}" for sentence in words]
    if suspected:
        leaks = f"{counted(suspected, 'suspected leak')} {one_or_many(suspected, 'was', 'were')}"
        lines.append(f"- {leaks} left out of the model (leadq check says which and why).")
    lines.append(f"Report: {project.reports / 'evaluation.html'}")
    if evaluated.metrics["kind"] == "booster":
        lines.append("It is now the challenger; leadq promote puts it live.")
    if again := registered_again_words(registered.registered_again):
        lines.append(again)
    return "\n".join(lines)
