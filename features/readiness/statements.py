"""Statements on what the data can and cannot show, as data, and as text for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["can", "cannot", "next"]
_HEADINGS: dict[Kind, str] = {
    "can": "What this data can show",
    "cannot": "What it cannot show",
    "next": "What would help",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One thing the data can or cannot show, or a next step; ``figures`` are the numbers in ``sentence``."""

    kind: Kind
    topic: str
    sentence: str
    figures: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """All statements, in the order a person reads them."""

    statements: tuple[Statement, ...]

    def of(self, kind: Kind) -> tuple[Statement, ...]:
        """Statements of one kind."""
        return tuple(statement for statement in self.statements if statement.kind == kind)

    @property
    def figures(self) -> dict[str, float]:
        """All figures, ``"topic.name"``."""
        return {f"{s.topic}.{name}": value for s in self.statements for name, value in s.figures.items()}

    def sentences(self, *topics: str) -> tuple[str, ...]:
        """Return what is said on ``topics``, in the order of the statements."""
        return tuple(statement.sentence for statement in self.statements if statement.topic in topics)

    def in_words(self) -> str:
        """Return the statements as plain text for the command line."""
        parts = []
        for kind, heading in _HEADINGS.items():
            told = [f"  - {statement.sentence}" for statement in self.of(kind)]
            if told:
                parts.append("\n".join([heading, *told]))
        return "\n\n".join(parts)


def say(kind: Kind, topic: str, sentence: str, **figures: float) -> Statement:
    """Make a statement."""
    return Statement(kind=kind, topic=topic, sentence=sentence, figures=figures)
