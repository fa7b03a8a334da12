"""The command line ``leadq``: what each command is called, takes and shows. The only reader of clock and environment.

Work is done by the stages, imported when a command runs, so that help answers at once. What can go wrong is told by
``pipelines/console/failures.py``; what a command tells when it is done comes from its stage.
"""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from leadq import __version__
from leadq.pipelines.cli.agreement_commands import agreement_app, preview_app
from leadq.pipelines.cli.crm_commands import crm_app
from leadq.pipelines.cli.delivery_commands import deliver_app
from leadq.pipelines.cli.plant_option import Plant
from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.scores_command import scores_app
from leadq.pipelines.cli.shared_options import HERE, AsOf, Because, Folder, Json, in_project, moment_of, now, say, who
from leadq.pipelines.console.failures import InterruptedCommandError, report
from leadq.pipelines.console.output_streams import answer, answered, begin, own_stderr, silent_exit

app = Commands(
    name="leadq",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 120},
    help="Lead scores calibrated to the tiers that sales and marketing agreed on, with reasons that add up.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 stopped before anything was written, 4 paused (run it again), "
    "5 done, but some rows were rejected. Add --debug to see the traceback of a failure.",
)

app.add_typer(scores_app)
app.add_typer(agreement_app, name="agreement")
app.add_typer(preview_app)
app.add_typer(crm_app, name="crm")
app.add_typer(deliver_app, name="deliver")

Switch = Literal["on", "off"]


def main() -> None:
    """Run ``leadq`` and leave with its exit code."""
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # threads of the booster that wait must not eat a shared machine
    gc.set_threshold(50_000, 20, 100)  # by default a seventh of a training goes into looking for garbage
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    begin()
    try:
        # a person is told of wrong usage by typer, with the usage; for a machine it comes here like any other failure
        code = app(args=arguments, prog_name="leadq", standalone_mode="--json" not in arguments)
        if code == InterruptedCommandError.exit_code and not answered():
            raise InterruptedCommandError
        sys.exit(code)
    except Exception as error:  # the one place that catches all
        sys.exit(report(error, arguments, now=datetime.now(UTC), debug=debug))
    finally:
        if not debug:
            silent_exit()


def _version(asked: bool) -> None:
    if asked:
        answer(f"leadq {__version__}")
        raise typer.Exit


@app.callback()
def _before_any_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Stand before every command."""


@app.command(epilog="Example: leadq demo --folder demo --leads 20000 --seed 7")
def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Folder for the demo; created if missing.")] = Path("demo"),
    leads: Annotated[int, typer.Option("--leads", min=500, help="How many leads to simulate.")] = 20_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Random seed of the company and the training.")] = 7,
    plant: Plant = None,
    as_json: Json = False,
) -> None:
    """Try everything on a simulated company: train a model, promote it, score its leads and explain one of them."""
    from leadq.pipelines.console.progress import watched
    from leadq.pipelines.getting_started.demo import demo as run

    with watched("demo") as progress:
        told = run(folder, leads=leads, seed=seed, plant=plant or (), environment=os.environ, progress=progress)
    say(told, as_json=as_json)


@app.command(epilog="Example: leadq init my-leads --from export.csv; leadq init my-leads --from export-folder --yes")
def init(
    folder: Annotated[Path, typer.Argument(help="Project folder; created if missing, existing files are kept.")],
    source: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            help="A file of leads, to propose which column is what; repeat it for further tables, or give a folder.",
        ),
    ] = None,
    take_it: Annotated[bool, typer.Option("--yes", help="Take the proposal as it is, and ask nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Start a project: a folder with leadq.yaml, agreement.yaml and params.yaml, each with comments."""
    from leadq.pipelines.console.terminal_question import at_the_terminal
    from leadq.pipelines.getting_started.init import init as run

    ask = None if take_it or as_json else at_the_terminal()
    say(run(folder, source=source, ask=ask, now=now()), as_json=as_json)


@app.command(epilog="Example: leadq check --project my-leads")
def check(folder: Folder = HERE, as_json: Json = False) -> None:
    """Check the data: what it can and cannot prove, and which fields look like leaks."""
    from leadq.pipelines.project.agreement_standing import with_standing
    from leadq.pipelines.training.check import check as run

    in_project(
        folder, "check", lambda project, progress: with_standing(run(project, progress), project), as_json=as_json
    )


@app.command(epilog="Example: leadq train --project my-leads")
def train(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also say the figures for a statistician, at every age of a lead.")
    ] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Train a new model (the challenger) on the current data, say whether to trust it, and write its evaluation report."""
    from leadq.pipelines.training.stages import train_all as run

    in_project(folder, "train", lambda project, progress: run(project, progress, verbose=verbose), as_json=as_json)


@app.command(epilog="Example: leadq models")
def models(folder: Folder = HERE, as_json: Json = False) -> None:
    """List all models: which one is live and how well each one works."""
    from leadq.pipelines.quarter.list_models import list_models as run

    in_project(folder, "models", run, as_json=as_json)


@app.command(epilog='Example: leadq promote 3f2a9c81d07b --because "agreed in the October review"')
def promote(
    version: Annotated[str, typer.Argument(help="Model to put live; by default the latest challenger.")] = "",
    because: Because = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Put a model live if it beats the live model, the points score and the base rate; otherwise say why not (exit code 3)."""
    from leadq.pipelines.quarter.promote import promote as run

    in_project(
        folder,
        "promote",
        lambda project, progress: run(project, version=version, because=because, by=who(), progress=progress),
        as_json=as_json,
    )


