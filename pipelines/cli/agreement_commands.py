"""``leadq agreement`` and ``leadq preview``: what was agreed, who signs it, and what a changed agreement would do."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from leadq.pipelines.cli.quiet_commands import Commands
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project, now, say

preview_app = Commands()
"""``preview`` is a command of ``leadq`` itself: this app joins it without a name."""


class _ShownByDefault(TyperGroup):
    """``leadq agreement``, with a file or without, is ``leadq agreement show``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``show`` in front of what names no command."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


agreement_app = Commands(
    cls=_ShownByDefault,
    help="Show what sales and marketing agreed, or sign it. Without a command the agreement is shown.",
    rich_markup_mode=None,
    epilog='Example: leadq agreement; leadq agreement sign --role "head of sales"',
)


@agreement_app.command(epilog="Example: leadq agreement show; leadq agreement show agreement-v5.yaml")
def show(
    file: Annotated[Path | None, typer.Argument(help="A draft to show instead of the project's agreement.")] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Show what sales and marketing agreed: what counts as won, tiers and promises, rules, duties, rejection reasons."""
    from leadq.agreement.read import read_agreement
    from leadq.pipelines.quarter.show_agreement import show_agreement

    if file is not None:
        say(show_agreement(read_agreement(file), now()), as_json=as_json)
    else:
        in_project(
            folder, "agreement", lambda project, _: show_agreement(project.agreement, project.read_at), as_json=as_json
        )


@agreement_app.command(
    epilog='Example: leadq agreement sign --role "head of sales" --on 2026-09-24; '
    'leadq agreement sign agreement-v5.yaml --role "head of sales" --role "head of marketing"'
)
def sign(
    file: Annotated[Path | None, typer.Argument(help="A draft to sign instead of the project's agreement.")] = None,
    role: Annotated[
        list[str] | None, typer.Option("--role", help="As what you sign; repeat it to sign for both sides.")
    ] = None,
    on: Annotated[str, typer.Option("--on", help="The day of signing (YYYY-MM-DD); without it today.")] = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Sign the agreement: who, when and the hash of what was signed are entered into its file."""
    from leadq.pipelines.quarter.sign_agreement import sign_agreement

    roles = tuple(role or ())
    if file is not None:
        say(sign_agreement(file, roles=roles, on=on, now=now()), as_json=as_json)
    else:
        in_project(
            folder,
            "sign",
            lambda project, _: sign_agreement(project.config.agreement, roles=roles, on=on, now=project.now),
            as_json=as_json,
        )


@preview_app.command(epilog="Example: leadq preview --agreement agreement-v5.yaml")
def preview(
    changed: Annotated[Path, typer.Option("--agreement", help="The changed agreement, with a higher version.")],
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Show what a changed agreement would have done to tiers, promises and tonight's leads, before it takes effect."""
    from leadq.pipelines.project.agreement_standing import with_standing
    from leadq.pipelines.quarter.preview import preview as run

    in_project(
        folder,
        "preview",
        lambda project, progress: with_standing(run(project, progress, agreement=changed), project),
        as_json=as_json,
    )
