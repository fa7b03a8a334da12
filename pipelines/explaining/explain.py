"""Why a lead has its score: as a committed run said it, made again from that run's snapshot, or looked at afresh."""

from __future__ import annotations

from datetime import datetime, timedelta

from leadq.agreement.read import stored_agreement
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.tonight import OpenLeads, tonight
from leadq.foundation.problems import Problem, StoreError, UsageError
from leadq.models.bundle.bundle import read_bundle
from leadq.models.live.live_models import bundle_folder
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.explaining.explanation import Files, Found, tell
from leadq.pipelines.explaining.reproduce_score import PastScores, agreement_then, told_then
from leadq.pipelines.night.score import read_tonight
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.scoring_bundle import scoring_bundle
from leadq.pipelines.store.run_manifest import Run
from leadq.pipelines.store.store import of_the_data_last
from leadq.serving.scoring.changes.previous_scores import A_NIGHT_APART
from leadq.serving.scoring.score_batches import ScoringRun, score_batches
from leadq.serving.words.sentences import read_sentences

AFRESH = "as-of"
"""``run_id`` of a row that was made for an explanation and belongs to no run."""


def explain(
    project: Project,
    progress: Progress,
    *,
    lead_id: str,
    as_of: datetime | None = None,
    afresh: bool = False,
    files: Files | None = None,
    short: bool = False,
) -> Told:
    """Explain a lead's score.

    Parameters
    ----------
    lead_id : str
    as_of : datetime, optional
        The newest committed score at or before this moment, reproduced exactly: one that existed then before one that was
        made for that time later. Without one the sources are looked at as of then, with the live model. Without ``as_of``
        the newest committed score.
    afresh : bool
        Look at the sources in any case.
    files : Files, optional
        What to write beside.
    short : bool
        Say it in the short text of a CRM field.

    Raises
    ------
    UsageError
        No committed run knows the lead, it was not open at ``as_of``, or ``as_of`` is in the future.
    StoreError
        A score at or before ``as_of`` cannot be reproduced.
    """
    _refuse_wrong_use(project, as_of)
    run = None if afresh else _newest_run(project, lead_id, as_of)
    if run is not None:
        found = _found(project, run, lead_id, must_be_exact=as_of is not None)
    elif afresh or as_of is not None:
        found = _look_afresh(project, progress, lead_id, as_of or project.read_at, asked=afresh)
    else:
        remedy = "Check the id, or name a moment at which the lead was open: --as-of 2026-09-01."
        raise UsageError(
            Problem(where="leadq explain", rule="must name a lead that was scored", value=lead_id, remedy=remedy)
        )
    return tell(project, found, files or Files(), short=short)


def _refuse_wrong_use(project: Project, as_of: datetime | None) -> None:
    if as_of is not None and as_of > max(project.read_at, project.now):
        rule = f"must not be in the future (it is {project.now:%Y-%m-%d %H:%M} UTC now)"
        remedy = "Name an earlier moment, or leave --as-of out for the newest score."
        raise UsageError(Problem(where="--as-of", rule=rule, value=as_of.isoformat(), remedy=remedy))


def _newest_run(project: Project, lead_id: str, as_of: datetime | None) -> Run | None:
    """Return the newest run, at or before a moment, that has a row for the lead."""
    over = [run for run in project.store.runs() if run.inputs.kind != "lead" or run.inputs.scope == lead_id]
    runs = [run for run in over if as_of is None or run.inputs.as_of <= as_of]
    if as_of is None:
        runs = of_the_data_last(runs, project.settings.read_at)
    else:  # what was scored long afterwards for that time was seen by nobody then
        runs.sort(key=lambda run: run.scored_at <= as_of + A_NIGHT_APART)  # stable: those that existed come last
    return next((run for run in reversed(runs) if told_then(project.store, run, lead_id) is not None), None)


def _moment(run: Run) -> str:
    """Say a run's as-of, and when it was scored where that was not the same night."""
    said = f"{run.inputs.as_of:%Y-%m-%d %H:%M} UTC"
    late = abs(run.scored_at - run.inputs.as_of) > timedelta(days=1)
    return f"{said}, scored on {run.scored_at:%Y-%m-%d}" if late else said


def _found(project: Project, run: Run, lead_id: str, *, must_be_exact: bool) -> Found:
    """Make a committed score again; what only cannot be made again is told as the table has it, unless it must be exact."""
    bundle = read_bundle(bundle_folder(project.store.folder, run.inputs.bundle_version))
    try:
        row = PastScores(project).row(run, lead_id)
        origin = f"Reproduced exactly from the snapshot of run {run.run_id} ({_moment(run)})."
        return Found(
            row=run.as_recorded(row),
            bundle=bundle,
            agreement=agreement_then(project, run, bundle),
            reproduced=True,
            origin=origin,
        )
    except StoreError as error:
        kept = told_then(project.store, run, lead_id)
        if must_be_exact or kept is None:
            raise
        problem = error.problems[0]
        origin = f"As stored by run {run.run_id} ({_moment(run)}); it could not be reproduced: {problem.rule} ({problem.value})."
        todays = kept["agreement_version"] == project.agreement.version
        agreement = (
            project.agreement if todays else stored_agreement(bundle.agreement_text, where="the bundle's agreement")
        )
        return Found(row=run.as_recorded(kept), bundle=bundle, agreement=agreement, reproduced=False, origin=origin)


def _look_afresh(project: Project, progress: Progress, lead_id: str, as_of: datetime, *, asked: bool) -> Found:
    """Read the sources and score the lead as of then with the live model."""
    if as_of > project.read_at:
        rule = f"must not be after the data was read ({project.read_at.isoformat()})"
        remedy = "Name an earlier moment, or read newer data."
        raise UsageError(Problem(where="--as-of", rule=rule, value=as_of.isoformat(), remedy=remedy))
    bundle, engine = scoring_bundle(project), project.settings.engine
    run = ScoringRun(
        bundle=bundle,
        agreement=project.agreement,
        as_of=as_of,
        scored_at=project.now,
        run_id=AFRESH,
        sentences=read_sentences(project.config.sentences),
        threads=engine.threads,
    )
    with (
        project.store.writing("explain", project.now),
        open_engine(threads=engine.threads, memory_limit=engine.memory_limit) as backend,
    ):
        history = read_tonight(project, bundle, progress)
        progress("Scoring the lead")
        leads = tonight(
            backend,
            OpenLeads(
                history=history, agreement=project.agreement, catalogue=bundle.catalogue, as_of=as_of, lead_id=lead_id
            ),
        )
        rows = [row for batch in score_batches(leads, run) for row in batch.to_pylist()]
    if not rows:
        remedy = "Check the id and the moment; a lead that was closed or did not exist then has no score."
        rule = f"must be a lead that was open at {as_of.isoformat()}"
        raise UsageError(Problem(where="leadq explain", rule=rule, value=lead_id, remedy=remedy))
    why = "" if asked else "No run had scored this lead by then. "
    origin = f"{why}Scored now with the live model, from today's sources as of {as_of:%Y-%m-%d %H:%M} UTC."
    row = rows[0] if history.has_touches else {**rows[0], "worked": None}
    return Found(row=row, bundle=bundle, agreement=project.agreement, reproduced=False, origin=origin)
