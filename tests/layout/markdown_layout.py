"""Markdown laid out one way: paragraphs filled to 120 columns, blank lines around blocks, four spaces under a list item.

``python -m tests.layout.markdown_layout [FILE ...]`` lays out the files named, or all of them. Tables, code and
pictures stay as they are. Blank lines and four spaces are what every reader of Markdown understands alike.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

COLUMNS = 120
_ITEM = re.compile(r"^( *)([-*]|\d+\.) +(?=\S)")
_FENCE = re.compile(r"^ *```")
_AS_IT_IS = re.compile(r"^ *(?:\||!\[|<)")
_HEADING = re.compile(r"^#{1,6} ")
_PIECE = re.compile(r"(?:`[^`]+`|\]\([^)]*\)|\S)+")
"""What is never cut: code in a line, the target of a link, a word."""
_NOT_FIRST = re.compile(r"^(?:[-+*]|\d+[.)]|#{1,6}|[|>].*)$")
"""At the beginning of a line these would begin a list, a heading, a table or a quotation."""


def laid_out(text: str) -> str:
    """Return Markdown in the layout of this repository; what is laid out already comes back as it was."""
    page = _Page()
    for line in text.splitlines():
        page.take(line.rstrip())
    return page.whole()


class _Page:
    """Blocks of a page, one after the other; a block is a kind and its lines."""

    def __init__(self) -> None:
        self._blocks: list[tuple[str, list[str]]] = []
        self._items: list[int] = []
        """For each list that is open, the column where its text begins."""
        self._open = False
        """Whether a paragraph or an item may go on in the next line."""
        self._in_code = False
        self._after_blank = False

    def take(self, line: str) -> None:
        if self._in_code:
            self._code(line)
        elif not line:
            self._open, self._after_blank = False, True
        else:
            self._begin(line)
            self._after_blank = False

    def whole(self) -> str:
        lines: list[str] = []
        before = ""
        for kind, block in self._blocks:
            if lines and not kind == before == "item":
                lines.append("")
            lines.extend(_filled(block) if kind in {"text", "item"} else block)
            before = kind
        return "\n".join(lines) + "\n"

    def _begin(self, line: str) -> None:
        item = _ITEM.match(line)
        if item:
            self._close_lists(len(item[1]))
            self._add("item", f"{self._indent()}{item[2]} {line[item.end() :]}")
            self._items.append(item.end())
            self._open = True
        elif _FENCE.match(line):
            self._close_lists(len(line) - len(line.lstrip()))
            self._add("code", self._indent() + line.lstrip())
            self._code_from, self._in_code, self._open = len(line) - len(line.lstrip()), True, False
        elif _HEADING.match(line):
            self._items = []
            self._add("heading", line)
            self._open = False
        elif _AS_IT_IS.match(line):
            self._close_lists(len(line) - len(line.lstrip()))
            kind = "table" if line.lstrip().startswith("|") else "picture"
            line = self._indent() + line.lstrip()
            if self._blocks and self._blocks[-1][0] == kind and not self._after_blank:
                self._blocks[-1][1].append(line)
            else:
                self._add(kind, line)
            self._open = False
        elif self._open:
            self._blocks[-1][1].append(line.strip())
        else:
            self._close_lists(len(line) - len(line.lstrip()))
            self._add("text", self._indent() + line.lstrip())
            self._open = True

    def _code(self, line: str) -> None:
        indent = min(self._code_from, len(line) - len(line.lstrip()))
        self._blocks[-1][1].append((self._indent() + line[indent:]).rstrip())
        self._in_code = not _FENCE.match(line)

    def _close_lists(self, column: int) -> None:
        while self._items and column < self._items[-1]:
            self._items.pop()

    def _indent(self) -> str:
        return "    " * len(self._items)

    def _add(self, kind: str, line: str) -> None:
        self._blocks.append((kind, [line]))


def _filled(block: list[str]) -> Iterable[str]:
    """Fill the lines of one paragraph or item; what goes on stands under the beginning of its text."""
    first = block[0]
    item = _ITEM.match(first)
    begin = item.group() if item else first[: len(first) - len(first.lstrip())]
    line, under = begin, " " * len(begin)
    for piece in _pieces(" ".join([first[len(begin) :], *block[1:]])):
        if line.strip() and line not in (begin, under) and len(line) + 1 + len(piece) > COLUMNS:
            yield line
            line = under
        line += piece if line in (begin, under) else f" {piece}"
    yield line


def _pieces(text: str) -> Iterable[str]:
    """Cut a paragraph into what may stand at the beginning of a line."""
    held = ""
    for piece in _PIECE.findall(text):
        if held and _NOT_FIRST.match(piece):
            held += f" {piece}"
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held


def main() -> None:
    """Lay out files, and say which ones changed."""
    listed = subprocess.run(["git", "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout.splitlines()
    for name in sys.argv[1:] or listed:
        path = Path(name)
        text = path.read_text(encoding="utf-8")
        better = laid_out(text)
        if better != text:
            path.write_text(better, encoding="utf-8")
            print(name)  # noqa: T201


if __name__ == "__main__":
    main()
