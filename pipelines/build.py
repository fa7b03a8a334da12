"""Stage build: every lead looked at at its landmarks, leaks told and quarantined, training data on disk."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from crm.atomic import write_text
from crm.history import History, open_history
from features.build import build_training_data
from features.engine import open_engine
from features.leak_checks.finding import LeakFinding
from features.leaks import find_leaks, quarantine, raise_if_leaking
from features.training_data import TrainingData
from pipelines.progress import Progress
from pipelines.project import Project
from pipelines.training_files import Origin, write_training_data


def look_at_landmarks(project: Project, history: History) -> TrainingData:
    """Build training data with every feature, before anything is quarantined."""
    engine = project.settings.engine
    spill = project.work / "spill"
    with open_engine(threads=engine.threads, memory_limit=engine.memory_limit, spill=spill) as backend:
        return build_training_data(backend, history, project.agreement, project.settings.features)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Training data with every feature, as it is learnt from, and what the leak checks found in between."""

    whole: TrainingData
    data: TrainingData
    findings: tuple[LeakFinding, ...]


def build(project: Project, progress: Progress) -> Built:
    """Build training data out of ``work/history`` into ``work/training``, suspected leaks left out.

    What was found stands in ``work/leaks.json``.

    Raises
    ------
    GateStopped
        A leak check's consequence is to stop, or no lead can be looked at.
    """
    history = open_history(project.work / "history")
    progress("Building features at every landmark")
    whole = look_at_landmarks(project, history)
    progress("Looking for leaks")
    findings = find_leaks(whole, history, seed=project.settings.seed)
    raise_if_leaking(findings)
    data = whole.without(quarantine(findings, history))
    origin = Origin(
        history_sha256=history.sha256,
        agreement_sha256=project.agreement.sha256,
        read_at=history.read_at.isoformat(),
    )
    write_training_data(data, origin, project.work / "training")
    told = [asdict(finding) for finding in findings]
    write_text(project.work / "leaks.json", json.dumps(told, indent=1, sort_keys=True) + "\n")
    return Built(whole=whole, data=data, findings=findings)
