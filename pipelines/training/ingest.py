"""Stage ingest: the sources through the mapping of leadq.yaml into ``work/history``."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from leadq.crm.contract.history import History
from leadq.foundation.plurals import counted, one_or_many
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.project.read_sources import read_sources


def ingest(project: Project, progress: Progress, *, folder: Path | None = None) -> History:
    """Read the sources whole, or leave the last reading unchanged.

    Parameters
    ----------
    project : Project
    progress : Progress
    folder : Path, optional
        Where to; ``work/history`` of the project by default.

    Raises
    ------
    InputError
        All that keeps the sources from being read, at once.
    """
    return read_sources(project, progress, folder=folder or project.work / "history")


def rejected_rows(history: History) -> int:
    """Source rows that were read and could not be used; each stands in ``rejected.parquet`` with its reason."""
    return sum(count.rejected for count in history.counts.values())


def rejected_words(history: History) -> str:
    """Say how many source rows could not be used, why, and where each of them stands; empty where all were used."""
    rows = rejected_rows(history)
    if not rows:
        return ""
    path = history.path("rejected")
    reasons = pq.read_table(path, columns=["table", "reason"], partitioning=None).group_by(
        ["table", "reason"], use_threads=False
    )
    by_reason = sorted(reasons.aggregate([([], "count_all")]).to_pylist(), key=lambda row: -row["count_all"])
    lines = [f"  - {row['table']}: {row['reason']} ({row['count_all']:,})" for row in by_reason]
    head = f"{counted(rows, 'source row')} could not be used:"
    return "\n".join([head, *lines, f"  {one_or_many(rows, 'It is', 'They are')} listed with the reason in {path}"])
