"""The commands ``leadq deliver``: what each is called and takes. The work is done by ``pipelines/delivery/deliver.py``."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from leadq.foundation.problems import Problem, UsageError
from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project, who

deliver_app = Commands(
    help="Send tonight's scores to where sales works (only what changed). An interrupted delivery continues when run again.",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog="Example: leadq deliver --dry-run; leadq deliver --to warehouse",
)
To = Annotated[str | None, typer.Option("--to", help="Only this target (its name under deliver in leadq.yaml).")]


@deliver_app.callback()
def deliver(
    context: typer.Context,
    to: To = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be sent.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Only finish deliveries that were started.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Send even if unusually many leads change; recorded.")] = False,
    lead: Annotated[str | None, typer.Option("--lead", help="Only this lead's newest score.")] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Send every score of the night, changed or not.")
    ] = False,
    clear_unscored: Annotated[
        bool,
        typer.Option("--clear-unscored", help="Empty leadq's fields on leads that no longer have a score."),
    ] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="With --dry-run: write what would be sent to this file.")
    ] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Deliver the newest night."""
    if context.invoked_subcommand is not None:
        _must_stand_behind(context, context.invoked_subcommand)
        return
    from leadq.pipelines.delivery.deliver import Asked, deliver_scores
    from leadq.pipelines.project.agreement_standing import with_standing
    from leadq.serving.delivery.deliver import Wish

    wish = Wish(
        force=force,
        dry_run=dry_run,
        resume=resume,
        full_refresh=full_refresh,
        clear_unscored=clear_unscored,
        csv=csv,
    )
    asked = Asked(to=to, lead_id=lead, wish=wish)
    in_project(
        folder,
        "deliver",
        lambda project, progress: with_standing(
            deliver_scores(project, progress, asked=asked, environment=dict(os.environ)), project
        ),
        as_json=as_json,
    )


def _must_stand_behind(context: typer.Context, command: str) -> None:
    """Refuse options in front of a command under ``deliver``: it would not see them, and a dry run would be none."""
    options = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    sources = {name: context.get_parameter_source(name) for name in context.params}
    given = [options[name] for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if given:
        remedy = f"leadq deliver {command} takes its own options: see leadq deliver {command} --help."
        rule = f"must come after {command}, if {command} takes it"
        raise UsageError(Problem(where=", ".join(given), rule=rule, remedy=remedy))


@deliver_app.command("restore", epilog="Example: leadq deliver restore 3f2a9c81d07b5e66 --to warehouse")
def deliver_restore(
    run: Annotated[str, typer.Argument(help="The delivery to go back to (the run in its report).")],
    to: To = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Go back to an earlier delivery: send the values that the target had after it."""
    from leadq.pipelines.delivery.deliver import restore

    in_project(
        folder,
        "restore",
        lambda project, _: restore(project, run_id=run, to=to, environment=dict(os.environ)),
        as_json=as_json,
    )


@deliver_app.command("look", epilog="Example: leadq deliver look --to warehouse")
def deliver_look(to: To = None, folder: Folder = HERE, as_json: Json = False) -> None:
    """Check up to 500 leads in the target: do they still have our values? The next delivery sends what differs."""
    from leadq.pipelines.delivery.deliver import look

    in_project(folder, "look", lambda project, _: look(project, to=to, environment=dict(os.environ)), as_json=as_json)


@deliver_app.command("stop", epilog="Example: leadq deliver stop")
def deliver_stop(folder: Folder = HERE, as_json: Json = False) -> None:
    """Stop all deliveries before their next step, including those that are running."""
    from leadq.pipelines.delivery.deliver import switch

    in_project(folder, "stop", lambda project, _: switch(project, on=False, by=who()), as_json=as_json)


@deliver_app.command("start", epilog="Example: leadq deliver start")
def deliver_start(folder: Folder = HERE, as_json: Json = False) -> None:
    """Allow deliveries again."""
    from leadq.pipelines.delivery.deliver import switch

    in_project(folder, "start", lambda project, _: switch(project, on=True, by=who()), as_json=as_json)
