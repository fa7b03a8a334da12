"""What went wrong when MLflow was told of a model, and what to do: the bundle is whole in the store every time.

No address is shown with the credentials in it.
"""

from __future__ import annotations

from pathlib import Path

from leadq.foundation.problems import Problem
from leadq.models.registry.tracking import DATABASE, Tracking, without_credentials

_WHOLE = "then run leadq mirror; the model itself is safe in the store."
_HERE = f"Free up disk space or fix the permissions, {_WHOLE}"
_ELSEWHERE = f"Start the server, or set MLFLOW_TRACKING_URI and MLFLOW_REGISTRY_URI right (unset, the store's own is used), {_WHOLE}"
_DAMAGED = f"Restore that file from a backup, or move it away (the runs in it are lost then), {_WHOLE}"
_OLD_SCHEMA = f"Run mlflow db upgrade with that database's address, {_WHOLE}"
_UNREACHED = f"Set MLFLOW_TRACKING_URI to the same server, {_WHOLE}"


def not_told(error: Exception, store: Path, tracking: Tracking) -> Problem:
    """Return what MLflow, its database, the network or the disk raised, with what to do about it."""
    value = without_credentials((str(error).splitlines() or [""])[0].strip() or type(error).__name__)[:200]
    remedy = _HERE if _is_here(store, tracking) else _ELSEWHERE
    if "out-of-date database schema" in str(error):
        remedy = _OLD_SCHEMA
    elif "not a database" in str(error) or "malformed" in str(error):
        remedy = _DAMAGED
    rule = "MLflow must be able to keep the run"
    return Problem(where=tracking.shown(store), rule=rule, value=value, remedy=remedy)


def unreached(store: Path, tracking: Tracking) -> Problem:
    """Return what is wrong with a registry on a server and runs elsewhere."""
    rule = "a registry on a server needs the runs on that server too: it takes only models whose artefacts it can reach"
    return Problem(where=tracking.shown(store), rule=rule, remedy=_UNREACHED)


def _is_here(store: Path, tracking: Tracking) -> bool:
    return tracking.shown(store) == str(store / DATABASE)
