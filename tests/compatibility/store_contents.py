"""What a project and its store hold, so that two of them can be compared: bytes, and the content of what differs by nature.

By nature differ the lock files (the number of the process), the ledger of deliveries (when each was made, by the real clock), and
MLflow's database (names of runs drawn at random, and what the present version registers again).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

LEDGER, MLFLOW = "store/ledger.sqlite", "store/mlflow.db"
ARTIFACTS = "store/mlflow_artifacts"
_CLOCK = {"at", "started_at", "ended_at", "since"}
"""Columns of the ledger that the real clock fills; all others are compared."""


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file whose bytes decide, by its path in the folder."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not _by_content(name)}


def _by_content(name: str) -> bool:
    is_lock = name.endswith("/lock") or name.endswith(".lock")
    return is_lock or name.startswith((LEDGER, MLFLOW, f"{ARTIFACTS}/"))


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Names of the files that only one of the two has, or that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def artifacts_of(folder: Path) -> dict[str, bytes]:
    """Files that MLflow keeps of what was registered."""
    root = folder / ARTIFACTS
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def ledger_of(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of the ledger, by table; of a moment only whether there is one."""
    with closing(sqlite3.connect(f"file:{folder / LEDGER}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        names = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [_timeless(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in sorted(names)}


def _timeless(row: sqlite3.Row) -> dict[str, Any]:
    return {name: value is not None if name in _CLOCK else value for name, value in zip(row.keys(), row, strict=True)}


def aliases_of(folder: Path) -> dict[str, str]:
    """Which bundle each alias of MLflow stands for."""
    asked = (
        "SELECT alias, value FROM registered_model_aliases JOIN model_version_tags"
        " USING (name, version, workspace) WHERE key = 'bundle' ORDER BY alias"
    )
    return dict(_rows(folder, asked))


def registered_in(folder: Path) -> dict[int, str]:
    """Bundle of each version in MLflow's registry."""
    return dict(_rows(folder, "SELECT version, value FROM model_version_tags WHERE key = 'bundle' ORDER BY version"))


def runs_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Settings and figures that MLflow keeps of each run, by its name there."""
    runs: dict[str, dict[str, Any]] = {}
    for table in ("params", "metrics", "tags"):
        for run, key, value in _rows(folder, f"SELECT run_uuid, key, value FROM {table}"):
            runs.setdefault(run, {})[f"{table} {key}"] = value
    return runs


def _rows(folder: Path, asked: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{folder / MLFLOW}?mode=ro", uri=True)) as connection:
        return connection.execute(asked).fetchall()


def live_of(folder: Path) -> dict[str, str]:
    """Bundle in each role of ``live.json`` that MLflow has an alias for."""
    live = json.loads((folder / "store" / "models" / "live.json").read_text(encoding="utf-8"))
    return {role: live[role]["version"] for role in ("challenger", "champion") if live[role]}
