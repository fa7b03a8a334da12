"""The artefact that MLflow keeps of a bundle: the bundle's files, the code that scores them, what must be installed, what goes in and out.

Nothing in it names a place on this machine, so it can be copied anywhere; nothing in it is a pickle.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as library_version
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from leadq.features.catalogue import Catalogue, Feature
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.value_evidence import Evidence, EvidenceBin
from leadq.models.registry.code_closure import CodeClosure, code_closure, renamed

SCORER = "leadq.models.registry.raw_scorer"
INSTALLED = (
    "alembic",  # these two so that the store's own database can be asked for models:/leadq@champion
    "sqlalchemy",
    "holidays",  # opened only where the agreement names a country
    "lightgbm",  # brings scipy
    "mlflow-skinny",  # mlflow itself brings scikit-learn, matplotlib, Flask and 30 more, of which scoring uses nothing
    "numba",
    "numpy",
    "pandas",
    "pyyaml",
)
"""Distributions that loading and scoring need; no leadq, which travels as code."""


def scoring_code() -> CodeClosure:
    """Return the code that travels: the scorer of raw rows and what it imports."""
    return code_closure(SCORER)


def requirements() -> list[str]:
    """Return what must be installed, each at the version that is installed here."""
    return [f"{name}=={library_version(name)}" for name in INSTALLED]


def signature(catalogue: Catalogue) -> Any:
    """Return MLflow's signature: raw feature values in, none of them required; scores with reasons out."""
    from mlflow.models import ModelSignature  # noqa: PLC0415 - seconds
    from mlflow.types import ColSpec, DataType, Schema  # noqa: PLC0415
    from mlflow.types.schema import Map  # noqa: PLC0415

    types = {"number": "double", "category": "string"}
    return ModelSignature(
        inputs=Schema([ColSpec(types[one.kind], one.name, required=False) for one in catalogue.features]),
        outputs=Schema(
            [
                ColSpec("double", "probability"),
                ColSpec("string", "tier", required=False),
                ColSpec("double", "base"),
                ColSpec(Map(DataType.double), "contributions"),
                ColSpec("string", "model_version"),
            ]
        ),
    )


def example_rows(catalogue: Catalogue, evidence: Evidence) -> pd.DataFrame:
    """Make up rows to try the model with: usual values, high ones, and a lead of which nothing is known.

    They are nobody's: each value is the middle of a range that many training leads are in, or a category of the vocabulary.

    Returns
    -------
    DataFrame of 3 rows
        A column a feature: float64 for a number, text for a category; missing where unknown.
    """
    columns: dict[str, Any] = {}
    for one in catalogue.features:
        if one.kind == "category":
            usual = [*one.vocabulary[:2], None, None][:2]
            columns[one.name] = pd.Series([*usual, None], dtype="object")
        else:
            columns[one.name] = pd.Series([*_usual_and_high(one, evidence), None], dtype="float64")
    return pd.DataFrame(columns)


def _usual_and_high(feature: Feature, evidence: Evidence) -> tuple[float | None, float | None]:
    known = [one for one in evidence.bins.get(feature.name, ()) if one.low is not None and one.high is not None]
    if not known:
        return None, None
    below, half = 0, sum(one.n for one in known) / 2
    usual = known[-1]
    for one in known:
        below += one.n
        if below >= half:
            usual = one
            break
    return _middle(usual), _middle(known[-1])


def _middle(one: EvidenceBin) -> float:
    """Middle of a range: whole where its bounds are, else to three digits, so that it is no lead's own value."""
    low, high = one.low or 0.0, one.high or 0.0
    middle = (low + high) / 2
    return float(round(middle)) if low.is_integer() and high.is_integer() else float(f"{middle:.3g}")


class PlacelessModel:
    """A flavour for MLflow's ``Model.log``: saves as ``mlflow.pyfunc`` does, then takes this machine's paths out of ``MLmodel``."""

    @staticmethod
    def save_model(path: str, mlflow_model: Any, **given: Any) -> None:
        """Save the model as a folder."""
        import mlflow  # noqa: PLC0415 - seconds

        given.pop("validate_serving_input")  # meant for Model.log, which hands on all that it was given
        mlflow.pyfunc.save_model(path=path, mlflow_model=mlflow_model, **given)
        settings = mlflow_model.flavors[mlflow.pyfunc.FLAVOR_NAME]
        settings["model_code_path"] = Path(
            settings["model_code_path"]
        ).name  # MLflow looks for the name, beside MLmodel
        for artifact in settings["artifacts"].values():
            artifact["uri"] = artifact["path"]
        mlflow_model.artifact_path = "model"
        mlflow_model.save(str(Path(path) / "MLmodel"))


@contextmanager
def artifact_parts(bundle: Bundle, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what MLflow's ``Model.log`` takes to make the artefact of a bundle.

    Parameters
    ----------
    bundle : Bundle
    folder : Path
        Where it lies; its files are copied byte for byte.
    """
    code = scoring_code()
    with TemporaryDirectory() as clean:
        place = Path(clean)
        copytree(folder, place / "bundle")
        written = place / "leadq_model.py"
        ours = Path(__file__).with_name("mlflow_model.py").read_text(encoding="utf-8")
        written.write_text(renamed(ours, code.name), encoding="utf-8")
        yield {
            "flavor": PlacelessModel,
            "flavor_name": "python_function",
            "python_model": str(written),
            "artifacts": {"bundle": str(place / "bundle")},
            "code_paths": [str(code.write(place / "code"))],
            "signature": signature(bundle.catalogue),
            "input_example": example_rows(bundle.catalogue, bundle.evidence),
            "validate_serving_input": False,  # it would load the model into this process, and only log what it finds
            "pip_requirements": requirements(),
        }
