"""Stage train: from training data to a bundle in ``work/bundle``, proved out of time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from leadq.crm.contract.history import open_history
from leadq.crm.gate.field_profiles import profiles_to_json
from leadq.crm.gate.profile_fields import profile_fields
from leadq.crm.reading.values.kept_readings import reading_to_text
from leadq.foundation.atomic_files import new_file
from leadq.models.bundle.bundle import write_bundle
from leadq.models.bundle.past_leads import write_past_leads
from leadq.models.training.train_bundle import TrainResult, train_bundle
from leadq.pipelines.console.progress import Progress
from leadq.pipelines.project.project import Project
from leadq.pipelines.training.training_files import read_training_data

HELD_OUT = "held_out.parquet"
"""In ``work/``: forecasts for every look held out at the rolling origins."""
PAST_LEADS = "past_leads.parquet"
"""In ``work/``: past leads to set beside tonight's (:mod:`leadq.models.bundle.past_leads`)."""


def train(project: Project, progress: Progress) -> TrainResult:
    """Fit, calibrate, prove, and write the bundle.

    Raises
    ------
    InputError
        Too few outcomes of a kind, or the stage build has not run.
    GateStopped
        A model leak check stopped it; no bundle is written.
    """
    progress("Training", 0.0)
    data, origin = read_training_data(project.work / "training")
    result = train_bundle(
        data,
        project.agreement,
        project.settings.fit,
        provenance={"history_sha256": origin.history_sha256, "read_at": origin.read_at, "seed": project.settings.seed},
        read_at=datetime.fromisoformat(origin.read_at),
        progress=lambda words, share: progress(f"Training: {words}", share),
    )
    history = open_history(project.work / "history")
    kept = replace(
        result.bundle,
        field_profiles_text=profiles_to_json(profile_fields(history)),
        reading_text=reading_to_text(history.reading, history.readings),
    )
    result = replace(result, bundle=kept)
    version = write_bundle(result.bundle, project.work / "bundle")
    write_past_leads(
        project.work / PAST_LEADS,
        data,
        replace(result.bundle, version=version),
        history,
        seed=project.settings.seed,
        threads=project.settings.fit.threads,
    )
    with new_file(project.work / HELD_OUT) as partial:
        result.held_out.to_parquet(partial, index=False)
    return result
