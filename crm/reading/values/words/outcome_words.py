"""What a word of a CRM says of a lead: won, lost, open, or unclear, in the languages of CRMs' exports.

The words stand in ``outcome_words.toml``. Whatever is not plain there is unclear, and people are asked: nothing is made open, won
or lost because it looks like it. Which column holds the outcome is decided in ``proposal``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Literal, TypeAlias

from leadq.crm.reading.values.words.folded_words import folded, unaccented

Verdict: TypeAlias = Literal["won", "lost", "open", "unclear"]

_LONGEST = 200
"""Characters; what is longer is a text and no word of an outcome."""
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
"""Scripts whose words stand without blanks between them."""
_BRACKETS = re.compile("\\s*[(\uff08\\[\u3010][^()\uff08\uff09\\[\\]\u3010\u3011]*[)\uff09\\]\u3011]\\s*$")
_COUNTING = re.compile(r"^(?:(?:stage|step|phase|schritt|etape|fase|этап|s|p)?\s?\d+|\d+ %?) (?=\D)")
_PARTS: tuple[Verdict, ...] = ("unclear", "won", "lost", "open")


def judge(word: str) -> Verdict:
    """Return what ``word`` says; words of a flag (yes, no, 1, 0) are unclear here.

    >>> [judge(word) for word in ("Closed - Won", "Lost - no budget", "Not won", "Negotiation", "Duplicate", "失注")]
    ['won', 'lost', 'lost', 'open', 'unclear', 'lost']
    """
    if len(word) > _LONGEST or re.search("[?\uff1f\u00bf]", word):
        return "unclear"
    whole = _judged(unaccented(folded(word)))
    bare = _BRACKETS.sub("", word)
    return _judged(unaccented(folded(bare))) if whole == "unclear" and bare.strip() and bare != word else whole


def flag(word: str) -> bool | None:
    """Return what the word of a flag says; None where it is none.

    >>> flag("Ja"), flag("0.0"), flag("FALSE"), flag("perhaps")
    (True, False, False, None)
    """
    plain = unaccented(folded(word))
    if plain in _phrases("yes"):
        return True
    return False if plain in _phrases("no") else None


def says_closed(word: str) -> bool:
    """Whether ``word`` says that a lead is closed, and not how.

    >>> says_closed("Closed"), says_closed("Geschlossen"), says_closed("Open")
    (True, True, False)
    """
    return unaccented(folded(word)) in _phrases("closed")


def looks_closed(word: str) -> bool:
    """Whether ``word``, as the status of a lead, says that nobody works on it any more, however it ended.

    >>> words = ("Unqualified", "Closed - Converted", "Abgeschlossen: Dublette", "Spam", "Working", "Qualified")
    >>> [word for word in words if looks_closed(word)]
    ['Unqualified', 'Closed - Converted', 'Abgeschlossen: Dublette', 'Spam']
    """
    begins = re.split(r"\s+[-\u2013\u2014]\s*|\s*[:/|(>\uff08\u30fb]\s*", word, maxsplit=1)[0]
    return says_dead(word) or says_closed(begins) or says_dead(begins)


def says_dead(word: str) -> bool:
    """Whether ``word``, as the status of a lead, says that it came to nothing; "Closed" alone may mean converted.

    >>> [word for word in ("Disqualified", "Spam", "Closed", "Closed - Converted") if says_dead(word)]
    ['Disqualified', 'Spam']
    """
    return judge(word) == "lost" or ends_a_lead(word) == "lost" or unaccented(folded(word)) in _phrases("dead")


def ends_a_lead(word: str) -> Verdict | None:
    """Return won or lost where ``word`` is one of the two ends of a lead in Dynamics, qualified and disqualified.

    >>> ends_a_lead("Qualifiziert"), ends_a_lead("Disqualified"), ends_a_lead("New")
    ('won', 'lost', None)
    """
    plain = unaccented(folded(word))
    if plain in _phrases("qualified"):
        return "won"
    return "lost" if plain in _phrases("disqualified") else None


def flags(words: Iterable[str]) -> bool:
    """Whether all ``words`` are those of one flag, at least one of them."""
    found = [flag(word) for word in words]
    return bool(found) and None not in found


@lru_cache(maxsize=1)
def _table() -> dict[str, frozenset[str]]:
    document = tomllib.loads(files(__package__).joinpath("outcome_words.toml").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for language in document.values():
        for part, phrases in language.items():
            found.setdefault(part, set()).update(unaccented(folded(phrase)) for phrase in phrases)
    return {part: frozenset(phrases) for part, phrases in found.items()}


@lru_cache(maxsize=32)
def _phrases(part: str) -> frozenset[str]:
    return _table().get(part, frozenset())


@lru_cache(maxsize=32)
def _pattern(part: str) -> re.Pattern[str]:
    """Every phrase of ``part``, the longest first; those of unspaced scripts stand anywhere, others as whole words."""
    ordered = sorted(_phrases(part), key=lambda phrase: (-len(phrase), phrase))
    spaced = "|".join(re.escape(phrase) for phrase in ordered if not _UNSPACED.search(phrase))
    unspaced = "|".join(r"\s?".join(re.escape(c) for c in phrase) for phrase in ordered if _UNSPACED.search(phrase))
    whole = rf"(?<!\S)(?:{spaced})(?!\S)" if spaced else r"(?!)"
    return re.compile(f"{whole}|{unspaced}" if unspaced else whole)


def _judged(plain: str) -> Verdict:
    plain = _COUNTING.sub("", plain)
    joined = plain.replace(" ", "") if _UNSPACED.search(plain) else plain
    for part in _PARTS:
        if {plain, joined} & _phrases(f"{part}_alone"):
            return part
    denial, _, denied = plain.partition(" ")
    if denial in _phrases("not") and denied in _phrases("won_alone"):
        return "lost"
    found = _uncovered({part: [match.span() for match in _pattern(part).finditer(plain)] for part in _PARTS})
    return _decided(plain, found)


def _uncovered(found: dict[str, list[tuple[int, int]]]) -> dict[str, list[tuple[int, int]]]:
    """Leave out what a longer phrase of another part covers: won in not won."""
    spans = [span for places in found.values() for span in places]

    def covered(span: tuple[int, int]) -> bool:
        return any(a <= span[0] and span[1] <= b and b - a > span[1] - span[0] for a, b in spans)

    return {part: [span for span in places if not covered(span)] for part, places in found.items()}


def _decided(plain: str, found: dict[str, list[tuple[int, int]]]) -> Verdict:
    won, lost, unclear = found["won"], found["lost"], found["unclear"]
    doubted = _pattern("doubt").search(plain) is not None
    if won and lost:
        return "unclear"
    if lost:
        first = lost[0][0]
        denied = _denied(plain, first)
        after = all(first < start for start, _ in unclear)
        return "unclear" if denied or (doubted and first > 0) or not after else "lost"
    if won:
        if doubted or unclear:
            return "unclear"
        return "lost" if _denied(plain, won[0][0]) else "won"
    return "open" if found["open"] and not unclear else "unclear"


def _denied(plain: str, start: int) -> bool:
    """Whether the word just before ``start`` says not."""
    before = plain[:start].split()
    return bool(before) and before[-1] in _phrases("not")