@app.command(epilog='Example: leadq rollback --because "tier T1 collapsed overnight"')
def rollback(because: Because = "", folder: Folder = HERE, as_json: Json = False) -> None:
    """Undo the last promotion: put the previous model live again."""
    from leadq.pipelines.quarter.promote import rollback as run

    in_project(folder, "rollback", lambda project, _: run(project, because=because, by=who()), as_json=as_json)


@app.command(epilog="Example: leadq mirror")
def mirror(folder: Folder = HERE, as_json: Json = False) -> None:
    """Update MLflow after the store was moved, or after its server was down or replaced: register missing models, mark the live one."""
    from leadq.pipelines.quarter.promote import mirror as run

    in_project(folder, "mirror", run, as_json=as_json)


@app.command(epilog="Example: leadq anchor; leadq promote")
def anchor(folder: Folder = HERE, as_json: Json = False) -> None:
    """Adjust the live model's overall level to the win rate of recent leads, as a new version and without training again."""
    from leadq.pipelines.quarter.anchor import anchor as run

    in_project(folder, "anchor", run, as_json=as_json)


@app.command(epilog="Example: leadq shadow on")
def shadow(
    switch: Annotated[Switch, typer.Argument(help="on or off.")], folder: Folder = HERE, as_json: Json = False
) -> None:
    """Switch shadow scoring on or off: the challenger scores the same leads every night, for comparison only."""
    from leadq.pipelines.challenger.shadow_scoring import switch_shadow

    in_project(folder, "shadow", lambda project, _: switch_shadow(project, on=switch == "on"), as_json=as_json)


@app.command(epilog="Example: leadq score; leadq score --since 2026-10-01T06:00:00Z; leadq score --lead L-0004711")
def score(
    since: Annotated[str, typer.Option("--since", help="Only leads created or changed after this moment.")] = "",
    lead: Annotated[str, typer.Option("--lead", help="Only this lead.")] = "",
    as_of: AsOf = "",
    changed_only: Annotated[
        bool, typer.Option("--changed-only", help="Keep last night's scores for leads that have not changed.")
    ] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Score the open leads. Repeating a night changes nothing; an interrupted night continues where it stopped."""
    from leadq.pipelines.night.score import score as run
    from leadq.pipelines.project.agreement_standing import with_standing

    after, moment = moment_of(since, "--since"), moment_of(as_of, "--as-of")
    in_project(
        folder,
        "score",
        lambda project, progress: with_standing(
            run(project, progress, lead_id=lead, since=after, as_of=moment, changed_only=changed_only), project
        ),
        as_json=as_json,
    )


@app.command(epilog="Example: leadq explain L-0004711 --as-of 2026-09-01 --picture why.png")
def explain(
    lead: Annotated[str, typer.Argument(help="Lead id.")],
    as_of: Annotated[
        str, typer.Option("--as-of", help="Reproduce the newest score at or before this date or time.")
    ] = "",
    afresh: Annotated[bool, typer.Option("--afresh", help="Score the lead now, from today's sources.")] = False,
    picture: Annotated[Path | None, typer.Option("--picture", help="Also draw it as a .png or .svg file.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also save the card as one HTML file.")] = None,
    short: Annotated[bool, typer.Option("--short", help="Only the short text that fits into a CRM field.")] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Explain in words why a lead has its score: the newest one, or that of a past night, reproduced exactly."""
    from leadq.pipelines.explaining.explain import explain as run
    from leadq.pipelines.explaining.explanation import Files

    moment, files = moment_of(as_of, "--as-of"), Files(picture=picture, page=html)
    in_project(
        folder,
        "explain",
        lambda project, progress: run(
            project, progress, lead_id=lead, as_of=moment, afresh=afresh, files=files, short=short
        ),
        as_json=as_json,
    )


@app.command(epilog="Example: leadq desk; leadq desk --port 8711")
def desk(
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="Port to use instead of the one in leadq.yaml.")
    ] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Open the desk: web pages on which sales reads tonight's leads and answers them. Stop it with Ctrl+C."""
    from leadq.pipelines.desk import run_desk
    from leadq.pipelines.project.project import open_project

    def ready(address: str) -> None:
        answer(json.dumps({"address": address}) if as_json else f"The desk is open at {address} (Ctrl+C closes it)")

    # pages that fail are told while the desk stays open; everything else that libraries say is set aside
    for name in ("uvicorn.error", "asyncio"):
        logging.getLogger(name).addHandler(logging.StreamHandler(own_stderr()))
    project = open_project(folder, environment=os.environ, now=now())
    run_desk(project, environment=os.environ, clock=now, ready=ready, port=port)


@app.command(hidden=True, epilog="Example: leadq stage evaluate")
def stage(
    name: Annotated[str, typer.Argument(help="simulate, ingest, validate, build, train, evaluate or register.")],
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Run one stage of training, as dvc.yaml does."""
    from leadq.pipelines.training.stages import run_stage

    in_project(folder, name, lambda project, progress: run_stage(name, project, progress), as_json=as_json)
