"""Where MLflow is told of models: in the store itself, or on a tracking server and a registry of the company's own.

The environment decides, by MLflow's own variables; it is read in ``pipelines/`` and handed down as a :class:`Tracking`. Credentials are
left to MLflow, which reads them from the environment of the process (``MLFLOW_TRACKING_USERNAME``, ``..._TOKEN``), and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from leadq.foundation.problems import ConfigError, Problem

NAME = "leadq"
DATABASE = "mlflow.db"
ARTIFACTS = "mlflow_artifacts"
_CREDENTIALS = re.compile(r"(?<=://)[^\s@?#]*@")
_SECRET_WORDS = re.compile(r"([?&][^=&\s]*(?:password|passwd|pwd|token|secret)[^=&\s]*=)[^&\s]*", re.IGNORECASE)
_SQLITE = "sqlite:///"
_OF_A_URI = re.compile("[%?#]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Where runs, artefacts and registered models go.

    Parameters
    ----------
    tracking_uri : str
        As ``MLFLOW_TRACKING_URI``; empty for the store's own database. A relative one is relative to where the process runs.
    registry_uri : str
        As ``MLFLOW_REGISTRY_URI``; empty for the same place as the runs.
    experiment, model : str
        Names of the experiment and of the registered model.
    """

    tracking_uri: str = field(default="", repr=False)  # may hold a password
    registry_uri: str = field(default="", repr=False)
    experiment: str = NAME
    model: str = NAME

    def runs(self, store: Path) -> str:
        """Return the URI of the runs of a store."""
        return _known(self.tracking_uri, store) or store_uri(store)

    def registry(self, store: Path) -> str:
        """Return the URI of the registry of a store."""
        return _known(self.registry_uri, store) or self.runs(store)

    def touches_store(self, store: Path) -> bool:
        """Whether anything goes into the store's own database."""
        return store_uri(store) in {self.runs(store), self.registry(store)}

    def artifacts(self, store: Path) -> str | None:
        """Return where a new experiment keeps its artefacts; None where the server says.

        Beside the database; MLflow itself would drop them into the folder that the process happens to run in.
        """
        runs = self.runs(store)
        if not runs.startswith(_SQLITE):
            return None
        return (_file_of(runs).resolve().parent / ARTIFACTS).as_uri()

    def shown_uri(self, store: Path) -> str:
        """Return the URI of the runs for a person to copy, without credentials."""
        return without_credentials(self.runs(store))

    def shown(self, store: Path) -> str:
        """Return where that is, for a person: a server's address without credentials, or the store's file."""
        if {self.runs(store), self.registry(store)} == {store_uri(store)}:
            return str(store / DATABASE)
        return " and ".join(dict.fromkeys(without_credentials(one) for one in (self.runs(store), self.registry(store))))


def tracking_of(environment: Mapping[str, str]) -> Tracking:
    """Read where MLflow is told of models.

    Parameters
    ----------
    environment : mapping of str to str
        ``MLFLOW_TRACKING_URI``, ``MLFLOW_REGISTRY_URI``, ``MLFLOW_EXPERIMENT_NAME``, and ``LEADQ_MLFLOW_MODEL``: the name under which
        models are registered (two projects on one server need two; Unity Catalog wants ``catalog.schema.name``).

    Raises
    ------
    ConfigError
        The model's name has both quotation marks: MLflow's filters cannot name it.
    """
    model = environment.get("LEADQ_MLFLOW_MODEL", "").strip() or NAME
    if "'" in model and '"' in model:
        rule = "must not hold both ' and \": MLflow could register such a model but not find it"
        remedy = "Set it to a name with one kind of quotation mark or none."
        raise ConfigError(Problem(where="LEADQ_MLFLOW_MODEL", rule=rule, value=model, remedy=remedy))
    return Tracking(
        tracking_uri=environment.get("MLFLOW_TRACKING_URI", "").strip(),
        registry_uri=environment.get("MLFLOW_REGISTRY_URI", "").strip(),
        experiment=environment.get("MLFLOW_EXPERIMENT_NAME", "").strip() or NAME,
        model=model,
    )


def store_uri(store: Path) -> str:
    """Return the URI of a store's own database, for MLflow: whatever its folders are called, none of it is a query.

    Examples
    --------
    >>> store_uri(Path("/leads/what?/100%"))
    'sqlite:////leads/what%3F/100%25/mlflow.db'
    """
    path = (store / DATABASE).resolve().as_posix()
    return _SQLITE + _OF_A_URI.sub(lambda sign: quote(sign[0], safe=""), path)


def without_credentials(text: str) -> str:
    """Return a text with user and password taken out of every address in it."""
    return _SECRET_WORDS.sub(r"\1***", _CREDENTIALS.sub("***@", text))


def _known(uri: str, store: Path) -> str:
    """Return a URI as it is, but that of the store's own database always written the same way."""
    if uri.startswith(_SQLITE) and _file_of(uri).resolve() == (store / DATABASE).resolve():
        return store_uri(store)
    return uri


def _file_of(uri: str) -> Path:
    return Path(unquote(uri.removeprefix(_SQLITE)))
