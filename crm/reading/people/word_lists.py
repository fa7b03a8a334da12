"""The lists of names and of words that no name holds (``words/``), and how a word is compared with them.

Lists are evidence only: a column is judged by the share of its values, so that a missing or a doubtful entry decides nothing.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

_OTHER_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "’": "'"}
)
_ACCENTS = re.compile("[\u0300-\u036f]")


def plain_word(word: str) -> str:
    """Return a word as the lists have it: lower case, without accents.

    >>> plain_word("Łukasz"), plain_word("GARCÍA"), plain_word("Weiß")
    ('lukasz', 'garcia', 'weiss')
    """
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", word.casefold()))
    return unicodedata.normalize("NFC", bare).translate(_OTHER_LETTERS)


@cache
def given_names() -> frozenset[str]:
    """Return given names of many countries, folded."""
    return _words("given_names.txt")


@cache
def family_names() -> frozenset[str]:
    """Return common family names in Latin letters, folded."""
    return _words("family_names.txt")


@cache
def not_people() -> frozenset[str]:
    """Return words of places, companies, trades and campaigns, folded."""
    return _words("not_people.txt")


@cache
def name_words(kind: str) -> frozenset[str]:
    """Return the words of one kind of ``name_words.toml``: titles, particles, family names of East Asia."""
    return frozenset(_table("name_words.toml")[kind].split())


@cache
def letters(kind: str) -> frozenset[str]:
    """Return the single characters of one kind of ``name_words.toml``, such as Chinese family names."""
    return frozenset(_table("name_words.toml")[kind])


@cache
def heading_words(kind: str) -> frozenset[str]:
    """Return the words of one kind of ``headings.toml``."""
    return frozenset(plain_word(word) for word in _table("headings.toml")[kind].split())


@cache
def heading_pairs() -> dict[str, str]:
    """Return pairs of words of headings that are one word."""
    return {plain_word(two): plain_word(one) for two, one in _table("headings.toml")["pairs"].items()}


@cache
def _table(file: str) -> dict[str, Any]:
    return tomllib.loads(_text(file))


def _words(file: str) -> frozenset[str]:
    lines = _text(file).splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _text(file: str) -> str:
    return resources.files(__package__).joinpath("words", file).read_text(encoding="utf-8")
