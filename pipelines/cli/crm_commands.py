"""The commands ``leadq crm``: what each is called and takes. The work is done in ``pipelines/crm``."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from leadq.pipelines.cli.crm_setup_command import SetupCommands
from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project

crm_app = Commands(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make a CRM ready to take scores, try its ways, and read its history.",
)


crm_app.add_typer(
    Commands(
        cls=SetupCommands,
        no_args_is_help=True,
        rich_markup_mode=None,
        epilog="Each kind has options of its own: leadq crm setup KIND --help",
    ),
    name="setup",
    help="Make a CRM ready to take scores: leadq's fields, and what else that kind of CRM needs.",
)


@crm_app.command(epilog="Example: leadq crm history --from crm --folder extract")
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


@crm_app.command(epilog="Example: leadq crm verify --from crm --lead 00Q5g00000AbcDEEAZ")
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
