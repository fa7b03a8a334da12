"""Every ``leadq <command>`` that code, pages, templates and documents name is there, with the options named beside it.

A remedy that names a command which is not there leaves its reader worse off than none. Prose such as "leadq reads" is told apart
by the word that follows: a verb in the third person, or one of :data:`PROSE`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from leadq.pipelines.cli.main import app
from leadq.pipelines.cli.quiet_commands import ShownByDefault
from tests.layout.house import Checkout

TREE = Checkout(Path(__file__).parents[2])
ROOT_COMMAND = typer.main.get_group(app)
EVERYWHERE = {"--debug", "--help"}
PROSE = frozenset(
    """alone and anew can connect could did does for from has import in is it itself left may must need never of on only or so
    taken than that then to was were where which will with work wrote""".split()  # noqa: SIM905
)
_NAMED = re.compile(r"(?<![\w.\-/@=])leadq[ \t]+(--?[a-z]|[a-z])([^\n`\"|]*)")
_SPAN = re.compile(r"(`+)([^`]+)\1")
_AS_COMMAND = re.compile(r"(?:^|[;&|$(]|/)\s*(leadq[ \t].*)$")
_STOPS = re.compile(r"[();,]|\.(?:\s|$)|:(?:\s|$)|\sleadq\s|#")
_TEXTS = (".md", ".yaml", ".yml", ".j2", ".html", "Makefile", ".toml", ".csv", ".po")


def _strings(code: str) -> Iterator[str]:
    """Every string of a module whole, as Python joins it; what is filled in later is ``X``."""
    tree = ast.parse(code)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def wrong_commands(text: str) -> Iterator[str]:
    """What ``text`` says of commands and does not hold."""
    for found in _NAMED.finditer(text):
        words = _STOPS.split(found.group(1) + found.group(2), maxsplit=1)[0].split()
        words = [word.group() for one in words if (word := re.match(r"-{0,2}[\w-]+", one))]
        in_prose = words and (words[0] in PROSE or re.fullmatch(r"[a-z]+s", words[0]))
        if not in_prose or words[0] in ROOT_COMMAND.commands:
            yield from _wrong(words)


def _wrong(words: list[str]) -> Iterator[str]:
    command: Any = ROOT_COMMAND
    path = ["leadq"]
    while words and hasattr(command, "get_command"):
        context = typer.Context(command)
        if words[0] in command.list_commands(context):  # some are made when they are asked for
            command = command.get_command(context, words[0])
            path.append(words.pop(0))
        elif command is ROOT_COMMAND and not words[0].startswith("-"):
            yield f"leadq {words[0]} is no command"
            return
        elif isinstance(command, ShownByDefault):
            command = command.commands["show"]
        else:
            break
    known = EVERYWHERE | {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    for word in words:
        option = word.partition("=")[0]
        if re.fullmatch(r"--?[a-z][a-z-]*", option) and option not in known:
            yield f"{' '.join(path)} has no option {option}"


def _code_in_markdown(text: str) -> Iterator[str]:
    """Commands in blocks and what stands in backticks; prose around them may say that leadq reads."""
    prose, in_block = "", False
    for line in text.splitlines():
        if line.strip().startswith("```"):
            in_block = not in_block
        elif not in_block:
            prose += line.strip() + ("\n" if not line.strip() else " ")
        elif found := _AS_COMMAND.search(line):
            yield found.group(1)
    yield from (found.group(2) for paragraph in prose.splitlines() for found in _SPAN.finditer(paragraph))


def _texts() -> Iterator[tuple[str, str]]:
    for name in TREE.files:
        if name.startswith("tests/") or name == "CHANGELOG.md":
            continue
        if name.endswith(".py"):
            yield from ((name, one) for one in _strings((TREE.root / name).read_text(encoding="utf-8")))
        elif name.endswith(_TEXTS):
            text = TREE.texts[name]
            yield name, "\n".join(_code_in_markdown(text)) if name.endswith(".md") else text


def test_every_command_that_is_named_is_there() -> None:
    texts = list(_texts())
    assert [f"{name}: {one}" for name, text in texts for one in wrong_commands(text)] == []
    named = {found.group(1) for _, text in texts for found in re.finditer(r"leadq ([a-z]+)", text)}
    shown = {name for name, command in ROOT_COMMAND.commands.items() if not command.hidden}
    assert shown <= named  # the search finds something


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run leadq nightly: it records", "leadq nightly is no command"),
        ("leadq score --sinse 2026-10-01T06:00Z", "leadq score has no option --sinse"),
        ("leadq deliver look --wrong", "leadq deliver look has no option --wrong"),
        ("leadq --versions", "leadq has no option --versions"),
    ],
)
def test_the_search_can_fail(text: str, said: str) -> None:
    assert list(wrong_commands(text)) == [said]


def test_prose_and_true_commands_are_left() -> None:
    for text in ("leadq says so", "leadq on its own", "leadq score --since X --json", "leadq --version", "leadq -p x"):
        assert list(wrong_commands(text)) == (["leadq has no option -p"] if text.endswith("x") else [])
