"""Two versions of leadq taking the same steps: the former one out of its tree, the present one as it is installed.

Each in processes of its own, with no other path than its own: the former tree stands on ``PYTHONPATH``, which puts its packages before
those of our editable installation; the present one runs from an empty folder without any.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.compatibility.former_commit import FORMER_ROOMS

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command line of leadq, or a script run with its packages.

    Parameters
    ----------
    words : tuple of str
        Behind ``leadq``, or behind the script's name.
    now : str
        The moment it is given at, in ``LEADQ_NOW``.
    script : str
        Path of the script; empty for leadq itself.
    writes : mapping of str to str
        Files that the user writes before it, by path.
    """

    words: tuple[str, ...]
    now: str
    script: str = ""
    writes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a step wrote to standard output, and its exit code."""

    code: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of leadq.

    Parameters
    ----------
    entry : str
        Module and function of its command line.
    command : tuple of str
        What starts a process of its command line.
    folder : Path
        Where its processes run.
    path : str
        ``PYTHONPATH``; empty for what is installed.
    """

    entry: str
    command: tuple[str, ...]
    folder: Path
    path: str = ""

    def in_one_process(self, steps: Sequence[Step], answer: Path) -> tuple[list[Said], dict[str, str]]:
        """Take steps one after the other in one process: starting is what short commands spend their time on.

        Parameters
        ----------
        steps : sequence of Step
        answer : Path
            A file to write between the two processes.

        Returns
        -------
        list of Said
        dict of str to str
            File of each top-level package of either version that was imported, by its name.
        """
        names = ["leadq", *FORMER_ROOMS]
        asked = {"entry": self.entry, "steps": [asdict(one) for one in steps], "names": names, "answer": str(answer)}
        ended = subprocess.run(
            [sys.executable, "-P", str(HERE / "command_session.py")],
            **self._around(steps[0].now),
            input=json.dumps(asked),
            check=False,
        )
        assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
        document = json.loads(answer.read_text(encoding="utf-8"))
        return [Said(**one) for one in document["said"]], document["homes"]

    def in_processes(self, steps: Sequence[Step]) -> list[Said]:
        """Take each step in a process of its own, as a user and a nightly job do."""
        return [self._in_a_process(one) for one in steps]

    def _in_a_process(self, step: Step) -> Said:
        for path, text in step.writes.items():
            Path(path).write_text(text, encoding="utf-8")
        command = (sys.executable, "-P", step.script) if step.script else self.command
        ended = subprocess.run([*command, *step.words], **self._around(step.now), check=False)
        return Said(code=ended.returncode, said=ended.stdout if ended.returncode in (0, 5) else ended.stderr)

    def _around(self, now: str) -> dict[str, Any]:
        """Return what a process runs in: nothing else of the environment says where code, stores and servers are."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("LEADQ_", "MLFLOW_", "PYTHONP"))
        }
        own = {"USER": "head-of-sales", "LEADQ_NOW": now, **({"PYTHONPATH": self.path} if self.path else {})}
        return {"cwd": self.folder, "env": {**kept, **own}, "capture_output": True, "text": True}


def former_version(tree: Path) -> Version:
    """Return the version in a former tree."""
    command = (sys.executable, "-m", "pipelines")
    return Version(entry="pipelines.cli:main", command=command, folder=tree, path=str(tree))


def version_before_the_readings(tree: Path) -> Version:
    """Return the version in a tree of the last commit with one reading."""
    command = (sys.executable, "-P", "-m", "leadq")
    return Version(entry="leadq.pipelines.cli.main:main", command=command, folder=tree, path=str(tree))


def present_version(folder: Path) -> Version:
    """Return the installed version, run from an empty folder that is made here."""
    folder.mkdir()
    command = (str(Path(sys.executable).with_name("leadq")),)
    return Version(entry="leadq.pipelines.cli.main:main", command=command, folder=folder)


def must_have_worked(steps: Sequence[Step], said: Sequence[Said]) -> None:
    """Fail on the first step that did not end with 0."""
    for step, one in zip(steps, said, strict=True):
        assert one.code == 0, f"{step.script} {' '.join(step.words)}: exit code {one.code}\n{one.said}"
