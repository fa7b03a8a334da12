"""The stages of training in their order: what ``leadq train`` runs and dvc.yaml names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from leadq.crm.contract.history import History
from leadq.features.groups.plug_ins import load_named
from leadq.foundation.installed.extras import require_extra
from leadq.foundation.problems import Problem, UsageError
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.fit.fit_model import population
from leadq.models.live.live_models import against_champion, bundle_folder, read_live
from leadq.models.live.promotion_gate import objections
from leadq.pipelines.console.command_result import DONE, WITH_REJECTED_ROWS, Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.old_extract import old_extract_words
from leadq.pipelines.project.project import Project
from leadq.pipelines.report.suspected_fields import doubts
from leadq.pipelines.report.training_words import Training, next_steps, training_words
from leadq.pipelines.store.store_lock import only_writer
from leadq.pipelines.training.build import Built, build
from leadq.pipelines.training.check import report_readiness
from leadq.pipelines.training.evaluate import Evaluated, evaluate
from leadq.pipelines.training.ingest import ingest, rejected_rows, rejected_words
from leadq.pipelines.training.register import register, registered_again_words
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


def train_all(project: Project, progress: Progress, *, verbose: bool = False) -> Told:
    """Run all stages of training on the project's data.

    Parameters
    ----------
    project : Project
    progress : Progress
    verbose : bool
        Also say the figures for a statistician: log-losses, slopes, every age. The report has them anyway.

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
    bundle = replace(trained.bundle, version=registered.version)
    remarks = ready.sentences("late_wins", "never_worked", "left_truncation")
    words = [*trained.evaluation.in_words(), *remarks]
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
        "under_suspicion": [{**asdict(one), "share": one.share} for one in evaluated.suspected],
        "quarantined": dict(sorted(built.data.catalogue.quarantined.items())),
        "rejected_rows": rejected_rows(history),
        "reports": [str(path) for path in sorted(project.reports.glob("*"))],
    }
    figures = trained.evaluation.in_words() if verbose else ()
    training = replace(_training(project, built, bundle, evaluated), remarks=remarks, figures=figures)
    rejected, again = rejected_words(history), registered_again_words(registered.registered_again)
    lines = training_words(training)
    for one in (rejected, again):
        lines += ["", one] if one else []
    lines += ["", "Next:", *(f"- {step}" for step in _steps(project, bundle, history))]
    lines += ["", f"Report: {project.reports / 'evaluation.html'}"]
    return Told(facts=facts, words="\n".join(lines), exit_code=WITH_REJECTED_ROWS if rejected else DONE)


def _training(project: Project, built: Built, bundle: Bundle, evaluated: Evaluated) -> Training:
    meta = built.data.meta.loc[population(built.data)]
    suspected = [finding.field for finding in built.findings if finding.consequence == "quarantine"]
    return Training(
        bundle=bundle,
        held=evaluated.held,
        agreement=project.agreement,
        most_looks=int(meta.groupby("lead_id").size().max()),
        suspected=tuple(dict.fromkeys(suspected)),
        doubts=doubts(evaluated.suspected),
    )


def _steps(project: Project, bundle: Bundle, history: History) -> list[str]:
    """Say what to do next, first of all where the data is older than it is taken to be."""
    store = project.store.folder
    live = read_live(store)
    champion = read_bundle(bundle_folder(store, live.champion.version)) if live.champion else None
    comparison = against_champion(bundle, champion, store=store) if champion else None
    steps = next_steps(
        bundle,
        live="" if champion is None else champion.version,
        against=objections(bundle, champion, comparison),
        rival_only=not objections(bundle, None, None),
    )
    old = old_extract_words(history)
    return [f"{old}, and train again.", *steps] if old else steps
