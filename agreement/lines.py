"""YAML as a tree that remembers its lines, so that every message can name one.

Deliberately less than YAML: no tags, no anchors or aliases, one document, a bounded size and depth, and no
guessing of types. ``NO`` stays a country and ``on`` a word; what a scalar means is decided where it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from leadq.agreement.findings import Findings

MAX_CHARACTERS = 200_000
MAX_DEPTH = 12
EMPTY = ("", "~", "null", "Null", "NULL")


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


def read_lines(text: str, findings: Findings) -> Node | None:
    """Read YAML ``text`` into a tree with lines; what is wrong goes to ``findings``.

    Returns
    -------
    Node or None
        None where the text cannot be read at all or is empty.
    """
    if len(text) > MAX_CHARACTERS:
        findings.note(
            1,
            f"must not be longer than {MAX_CHARACTERS} characters",
            "Keep long lists (of competitors, say) in the data and name a field of it in the rule.",
            value=f"{len(text)} characters",
        )
        return None
    try:
        return _Tree(text, findings).read()
    except yaml.MarkedYAMLError as error:
        mark = error.context_mark if error.problem_mark is None else error.problem_mark
        line = 1 if mark is None else mark.line + 1
        findings.note(line, f"must be readable YAML: {error.problem or error.context}", _SYNTAX)
    except yaml.reader.ReaderError as error:  # a character that YAML forbids
        line = text.count("\n", 0, error.position) + 1
        findings.note(line, f"must be readable YAML: {error.reason}", "Remove the character.")
    except (ValueError, OverflowError) as error:  # "\UFFFFFFFF" in double quotes: the scanner leaves it to chr()
        findings.note(1, f"must be readable YAML: {error}", _SYNTAX)
    return None


_SYNTAX = "Mend the indentation, quotes or brackets on this line or just before it; indent with spaces."


class _Tree:
    """Builds the tree out of YAML events; depth is bounded, so recursion is."""

    def __init__(self, text: str, findings: Findings) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
        self._findings = findings

    def read(self) -> Node | None:
        node: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    line = 1 if event.start_mark is None else event.start_mark.line + 1
                    self._findings.note(line, "must be one document", "Remove the line --- and what follows it.")
                    return None
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event, depth=1)
        return node

    def _node(self, event: Any, *, depth: int) -> Node:
        line = event.start_mark.line + 1
        if depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self._findings.note(line, "must not use aliases", "Write the value out.", value=f"*{event.anchor}")
            return Scalar(line=line, text="")
        if event.tag is not None:
            self._findings.note(line, "must not use tags", "Remove the tag.", value=event.tag)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(line=line, items=tuple(self._items(depth)))
        return self._entries(line, depth)

    def _scalar(self, event: Any, line: int) -> Scalar:
        try:
            event.value.encode("utf-8")
        except UnicodeEncodeError:  # a lone surrogate, written as an escape, could never be written out again
            self._findings.note(line, "must hold whole characters", "Remove the escape.", value=ascii(event.value))
            return Scalar(line=line, text="")
        return Scalar(line=line, text=event.value, plain=event.style is None)

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth=depth + 1)

    def _entries(self, line: int, depth: int) -> Entries:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth=depth + 1)
            value = self._node(next(self._events), depth=depth + 1)
            if not isinstance(key, Scalar):
                self._findings.note(key.line, "a key must be a word", "Write one word before the colon.")
            elif key.text in values:
                self._findings.note(
                    key.line,
                    f"must not be given twice (first on line {lines[key.text]})",
                    "Keep one of the two.",
                    value=key.text,
                )
            else:
                values[key.text] = value
                lines[key.text] = key.line
        return Entries(line=line, values=values, lines=lines)
