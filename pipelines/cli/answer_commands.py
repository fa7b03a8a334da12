"""``leadq answers``: what answers led to, and challenges and replies without a desk."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

from typing import Annotated, Literal

import typer

from leadq.pipelines.cli.quiet_commands import Commands, ShownByDefault
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project, who

Side = Literal["marketing", "sales"]
Lead = Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id.")]

answers_app = Commands(
    cls=ShownByDefault,
    help="See what answers of sales led to; challenge what the other side said of a lead, or reply. Without a command all is shown.",
    rich_markup_mode=None,
    epilog="Example: leadq answers; leadq answers --to-reply sales",
)


@answers_app.command(epilog="Example: leadq answers show; leadq answers --to-reply marketing")
def show(
    to_reply: Annotated[
        Side | None, typer.Option("--to-reply", help="Only challenges to which this side must still reply.")
    ] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Show what followed the rejections of the last year, and the challenges: who must reply by when, who was right."""
    from leadq.pipelines.answers.show_answers import show_answers

    in_project(folder, "answers", lambda project, _: show_answers(project, to_reply=to_reply), as_json=as_json)


@answers_app.command(
    epilog='Example: leadq answers challenge L-0004711 --side marketing --because "asked for a price on Monday"'
)
def challenge(
    lead: Lead,
    side: Annotated[Side, typer.Option("--side", help="For whom you speak.")],
    because: Annotated[str, typer.Option("--because", help="What speaks against what the other side said.")],
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Challenge what the other side said of a lead: marketing the last answer of sales, sales that the lead was handed over."""
    from leadq.pipelines.answers.record_challenge import record_challenge

    in_project(
        folder,
        "challenge",
        lambda project, _: record_challenge(project, lead, side=side, because=because, who=who()),
        as_json=as_json,
    )


@answers_app.command(
    epilog='Example: leadq answers reply L-0004711 --side sales --stands --because "the budget is gone until May"'
)
def reply(
    lead: Lead,
    side: Annotated[Side, typer.Option("--side", help="For whom you speak.")],
    agreed: Annotated[
        bool,
        typer.Option("--agreed/--stands", help="The other side is right (a rejection is taken back), or it stands."),
    ],
    because: Annotated[str, typer.Option("--because", help="Why; needed where it stands.")] = "",
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Reply to a challenge of the other side."""
    from leadq.pipelines.answers.record_challenge import record_reply

    in_project(
        folder,
        "reply",
        lambda project, _: record_reply(
            project, lead, side=side, said="agreed" if agreed else "stands", because=because, who=who()
        ),
        as_json=as_json,
    )
