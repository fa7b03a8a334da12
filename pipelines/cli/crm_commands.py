"""The commands ``leadq crm``: what each is called and takes. The work is done in ``pipelines/crm``."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from leadq.pipelines.cli.crm_setup_command import setup_app
from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project

crm_app = Commands(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Prepare a CRM for scores, check that everything works there, and read its history.",
)


crm_app.add_typer(setup_app, name="setup")


@crm_app.command(epilog="Example: leadq crm history --from crm --folder extract")
def history(
    name: Annotated[str, typer.Option("--from", help="Name of the CRM under deliver in leadq.yaml.")],
    target: Annotated[Path, typer.Option("--folder", help="Folder to write; only what changed is read again.")],
    whole: Annotated[bool, typer.Option("--whole", help="Read everything again.")] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Read leads, opportunities, sales activities and recorded changes from a CRM into files that leadq.yaml can name."""
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
        str,
        typer.Option(
            "--lead", help="Also write leadq's fields of this lead, with the values they already have, and compare."
        ),
    ] = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Check on the real CRM everything that leadq relies on: the user, its permissions, the fields, each step of a transfer."""
    from leadq.pipelines.crm.verify import verify_crm as run

    in_project(
        folder,
        "crm verify",
        lambda project, progress: run(project, progress, name=name, lead_id=lead_id, environment=dict(os.environ)),
        as_json=as_json,
    )
