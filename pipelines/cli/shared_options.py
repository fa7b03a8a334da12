"""What every command of ``leadq`` shares: its common options, and how it opens a project, works, and reports the result."""
# ruff: noqa: PLC0415 - imported by the command that runs; leadq --help must not pay for it

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from leadq.pipelines.console.command_result import Told
    from leadq.pipelines.console.progress import Progress
    from leadq.pipelines.project.project import Project

Folder = Annotated[Path, typer.Option("--project", "-p", help="Project folder (where leadq.yaml is).")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
AsOf = Annotated[str, typer.Option("--as-of", help="Score as of this moment: a date (UTC) or a time with its zone.")]
Because = Annotated[str, typer.Option("--because", help="The reason; it is recorded with the decision.")]

HERE = Path()


def now() -> datetime:
    """Return now, or the moment that the environment sets."""
    from leadq.pipelines.console.moment_text import now_of

    return now_of(os.environ, datetime.now(UTC))


def who() -> str:
    """Name the person at the keyboard, recorded with a decision."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or ""


def in_project(folder: Path, what: str, work: Callable[[Project, Progress], Told], *, as_json: bool) -> None:
    """Open the project, do the work with a bar when somebody watches, and report the result."""
    from leadq.pipelines.console.progress import watched
    from leadq.pipelines.project.project import open_project

    project = open_project(folder, environment=os.environ, now=now())
    with watched(what) as progress:
        told = work(project, progress)
    say(told, as_json=as_json)


def say(told: Told, *, as_json: bool) -> None:
    """Tell a person or a machine, and leave with the exit code where it is not 0."""
    from leadq.pipelines.console.command_result import STOPPED_BY_GATE, for_a_terminal
    from leadq.pipelines.console.output_streams import answer

    facts = {"done": told.exit_code != STOPPED_BY_GATE, "exit_code": told.exit_code, **told.facts}
    answer(json.dumps(facts, indent=1, sort_keys=True) if as_json else for_a_terminal(told.words))
    if told.exit_code:
        raise typer.Exit(told.exit_code)


def moment_of(text: str, where: str) -> datetime | None:
    """Read a moment that an option gives; None where it is not given."""
    from leadq.pipelines.console.moment_text import read_moment

    return read_moment(text, where=where) if text else None
