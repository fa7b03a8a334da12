"""The wheel in environments of its own, outside the repository, beside a folder ``models/`` of the user's own.

First the core alone, as a nightly machine has it, then with the remedy followed that it prints: the extra ``train``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.packaging.conftest import ROOT, Distributions
from tests.shared_company import CompanyCopy

pytestmark = pytest.mark.integration
TRAINING = {"mlflow", "dvc", "great_expectations", "shap", "matplotlib", "scikit_learn"}


@dataclass(frozen=True)
class Environment:
    """A virtual environment and a folder of the user's, which holds packages named as our rooms."""

    folder: Path
    home: Path

    def install(self, *what: str) -> None:
        """Install with the versions of constraints.txt."""
        uv = str(Path(sys.executable).with_name("uv"))
        command = [uv, "pip", "install", "--quiet", "--python", str(self.folder / "bin" / "python")]
        subprocess.run([*command, "-c", str(ROOT / "constraints.txt"), *what], check=True)

    def leadq(self, *arguments: str, now: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command as a user does: from a folder of theirs, which they have put on Python's path."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {**kept, "PYTHONPATH": ".", "OMP_NUM_THREADS": "1"} | ({"LEADQ_NOW": now} if now else {})
        command = [str(self.folder / "bin" / "leadq"), *arguments]
        return subprocess.run(command, cwd=self.home, env=environment, capture_output=True, text=True, check=False)

    def distributions(self) -> set[str]:
        """Names of what is installed, as their folders say them."""
        found = (self.folder / "lib").glob("python3*/site-packages/*.dist-info")
        return {path.stem.rsplit("-", 1)[0].lower().replace("-", "_") for path in found}

    def megabytes(self) -> float:
        """Space of the environment on the disk."""
        return sum(path.lstat().st_size for path in self.folder.rglob("*") if not path.is_symlink()) / 1e6


@pytest.fixture(scope="module")
def core(distributions: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Install the wheel without extras."""
    folder, home = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("somebody")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    for package in ("models", "agreement", "crm"):
        (home / package).mkdir()
        (home / package / "__init__.py").write_text("raise ImportError('this is the user\\'s own package')\n")
    made = Environment(folder=folder, home=home)
    made.install(str(distributions.wheel))
    return made


def test_the_core_carries_no_training_stack(core: Environment, record_property: Callable[[str, object], None]) -> None:
    installed = core.distributions()
    assert "leadq" in installed
    assert not installed & TRAINING
    record_property("figure", f"core: {len(installed)} distributions, {core.megabytes():.0f} MB")


def test_the_core_scores_a_night_of_a_project_trained_elsewhere(
    core: Environment, company_copy: CompanyCopy, tmp_path: Path
) -> None:
    project = company_copy(tmp_path / "project")
    twin = company_copy(tmp_path / "twin")
    now = project.now.isoformat()
    here = subprocess.run(
        [str(Path(sys.executable).with_name("leadq")), "score", "--project", str(twin.folder), "--json"],
        env={**os.environ, "LEADQ_NOW": now},
        capture_output=True,
        text=True,
        check=False,
    )
    there = core.leadq("score", "--project", str(project.folder), "--json", now=now)
    assert (there.returncode, there.stderr) == (here.returncode, here.stderr)
    ours, theirs = (Path(json.loads(done.stdout)["scores"]) for done in (here, there))
    assert ours.read_bytes() == theirs.read_bytes()
    scored = [row for row in pq.read_table(theirs).to_pylist() if row["status"] == "scored"]
    explained = core.leadq("explain", scored[0]["lead_id"], "--project", str(project.folder), now=now)
    assert explained.returncode == 0, explained.stderr
    config = project.folder / "leadq.yaml"
    config.write_text(config.read_text() + f"deliver:\n  out: {{kind: files, folder: {tmp_path / 'out'}}}\n")
    delivered = core.leadq("deliver", "--project", str(project.folder), "--json", now=now)
    assert delivered.returncode == 0, delivered.stdout
    assert list((tmp_path / "out").rglob("*.parquet"))


def test_what_needs_the_training_stack_says_so_and_does_nothing(
    core: Environment, company_copy: CompanyCopy, tmp_path: Path
) -> None:
    project = company_copy(tmp_path / "project")
    before = sorted(project.folder.rglob("*"))
    for command in ("train", "check"):
        refused = core.leadq(command, "--project", str(project.folder))
        assert refused.returncode == 1
        assert f"leadq {command}: needs the extra train of leadq" in refused.stderr
        assert "pip install 'leadq[train]'" in refused.stderr
    assert sorted(project.folder.rglob("*")) == before
    assert core.leadq("demo", "--folder", "demo").returncode == 1
    assert not (core.home / "demo").exists()


@pytest.mark.acceptance
def test_the_remedy_followed_the_demo_runs_to_its_end(
    core: Environment, record_property: Callable[[str, object], None]
) -> None:
    core.install("leadq[train]")  # as the message above says it
    size = f"{len(core.distributions())} distributions, {core.megabytes():.0f} MB"
    record_property("figure", f"leadq[train]: {size}")
    ended = core.leadq("demo", "--folder", "demo", "--leads", "1500")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "[LightGBM]" not in ended.stdout + ended.stderr
    assert "Promised" in ended.stdout or "promised" in ended.stdout
    assert (core.home / "demo" / "reports" / "evaluation.html").is_file()
