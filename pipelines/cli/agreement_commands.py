"""``leadq agreement`` and ``leadq preview``: what was agreed, a draft of it, who signs it, and what a changed one would do."""
# ruff: noqa: PLC0415 - stages are imported by the command that runs them; leadq --help must not pay for them

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadq.pipelines.cli.quiet_commands import Commands, ShownByDefault
from leadq.pipelines.cli.shared_options import HERE, Folder, Json, in_project, now, say

preview_app = Commands()
"""``preview`` is a command of ``leadq`` itself: this app joins it without a name."""


agreement_app = Commands(
    cls=ShownByDefault,
    help="Show, draft or sign what sales and marketing agree on, and see where they differ. Without a command the agreement is shown.",
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


@agreement_app.command(epilog="Example: leadq agreement draft; leadq agreement draft --out agreement-v6.yaml")
def draft(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write; agreement-draft.yaml in the project's folder by default."),
    ] = None,
    again: Annotated[bool, typer.Option("--replace", help="Replace the file if it is there already.")] = False,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Draft the next agreement from past deals: every line with its evidence, and a sheet for both sides to sign."""
    from leadq.pipelines.draft.draft import draft as run

    in_project(
        folder,
        "agreement draft",
        lambda project, progress: run(project, progress, out=out, again=again),
        as_json=as_json,
    )


@agreement_app.command(
    name="blind-round",
    epilog="Example: leadq agreement blind-round --leads 20; "
    "leadq agreement blind-round --compare blind-rounds/RKQZ3F/marketing.csv blind-rounds/RKQZ3F/sales.csv",
)
def blind_round(
    leads: Annotated[int, typer.Option("--leads", help="How many leads; 10 for the monthly review.")] = 20,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Draw the same leads again; by default other ones each day.")
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--compare", metavar="MARKETING SALES", help="The filled-in sheets: marketing's first, then that of sales."
        ),
    ] = None,
    folder: Folder = HERE,
    as_json: Json = False,
) -> None:
    """Draw past leads for both sides to mark yes or no, each alone, or compare the sheets: where you differ, and what became of them."""
    from leadq.pipelines.draft.blind_round.blind_round import compare_blind_round, draw_blind_round

    if compare is None:
        in_project(
            folder,
            "blind round",
            lambda project, progress: draw_blind_round(project, progress, leads=leads, seed=seed),
            as_json=as_json,
        )
        return
    marketing, sales = compare
    in_project(
        folder,
        "blind round",
        lambda project, progress: compare_blind_round(project, progress, marketing=marketing, sales=sales),
        as_json=as_json,
    )


@agreement_app.command(epilog="Example: leadq agreement calendar --from 2026-10-05")
def calendar(
    start: Annotated[str, typer.Option("--from", help="The day of the first meeting (YYYY-MM-DD).")],
    out: Annotated[Path, typer.Option("--out", help="Calendar file to write.")] = Path("first-30-days.ics"),
    again: Annotated[bool, typer.Option("--replace", help="Replace the file if it is there already.")] = False,
    as_json: Json = False,
) -> None:
    """Write the meetings of the first 30 days as a calendar file: draft, blind round, signing, baseline, first states."""
    from leadq.pipelines.draft.first_days import write_calendar

    say(write_calendar(out, start=start, now=now(), again=again), as_json=as_json)


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
