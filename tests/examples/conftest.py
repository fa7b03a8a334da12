"""The real data sets and their example configurations."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadq.pipelines.project.project import Project, open_project

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("LEADQ_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def open_example(folder: Path) -> Project:
    """Open a copied example, pointed at the real data."""
    return open_project(folder, environment={"LEADQ_SHARED_DATA": str(DATA)}, now=NOW)


@pytest.fixture(scope="session")
def example() -> Callable[[str, Path], Project]:
    """Return a function that copies an example into a folder and opens it."""
    if not DATA.is_dir():
        pytest.skip(f"real data is not at {DATA} (LEADQ_SHARED_DATA)")

    def copy(name: str, folder: Path) -> Project:
        shutil.copytree(ROOT / "examples" / name, folder / name)
        return open_example(folder / name)

    return copy
