"""The command line ``leadq``: what each command is called, takes and shows. The only reader of clock and environment.

Work is done by the stages, imported when a command runs, so that help answers at once. What can go wrong is told by
``failures.py``; what a command tells when it is done comes from its stage.
"""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from pipelines.progress import Progress
    from pipelines.project import Project
    from pipelines.told import Told

app = typer.Typer(
    name="leadq",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 120},
    help="Lead scores calibrated to the tiers that sales and marketing agreed on, with reasons that add up.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 stopped by a gate, 4 paused, 5 done with rejected rows. "
    "With --debug a failure also shows its traceback.",
)

crm_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make a CRM ready to take scores, and read its history."
)
app.add_typer(crm_app, name="crm")

Folder = Annotated[Path, typer.Option("--project", "-p", help="Project folder, the one with leadq.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
AsOf = Annotated[str, typer.Option("--as-of", help="Moment to look at: a date (UTC) or a time with its zone.")]
Because = Annotated[str, typer.Option("--because", help="Why; recorded with the decision.")]

Switch = Literal["on", "off"]

HERE = Path()


def main() -> None:
    """Run ``leadq`` and leave with its exit code."""
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # threads of the booster that wait must not eat a shared machine
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(args=arguments, prog_name="leadq")
    except Exception as error:  # the one place that catches all
        from pipelines.failures import report

        sys.exit(report(error, arguments, now=datetime.now(UTC), debug=len(arguments) < len(sys.argv) - 1))


def _now() -> datetime:
    from pipelines.clock import now_of

    return now_of(os.environ, datetime.now(UTC))


def _who() -> str:
    """Name the person at the keyboard, recorded with a decision."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or ""


def _in_project(folder: Path, what: str, work: Callable[[Project, Progress], Told], *, as_json: bool) -> None:
    """Open the project, do the work with a bar when somebody watches, and say what came of it."""
    from pipelines.progress import watched
    from pipelines.project import open_project

    project = open_project(folder, environment=os.environ, now=_now())
    with watched(what) as progress:
        told = work(project, progress)
    _say(told, as_json=as_json)


def _say(told: Told, *, as_json: bool) -> None:
    from pipelines.told import STOPPED_BY_GATE, for_a_terminal

    facts = {"done": told.exit_code != STOPPED_BY_GATE, "exit_code": told.exit_code, **told.facts}
    typer.echo(json.dumps(facts, indent=1, sort_keys=True) if as_json else for_a_terminal(told.words))
    if told.exit_code:
        raise typer.Exit(told.exit_code)


def _moment(text: str, where: str) -> datetime | None:
    from pipelines.clock import read_moment

    return read_moment(text, where=where) if text else None


@app.command(epilog="Example: leadq demo --folder demo --leads 20000 --seed 7")
def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where to; made if it does not exist.")] = Path("demo"),
    leads: Annotated[int, typer.Option("--leads", min=500, help="How many leads to simulate.")] = 20_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the company and of the training.")] = 7,
    as_json: Json = False,
) -> None:
    """Simulate a company, check, train, promote, score, and explain one lead."""
    from pipelines.demo import demo as run
    from pipelines.progress import watched

    with watched("demo") as progress:
        told = run(folder, leads=leads, seed=seed, environment=os.environ, progress=progress)
    _say(told, as_json=as_json)


@app.command(epilog="Example: leadq init my-leads --from export.csv")
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make; may exist, existing files are kept.")],
    source: Annotated[Path | None, typer.Option("--from", help="A file of leads: proposes its mapping.")] = None,
    as_json: Json = False,
) -> None:
    """Write a project folder with commented leadq.yaml, agreement.yaml and params.yaml."""
    from pipelines.init import init as run

    _say(run(folder, source=source), as_json=as_json)


@app.command(epilog="Example: leadq check --project my-leads")
def check(folder: Folder = HERE, as_json: Json = False) -> None:
    """Read the sources and say what the data can and cannot prove, and what looks like a leak."""
    from pipelines.check import check as run

    _in_project(folder, "check", run, as_json=as_json)


@app.command(epilog="Example: leadq train --project my-leads")
def train(folder: Folder = HERE, as_json: Json = False) -> None:
    """Ingest, validate, build, train, evaluate and register: a challenger for the champion."""
    from pipelines.training import train_all as run

    _in_project(folder, "train", run, as_json=as_json)


@app.command(epilog="Example: leadq models")
def models(folder: Folder = HERE, as_json: Json = False) -> None:
    """List the bundles in the store: which is live, what each was shown to do."""
    from pipelines.models import list_models as run

    _in_project(folder, "models", run, as_json=as_json)


@app.command(epilog='Example: leadq promote 3f2a9c81d07b --because "agreed in the October review"')
def promote(
    version: Annotated[str, typer.Argument(help="Bundle to put live; without it the latest challenger.")] = "",
    because: Because = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Put a bundle live if it beats the champion, the points score and the base rate; else say why not (exit code 3)."""
    from pipelines.promote import promote as run

    _in_project(
        folder,
        "promote",
        lambda project, progress: run(project, version=version, because=because, by=_who(), progress=progress),
        as_json=as_json,
    )


@app.command(epilog='Example: leadq rollback --because "tier T1 collapsed overnight"')
def rollback(because: Because = "", folder: Folder = HERE, as_json: Json = False) -> None:
    """Put the previous champion live again."""
    from pipelines.promote import rollback as run

    _in_project(folder, "rollback", lambda project, _: run(project, because=because, by=_who()), as_json=as_json)


@app.command(epilog="Example: leadq anchor; leadq promote")
def anchor(folder: Folder = HERE, as_json: Json = False) -> None:
    """Move the live model's base to what came of recent leads, as a new version, without training again."""
    from pipelines.anchor import anchor as run

    _in_project(folder, "anchor", run, as_json=as_json)


@app.command(epilog="Example: leadq shadow on")
def shadow(
    switch: Annotated[Switch, typer.Argument(help="on or off.")], folder: Folder = HERE, as_json: Json = False
) -> None:
    """Score the challenger beside the champion every night, for comparison only, or stop doing so."""
    from pipelines.shadow import switch_shadow

    _in_project(folder, "shadow", lambda project, _: switch_shadow(project, on=switch == "on"), as_json=as_json)


@app.command(epilog="Example: leadq preview --agreement agreement-v5.yaml")
def preview(
    agreement: Annotated[Path, typer.Option("--agreement", help="The changed agreement, with a higher version.")],
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Say what a changed agreement would do, on history, before it takes effect: tiers, promises, rules."""
    from pipelines.preview import preview as run

    _in_project(
        folder, "preview", lambda project, progress: run(project, progress, agreement=agreement), as_json=as_json
    )


@app.command(epilog="Example: leadq score; leadq score --since 2026-10-01T06:00:00Z; leadq score --lead L-0004711")
def score(
    since: Annotated[str, typer.Option("--since", help="Only leads created or changed after this moment.")] = "",
    lead: Annotated[str, typer.Option("--lead", help="Only this lead.")] = "",
    as_of: AsOf = "",
    changed_only: Annotated[
        bool, typer.Option("--changed-only", help="Keep last night's scores of leads of which nothing changed.")
    ] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Score the open leads into the store; the same night again is the same run, an interrupted one goes on."""
    from pipelines.score import score as run

    after, moment = _moment(since, "--since"), _moment(as_of, "--as-of")
    _in_project(
        folder,
        "score",
        lambda project, progress: run(
            project, progress, lead_id=lead, since=after, as_of=moment, changed_only=changed_only
        ),
        as_json=as_json,
    )


@app.command(epilog="Example: leadq explain L-0004711 --as-of 2026-09-01 --picture why.png")
def explain(
    lead: Annotated[str, typer.Argument(help="Lead id.")],
    as_of: Annotated[str, typer.Option("--as-of", help="The newest score at or before this moment, reproduced.")] = "",
    afresh: Annotated[bool, typer.Option("--afresh", help="Look at today's sources instead of at a score.")] = False,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw it into this .png or .svg file.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the card as one offline page into this file.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="Only the short text that fits a CRM field.")] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Say in words why a lead has its score, the newest one or the one of a past night, reproduced exactly."""
    from pipelines.explain import explain as run
    from pipelines.explained import Files

    moment, files = _moment(as_of, "--as-of"), Files(picture=picture, page=html)
    _in_project(
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
        int | None, typer.Option("--port", min=0, max=65535, help="Instead of the one in leadq.yaml.")
    ] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Open the desk: a web page on this machine in which sales reads tonight's leads and answers them. Stop with Ctrl+C."""
    from pipelines.desk import run_desk
    from pipelines.project import open_project

    def ready(address: str) -> None:
        typer.echo(json.dumps({"address": address}) if as_json else f"The desk is open at {address} (Ctrl+C closes it)")

    project = open_project(folder, environment=os.environ, now=_now())
    run_desk(project, environment=os.environ, clock=_now, ready=ready, port=port)


@crm_app.command(epilog="Example: leadq crm setup salesforce --folder salesforce")
def setup(
    system: Annotated[Literal["salesforce"], typer.Argument(help="Which CRM.")],
    target: Annotated[Path, typer.Option("--folder", help="Where to; replaced if an earlier run wrote it.")],
    statuses: Annotated[
        list[str] | None,
        typer.Option("--disqualified-status", help="Lead status that needs a rejection reason; may be repeated."),
    ] = None,
    track_history: Annotated[
        bool, typer.Option("--track-history", help="Have Salesforce keep the history of tier, score and answers.")
    ] = False,
    detail: Annotated[bool, typer.Option("--detail", help="With a long text of all reasons.")] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Write a folder that Salesforce's command line deploys: the fields, the rights, the rule for rejections."""
    from pipelines.crm_setup import setup_salesforce as run

    _in_project(
        folder,
        f"crm setup {system}",
        lambda project, _: run(
            project, folder=target, statuses=statuses or (), track_history=track_history, detail=detail
        ),
        as_json=as_json,
    )


deliver_app = typer.Typer(
    help="Send committed scores to where sales works, only what changed; killed and started again, it goes on.",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog="Example: leadq deliver --dry-run; leadq deliver --to warehouse",
)
app.add_typer(deliver_app, name="deliver")
To = Annotated[str, typer.Option("--to", help="Name of the target under deliver in leadq.yaml; all without it.")]


@deliver_app.callback()
def deliver(
    context: typer.Context,
    to: To = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Only go on with what was begun; plan nothing new.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overrule the guards on shares; recorded.")] = False,
    lead: Annotated[str, typer.Option("--lead", help="Only this lead's newest score.")] = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Deliver the newest night."""
    if context.invoked_subcommand is not None:
        return
    from pipelines.deliver import Asked, deliver_scores
    from serving.delivery.deliver import Wish

    asked = Asked(to=to, lead_id=lead, wish=Wish(force=force, dry_run=dry_run, resume=resume))
    _in_project(
        folder,
        "deliver",
        lambda project, progress: deliver_scores(project, progress, asked=asked, environment=dict(os.environ)),
        as_json=as_json,
    )


@deliver_app.command("restore", epilog="Example: leadq deliver restore 3f2a9c81d07b5e66 --to warehouse")
def deliver_restore(
    run: Annotated[str, typer.Argument(help="The delivery to go back to, as its report names it.")],
    to: To = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Send what a target held after an earlier delivery once more."""
    from pipelines.deliver import restore

    _in_project(
        folder,
        "restore",
        lambda project, _: restore(project, run_id=run, to=to, environment=dict(os.environ)),
        as_json=as_json,
    )


@deliver_app.command("look", epilog="Example: leadq deliver look --to warehouse")
def deliver_look(to: To = "", folder: Folder = HERE, as_json: Json = False) -> None:
    """Read up to 500 leads back and compare them with what was confirmed; what differs is sent with the next delivery."""
    from pipelines.deliver import look

    _in_project(folder, "look", lambda project, _: look(project, to=to, environment=dict(os.environ)), as_json=as_json)


@deliver_app.command("stop", epilog="Example: leadq deliver stop")
def deliver_stop(folder: Folder = HERE, as_json: Json = False) -> None:
    """Stop all deliveries before their next step, also those that are running."""
    from pipelines.deliver import switch

    _in_project(folder, "stop", lambda project, _: switch(project, on=False, by=_who()), as_json=as_json)


@deliver_app.command("start", epilog="Example: leadq deliver start")
def deliver_start(folder: Folder = HERE, as_json: Json = False) -> None:
    """Let deliveries go on."""
    from pipelines.deliver import switch

    _in_project(folder, "start", lambda project, _: switch(project, on=True, by=_who()), as_json=as_json)


@crm_app.command(epilog="Example: leadq crm history --from salesforce --folder extract")
def history(
    name: Annotated[
        str, typer.Option("--from", help="Name of the Salesforce organisation under deliver in leadq.yaml.")
    ],
    target: Annotated[Path, typer.Option("--folder", help="Where to; what changed is laid over an earlier reading.")],
    lead_fields: Annotated[
        list[str] | None, typer.Option("--lead-field", help="A field of your own on leads; may be repeated.")
    ] = None,
    account_fields: Annotated[
        list[str] | None, typer.Option("--account-field", help="A field of your own on accounts; may be repeated.")
    ] = None,
    matched_account: Annotated[
        str, typer.Option("--matched-account", help="Lookup that names a lead's account before it is converted.")
    ] = "",
    rejection_reason: Annotated[
        bool,
        typer.Option("--rejection-reason", help="Read the answers of sales; needs leadq crm setup --track-history."),
    ] = False,
    currency: Annotated[bool, typer.Option("--currency", help="The organisation has several currencies.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Read everything again.")] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Read leads, opportunities, what sales did and recorded changes out of Salesforce into files that leadq.yaml reads."""
    from crm.salesforce.history_queries import HistorySettings
    from pipelines.crm_history import read_salesforce as run

    settings = HistorySettings(
        lead_fields=tuple(lead_fields or ()),
        account_fields=tuple(account_fields or ()),
        matched_account=matched_account,
        with_rejection_reason=rejection_reason,
        with_currency=currency,
    )
    _in_project(
        folder,
        "crm history",
        lambda project, progress: run(
            project, progress, name=name, folder=target, settings=settings, whole=whole, environment=dict(os.environ)
        ),
        as_json=as_json,
    )


@app.command(hidden=True)
def stage(
    name: Annotated[str, typer.Argument(help="simulate, ingest, validate, build, train, evaluate or register.")],
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Run one stage of training, as dvc.yaml does."""
    from pipelines.training import run_stage

    _in_project(folder, name, lambda project, progress: run_stage(name, project, progress), as_json=as_json)
