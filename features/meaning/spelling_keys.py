"""Words that differ in capitals and blanks only share a key; in plain Python, for a model that scores a frame without an engine.

``expressions.py`` folds alike inside the engines. Nothing else is ever merged without being asked for.
"""

from __future__ import annotations

BLANKS = "\t\n\r\v\f\u00a0"
"""What counts as a blank beside the blank itself."""
_LETTERS = str.maketrans({"\u0130": "i", "\u03a3": "\u03c3", **dict.fromkeys(BLANKS, " ")})
"""Letter by letter, as DuckDB makes small letters: Python has two letters for a dotted I and a sigma for the end of a word."""


def folded(text: str) -> str:
    r"""Return a word in small letters, with single blanks and none around it.

    >>> folded(" Web\u00a0 FORM ")
    'web form'
    """
    return " ".join(word for word in text.translate(_LETTERS).split(" ") if word).lower()


def code_by_key(spellings: tuple[tuple[str, ...], ...]) -> dict[str, int]:
    """Map every key to the code of its word; a key of two words is the first one's."""
    found: dict[str, int] = {}
    for code, keys in enumerate(spellings):
        for key in keys:
            found.setdefault(key, code)
    return found
