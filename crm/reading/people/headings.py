"""What a heading says of its column, judged by its words: ``Contact name`` is a person's, ``Product name`` is not.

A heading is split at blanks, marks and capitals (``emailAddress``), accents and letter case aside.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import lru_cache

from leadq.crm.reading.people.word_lists import heading_pairs, heading_words, plain_word


class Says(Enum):
    """What a heading says."""

    NAME = "is named like a person's name"
    ALWAYS = "is named like personal data"
    DETAIL = "is named like contact details"
    PEOPLE = "people"
    THINGS = "things"
    NOTHING = ""


def words_of(heading: str) -> tuple[str, ...]:
    """Return the words of a heading, folded.

    >>> words_of("emailAddress_2"), words_of("Prénom (contact)")
    (('email', 'address'), ('prenom', 'contact'))
    """
    apart = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFKC", heading))
    found = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", apart)
    return tuple(plain_word(word) for word in found)


@lru_cache(maxsize=10_000)
def heading_says(heading: str) -> Says:
    """Return what a heading says of its column.

    >>> [heading_says(one).name for one in ("Vorname", "Product name", "Geburtsdatum", "Handy", "Ansprechpartner", "Branche")]
    ['NAME', 'THINGS', 'ALWAYS', 'DETAIL', 'PEOPLE', 'NOTHING']
    """
    found = _joined(words_of(heading))
    bare = "".join(found)
    telling = [word for word in found if word not in heading_words("small")]
    if (
        _is_name(found, telling)
        or bare in heading_words("whole_names")
        or any(part in bare for part in heading_words("inside_names"))
    ):
        return Says.NAME
    others = any(word in heading_words("others") for word in found)
    if any(part in bare for part in heading_words("inside_always")) or any(
        word in heading_words("always") for word in found
    ):
        return Says.ALWAYS
    if any(part in bare for part in heading_words("inside_details")) or any(
        word in heading_words("details") for word in found
    ):
        return Says.DETAIL
    people = any(part in bare for part in heading_words("inside_people")) or any(
        word in heading_words("people") for word in found
    )
    if people and (not others or "owner" in found):
        return Says.PEOPLE
    return Says.THINGS if others else Says.NOTHING


def is_of_people(heading: str) -> bool:
    """Whether a heading alone makes its column personal, so that how its values are written need not be known."""
    return heading_says(heading) in (Says.NAME, Says.ALWAYS)


def counts_something(heading: str) -> bool:
    """Whether a heading says that it counts or judges rather than holds: ``email_opens``, ``phone_verified``."""
    return any(word in heading_words("counted") for word in words_of(heading))


def _joined(found: tuple[str, ...]) -> tuple[str, ...]:
    """Words of which pairs such as ``first name`` are one word."""
    line = f" {' '.join(found)} "
    for pair, one in heading_pairs().items():
        line = line.replace(f" {pair} ", f" {one} ")
    return tuple(line.split())


def _is_name(found: tuple[str, ...], telling: list[str]) -> bool:
    others = any(word in heading_words("others") for word in found)
    if any(word in heading_words("names") for word in found):
        return not others or any(word in heading_words("whose") for word in found)
    if not any(word in heading_words("bare") for word in found):
        return False
    rest = [word for word in telling if word not in heading_words("bare")]
    return not rest or (not others and any(word in heading_words("whose") for word in rest))
