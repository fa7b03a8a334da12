"""What a run compares with: files of the earlier runs that its inputs name, newest first."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from leadq.foundation.problems import BundleError
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.live.live_models import bundle_folder
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run, RunInputs
from leadq.pipelines.store.snapshots import rests_on
from leadq.pipelines.store.store import Store
from leadq.serving.scoring.changes.previous_facts import PreviousFacts
from leadq.serving.scoring.changes.previous_scores import A_NIGHT_APART, PreviousScores
from leadq.serving.scoring.changes.score_reuse import PreviousStates
from leadq.serving.scoring.table.score_table_file import sorted_probabilities


def previous_scores(project: Project, inputs: RunInputs, bundle: Bundle) -> PreviousScores | None:
    """Score tables of the earlier runs; None on the first night."""
    runs = _runs(project.store, inputs)
    if not runs:
        return None
    store = project.store
    files = tuple(store.folder / run.scores for run in runs)
    return PreviousScores(
        files=files, as_of=_last_night(runs).inputs.as_of, reanchored=_reanchored(store, runs, bundle)
    )


def previous_facts(project: Project, inputs: RunInputs, bundle: Bundle) -> PreviousFacts | None:
    """Snapshots of the earlier runs in which another model of the same reading scored; None where there is none to compare with.

    Facts that were read otherwise would tell what the reading changed, as if the lead had changed.
    """
    store = project.store
    earlier = _runs(store, inputs)
    alike = {inputs.bundle_version, *_reanchored(store, earlier, bundle), *_read_otherwise(store, earlier, bundle)}
    runs = [
        run
        for run in earlier
        if run.inputs.bundle_version not in alike and run.inputs.as_of <= inputs.as_of - A_NIGHT_APART
    ]
    if not runs:
        return None
    # paths alone: most of the files are never opened, and one that is damaged is told when it is
    return PreviousFacts(
        files={
            run.snapshot_id: tuple(store.folder / one.snapshot for one in rests_on(store, run.run_id)) for run in runs
        }
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
    return [store.run(run_id) for run_id in inputs.previous_runs]


def _last_night(runs: list[Run]) -> Run:
    """Return the newest run over all leads; before the first one the oldest run there is."""
    return next((run for run in runs if run.inputs.kind == "night"), runs[-1])


def _reanchored(store: Store, runs: list[Run], bundle: Bundle) -> frozenset[str]:
    """Versions by which the runs scored that differ from this one only in the anchor: those of the same root.

    A bundle that is gone or damaged is taken for another model: it may not keep a night from being scored.
    """
    return frozenset(
        version for version, other in _others(store, runs, bundle).items() if _root(other) == _root(bundle)
    )


def _read_otherwise(store: Store, runs: list[Run], bundle: Bundle) -> frozenset[str]:
    """Versions by which the runs scored that learnt from another reading of the sources, or by other lists of what means the same."""
    ours = (bundle.reading, bundle.catalogue.meaning)
    others = _others(store, runs, bundle).items()
    return frozenset(version for version, one in others if (one.reading, one.catalogue.meaning) != ours)


def _others(store: Store, runs: list[Run], bundle: Bundle) -> dict[str, Bundle]:
    found: dict[str, Bundle] = {}
    for version in {run.inputs.bundle_version for run in runs} - {bundle.version}:
        with suppress(BundleError):
            found[version] = read_bundle(bundle_folder(store.folder, version))
    return found


def _root(bundle: Bundle) -> str:
    """Version that was trained; others of the same root are it with another anchor."""
    return str(bundle.trained.get("anchored_root", bundle.version))
