"""How a text reads as a name of a person: by its form, and by whether a name in it is known.

``Last, First``, ``LAST First``, ``F. Last``, ``Last F.``, capitals, lower case, titles, particles, double names, ``first.last``;
Cyrillic with patronymic or initials; Chinese, Japanese and Korean by family name. Leaves out what a column is: one such text is
no evidence, ``personal.py`` looks at their share.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum

from leadq.crm.reading.people.word_lists import (
    family_names,
    given_names,
    letters,
    name_words,
    not_people,
    plain_word,
)


class Reads(IntEnum):
    """As what a text reads; the higher, the surer."""

    OTHER = 0
    FORM = 1
    """Has the form of a name, but nothing in it is known as one: ``Zorba Quell``, and ``Aurora Prime`` as well."""
    FAMILY = 2
    """One word, a common family name."""
    GIVEN = 3
    """One word, a given name."""
    KNOWN = 4
    """A whole name: of its form, with a known given name, a title or initials."""


_LONGEST = 60
_PREFIX = re.compile(r"^(?:[ae]l|ben|bin|d|l|o)['’-](?=.)")
_WORD = r"[^\W\d_]+(?:['’`´‐-][^\W\d_]+)*"
_FULL = re.compile(rf"{_WORD}\.?|{_WORD}['’]")
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?){1,4}|[^\W\d_]")
_DOTTED = re.compile(r"(?:[^\W\d_]\.-?){1,4}")
_ASIDE = re.compile(r"\s*(?:\([^)]*\)|\[[^\]]*\]|\"[^\"]*\"|“[^”]*”|'[^' ]+')\s*")
_HANDLE = re.compile(r"[^\W\d_]{2,}(?:[._][^\W\d_]{1,})+")
_SEVERAL = re.compile(r"\s*[;/|]\s*|\s+(?:und|and|et|y|e|&)\s+")
_HAN = re.compile(r"[\u3400-\u9fff々]+")
_HANGUL = re.compile(r"[\uac00-\ud7af]+")
_KANA = re.compile(r"[\u3040-\u30ffー]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_PATRONYMIC = re.compile(r"(?:вич|вна|ична|оглы|кызы|вич|івна|ївна|ович)$")
_CYRILLIC_FAMILY = re.compile(r"(?:ова?|ева?|ский|ская|ський|ська|цкий|цкая|енко|чук|швили)$")
_TRADES = re.compile(r"(?:[업시군구도동읍면]|회사|제조|서비스|유통|건설)$")


def reads_as(text: str) -> Reads:
    """As what ``text`` reads.

    >>> [reads_as(one).name for one in ("Lange, Jonas", "KLEIN Eva", "C. Weber", "North Bernard", "Zorba Quell", "王小明")]
    ['KNOWN', 'KNOWN', 'KNOWN', 'OTHER', 'FORM', 'KNOWN']
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain or len(plain) > _LONGEST or any(c.isdigit() for c in plain):
        return Reads.OTHER
    plain = _ASIDE.sub(" ", plain).strip(" ,;")
    parts = [part for part in _SEVERAL.split(plain) if part]
    if len(parts) > 1 and ((" y " not in plain and " e " not in plain) or all(" " in part for part in parts)):
        several = [_one(part) for part in parts]
        return Reads.KNOWN if min(several) == Reads.KNOWN else Reads.OTHER
    return _one(plain)


def _one(plain: str) -> Reads:
    bare = plain.replace(" ", "").replace("・", "").replace("·", "")
    if _HAN.fullmatch(bare) or _KANA.fullmatch(bare) or _HANGUL.fullmatch(bare):
        return _east_asian(plain, bare)
    if " " not in plain and _HANDLE.fullmatch(plain):
        return _handle(plain)
    if "," in plain:
        return _family_first(plain)
    return _in_order(plain.split())


def _east_asian(plain: str, bare: str) -> Reads:
    words = re.split(r"[ ・·]", plain)
    if _HANGUL.fullmatch(bare):
        fits = bare[0] in letters("korean") and len(bare) in (3, 4) and not _TRADES.search(bare) and len(words) <= 2
        return Reads.KNOWN if fits and len(bare) == 3 else Reads.FORM if fits else Reads.OTHER
    if _KANA.fullmatch(bare):
        return Reads.FORM if len(words) == 2 else Reads.OTHER
    if bare[-1] in letters("not_given"):
        return Reads.OTHER
    for length in (3, 2, 1):
        if bare[:length] in name_words("japanese") and 2 <= len(bare) - length + 1 <= 4 and len(bare) > length:
            return Reads.KNOWN if len(bare) > 2 else Reads.FORM
    given = len(bare) - (2 if bare[:2] in name_words("chinese_long") else 1)
    if (bare[:2] in name_words("chinese_long") or bare[0] in letters("chinese")) and given in (1, 2):
        return Reads.KNOWN if given == 2 or bare[:2] in name_words("chinese_long") else Reads.FORM
    if bare in name_words("japanese"):
        return Reads.FAMILY
    return Reads.FORM if len(words) == 2 and len(bare) in (3, 4, 5) else Reads.OTHER


def _handle(plain: str) -> Reads:
    words = [plain_word(word) for word in re.split(r"[._]", plain)]
    if len(words) > 3 or any(word in not_people() for word in words):
        return _in_order(plain.split())
    if any(word in given_names() for word in words) and any(word in family_names() or len(word) > 2 for word in words):
        return Reads.KNOWN
    return _in_order(plain.split()) if "." in plain and _DOTTED.match(plain) else Reads.OTHER


