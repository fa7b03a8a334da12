"""Which committed runs make up the scores of now: the newest whole night, and what was scored since.

Nothing is locked: a run that is not committed is not seen, and a committed one does not change.
"""

from __future__ import annotations

from pathlib import Path

from leadq.agreement.schema import DISQUALIFIED
from leadq.foundation.problems import Problem, UsageError
from leadq.pipelines.project.project import Project
from leadq.pipelines.store.run_manifest import Run


def newest_runs(project: Project) -> tuple[Run, ...]:
    """Return the newest committed runs, newest first and down to a whole night.

    Runs as of a moment after the ``read_at`` that params.yaml says are of other data and do not count.

    Raises
    ------
    UsageError
        There is none yet.
    StoreError
        A manifest is damaged.
    """
    found: list[Run] = []
    read_at = project.settings.read_at
    for run in reversed(project.store.runs()):
        if read_at is not None and run.inputs.as_of > read_at:
            continue
        found.append(run)
        if run.inputs.kind == "night":
            break
    if not found:
        where, remedy = str(project.store.folder), "Score first: leadq score."
        raise UsageError(Problem(where=where, rule="must have a scored night", remedy=remedy))
    return tuple(found)


def tables_of(project: Project, runs: tuple[Run, ...]) -> tuple[Path, ...]:
    """Return the score tables of ``runs``, in their order.

    Raises
    ------
    StoreError
        One is gone or damaged.
    """
    return tuple(project.store.table(run.scores) for run in runs)


def tiers_of(project: Project, runs: tuple[Run, ...]) -> tuple[str, ...]:
    """Return all tiers that rows may have: those of the agreement, best first, and what older agreements called theirs."""
    agreed = [tier.id for tier in project.agreement.tiers]
    counted = {tier for run in runs for tier in run.counts.get("counts", {}).get("tier", {})}
    return (
        *agreed,
        *sorted(counted - set(agreed) - {DISQUALIFIED}),
        *([DISQUALIFIED] if DISQUALIFIED in counted else []),
    )
