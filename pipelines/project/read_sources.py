"""The project's sources read into a history: as a training reads, or as one model's training read them.

Which reading that is, is part of the model (docs/decisions/0023): its nights, its anchor and its comparisons go on with it.
"""

from __future__ import annotations

from pathlib import Path

from leadq.crm.contract.history import History
from leadq.crm.reading import NEWEST
from leadq.crm.reading.ingest import read_history
from leadq.crm.reading.values.kept_readings import readings_of_text
from leadq.foundation.problems import BundleError, Problem
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project


def read_sources(
    project: Project, progress: Progress, *, folder: Path, bundle: Bundle | None = None, reading: int | None = None
) -> History:
    """Read the sources whole into ``folder``, or leave it unchanged.

    Parameters
    ----------
    project : Project
    progress : Progress
    folder : Path
    bundle : Bundle, optional
        The model that is to see them: they are read as they were when it was trained. By default as ``leadq.yaml`` says, or by the
        newest reading, as a training reads.
    reading : int, optional
        By this reading instead; without a bundle.

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
        folder=folder,
        read_at=project.read_at,
        progress=lambda words: progress(f"Reading: {words}"),
        reading=bundle.reading if bundle is not None else reading or project.config.reading or NEWEST,
        readings=None if bundle is None else readings_of_text(bundle.reading_text),
    )


def _unknown_reading(bundle: Bundle) -> Problem:
    remedy = "Update leadq to the version that trained it, or roll back to an earlier model (leadq models lists all)."
    rule = f"must have learnt from a reading that this version of leadq has (1 to {NEWEST})"
    return Problem(where=f"model {bundle.version}", rule=rule, value=f"reading {bundle.reading}", remedy=remedy)
