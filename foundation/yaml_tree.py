"""YAML as it was written: a tree in which every key and value knows its line, and every scalar is a text.

What a scalar means is decided where it is read (``yaml_scalars.py``): ``NO`` stays a country and ``on`` a word. Leaves out
reading files (``yaml_reader.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EMPTY = ("", "~", "null")
"""Nothing was written, said in one of three ways; as good as a key that is not there."""
MOST_SHOWN = 60
"""Longest value in a message, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """One word, number or text; ``plain`` when it stands without quotes."""

    line: int
    text: str
    plain: bool = True

    @property
    def empty(self) -> bool:
        """Nothing was written: as good as absent."""
        return self.plain and self.text in EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """A mapping in the order of the file; ``lines`` holds the line of each key."""

    line: int
    values: dict[str, Node]
    lines: dict[str, int]


Node = Scalar | Items | Entries
Path = tuple[str | int, ...]
"""The way to a value: ``("sources", "leads", "path")``; places in lists count from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of keys and values.

    Parameters
    ----------
    where : str
        What messages call it: ``"leadq.yaml"``.
    text : str
        As it stands in the file.
    root : Entries
        Without keys where the file is empty.
    """

    where: str
    text: str
    root: Entries

    def line(self, path: Path) -> int:
        """Return the line of ``path``, or of the nearest thing around it that is in the document.

        Parts of the path that the document does not hold are skipped: a model may put names of its own in between.
        """
        node: Node = self.root
        line = node.line
        for part in path:
            if isinstance(node, Entries) and part in node.values:
                line, node = node.lines[str(part)], node.values[str(part)]
            elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                line = node.line
        return line

    def place(self, path: Path) -> str:
        """Return file and line as messages name them: ``"leadq.yaml line 7"``."""
        return f"{self.where} line {self.line(path)}"


def contents(node: Node, *, keep_empty: bool) -> Any:
    """Return ``node`` as dicts, lists and texts.

    Parameters
    ----------
    node : Node
    keep_empty : bool
        A key without a value is there as None; else it is not there at all. In a list it always is None.
    """
    if isinstance(node, Scalar):
        return None if node.empty else node.text
    if isinstance(node, Items):
        return [contents(item, keep_empty=keep_empty) for item in node.items]
    found = {key: contents(value, keep_empty=keep_empty) for key, value in node.values.items()}
    return {key: value for key, value in found.items() if keep_empty or value is not None}


def shown(node: Node | None) -> str:
    """Return what a message shows of ``node``."""
    if isinstance(node, Scalar):
        return node.text
    return {Items: "a list", Entries: "a group of keys"}.get(type(node), "nothing")


def shortened(value: str, *, most: int = MOST_SHOWN) -> str:
    r"""Return ``value`` on one line, cut to ``most`` characters, with nothing that a terminal would obey.

    >>> shortened("a\nb \x1b[31m red")
    'a b \\x1b[31m red'
    """
    line = " ".join(value[: 10 * most].split())
    if len(line) > most:
        line = line[: most - 3] + "..."
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in line)
