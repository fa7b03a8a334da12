"""The one reader of YAML: every file of a project that people write comes through here, bounded, with a line for all that is wrong.

Deliberately less than YAML: no tags, no anchors, aliases or merged keys, one document, a bounded size, depth and number of
values, and no guessing of types. What is left is a tree of texts (``yaml_tree.py``); what they mean, and which keys there may be,
is decided by who reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from leadq.foundation.problems import ConfigError, LeadqError, Problem
from leadq.foundation.regular_files import UnfitFileError, read_regular_file
from leadq.foundation.yaml_tree import Document, Entries, Items, Node, Scalar, shortened

MOST_BYTES = 1_000_000
MOST_DEPTH = 12
MOST_VALUES = 30_000
"""Keys and values of one file."""
MOST_PROBLEMS = 50
"""Problems told of one file; nobody reads more at once, and each may cost a search for what was meant."""
_MOST_KEY, _MOST_PATH = 1_000, 400
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML does not allow as it stands: control characters, NUL, halves of characters."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""What an escape in double quotes can still bring in."""
_OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")
_SYNTAX = "Fix the indentation, quotes or brackets on this line or just before it; indent with spaces."
_ESCAPE = "Write the character itself, or take the text out of double quotes."
_TAB = "Indent with spaces: there is a tab on this line."


def read_yaml(
    path: Path,
    *,
    error: type[LeadqError] = ConfigError,
    missing: str = "Name a file that is there.",
    problems: list[Problem] | None = None,
) -> Document:
    """Read a file of keys and values; an empty one has no keys.

    Parameters
    ----------
    path : Path
    error : type
        What is raised.
    missing : str
        Remedy where there is no such file.
    problems : list of Problem, optional
        Takes what is wrong but does not hinder reading on, so that it can be told together with what the caller finds.
        Without it, everything is raised.

    Raises
    ------
    LeadqError
        All that is wrong, as ``error``: no file, too large, no UTF-8 text, no YAML, or more of YAML than is read here.
    """
    where = shortened(path.name)
    try:
        content = read_regular_file(path, most_bytes=MOST_BYTES)
    except UnfitFileError as unfit:
        place, value = shortened(str(path), most=_MOST_PATH), shortened(unfit.value)
        raise error(Problem(where=place, rule=unfit.rule, value=value, remedy=unfit.remedy or missing)) from unfit
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        value = "UTF-16" if content.startswith(_OTHER_ENCODINGS) else repr(content[wrong.start : wrong.end])
        remedy = "Save the file as UTF-8."
        raise error(
            Problem(where=f"{where} line {line}", rule="must be UTF-8 text", value=value, remedy=remedy)
        ) from wrong
    return parse_yaml(text, where=where, error=error, problems=problems)


def parse_yaml(
    text: str, *, where: str, error: type[LeadqError] = ConfigError, problems: list[Problem] | None = None
) -> Document:
    """Read keys and values out of ``text``, which messages call ``where``; as :func:`read_yaml` else.

    Raises
    ------
    LeadqError
        All that is wrong, as ``error``.
    """
    tree = _Tree(text, where)
    try:
        root = tree.read()
    except _StopError:
        raise error(tree.problems) from None
    if problems is None and tree.problems:
        raise error(tree.problems)
    if problems is not None:
        problems += tree.problems
    return Document(where=where, text=text, root=root)


def first_problems(problems: Iterator[Problem], *, where: str) -> list[Problem]:
    """Return at most :data:`MOST_PROBLEMS` of ``problems``, and a line where there are more; no more are looked for."""
    found: list[Problem] = []
    for problem in problems:
        if len(found) == MOST_PROBLEMS:
            found.append(more_problems(where))
            break
        found.append(problem)
    return found


def more_problems(where: str) -> Problem:
    """Return the line that says that not everything was told."""
    return Problem(where=where, rule="has more problems than these", remedy="Fix these first, and read it again.")


class _StopError(Exception):
    """Nothing more can be read, or enough is wrong."""


