"""Why a lead has its score: from the score table as it was said then, or looked at afresh as of a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from agreement.problems import Problem, UsageError
from agreement.read import parse_agreement
from agreement.schema import Agreement
from crm.schemas import SCORES
from features.engine import open_engine
from features.tonight import tonight
from models.bundle import Bundle, read_bundle
from models.live import bundle_folder
from pipelines.bundles import scoring_bundle
from pipelines.progress import Progress
from pipelines.project import Project
from pipelines.score import read_tonight
from pipelines.told import Told
from serving.scoring.explain import explain_document, explain_row
from serving.scoring.score import ScoringRun, score_batches

AFRESH = "as-of"
"""``run_id`` of a row that was made for an explanation and belongs to no run."""


def explain(project: Project, progress: Progress, *, lead_id: str, as_of: datetime | None = None) -> Told:
    """Explain a lead's score.

    Parameters
    ----------
    lead_id : str
    as_of : datetime, optional
        Read the sources and look at the lead as of then, with the live model; else the newest committed score is explained.

    Raises
    ------
    UsageError
        No committed run knows the lead, or it was not open at ``as_of``.
    """
    if as_of is None:
        row = _last_row(project, lead_id)
        bundle = read_bundle(bundle_folder(project.store.folder, row["model_version"]))
    else:
        bundle = scoring_bundle(project)
        row = _row_as_of(project, progress, bundle, lead_id, as_of)
    agreement = _agreement_of(row, bundle, project)
    return Told(facts=explain_document(row, agreement, bundle), words=explain_row(row, agreement, bundle).rstrip("\n"))


def _agreement_of(row: dict[str, Any], bundle: Bundle, project: Project) -> Agreement:
    """Return the agreement the score was made under: today's, or the one kept in its bundle."""
    if row["agreement_version"] == project.agreement.version:
        return project.agreement
    return parse_agreement(bundle.agreement_text, where="agreement.yaml of the bundle")


def _last_row(project: Project, lead_id: str) -> dict[str, Any]:
    for run in reversed(project.store.runs()):
        path = project.store.table(run.scores)
        rows = ds.dataset(path, format="parquet").to_table(filter=ds.field("lead_id") == lead_id).to_pylist()
        if rows:
            row: dict[str, Any] = rows[0]
            return row
    remedy = "Check the id, or look at it as of a moment when it was open: --as-of 2026-09-01."
    raise UsageError(
        Problem(where="leadq explain", rule="must be a lead that was scored", value=lead_id, remedy=remedy)
    )


def _row_as_of(project: Project, progress: Progress, bundle: Bundle, lead_id: str, as_of: datetime) -> dict[str, Any]:
    engine = project.settings.engine
    run = ScoringRun(
        bundle=bundle,
        agreement=project.agreement,
        as_of=as_of,
        scored_at=project.now,
        run_id=AFRESH,
        threads=engine.threads,
    )
    with (
        project.store.writing("explain", project.now),
        open_engine(threads=engine.threads, memory_limit=engine.memory_limit) as backend,
    ):
        history = read_tonight(project, bundle, progress)
        progress("Looking at the lead")
        leads = tonight(backend, history, project.agreement, bundle.catalogue, as_of=as_of, lead_id=lead_id)
        rows = pa.Table.from_batches(list(score_batches(leads, run)), SCORES).to_pylist()
    if not rows:
        remedy = "Check the id and the moment; a lead that was closed or did not exist then has no score."
        rule = f"must be a lead that was open at {as_of.isoformat()}"
        raise UsageError(Problem(where="leadq explain", rule=rule, value=lead_id, remedy=remedy))
    row: dict[str, Any] = rows[0]
    return row
