"""The commands ``leadq crm``: what each is called and takes. The work is done by ``crm_*.py`` beside it."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from leadq.foundation.problems import Problem, UsageError
from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project

if TYPE_CHECKING:
    from leadq.pipelines.console.command_result import Told
    from leadq.pipelines.console.progress import Progress
    from leadq.pipelines.project.project import Project

crm_app = Commands(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make a CRM ready to take scores, try its ways, and read its history.",
)


@crm_app.command(
    epilog="Example: leadq crm setup salesforce --folder salesforce, or: leadq crm setup hubspot --dry-run"
)
def setup(
    system: Annotated[Literal["salesforce", "hubspot"], typer.Argument(help="Which CRM.")],
    target: Annotated[
        Path | None, typer.Option("--folder", help="Salesforce: where to; replaced if an earlier run wrote it.")
    ] = None,
    name: Annotated[
        str, typer.Option("--from", help="HubSpot: its name under deliver in leadq.yaml, where there are several.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="HubSpot: only say what would be made.")] = False,
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
    """Make leadq's fields: for Salesforce a folder that its command line deploys, in HubSpot the properties themselves."""
    of_salesforce = {
        "--folder": target, "--disqualified-status": statuses, "--track-history": track_history, "--detail": detail,
    }  # fmt: skip
    of_hubspot = {"--from": name, "--dry-run": dry_run}

    def make(project: Project, _: Progress) -> Told:
        _must_be_of(system, of_salesforce if system == "hubspot" else of_hubspot)
        if system == "hubspot":
            from leadq.pipelines.crm.setup_hubspot import setup_hubspot

            return setup_hubspot(project, name=name, dry_run=dry_run, environment=dict(os.environ))
        from leadq.pipelines.crm.setup_salesforce import setup_salesforce

        if target is None:
            raise UsageError(Problem(where="--folder", rule="is missing", remedy="Say where to: --folder salesforce."))
        return setup_salesforce(
            project, folder=target, statuses=statuses or (), track_history=track_history, detail=detail
        )

    in_project(folder, f"crm setup {system}", make, as_json=as_json)


def _must_be_of(system: str, others: Mapping[str, object]) -> None:
    """Refuse options of the other CRM: who asks for --dry-run must not get files."""
    if given := [option for option, value in others.items() if value]:
        remedy = f"Leave it out, or see leadq crm setup --help; nothing was made for {system}."
        raise UsageError(Problem(where=", ".join(given), rule=f"is no option of {system}", remedy=remedy))


@crm_app.command(epilog="Example: leadq crm history --from salesforce --folder extract")
def history(
    name: Annotated[str, typer.Option("--from", help="Name of the CRM under deliver in leadq.yaml.")],
    target: Annotated[Path, typer.Option("--folder", help="Where to; what changed is laid over an earlier reading.")],
    whole: Annotated[bool, typer.Option("--whole", help="Read everything again.")] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Read leads, opportunities, what sales did and recorded changes out of a CRM into files that leadq.yaml reads."""
    from leadq.pipelines.crm.read_history import read_crm as run

    in_project(
        folder,
        "crm history",
        lambda project, progress: run(
            project, progress, name=name, folder=target, whole=whole, environment=dict(os.environ)
        ),
        as_json=as_json,
    )


@crm_app.command(epilog="Example: leadq crm verify --from salesforce --lead 00Q5g00000AbcDEEAZ")
def verify(
    name: Annotated[str, typer.Option("--from", help="Name of the CRM under deliver in leadq.yaml.")],
    lead_id: Annotated[
        str, typer.Option("--lead", help="Write this lead's present values of leadq's fields once more and compare.")
    ] = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Try on the real CRM what leadq takes for granted of it: who we are, rights, fields, its protocol step by step."""
    from leadq.pipelines.crm.verify import verify_crm as run

    in_project(
        folder,
        "crm verify",
        lambda project, progress: run(project, progress, name=name, lead_id=lead_id, environment=dict(os.environ)),
        as_json=as_json,
    )