class _Tree:
    """Builds the tree out of YAML events; depth is bounded, so recursion is."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        self._events: Iterator[Any] = iter(())
        self._values = 0
        self.problems: list[Problem] = []

    def read(self) -> Entries:
        self._check_text()
        self._events = yaml.parse(self._text, Loader=_loader())
        try:
            node = self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.context_mark if error.problem_mark is None else error.problem_mark
            line = 1 if mark is None else mark.line + 1
            words = error.problem or error.context or "it cannot be read"
            remedy = _ESCAPE if "escape" in words else _TAB if self._has_tab(line) else _SYNTAX
            self._stop(line, f"must be readable YAML: {words}", "", remedy)
        if node is None or (isinstance(node, Scalar) and node.empty):
            return Entries(line=1, values={}, lines={})
        if not isinstance(node, Entries):
            what = "a list" if isinstance(node, Items) else "a text"
            self._stop(node.line, "must be a group of keys", what, "Write one key: value a line.")
        return node

    def _note(self, line: int, rule: str, value: str, remedy: str) -> None:
        where = f"{self._where} line {line}"
        self.problems.append(Problem(where=where, rule=rule, value=shortened(value), remedy=remedy))
        if len(self.problems) == MOST_PROBLEMS:
            self.problems.append(more_problems(self._where))
            raise _StopError

    def _stop(self, line: int, rule: str, value: str, remedy: str) -> NoReturn:
        self._note(line, rule, value, remedy)
        raise _StopError

    def _check_text(self) -> None:
        if len(self._text) > MOST_BYTES:  # a text that comes from no file
            self._stop(1, f"must not be longer than {MOST_BYTES:,} characters", "", "Keep long lists in the data.")
        if found := _FORBIDDEN.search(self._text):
            line = self._text.count("\n", 0, found.start()) + 1
            remedy = "Save the file as UTF-8." if found[0] == "\0" else "Remove the character."
            self._stop(line, "must be plain text, without control characters", found[0], remedy)

    def _has_tab(self, line: int) -> bool:
        lines = self._text.split("\n", line)
        written = lines[line - 1] if line <= len(lines) else ""
        return "\t" in written[: len(written) - len(written.lstrip())]

    def _document(self) -> Node | None:
        node: Node | None = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    mark: Any = event.start_mark
                    self._stop(mark.line + 1, "must be one document", "---", "Remove the line --- and what follows it.")
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event, ())
        return node

    def _node(self, event: Any, path: tuple[str, ...]) -> Node:
        line = event.start_mark.line + 1
        self._values += 1
        if self._values > MOST_VALUES:
            self._stop(line, f"must not have more than {MOST_VALUES:,} values", "", "Keep long lists in the data.")
        if len(path) >= MOST_DEPTH:
            self._stop(line, f"must not be nested deeper than {MOST_DEPTH} levels", "", "Take groups or brackets out.")
        if isinstance(event, yaml.AliasEvent):
            self._note(line, "must not use aliases", f"*{event.anchor}", "Write the value out.")
            return Scalar(line=line, text="")
        if event.anchor is not None:
            self._note(line, "must not use anchors", f"&{event.anchor}", "Remove it, and write values out.")
        if event.tag is not None:
            self._note(line, "must not use tags", event.tag, "Remove the tag.")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(line=line, items=tuple(self._items(path)))
        return self._entries(line, path)

    def _scalar(self, event: Any, line: int) -> Scalar:
        text = event.value
        wrong = _CONTROL.search(text)
        if wrong and (len(text) > 1 or wrong[0] == "\0"):  # one by itself separates the columns of some files
            self._note(line, "must not contain control characters", wrong[0], "Remove the escape.")
            text = ""
        return Scalar(line=line, text=text, plain=not event.style)

    def _items(self, path: tuple[str, ...]) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._value(event, (*path, "-"))

    def _entries(self, line: int, path: tuple[str, ...]) -> Entries:
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, (*path, "?"))
            name = self._name(key)
            value = self._value(next(self._events), (*path, name or ""))
            if isinstance(value, Scalar) and value.empty:  # its line may be the next one: there is nothing on this one
                value = Scalar(line=key.line, text="")
            if name in lines:
                rule = f"must not be given twice (first on line {lines[name]})"
                named = ".".join(part for part in (*path, name) if part != "-")
                self._note(key.line, rule, named, "Keep one of the two.")
            elif name is not None:
                values[name], lines[name] = value, key.line
        return Entries(line=line, values=values, lines=lines)

    def _value(self, event: Any, path: tuple[str, ...]) -> Node:
        node = self._node(event, path)
        if isinstance(node, Scalar) and node.plain and node.text in ("Null", "NULL"):
            remedy = f'Write null for nothing, or "{node.text}" in quotes for the word.'
            self._note(node.line, "must be null, or a text in quotes", node.text, remedy)
        return node

    def _name(self, key: Node) -> str | None:
        """Return the word that a key is; what cannot be one is noted."""
        if not isinstance(key, Scalar):
            self._note(key.line, "a key must be a word", "", "Write one word before the colon.")
        elif key.plain and not key.text:
            self._note(key.line, "a key must not be empty", "", "Write a word before the colon.")
        elif key.plain and key.text == "<<":
            self._note(key.line, "must not merge keys", "<<", "Write the keys out.")
        elif len(key.text) > _MOST_KEY:
            self._note(key.line, f"a key must have at most {_MOST_KEY:,} characters", key.text, "Shorten it.")
        elif wrong := _CONTROL.search(key.text):
            self._note(key.line, "a key must not contain control characters", wrong[0], "Remove the escape.")
        else:
            return key.text
        return None


def _loader() -> Any:
    """PyYAML's parser in C: twenty times as fast as the one in Python, which needs seconds for what is allowed here."""
    found = getattr(yaml, "CSafeLoader", None)
    if found is None:
        remedy = "Install it as it is distributed: pip install --force-reinstall --only-binary :all: pyyaml."
        raise ConfigError(Problem(where="PyYAML", rule="must come with libyaml", remedy=remedy))
    return found
