"""What a run compares with: files of the earlier runs that its inputs name, newest first."""

from __future__ import annotations

from typing import Any

from models.bundle import Bundle
from pipelines.project import Project
from pipelines.runs import Run, RunInputs
from pipelines.snapshots import rests_on
from pipelines.store import Store
from serving.scoring.previous import A_NIGHT_APART, PreviousScores
from serving.scoring.previous_facts import PreviousFacts
from serving.scoring.unchanged import PreviousStates
from serving.scoring.write import sorted_probabilities


def previous_scores(project: Project, inputs: RunInputs, bundle: Bundle) -> PreviousScores | None:
    """Score tables of the earlier runs; None on the first night."""
    runs = _runs(project.store, inputs)
    if not runs:
        return None
    files = tuple(project.store.folder / run.scores for run in runs)
    return PreviousScores(files=files, as_of=_last_night(runs).inputs.as_of, reanchored=_reanchored(bundle))


def previous_facts(project: Project, inputs: RunInputs, bundle: Bundle) -> PreviousFacts | None:
    """Snapshots of the earlier runs in which another model scored; None where there is none to compare with."""
    alike = {inputs.bundle_version, *_reanchored(bundle)}
    runs = [
        run
        for run in _runs(project.store, inputs)
        if run.inputs.bundle_version not in alike and run.inputs.as_of <= inputs.as_of - A_NIGHT_APART
    ]
    if not runs:
        return None
    store = project.store
    return PreviousFacts(
        files={run.snapshot_id: tuple(store.table(one.snapshot) for one in rests_on(store, run.run_id)) for run in runs}
    )


def previous_states(project: Project, inputs: RunInputs) -> PreviousStates | None:
    """States that the last night kept; none on the first one or after a night scored whole."""
    runs = _runs(project.store, inputs)
    path = project.store.states_path(_last_night(runs).inputs) if runs else None
    return PreviousStates(file=path) if path is not None and path.is_file() else None


def ranks(project: Project, inputs: RunInputs) -> Any:
    """Probabilities of the last night, to rank a few leads among; None lets a night rank among its own."""
    runs = _runs(project.store, inputs)
    if inputs.kind == "night" or not runs:
        return None
    return sorted_probabilities(project.store.table(_last_night(runs).scores))


def _runs(store: Store, inputs: RunInputs) -> list[Run]:
    return [run for run_id in inputs.previous_runs if (run := store.committed(run_id)) is not None]


def _last_night(runs: list[Run]) -> Run:
    """Return the newest run over all leads; before the first one the oldest run there is."""
    return next((run for run in runs if run.inputs.kind == "night"), runs[-1])


def _reanchored(bundle: Bundle) -> frozenset[str]:
    """Versions that differ from this one only in the anchor."""
    return frozenset({bundle.trained.get(name, "") for name in ("anchored_from", "anchored_root")} - {""})
