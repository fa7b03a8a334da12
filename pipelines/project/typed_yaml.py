"""A YAML mapping as a frozen dataclass, strictly: unknown keys, wrong types and missing values are all told at once.

The dataclass is the schema, so a setting is declared in one place. Understands what specifications here are made of:
numbers, text, flags, moments, tuples, tuples of numbers or text, optional values, nested dataclasses. Leaves bounds to
the caller.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from leadq.foundation.problems import ConfigError, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_lines import LinedDocument, read_yaml_lines

Spec = TypeVar("Spec")

_WORDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    datetime: "a time with its zone",
}


class _UnfitError(Exception):
    """A value that does not fit; the text says what was expected."""


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a mapping from a YAML file; an empty file is an empty mapping.

    Raises
    ------
    ConfigError
        The file is missing, is not YAML, is not a mapping, or gives a key twice.
    """

    def problem(rule: str, value: str, remedy: str) -> ConfigError:
        return ConfigError(Problem(where=str(path), rule=rule, value=value, remedy=remedy))

    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise problem(
            "must be a readable text file", str(error), "Write it with leadq init, or name the folder."
        ) from error
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f"line {where.line + 1}" if where is not None else "somewhere"
        raise problem("must be YAML", f"an error at {line}", "Mend the indentation, colon or quote there.") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise problem("must hold keys and values", type(document).__name__, "Write one key: value a line.")
    lines = read_yaml_lines(text)
    if lines.duplicates:
        raise ConfigError([_twice(path, lines, key) for key in lines.duplicates])
    return document


def _twice(path: Path, lines: LinedDocument, key: tuple[str | int, ...]) -> Problem:
    where = f"{path} line {lines.line(key)}"
    return Problem(where=where, rule="must not be given twice", value=str(key[-1]), remedy="Keep one of the two.")


def build(spec: type[Spec], document: Mapping[str, Any], *, where: str) -> Spec:
    """Make a dataclass from a mapping.

    Parameters
    ----------
    spec : type
        A dataclass; its annotations are the schema, its defaults stand for absent keys.
    document : Mapping
        What YAML gave.
    where : str
        File, for the problems.

    Raises
    ------
    ConfigError
        All unknown keys, missing keys and wrong types.
    """
    problems: list[Problem] = []
    made = _object(spec, document, where, problems)
    if problems:
        raise ConfigError(problems)
    return typing.cast(Spec, made)


def _object(spec: Any, document: Mapping[str, Any], where: str, problems: list[Problem]) -> Any:
    hints = typing.get_type_hints(spec)
    known = {field.name: field for field in fields(spec) if field.init}
    for name in document:
        if name not in known:
            hint = did_you_mean(str(name), known).rstrip() or f"Known are: {', '.join(known)}."
            problems.append(Problem(where=where, rule="must be a known key", value=str(name), remedy=hint))
    values: dict[str, Any] = {}
    before = len(problems)
    for name, field in known.items():
        place = f"{where} {name}"
        if name in document:
            try:
                values[name] = _value(hints[name], document[name], place, problems)
            except _UnfitError as wrong:
                found = str(document[name])[:60]
                remedy = "Mend the value, or remove the line to take the default."
                problems.append(Problem(where=place, rule=f"must be {wrong}", value=found, remedy=remedy))
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(Problem(where=place, rule="must be given", remedy="Add it."))
    if len(problems) > before:
        return None
    try:
        return spec(**values)
    except ValueError as error:
        problems.append(Problem(where=where, rule="must hold together", value=str(error), remedy="Mend the value."))
        return None


def _value(hint: Any, found: Any, place: str, problems: list[Problem]) -> Any:
    if is_dataclass(hint):
        if not isinstance(found, dict):
            raise _UnfitError("a group of keys")
        return _object(hint, found, place, problems)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if found is None and type(None) in inner:
            return None
        return _value(next(kind for kind in inner if kind is not type(None)), found, place, problems)
    if origin is typing.Literal:
        if found not in inner:
            raise _UnfitError("one of " + ", ".join(str(choice) for choice in inner))
        return found
    if origin is tuple:
        if not isinstance(found, list):
            raise _UnfitError("a list")
        return tuple(_value(inner[0], item, place, problems) for item in found)
    return _plain(hint, found)


def _plain(hint: type, found: Any) -> Any:
    if hint is datetime:
        return _time(found)
    if hint is float and isinstance(found, int) and not isinstance(found, bool):
        return float(found)
    if isinstance(found, hint) and (hint is bool or not isinstance(found, bool)):
        return found
    raise _UnfitError(_WORDS.get(hint, hint.__name__))


def _time(found: Any) -> datetime:
    if isinstance(found, str):
        try:
            found = datetime.fromisoformat(found)
        except ValueError as error:
            raise _UnfitError(_WORDS[datetime]) from error
    if isinstance(found, date) and not isinstance(found, datetime):
        return datetime(found.year, found.month, found.day, tzinfo=UTC)
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise _UnfitError(_WORDS[datetime])
    return found.astimezone(UTC)