def _family_first(plain: str) -> Reads:
    parts = [part.strip() for part in plain.split(",") if part.strip()]
    said = len(parts) > 1 and all(_is_title(word) or _plain(word) in name_words("after") for word in parts[-1].split())
    parts = parts[:-1] if said else parts
    if said and len(parts) == 1:  # Smith, Dr. and Jonas Lange, MBA
        read = _in_order(parts[0].split())
        return Reads.KNOWN if read in (Reads.FORM, Reads.FAMILY, Reads.GIVEN) else read
    if len(parts) != 2:
        return Reads.OTHER
    family, called = _untitled(parts[0].split())
    given, titled = _untitled(parts[1].split())
    called = called or titled
    full = [word for word in family[:-1] if not _is_particle(word)] + family[-1:]
    firsts = given[:1] + [word for word in given[1:] if not _is_particle(word)]
    if not 1 <= len(full) <= 3 or not 1 <= len(firsts) <= 3 or not _are_words(full) or not _are_words(firsts):
        return Reads.OTHER
    if all(_DOTTED.fullmatch(word) or len(word) == 1 for word in firsts):
        return Reads.OTHER if _INITIALS.fullmatch(full[0]) else Reads.KNOWN
    known = called or any(_is_given(word) for word in firsts)
    if known or (plain_word(full[0]) in family_names() and firsts[0][0].isupper()):
        return Reads.KNOWN if known else Reads.FORM
    return Reads.FORM if firsts[0][0].isupper() and full[-1][0].isupper() and len(firsts[0]) > 2 else Reads.OTHER


def _in_order(words: list[str]) -> Reads:
    bare, called = _untitled(words)
    full = [word for word in bare[:-1] if not _is_particle(word)] + bare[-1:]
    if len(bare) == 2 and bare[0][0].isupper():  # Lê Quang
        full = bare
    names = [word for word in full if not _INITIALS.fullmatch(word)]
    if not 1 <= len(full) <= 4 or len(bare) > 6 or not names or not _are_words(full):
        return Reads.OTHER
    if _CYRILLIC.search("".join(full)):
        return _cyrillic(full, names, called=called)
    if called:
        return Reads.KNOWN
    if len(full) == 1:
        return _single(full[0])
    return _several_words(full, names)


def _several_words(full: list[str], names: list[str]) -> Reads:
    starts = [_PREFIX.sub("", word)[0] for word in names]
    if any(start.islower() for start in starts) and any(start.isupper() for start in starts):
        return Reads.OTHER
    if len(names) < len(full):
        return _with_initials(full, names)
    if any(_is_given(word) for word in names):
        return Reads.KNOWN
    return Reads.FORM if len(names) <= 3 and not any(map(str.islower, starts)) else Reads.OTHER


def _with_initials(full: list[str], names: list[str]) -> Reads:
    known = any(_is_given(word) or plain_word(word) in family_names() for word in names)
    if len(names) > 2 or any(len(word) < 2 for word in names):
        return Reads.OTHER
    dotted = any(_DOTTED.fullmatch(word) for word in full)
    return Reads.KNOWN if known or dotted else Reads.FORM if names[0][0].isupper() else Reads.OTHER


def _cyrillic(full: list[str], names: list[str], *, called: bool) -> Reads:
    plain = [plain_word(word) for word in names]
    if not names or len(full) > 3:
        return Reads.OTHER
    given = any(word in given_names() for word in plain)
    if len(full) == 1:
        return (
            Reads.KNOWN
            if called
            else Reads.GIVEN
            if given
            else Reads.FAMILY
            if _CYRILLIC_FAMILY.search(plain[0])
            else Reads.OTHER
        )
    if called or given or any(_PATRONYMIC.search(word) for word in plain) or len(names) < len(full):
        return Reads.KNOWN
    return Reads.FORM if all(word[0].isupper() for word in names) else Reads.OTHER


def _single(word: str) -> Reads:
    plain = plain_word(word)
    if plain in given_names() or ("-" in plain and all(part in given_names() for part in plain.split("-"))):
        return Reads.GIVEN
    return Reads.FAMILY if plain in family_names() and word[0].isupper() else Reads.OTHER


def _untitled(words: list[str]) -> tuple[list[str], bool]:
    """Words without titles before and degrees after them, and whether one was said that is said of people only."""
    rest, called = list(words), False
    while rest and _is_title(rest[0]) and (len(rest) > 1 or rest[0].endswith(".")):
        called = (
            called
            or (_plain(rest[0]) in name_words("titles") and _plain(rest[0]) not in name_words("titles_of_things_too"))
            or (rest[0].endswith(".") and len(rest[0]) > 2)
        )
        rest = rest[1:]
    while len(rest) > 1 and _plain(rest[-1]) in name_words("after"):
        rest = rest[:-1]
    return rest, called


def _is_title(word: str) -> bool:
    return len(word.strip(".")) > 1 and (
        plain_word(word) in name_words("titles") or _plain(word) in name_words("titles")
    )


def _plain(word: str) -> str:
    return plain_word(word).replace(".", "")


def _is_particle(word: str) -> bool:
    return plain_word(word) in name_words("particles")


def _is_given(word: str) -> bool:
    plain = plain_word(word.rstrip("."))
    return plain in given_names() or ("-" in plain and plain.split("-")[0] in given_names())


def _are_words(words: list[str]) -> bool:
    """Whether all are words of letters and none is one that no name holds."""
    for word in words:
        if not (_FULL.fullmatch(word) or _INITIALS.fullmatch(word)):
            return False
        if plain_word(word.rstrip(".")) in not_people() and not _INITIALS.fullmatch(word):
            return False
    return True
