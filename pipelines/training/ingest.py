"""Stage ingest: the sources through the mapping of leadq.yaml into ``work/history``."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.crm.reading import NEWEST
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.values.kept_readings import readings_of_text
from leadq.foundation.plurals import counted, one_or_many
from leadq.foundation.problems import BundleError, Problem
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project


def ingest(
    project: Project, progress: Progress, *, folder: Path | None = None, bundle: Bundle | None = None
) -> History:
    """Read the sources whole, or leave the last reading unchanged.

    Parameters
    ----------
    project : Project
    progress : Progress
    folder : Path, optional
        Where to; ``work/history`` of the project by default.
    bundle : Bundle, optional
        The model that is to see them: they are read as they were when it was trained. By default as ``leadq.yaml`` says, or by the
        newest reading, as a training reads.

    Raises
    ------
    InputError
        All that keeps the sources from being read, at once.
    BundleError
        The bundle learnt from a reading that this version of leadq does not have.
    """
    if bundle is not None and bundle.reading > NEWEST:
        raise BundleError(_unknown_reading(bundle))
    progress("Reading the sources")
    return read_history(
        project.config,
        folder=folder or project.work / "history",
        read_at=project.read_at,
        progress=lambda words: progress(f"Reading: {words}"),
        reading=(project.config.reading or NEWEST) if bundle is None else bundle.reading,
        readings=None if bundle is None else readings_of_text(bundle.reading_text),
    )


def _unknown_reading(bundle: Bundle) -> Problem:
    remedy = "Update leadq to the version that trained it, or roll back to an earlier model (leadq models lists all)."
    rule = f"must have learnt from a reading that this version of leadq has (1 to {NEWEST})"
    return Problem(where=f"model {bundle.version}", rule=rule, value=f"reading {bundle.reading}", remedy=remedy)


def rejected_rows(history: History) -> int:
    """Source rows that were read and could not be used; each stands in ``rejected.parquet`` with its reason."""
    return sum(count.rejected for count in history.counts.values())


def rejected_words(history: History) -> str:
    """Say how many source rows could not be used, why, and where each of them stands; empty where all were used."""
    rows = rejected_rows(history)
    if not rows:
        return ""
    path = history.path("rejected")
    reasons = pq.read_table(path, columns=["table", "reason"]).group_by(["table", "reason"], use_threads=False)
    by_reason = sorted(reasons.aggregate([([], "count_all")]).to_pylist(), key=lambda row: -row["count_all"])
    lines = [f"  - {row['table']}: {row['reason']} ({row['count_all']:,})" for row in by_reason]
    head = f"{counted(rows, 'source row')} could not be used:"
    return "\n".join([head, *lines, f"  {one_or_many(rows, 'It is', 'They are')} listed with the reason in {path}"])
