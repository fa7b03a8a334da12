"""Stage build: every lead looked at at its landmarks, leaks told and quarantined, training data on disk."""

from __future__ import annotations

from dataclasses import dataclass

from leadq.crm.contract.history import History, open_history
from leadq.features.build_training_data import build_training_data
from leadq.features.leak_checks.finding import LeakFinding
from leadq.features.leak_checks.run_checks import quarantine, raise_if_leaking
from leadq.features.leak_checks.table import CheckRow
from leadq.features.readiness.minimum_outcomes import shortage
from leadq.features.training_data import TrainingData
from leadq.foundation.problems import ConfigError, GateStopped
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.engine_choice import project_engine
from leadq.pipelines.project.project import Project
from leadq.pipelines.training.leak_checks import run_leak_checks, write_leak_checks
from leadq.pipelines.training.training_files import Origin, write_training_data
from leadq.serving.words.feature_words import feature_words_problems


def look_at_landmarks(project: Project, history: History) -> TrainingData:
    """Build training data with every feature, before anything is quarantined.

    Raises
    ------
    GateStopped
        No lead can be looked at.
    ConfigError
        A feature group that params.yaml names cannot be had, or is not what a group must be.
    """
    with project_engine(project, spill=project.work / "spill") as backend:
        data = build_training_data(backend, history, project.agreement, project.settings.features)
    if problems := feature_words_problems(data.catalogue.features):
        raise ConfigError(problems)
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Training data with every feature, as it is learnt from, and what the leak checks found in between."""

    whole: TrainingData
    data: TrainingData
    findings: tuple[LeakFinding, ...]
    checks: tuple[CheckRow, ...]


def build(project: Project, progress: Progress) -> Built:
    """Build training data out of ``work/history`` into ``work/training``, suspected leaks left out.

    What was found stands in ``work/leaks.json``, all checks in ``work/leak_checks.json``, also where one of them stops.

    Raises
    ------
    GateStopped
        Too few leads can be learnt from, or a leak check's consequence is to stop.
    """
    history = open_history(project.work / "history")
    progress("Building features at every age")
    whole = look_at_landmarks(project, history)
    if problem := shortage(whole):
        raise GateStopped(problem)
    leaks = run_leak_checks(project, history, whole, progress)
    write_leak_checks(leaks, project.work)
    raise_if_leaking(leaks.findings)
    data = whole.without(quarantine(leaks.findings, history))
    origin = Origin(
        history_sha256=history.sha256,
        agreement_sha256=project.agreement.sha256,
        read_at=history.read_at.isoformat(),
    )
    write_training_data(data, origin, project.work / "training")
    return Built(whole=whole, data=data, findings=leaks.findings, checks=leaks.rows)
