"""Titles that a company adds, ``features.titles`` of ``params.yaml``: tried before those of leadq, frozen in the model with them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from leadq.features.meaning.countries import ways_to_write
from leadq.features.meaning.lists import Meaning, Terms
from leadq.features.meaning.people import TITLE_MARKS
from leadq.foundation.suggestions import did_you_mean

SENIORITY, FUNCTION = "seniority", "function"
_FEWEST_LETTERS = 2
_BLANKS = str.maketrans(dict.fromkeys(TITLE_MARKS.replace("*", ""), " "))


@cache
def listed_titles() -> Mapping[str, Any]:
    """Return ``titles.toml``: groups of seniority and function, each with its label and its terms by language."""
    return tomllib.loads((resources.files(__package__) / "titles.toml").read_text(encoding="utf-8"))


@cache
def labels(what: str) -> tuple[str, ...]:
    """Return the labels of ``"seniority"`` or ``"function"``, each once, in the order in which they are tried."""
    return tuple(dict.fromkeys(group["label"] for group in listed_titles()[what]))


def wrong_titles(titles: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is wrong with a company's titles: the label it stands under, the rule, the value, the remedy."""
    known = (*labels(SENIORITY), *labels(FUNCTION))
    for label, terms in titles.items():
        if label not in known:
            remedy = f"{did_you_mean(label, known)}Known are: {', '.join(known)}."
            yield label, "must be a seniority or a function", label, remedy
        for term in terms:
            words = _as_read(term)
            odd = [sign for sign in words if not (sign.isalnum() or sign in " *")]
            if odd or sum(sign.isalnum() for sign in words) < _FEWEST_LETTERS:
                remedy = (
                    "Write words as they stand in titles, such as Gebietsleiter; * stands for any letters: *leiter."
                )
                yield label, f"must be words of at least {_FEWEST_LETTERS} letters", term, remedy


def with_titles(meaning: Meaning, titles: Mapping[str, tuple[str, ...]]) -> Meaning:
    """Return the lists with a company's titles before them; a term that several labels have counts for the first one written."""
    return replace(
        meaning,
        seniority=(*_terms(titles, labels(SENIORITY)), *meaning.seniority),
        function=(*_terms(titles, labels(FUNCTION)), *meaning.function),
    )


def _terms(titles: Mapping[str, tuple[str, ...]], known: tuple[str, ...]) -> Terms:
    written = [
        (label, [_as_read(term) for term in terms]) for label, terms in titles.items() if label in known and terms
    ]
    return tuple(
        (label, tuple(dict.fromkeys(way for term in terms for way in ways_to_write(term)))) for label, terms in written
    )


def _as_read(term: str) -> str:
    """Return a term as titles are read: small letters, signs as blanks, one blank between words."""
    return " ".join(term.lower().translate(_BLANKS).split())
