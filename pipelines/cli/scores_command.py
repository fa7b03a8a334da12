"""``leadq scores``: the newest scores in the terminal, as CSV on standard output, or as JSON."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadq.foundation.problems import Problem, UsageError
from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project, now

if TYPE_CHECKING:
    from leadq.pipelines.scores.show_scores import Chosen

scores_app = Commands()
"""Its command is one of ``leadq`` itself: the app joins it without a name."""


@scores_app.command(epilog="Example: leadq scores; leadq scores --tier T1 --top 50; leadq scores --csv")
def scores(
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV to standard output: all leads, best first.")] = False,
    tier: Annotated[
        list[str] | None, typer.Option("--tier", help="Only leads of this tier; can be given several times.")
    ] = None,
    top: Annotated[int | None, typer.Option("--top", min=1, help="Only the best so many leads.")] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Show the newest scores, best leads first. Works while a night is being scored: only finished nights are shown."""
    from leadq.pipelines.scores.show_scores import Chosen, show_scores

    if as_csv and as_json:
        rule, remedy = "takes --csv or --json, not both", "Leave one of the two out."
        raise UsageError(Problem(where="leadq scores", rule=rule, remedy=remedy))
    chosen = Chosen(tiers=tuple(tier or ()), top=top)
    if as_csv:
        _write_csv(folder, chosen)
    else:
        in_project(folder, "scores", lambda project, _: show_scores(project, chosen, as_json=as_json), as_json=as_json)


def _write_csv(folder: Path, chosen: Chosen) -> None:
    from leadq.pipelines.console.command_result import WITH_REJECTED_ROWS, for_a_terminal
    from leadq.pipelines.console.output_streams import answer_in_parts, own_stderr
    from leadq.pipelines.project.project import open_project
    from leadq.pipelines.scores.csv_rows import csv_parts, left_out
    from leadq.pipelines.scores.show_scores import read_scores

    project = open_project(folder, environment=os.environ, now=now())
    rows = read_scores(project, chosen).rows
    answer_in_parts(csv_parts(rows))
    if problem := left_out(rows):
        own_stderr().write(f"{for_a_terminal(str(problem))}\n")
        raise typer.Exit(WITH_REJECTED_ROWS)
