"""The words of several columns as one text, in the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leadq.crm.reading.values.words.folded_words import BETWEEN
from leadq.crm.storage.scratch_database import Relation, name, text


def joined_text(columns: Sequence[str]) -> str:
    """Return the SQL expression of the texts of ``columns`` joined by " | "; null where all are.

    >>> joined_text(["Stage"])
    '"Stage"'
    """
    if len(columns) == 1:
        return name(columns[0])
    parts = f" || {text(BETWEEN)} || ".join(f"coalesce({name(column)}, '')" for column in columns)
    return f"CASE WHEN coalesce({', '.join(map(name, columns))}) IS NOT NULL THEN {parts} END"


def joined_words(rows: Relation) -> Callable[[tuple[str, ...]], dict[str, int]]:
    """Return what counts the joined words of columns of ``rows``: the words with their rows, the most frequent first."""

    def together(columns: tuple[str, ...]) -> dict[str, int]:
        counted = rows.project(f"{joined_text(columns)} AS w").filter("w IS NOT NULL").aggregate("w, count(*) AS n")
        return {str(word): int(n) for word, n in counted.order("n DESC, w").fetchall()}

    return together
