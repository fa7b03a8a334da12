"""MLflow for the length of one block: set to where it is to be told, silent, patient within bounds, and left as it was.

Whatever MLflow, its database or the network raise becomes a :class:`StoreError` that says what to do; no address with a password in it is
shown. The bundle in the store never depends on any of it.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leadq.foundation.installed.extras import missing_extra
from leadq.foundation.problems import ConfigError, LeadqError, StoreError
from leadq.models.registry.artifact_locations import settle_locations
from leadq.models.registry.mlflow_failure import not_told, unreached
from leadq.models.registry.tracking import Tracking, store_uri, without_credentials

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
PATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""Three tries of 20 seconds, where the environment does not say otherwise: MLflow's own eight of 120 look like work."""
NOT_OURS = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")
"""Of a run that leadq may have been started in: ours is one of its own."""
CONNECT_SECONDS = 20
_DATABASE_SERVERS = ("postgresql", "mysql")
_WORDS_FOR_IT = {"pg8000": "timeout", "mysqlconnector": "connection_timeout"}
_TAKE_THE_USUAL_WORD = {"psycopg", "psycopg2", "psycopg2cffi", "pymysql", "mysqldb"}
_SPOKEN = ("mlflow", "mlflow.store.db.utils", "alembic")


@contextmanager
def mlflow_session(store: Path, tracking: Tracking) -> Iterator[Any]:
    """Yield mlflow, set to where this store's models are told of.

    Raises
    ------
    StoreError
        MLflow could not be told; the store's bundles and ``live.json`` are as they were.
    ConfigError
        MLflow is not installed, or the registry could not reach the artefacts.
    """
    if tracking.registry(store).startswith("http") and not tracking.runs(store).startswith("http"):
        raise ConfigError(unreached(store, tracking))
    with _own_environment(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow = _mlflow()
        loggers = [logging.getLogger(name) for name in _SPOKEN]
        levels = [logger.level for logger in loggers]
        try:
            for logger in loggers:
                logger.setLevel(logging.CRITICAL)  # it logs the traceback of what it raises
            yield from _set_up(mlflow, store, tracking)
        except LeadqError:
            raise
        except Exception as error:  # MLflow's own kinds, its database's, the network's and the disk's
            places = (tracking.runs(store), tracking.registry(store))
            secret = any(
                place != without_credentials(place) for place in places
            )  # the cause would show it, with --debug
            raise StoreError(not_told(error, store, tracking)) from (None if secret else error)
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def _own_environment() -> Iterator[None]:
    """Set what MLflow reads from the process's environment, and put back afterwards what was there."""
    names = (*QUIET, *PATIENT, *NOT_OURS, "MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ.update(QUIET | {name: usual for name, usual in PATIENT.items() if name not in os.environ})
    for name in NOT_OURS:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name in names:
            os.environ.pop(name, None)
        os.environ.update(before)


def _mlflow() -> Any:
    try:
        import mlflow  # noqa: PLC0415 - seconds, only for the registry; sets up its loggers
    except ModuleNotFoundError as error:
        if (missing := missing_extra(error, where="MLflow")) is None:
            raise
        raise ConfigError(missing) from error
    return mlflow


def _set_up(mlflow: Any, store: Path, tracking: Tracking) -> Iterator[Any]:
    store.mkdir(parents=True, exist_ok=True)
    settle = settle_locations if tracking.touches_store(store) else _nothing
    settle(store)
    for uri in dict.fromkeys((tracking.runs(store), tracking.registry(store))):
        _reach(uri)
    mlflow.set_tracking_uri(tracking.runs(store))
    mlflow.set_registry_uri(tracking.registry(store))
    try:
        yield mlflow
    finally:
        mlflow.set_tracking_uri(None)  # back to what the environment says, which the session restores
        mlflow.set_registry_uri("")
        _remove_folders_of_the_address(store)
    settle(store)  # a new database begins with a location in the folder that the process runs in


def _remove_folders_of_the_address(store: Path) -> None:
    """Remove the empty folders that MLflow makes where a ``?`` in the store's path stands as ``%3F`` in the address of its database."""
    real = store.resolve()
    made = Path(store_uri(store).removeprefix("sqlite:///")).parent
    for folder in (made, *made.parents):
        if folder == real or folder in real.parents:
            return
        try:
            folder.rmdir()
        except OSError:  # not there, or not empty: somebody's own
            return


def _reach(uri: str) -> None:
    """Connect to a database server once: MLflow itself would try for 103 seconds before it says that nobody answers."""
    if uri.startswith(_DATABASE_SERVERS):
        from sqlalchemy import create_engine, make_url  # noqa: PLC0415 - comes with MLflow

        url = make_url(uri)
        within = seconds_to_connect(url.get_driver_name())
        engine = create_engine(
            url, connect_args={name: value for name, value in within.items() if name not in url.query}
        )
        try:
            engine.connect().close()
        finally:
            engine.dispose()


def seconds_to_connect(driver: str) -> dict[str, int]:
    """Return what bounds the time in which ``driver`` of SQLAlchemy connects; nothing for one of which that is not known."""
    usual = "connect_timeout" if driver in _TAKE_THE_USUAL_WORD else ""
    word = _WORDS_FOR_IT.get(driver, usual)
    return {word: CONNECT_SECONDS} if word else {}


def _nothing(store: Path) -> int:  # noqa: ARG001
    return 0
