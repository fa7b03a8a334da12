"""What no text that sales reads may say, and where in a company's file a text stands; shared by sentences and playbook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from leadq.foundation.problems import Problem
from leadq.foundation.yaml_lines import LinedDocument

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
_COLUMN_NAME = re.compile(r"\b[A-Za-z0-9]+_\w+")
"""A feature or a column by its name; a person would write words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text stands: the file, the way to it as a person reads it, and the line where that is known."""

    source: str
    name: str = ""
    path: tuple[str | int, ...] = ()
    lines: LinedDocument | None = None

    def at(self, key: str | int, name: str = "") -> Place:
        """Return the place one step further in; ``name`` is what a person calls it."""
        return replace(
            self, path=(*self.path, key), name=f"{self.name}, {name or key}" if self.name else name or str(key)
        )

    def __str__(self) -> str:
        line = f" line {self.lines.line(self.path)}" if self.lines is not None else ""
        return f"{self.source}{line}{f' {self.name}' if self.name else ''}"

    def problem(self, rule: str, value: object, remedy: str) -> Problem:
        """Return a problem of what stands here."""
        return Problem(where=str(self), rule=rule, value=repr(value)[:80], remedy=remedy)


def check_repeated(place: Place) -> Iterator[Problem]:
    """Find keys that stand twice in one mapping, of which YAML would silently drop one."""
    for path in place.lines.duplicates if place.lines is not None else ():
        shown = ", ".join(map(str, path))
        yield replace(place, path=path).problem("a key must stand once", shown, "Remove one of the two.")


def check_words(text: str, place: Place, *, most: int) -> Iterator[Problem]:
    """Find what is wrong with a text of at most ``most`` characters, its parts in braces not counted."""
    bare = PART.sub("", text)
    if len(bare) > most:
        yield place.problem(f"must be at most {most} characters", text, "Shorten it; a rep reads it in seconds.")
    for word in FORBIDDEN:
        if re.search(rf"\b{re.escape(word)}\b", text, flags=re.IGNORECASE):
            yield place.problem(
                "must not claim a cause or use the data team's words", word, "Say what is so, with its figures."
            )
    for found in _COLUMN_NAME.findall(bare):
        yield place.problem("must not name a feature or a column", found, "Write it as words.")
