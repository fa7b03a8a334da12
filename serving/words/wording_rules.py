"""What no text that sales reads may say, and where in a company's file a text stands; shared by sentences and playbook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from reprlib import Repr

from leadq.foundation.problems import Problem
from leadq.foundation.yaml_tree import Document, shortened

PART = re.compile(r"\{([a-z_]+)\}")
FORBIDDEN = (
    "because",
    "increases the chance",
    "raises the chance",
    "improves the chance",
    "lowers the chance",
    "due to",
    "leads to",
    "results in",
    "thanks to",
    "causes",
    "caused by",
    "log-odds",
    "log odds",
    "logit",
    "shap",
    "shapley",
    "coefficient",
    "feature",
)
"""Words that claim a cause or belong to the data team."""
_FORBIDDEN = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in FORBIDDEN), re.IGNORECASE)
_COLUMN_NAME = re.compile(r"\b[A-Za-z0-9]+_\w+")
"""A feature or a column by its name; a person would write words."""


_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 72
_MOST_NAMES = 3
MOST_PATTERN = 200
"""Longest pattern of names, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text stands: the file, and the way to it as a person reads it."""

    document: Document
    name: str = ""
    path: tuple[str | int, ...] = ()

    def at(self, key: str | int, name: str = "") -> Place:
        """Return the place one step further in; ``name`` is what a person calls it."""
        called = name or shortened(str(key))
        return replace(self, path=(*self.path, key), name=f"{self.name}, {called}" if self.name else called)

    def __str__(self) -> str:
        return f"{self.document.place(self.path)}{f' {self.name}' if self.name else ''}"

    def problem(self, rule: str, value: object, remedy: str) -> Problem:
        """Return a problem of what stands here."""
        return Problem(where=str(self), rule=rule, value=_SHORT.repr(value)[:80], remedy=remedy)


def check_words(text: str, place: Place, *, most: int) -> Iterator[Problem]:
    """Find what is wrong with a text of at most ``most`` characters, its parts in braces not counted."""
    bare = PART.sub("", text)
    if len(bare) > most:
        yield place.problem(f"must be at most {most} characters", text, "Shorten it; a rep reads it in seconds.")
    for word in dict.fromkeys(found.lower() for found in _FORBIDDEN.findall(text)):
        yield place.problem(
            "must not claim a cause or use the data team's words", word, "Say what is so, with its figures."
        )
    for found in _COLUMN_NAME.findall(bare)[:_MOST_NAMES]:
        yield place.problem("must not name a feature or a column", found, "Write it as words.")
