"""``leadq agreement`` and ``leadq preview``: what was agreed, and what a changed agreement would do."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project, say

agreement_app = Commands()
"""Both are commands of ``leadq`` itself: the app joins it without a name."""


@agreement_app.command(epilog="Example: leadq agreement; leadq agreement agreement-v5.yaml")
def agreement(
    file: Annotated[Path | None, typer.Argument(help="A draft to show instead of the project's agreement.")] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Show what sales and marketing agreed: what counts as won, tiers and promises, rules, duties, rejection reasons."""
    from leadq.agreement.read import read_agreement
    from leadq.pipelines.quarter.show_agreement import show_agreement

    if file is not None:
        say(show_agreement(read_agreement(file)), as_json=as_json)
    else:
        in_project(folder, "agreement", lambda project, _: show_agreement(project.agreement), as_json=as_json)


@agreement_app.command(epilog="Example: leadq preview --agreement agreement-v5.yaml")
def preview(
    changed: Annotated[Path, typer.Option("--agreement", help="The changed agreement, with a higher version.")],
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Show what a changed agreement would have done to tiers, promises and tonight's leads, before it takes effect."""
    from leadq.pipelines.quarter.preview import preview as run

    in_project(folder, "preview", lambda project, progress: run(project, progress, agreement=changed), as_json=as_json)
