"""Words as people compare them: letter case, blanks, invisible characters and punctuation do not count, nor does the .0 of 1.0.

``Closed - Won``, ``closed_won`` and ``CLOSED WON!`` fold to the same text. Words of two columns, joined by ``|``, stay apart.
What a word means is decided in ``outcome_words.py``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

BETWEEN = " | "
"""Joins the words of several columns into one."""
_NUMBER = re.compile(r"([-+]?)0*(\d+)(?:[.,](\d*?)0*)?")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}[.,]\d{3}")
_KEPT = frozenset("LMN")
"""Unicode categories of letters, marks and digits."""
_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans({"\u0131": "i", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th"})


@lru_cache(maxsize=100_000)
def folded(word: str) -> str:
    r"""Return ``word`` as it is compared with other words.

    >>> folded(" Closed\u00a0-  Won! "), folded("CLOSED_WON"), folded("1.0"), folded("Won |Paid")
    ('closed won', 'closed won', '1', 'won | paid')
    """
    return BETWEEN.join(map(_part, word.split("|")))


def starts_folded(word: str, start: str) -> bool:
    """Whether ``word`` begins with the pattern ``start`` (without its ``*``), both as :func:`folded` has them.

    >>> starts_folded("Closed-Lost (price)", "closed lost"), starts_folded("Wonder", "won"), starts_folded("Wonder", "won ")
    (True, True, False)
    """
    begin, whole = folded(start), folded(word)
    parted = bool(start) and unicodedata.category(start[-1])[0] not in _KEPT and not begin.endswith(BETWEEN)
    return whole == begin or whole.startswith(f"{begin} ") if parted else whole.startswith(begin)


def unaccented(text: str) -> str:
    """Return folded ``text`` without accents, so that Gagné, Gagne and GAGNÉ are one word.

    >>> unaccented("gagné"), unaccented("förlorad"), unaccented("失注")
    ('gagne', 'forlorad', '失注')
    """
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).translate(_LETTERS)


def _part(word: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    plain = " ".join("".join(c for c in plain if unicodedata.category(c) != "Cf").split())
    if number := _NUMBER.fullmatch(plain):
        return _number(plain, *number.groups())
    kept = "".join(c if unicodedata.category(c)[0] in _KEPT else " " for c in plain)
    return " ".join(kept.split()) or plain


def _number(plain: str, sign: str, whole: str, decimals: str | None) -> str:
    if _THOUSANDS.fullmatch(plain):  # 1,000 may be a thousand: it stays as it is
        return plain
    minus = "-" if sign == "-" and (whole.strip("0") or decimals) else ""
    return f"{minus}{whole}" + (f".{decimals}" if decimals else "")
