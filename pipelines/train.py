"""Stage train: from training data to a bundle in ``work/bundle``, proved out of time."""

from __future__ import annotations

from models.bundle import write_bundle
from models.train import TrainResult, train_bundle
from pipelines.progress import Progress
from pipelines.project import Project
from pipelines.training_files import read_training_data


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
        progress=lambda words, share: progress(f"Training: {words}", share),
    )
    write_bundle(result.bundle, project.work / "bundle")
    return result
