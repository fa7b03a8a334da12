"""MLflow's view of our models: runs to compare, a registry to browse, a model that can be loaded and served anywhere.

It is in the store (``mlflow.db``, ``mlflow_artifacts/``) or on the company's own server (``tracking.py``). MLflow mirrors what
``models/live/live_models.py`` decides; no nightly job depends on it. What should be there and is not, because it was registered elsewhere,
by a version whose models loaded nowhere else, or while a server was down, is registered when MLflow is told next.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from leadq.foundation.problems import Problem, StoreError
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.live.live_models import Live, bundle_folder
from leadq.models.registry.mlflow_session import mlflow_session
from leadq.models.registry.model_artifact import artifact_parts, scoring_code
from leadq.models.registry.run_record import dataset, description, metrics, parameters
from leadq.models.registry.tracking import Tracking

BUNDLE_TAG = "bundle"
CODE_TAG = "code"
"""Tag of a version that carries its code: the name of the package in it."""

_ABOUT = (
    "leadq's models, each of which loads anywhere. The store's live.json says which is live; the aliases mirror it."
)


def register(
    folder: Path, plots: Sequence[Path], documents: Sequence[Path], *, store: Path, tracking: Tracking | None = None
) -> str:
    """Log a bundle as a run and register it as the next version.

    Parameters
    ----------
    folder : Path
        The bundle's folder; it is copied into MLflow's artefacts.
    plots : sequence of Path
        Picture files to keep with the run.
    documents : sequence of Path
        Evaluation report and model card, kept under ``report``.
    store : Path
    tracking : Tracking, optional
        The store's own database where it is not given.

    Returns
    -------
    str
        MLflow's version number; the bundle's own version is its tag ``bundle``.

    Raises
    ------
    BundleError
        The bundle is damaged.
    StoreError
        MLflow could not be told; the bundle itself is unchanged.
    """
    told = tracking or Tracking()
    bundle = read_bundle(folder)
    with mlflow_session(store, told) as mlflow:
        return _register(mlflow, bundle, folder, (plots, documents), store=store, tracking=told)


def mirror_live(live: Live, *, store: Path, tracking: Tracking | None = None) -> tuple[str, ...]:
    """Make MLflow's aliases say what ``live.json`` says; an alias nobody holds is removed.

    Returns
    -------
    tuple of str
        Bundle versions that had to be registered for it.

    Raises
    ------
    BundleError
        A bundle that has to be registered is damaged.
    StoreError
        MLflow could not be told.
    """
    told, added = tracking or Tracking(), []
    with mlflow_session(store, told) as mlflow:
        client = mlflow.MlflowClient()
        for alias, standing in (("champion", live.champion), ("challenger", live.challenger)):
            if standing is None:
                _remove_alias(client, told.model, alias)
                continue
            version = _find(client, told.model, standing.version)
            if version is None:
                folder = bundle_folder(store, standing.version)
                version = _register(mlflow, read_bundle(folder), folder, ((), ()), store=store, tracking=told)
                added.append(standing.version)
            client.set_registered_model_alias(told.model, alias, version)
    return tuple(added)


def _register(
    mlflow: Any,
    bundle: Bundle,
    folder: Path,
    kept: tuple[Sequence[Path], Sequence[Path]],
    *,
    store: Path,
    tracking: Tracking,
) -> str:
    from mlflow.models import Model  # noqa: PLC0415 - seconds

    said, code = description(bundle), scoring_code().name
    tags = {BUNDLE_TAG: bundle.version, "mlflow.source.name": "leadq"}  # else the path of the command on this machine
    experiment = _experiment(mlflow, store, tracking)
    with mlflow.start_run(experiment_id=experiment, run_name=bundle.version, tags=tags, description=said):
        mlflow.log_params(parameters(bundle))
        mlflow.log_metrics(metrics(bundle))
        mlflow.log_input(dataset(bundle), context="training")
        mlflow.log_text("\n".join(bundle.evaluation["words"]) + "\n", "evaluation.txt")
        mlflow.log_dict(bundle.evaluation, "evaluation.json")
        for under, paths in zip(("plots", "report"), kept, strict=True):
            for path in paths:
                mlflow.log_artifact(str(path), under)
        with artifact_parts(bundle, folder) as parts:
            logged = Model.log(artifact_path=None, name="model", tags=tags, **parts)
        with redirect_stderr(io.StringIO()):  # it prints that it succeeded
            registered = mlflow.register_model(
                logged.model_uri, tracking.model, tags={BUNDLE_TAG: bundle.version, CODE_TAG: code}
            )
    client = mlflow.MlflowClient()
    if not client.get_registered_model(tracking.model).description:  # one that people wrote stays
        client.update_registered_model(tracking.model, description=_ABOUT)
    client.update_model_version(tracking.model, registered.version, description=said)
    return str(registered.version)


def _experiment(mlflow: Any, store: Path, tracking: Tracking) -> str:
    found = mlflow.get_experiment_by_name(tracking.experiment)
    if found is None:
        return str(mlflow.create_experiment(tracking.experiment, artifact_location=tracking.artifacts(store)))
    if found.lifecycle_stage == "deleted":
        remedy = (
            f"Run mlflow experiments restore --experiment-id {found.experiment_id} with MLFLOW_TRACKING_URI set to that place,"
            " or set MLFLOW_EXPERIMENT_NAME to another name; then run leadq mirror."
        )
        rule = f"experiment {tracking.experiment} must not be deleted"
        raise StoreError(Problem(where=tracking.shown(store), rule=rule, remedy=remedy))
    return str(found.experiment_id)


def _find(client: Any, model: str, bundle_version: str) -> str | None:
    """Find the newest registered version of a bundle that carries its code."""
    found, token = [], None
    while True:
        page = client.search_model_versions(_named(model), page_token=token)
        found += [
            int(one.version) for one in page if one.tags.get(BUNDLE_TAG) == bundle_version and CODE_TAG in one.tags
        ]
        token = page.token
        if not token:
            return str(max(found)) if found else None


def _named(model: str) -> str:
    """Return MLflow's filter for a model of this name; it has no escape, but two quotation marks."""
    quote = '"' if "'" in model else "'"
    return f"name = {quote}{model}{quote}"


def _remove_alias(client: Any, model: str, alias: str) -> None:
    known = client.search_registered_models(_named(model))
    if known and alias in known[0].aliases:
        client.delete_registered_model_alias(model, alias)
