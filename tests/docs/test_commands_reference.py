"""``docs/commands.md`` is what the command line says of itself, and every command stands in its reader's part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from docs_site.commands_reference import MAKE, OTHERS, PAGE, READERS, commands_below, reference
from leadq.pipelines.cli.main import app


def test_the_page_is_what_the_command_line_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), f"docs/commands.md is out of date: {MAKE}"


def commands_of(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield every command that can be called, however deep it lies and whenever it is made."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for below, one in commands_below(command):
        yield from commands_of(f"{name} {below}", one)


def test_every_command_is_there_with_all_that_it_takes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = dict(commands_of("leadq", typer.main.get_command(app)))
    assert {"leadq check", "leadq deliver restore", "leadq crm setup salesforce", "leadq crm setup hubspot"} <= set(
        found
    )
    for title, one in found.items():
        section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
        assert f"\n{title}" in section.split("```")[1], title
        options = {option for parameter in one.params for option in parameter.opts if option.startswith("--")}
        assert all(f"`{option}" in section for option in options - {"--project", "--json", "--help"}), title
    assert "`--track-history`" in text.split("\n## leadq crm setup salesforce\n")[1].split("\n## ")[0]


def test_only_what_help_does_not_list_is_left_unsorted() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = {name for names in READERS.values() for name in names}
    assert {name for name, one in commands.items() if not one.hidden} == named
    assert f"### {OTHERS}" in reference()
