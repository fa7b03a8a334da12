"""MLflow's view of our models: runs to compare, a registry to browse, a model that can be served.

Everything lies in the store (``mlflow.db``, ``mlflow_artifacts/``), nothing leaves the machine. MLflow
mirrors what ``live_models.py`` decides; no nightly job depends on it.
"""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from importlib.metadata import version as library_version
from pathlib import Path
from typing import Any

from leadq.features.catalogue import Catalogue
from leadq.foundation.problems import Problem, StoreError
from leadq.models.bundle.bundle import read_bundle
from leadq.models.live.live_models import Live

EXPERIMENT = "leadq"
MODEL = "leadq"
BUNDLE_TAG = "bundle"
SERVED_WITH = ("lightgbm", "mlflow", "numpy", "pandas", "pyyaml")
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def tracking_uri(store: Path) -> str:
    """Where MLflow keeps its runs."""
    return f"sqlite:///{(store / 'mlflow.db').resolve()}"


@contextmanager
def _mlflow(store: Path) -> Iterator[Any]:
    """Yield mlflow, set to the store and silent; what was set before is restored."""
    before = {name: os.environ.get(name) for name in (*QUIET, "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")}
    os.environ.update(QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: PLC0415 - seconds of import; only for the registry

        loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        store.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(tracking_uri(store))
        mlflow.set_registry_uri(tracking_uri(store))
        try:
            yield mlflow
        finally:
            mlflow.set_tracking_uri(None)  # back to what the environment says, which is restored below
            mlflow.set_registry_uri("")
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _experiment(mlflow: Any, store: Path) -> str:
    found = mlflow.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    location = (store / "mlflow_artifacts").resolve().as_uri()
    return str(mlflow.create_experiment(EXPERIMENT, artifact_location=location))


def _signature(catalogue: Catalogue) -> Any:
    from mlflow.models import ModelSignature  # noqa: PLC0415
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415

    types = {"number": "double", "category": "string"}
    return ModelSignature(
        inputs=Schema([ColSpec(types[one.kind], one.name, required=False) for one in catalogue.features])
    )


def _metrics(evaluation: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {"beats_base_rate": float(evaluation["beats_base_rate"])}
    for one in evaluation["moments"]:
        where = one["moment"].replace(" ", "_").replace("-", "")
        figures = {name: one[name] for name in ("auc", "log_loss", "improvement_percent", "predicted_to_actual")}
        figures["calibration_slope"] = (one["calibration"] or {}).get("slope")
        found |= {f"{where}.{name}": value for name, value in figures.items() if value is not None}
    return found


def register(folder: Path, plots: Sequence[Path], documents: Sequence[Path], *, store: Path) -> str:
    """Log a bundle as a run and register it as the next version of model ``leadq``.

    Parameters
    ----------
    folder : Path
        The bundle's folder; it is copied into MLflow's artefacts.
    plots : sequence of Path
        Picture files to keep with the run.
    documents : sequence of Path
        Evaluation report and model card, kept under ``report``.
    store : Path

    Returns
    -------
    str
        MLflow's version number; the bundle's own version is its tag ``bundle``.

    Raises
    ------
    BundleError
        The bundle is damaged.
    """
    bundle = read_bundle(folder)
    with _mlflow(store) as mlflow, mlflow.start_run(experiment_id=_experiment(mlflow, store), run_name=bundle.version):
        parameters = {"kind": bundle.kind, **bundle.trained, **bundle.trained.get("settings", {})}
        flat = {name: value for name, value in parameters.items() if not isinstance(value, dict)}
        mlflow.log_params({name: str(value)[:500] for name, value in flat.items()})
        mlflow.log_metrics(_metrics(bundle.evaluation))
        mlflow.set_tag(BUNDLE_TAG, bundle.version)
        mlflow.log_text("\n".join(bundle.evaluation["words"]) + "\n", "evaluation.txt")
        mlflow.log_dict(bundle.evaluation, "evaluation.json")
        for plot in plots:
            mlflow.log_artifact(str(plot), "plots")
        for document in documents:
            mlflow.log_artifact(str(document), "report")
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("pyfunc_model.py")),
            artifacts={"bundle": str(folder)},
            signature=_signature(bundle.catalogue),
            pip_requirements=[f"{name}=={library_version(name)}" for name in SERVED_WITH],
        )
        with redirect_stderr(io.StringIO()):  # it prints that it succeeded
            registered = mlflow.register_model(logged.model_uri, MODEL, tags={BUNDLE_TAG: bundle.version})
        return str(registered.version)


def _find(client: Any, bundle_version: str) -> str:
    found = client.search_model_versions(f"name = '{MODEL}'")
    versions = [int(one.version) for one in found if one.tags.get(BUNDLE_TAG) == bundle_version]
    if not versions:
        raise StoreError(
            Problem(
                where="MLflow registry",
                rule=f"must hold a version of {MODEL} with bundle {bundle_version}",
                remedy="Register it again: leadq train.",
            )
        )
    return str(max(versions))


def set_alias(alias: str, bundle_version: str, *, store: Path) -> None:
    """Point an alias (``champion``, ``challenger``) at the registered version of a bundle.

    Raises
    ------
    StoreError
        The bundle was never registered.
    """
    with _mlflow(store) as mlflow:
        client = mlflow.MlflowClient()
        client.set_registered_model_alias(MODEL, alias, _find(client, bundle_version))


def mirror_live(live: Live, *, store: Path) -> None:
    """Make MLflow's aliases say what ``live.json`` says; an alias nobody holds is removed."""
    with _mlflow(store) as mlflow:
        client = mlflow.MlflowClient()
        for alias, standing in (("champion", live.champion), ("challenger", live.challenger)):
            if standing is not None:
                client.set_registered_model_alias(MODEL, alias, _find(client, standing.version))
            else:
                client.delete_registered_model_alias(MODEL, alias)
