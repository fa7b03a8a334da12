"""Whether what an entry point names is a connector, and whether what a connector returns is what was asked for.

Leaves out which package it came from (``registry.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from leadq.crm.connectors.connector import Connector, SetsUp, SetupOptions, TargetSettings

OPTION_TYPES: tuple[Any, ...] = (bool, str, Path | None, tuple[str, ...])
TAKEN_OPTIONS = frozenset({"project", "p", "json", "help", "debug"})
_METHODS = {
    "open_target": ("check", "skipped", "step", "read_back"),
    "open_history": ("extract",),
    "open_verification": ("verify",),
}


def why_unfit(connector: object, kind: str) -> str:
    """Return why an object is no connector of a kind; empty where it is one."""
    if not isinstance(connector, Connector):
        return f"must be a Connector of leadq, and is {type(connector).__name__}"
    settings = getattr(connector, "settings", None)
    if not (isinstance(settings, type) and issubclass(settings, TargetSettings)):
        return "must have settings, a class made from TargetSettings"
    annotation = settings.model_fields["kind"].annotation
    if get_origin(annotation) is not Literal or get_args(annotation) != (kind,):
        return f'must have settings with kind: Literal["{kind}"], the name of its entry point'
    if not isinstance(getattr(connector, "title", None), str) or not isinstance(connector.guide, str):
        return "must have a title, and a guide that is a text"
    return next(_wrong_setup(connector), "")


def why_wrong(method: str, made: object) -> str:
    """Return why what ``open_target``, ``open_history`` or ``open_verification`` gave cannot be used; empty where it can."""
    lacking = [name for name in _METHODS[method] if not callable(getattr(made, name, None))]
    if lacking:
        return f"{method} must return what has {', '.join(lacking)}, and returned {type(made).__name__}"
    if method == "open_target" and not isinstance(getattr(made, "name", None), str):
        return "open_target must return a target with its name"
    rows = getattr(made, "chunk_rows", 0)
    if method == "open_target" and not (isinstance(rows, int) and rows > 0):
        return "open_target must return a target with chunk_rows, at least 1"
    return ""


def why_wrong_names(names: Sequence[object]) -> str:
    """Return why names of fields cannot be used; empty where they can."""
    texts = all(isinstance(name, str) and name.strip() for name in names)
    return "" if texts and len(set(names)) == len(names) else "field_name must return a name of its own for each field"


def option_name(name: str, field: FieldInfo) -> str:
    """Return how an option is written, without its dashes."""
    return (field.alias or name).replace("_", "-")


def _wrong_setup(connector: object) -> Iterator[str]:
    if not isinstance(connector, SetsUp):
        return
    words, options = getattr(connector, "setup_help", None), getattr(connector, "setup_options", None)
    if not isinstance(words, str) or not (isinstance(options, type) and issubclass(options, SetupOptions)):
        yield "must have setup_help, a text, and setup_options, a class made from SetupOptions"
        return
    for name, field in options.model_fields.items():
        written = option_name(name, field)
        if field.annotation not in OPTION_TYPES or field.is_required():
            yield f"setup option {name} must be a bool, str, Path | None or tuple[str, ...], with a default"
        if written in TAKEN_OPTIONS or name in ("ctx", "project", "as_json") or not written.replace("-", "").isalnum():
            yield f"setup option {name} must have a name of its own, not --{written}"
