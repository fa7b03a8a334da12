"""A YAML file as a frozen dataclass, strictly: unknown keys, wrong types and missing values are all told at once, with lines.

The dataclass is the schema, so a setting is declared in one place. Understands what specifications here are made of:
numbers, text, flags, moments, tuples, tuples of numbers or text, optional values, nested dataclasses, groups with
keys of their own. A key without a value is as good as absent. Leaves bounds to the caller.
"""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_reader import MOST_PROBLEMS, more_problems
from leadq.foundation.yaml_scalars import KINDS
from leadq.foundation.yaml_tree import Document, Entries, Items, Node, Path, Scalar, shortened, shown

Spec = TypeVar("Spec")
_DEFAULT = "Fix the value, or remove the line to use the default."


_MAY_BE_QUOTED = (datetime,)


class _UnfitError(Exception):
    """A value that does not fit; the texts say what was expected and what to do."""

    def __init__(self, expected: str, remedy: str = _DEFAULT) -> None:
        super().__init__(expected)
        self.expected, self.remedy = expected, remedy


class _EnoughError(Exception):
    """So much is wrong that nobody reads on."""


def build(spec: type[Spec], document: Document, *, problems: list[Problem] | None = None) -> Spec:
    """Make a dataclass from a file of keys and values.

    Parameters
    ----------
    spec : type
        A dataclass; its annotations are the schema, its defaults stand for absent keys.
    document : Document
        As the reader of YAML gave it.
    problems : list of Problem, optional
        What the reader has found wrong already.

    Raises
    ------
    ConfigError
        All unknown keys, missing keys and wrong types.
    """
    builder = _Builder(document, list(problems or ()))
    try:
        made = builder.group(spec, document.root, ())
    except _EnoughError:
        builder.problems.append(more_problems(document.where))
    if builder.problems:
        raise ConfigError(builder.problems)
    return typing.cast(Spec, made)


class _Builder:
    def __init__(self, document: Document, problems: list[Problem]) -> None:
        self.problems = problems
        self._document = document

    def _note(self, path: Path, rule: str, value: str, remedy: str) -> None:
        name = shortened(".".join(map(str, path)), most=120)
        where = f"{self._document.place(path)} {name}".rstrip()
        self.problems.append(Problem(where=where, rule=rule, value=shortened(value), remedy=remedy))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _EnoughError

    def group(self, spec: Any, node: Entries, path: Path) -> Any:
        hints = typing.get_type_hints(spec)
        known = {field.name: field for field in fields(spec) if field.init}
        before = len(self.problems)
        for name in node.values:
            if name not in known:
                remedy = f"{did_you_mean(name, known)}Known are: {', '.join(known)}."
                self._note((*path, name), "must be a known key", name, remedy)
        values: dict[str, Any] = {}
        for name, field in known.items():
            here, found = (*path, name), node.values.get(name)
            if found is None or (isinstance(found, Scalar) and found.empty):
                if field.default is MISSING and field.default_factory is MISSING:
                    self._note(here, "must be given", "", "Add it.")
                continue
            try:
                values[name] = self._value(hints[name], found, here)
            except _UnfitError as wrong:
                self._note(here, f"must be {wrong.expected}", shown(found), wrong.remedy)
        if len(self.problems) > before:
            return None
        try:
            return spec(**values)
        except ValueError as error:
            self._note(path, "must hold together", str(error), "Fix the value.")
            return None

    def _value(self, hint: Any, found: Node, path: Path) -> Any:
        if is_dataclass(hint):
            if not isinstance(found, Entries):
                raise _UnfitError("a group of keys")
            return self.group(hint, found, path)
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._value(next(kind for kind in inner if kind is not type(None)), found, path)
        if origin in (tuple, dict):
            return self._several(origin, inner, found, path)
        if not isinstance(found, Scalar):
            raise _UnfitError(KINDS[hint].words if hint in KINDS else "text")
        if origin is typing.Literal:
            if found.text not in inner:
                raise _UnfitError("one of " + ", ".join(map(str, inner)), did_you_mean(found.text, inner) or _DEFAULT)
            return found.text
        return _scalar(hint, found)

    def _several(self, origin: Any, inner: tuple[Any, ...], found: Node, path: Path) -> Any:
        if origin is dict:
            if not isinstance(found, Entries):
                raise _UnfitError("a group of keys")
            return {name: self._item(inner[1], item, (*path, name)) for name, item in found.values.items()}
        if not isinstance(found, Items):
            raise _UnfitError("a list")
        return tuple(self._item(inner[0], item, (*path, place)) for place, item in enumerate(found.items))

    def _item(self, hint: Any, found: Node, path: Path) -> Any:
        try:
            if isinstance(found, Scalar) and found.empty:
                raise _UnfitError("a value", "Write the value, or remove its place.")
            return self._value(hint, found, path)
        except _UnfitError as wrong:
            self._note(path, f"must be {wrong.expected}", shown(found), wrong.remedy)
            return None


def _scalar(hint: Any, found: Scalar) -> Any:
    if hint is str:
        return found.text
    kind = KINDS[hint]
    value = kind.read(found.text)
    if value is None or not (found.plain or hint in _MAY_BE_QUOTED):
        raise _UnfitError(kind.words, kind.advice(found.text))
    return value
