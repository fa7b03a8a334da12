"""The fenced blocks of README and docs, and the command lines in them: what the tests beside this run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^( *)(`{3,})(\w*)[^\n]*\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
SHELL = ("", "sh", "bash", "console", "shell")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its page from the root, the line it begins at, its language and its text without indentation."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A line of a shell block, comments cut off."""

    page: str
    line: int
    text: str

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text}"


def pages() -> list[Path]:
    """README, what stands beside it, everything in docs, and the READMEs of examples."""
    return [
        *sorted(ROOT.glob("[B-Z]*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").rglob("*.md")),
    ]


def blocks_of(page: str, text: str) -> list[Block]:
    found = []
    for match in _FENCE.finditer(text):
        line = text[: match.start()].count("\n") + 2
        found.append(Block(page, line, match.group(3), dedent(match.group(4))))
    return found


def blocks(*languages: str) -> Iterator[Block]:
    """Yield the blocks of all pages in these languages, in their order."""
    for path in pages():
        if path.name != "CHANGELOG.md":
            name = path.relative_to(ROOT).as_posix()
            yield from (one for one in blocks_of(name, path.read_text(encoding="utf-8")) if one.language in languages)


def command_lines(block: Block) -> list[CommandLine]:
    """Return the commands of a shell block: continued lines and quoted ones joined, comments cut off."""
    found, begun, text = [], block.line, ""
    for number, line in enumerate(block.text.splitlines()):
        text, begun = (f"{text}\n{line}", begun) if text else (line, block.line + number)
        try:
            words = shlex.split(text, comments=True)
        except ValueError:  # a quotation that goes on
            continue
        if text.endswith("\\"):
            continue
        if words:
            found.append(CommandLine(block.page, begun, _without_comment(text).replace("\\\n", " ")))
        text = ""
    if text.strip():
        found.append(CommandLine(block.page, begun, text))
    return found


def _without_comment(text: str) -> str:
    return re.sub(r"(?m)(^|\s)#\s.*$", "", text).strip()
