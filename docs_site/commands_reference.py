"""``docs/commands.md`` out of the command line itself: every command, what it takes, its example, and the exit codes.

``python -m docs_site.commands_reference`` writes the page; with ``--check`` it only says whether the page is up to date. The words
of a command stand where the command does, in ``pipelines/cli/``: change them there.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from leadq.crm.connectors.registry import GROUP as CONNECTORS
from leadq.foundation.atomic_files import write_text
from leadq.foundation.installed.entry_points import name_and_version, offered
from leadq.pipelines.cli.main import app
from tests.layout.markdown_layout import laid_out

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
MAKE = "make commands"
SHARED = ("--project", "--json", "--help")
READERS = {
    "For the data team": (
        "demo",
        "init",
        "check",
        "train",
        "models",
        "promote",
        "anchor",
        "shadow",
        "rollback",
        "mirror",
    ),
    "For the nightly job": ("score", "scores", "deliver", "explain"),
    "For sales and marketing": ("agreement", "answers", "preview", "desk"),
    "For a CRM": ("crm",),
}
OTHERS = "Others"
"""Where a command stands that nobody has sorted yet, and those that are not listed by ``leadq --help``."""
HEAD = """# Commands

What `leadq` can be asked. This page is made out of the command line itself, by `make commands`.

Every command that works on a project takes `--project FOLDER` (or `-p`): the folder with `leadq.yaml`, the present one
without it. Every command takes `--json`, which answers in JSON, for machines, and `--help`. `leadq --version` says which
version this is; `--debug`, anywhere, shows the traceback of a failure and what libraries say.

## Exit codes

| code | what it means | what to do |
|---|---|---|
| 0 | done | nothing |
| 1 | failed; the last lines say what, where and why | what the message says; nothing is half written |
| 2 | wrong usage | see `--help` of the command |
| 3 | stopped by a gate before anything was written | read why; where it is right all the same, the message says how to go on |
| 4 | paused: only time helps (a quota is spent, the other side is away) | start the same command later: it goes on |
| 5 | done, with rejected rows | look at the rejected rows, which a file lists; the rest is written |
| 130 | interrupted with Ctrl+C | start it again: it goes on where it stopped |
"""
VALUES = {
    "since": "MOMENT",
    "as_of": "MOMENT",
    "because": "REASON",
    "to": "NAME",
    "lead_id": "LEAD",
    "statuses": "STATUS",
    "disqualified_status": "STATUS",
    "compare": "MARKETING SALES",
    "start": "DAY",
}
"""What stands for a value where the parameter's own name does not say it."""
Command = TyperCommand | TyperGroup
Parameter = TyperArgument | TyperOption


def reference() -> str:
    """Return the page."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    sorted_in = {name for names in READERS.values() for name in names}
    others = tuple(name for name in root.commands if name not in sorted_in)
    groups = {**READERS, OTHERS: others}
    index, parts = [], []
    for title, names in groups.items():
        commands = [
            one for name in names if name in root.commands for one in _with_below(f"leadq {name}", root.commands[name])
        ]
        if commands:
            links = (f"| [`{name}`](#{_slug(name)}) | {_sentence(command)} |" for name, command in commands)
            index.append("\n".join([f"### {title}", "", "| command | what it does |", "|---|---|", *links]))
            parts += [_section(name, command) for name, command in commands]
    return laid_out("\n\n".join([HEAD.rstrip(), "## All commands", *index, *parts]) + "\n")


def _with_below(name: str, command: Command) -> Iterator[tuple[str, Command]]:
    """Yield the command, if it can be called itself or has an example, and all those below it."""
    if not isinstance(command, TyperGroup) or command.invoke_without_command or command.epilog:
        yield name, command
    if isinstance(command, TyperGroup):
        for below, one in commands_below(command):
            yield from _with_below(f"{name} {below}", one)


def commands_below(command: TyperGroup) -> Iterator[tuple[str, Command]]:
    """Yield the commands of a group, also of one that makes them when they are asked for; those of other packages are left out."""
    context = typer.Context(command)
    own = {
        name
        for name, points in offered(CONNECTORS).items()
        if any(name_and_version(one)[0] == "leadq" for one in points)
    }
    for name in command.list_commands(context):
        if name in command.commands or name in own:
            yield name, command.get_command(context, name)


def _sentence(command: Command) -> str:
    return _plain(command.help or "")


def _section(name: str, command: Command) -> str:
    lines = [f"## {name}", _sentence(command)]
    if command.hidden:
        lines.append("Not listed by `leadq --help`.")
    rows = [f"| `{_name(one)}` | {_what(one)} |" for one in command.params if one.opts[0] not in SHARED]
    if rows:
        lines.append("\n".join(["| takes | what it is |", "|---|---|", *rows]))
    return "\n\n".join([*lines, "\n".join(["```", *examples_of(command, name), "```"])])


def _name(parameter: Parameter) -> str:
    """Return how a parameter is written, with what stands for its value: ``--leads NUMBER``, ``on or off``."""
    kind = parameter.type_descriptor.annotation
    choices = " or ".join(map(str, get_args(kind))) if get_origin(kind) is Literal else ""
    if not isinstance(parameter, TyperOption):
        return choices or parameter.name.upper()
    value = choices or {Path: "PATH", int: "NUMBER"}.get(kind, VALUES.get(parameter.name, parameter.name.upper()))
    return ", ".join(parameter.opts) + ("" if parameter.is_flag else f" {value}")


def _what(parameter: Parameter) -> str:
    words = [_plain(parameter.help or "")]
    if isinstance(parameter, TyperOption) and parameter.required:
        words.append("Must be given.")
    if parameter.default not in (None, "", False, (), []):
        words.append(f"Without it: `{parameter.default}`.")
    return " ".join(words).strip()


def examples_of(command: Command, name: str) -> list[str]:
    """Return the command lines of ``Example: a; b`` or ``Example: a, or: b``; of a command that a connector makes, its name and folder."""
    folders = [
        f" {one.opts[0]} {command.name}" for one in command.params if _is_path(one) and one.opts[0] not in SHARED
    ]
    said = (command.epilog or "Example: " + name + "".join(folders)).removeprefix("Example: ")
    assert said != command.epilog, f"{name}: its epilog must begin with Example:"
    return re.split(r"; |, or: ", said)


def _is_path(parameter: Parameter) -> bool:
    kind = parameter.type_descriptor.annotation
    return Path in (kind, *get_args(kind))


def _slug(name: str) -> str:
    return name.replace(" ", "-")


def _plain(text: str) -> str:
    """Return text as one line of a table, with options as code."""
    return re.sub(r"(?<![\w`])(--[a-z-]+)", r"`\1`", " ".join(text.split())).replace("|", "\\|")


def main() -> None:
    """Write the page, or say that it is out of date (exit code 1)."""
    text = reference()
    if "--check" not in sys.argv:
        write_text(PAGE, text)
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        sys.exit(f"docs/commands.md is out of date: {MAKE}")


if __name__ == "__main__":
    main()
