"""What ``leadq init`` says of DVC is what makes DVC work on the project, in a folder of its own, in a repository, and without git."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadq.pipelines.getting_started.init import init

pytestmark = pytest.mark.integration
_SAID = re.compile(r"once in (\S+): (.+), or without git: (dvc init --no-scm)\.")


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "DVC_NO_ANALYTICS": "1",
        "GIT_CEILING_DIRECTORIES": str(folder.parents[1]),
    }
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("where", ["alone", "in a repository", "without git"])
def test_the_line_that_init_prints_makes_dvc_work(where: str, tmp_path: Path) -> None:
    if where == "in a repository":
        assert run("git init", tmp_path).returncode == 0
    folder = tmp_path / "my-leads"
    found = _SAID.search(init(folder).words)
    assert found is not None
    with_git, without = found.group(2), found.group(3)
    assert with_git == ("dvc init --subdir" if where == "in a repository" else "git init && dvc init")
    assert run(without if where == "without git" else with_git, folder).returncode == 0
    (folder / "dvc.lock").write_text("schema: '2.0'\n")
    (folder / "work").mkdir()
    (folder / "work" / "metrics.json").write_text('{"auc": 0.7}\n')
    shown = run("dvc metrics show", folder)
    assert "0.7" in shown.stdout
    assert "WARNING" not in shown.stdout + shown.stderr
    if where != "without git":
        (folder / ".gitignore").write_text("/dvc.lock\n")  # as it was: DVC does not work then
        assert "dvc.lock' is git-ignored" in run("dvc metrics show", folder).stderr
