"""Words of a category that are written otherwise than at training, and which word of then each of them is.

A word is another of then where both are written alike (letter case, blanks and signs aside), or where as many rows have it as had
the other when the model was trained, and no other word comes near. What neither tells is left to people. Says nothing about
what a change does to scores.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leadq.crm.gate.field_profiles import FieldProfile
from leadq.crm.gate.profile_fields import ValueCount

_NEAR = 0.03
"""Part by which the rows of a word may differ from then: some were changed since."""
_LEAST_ROWS = 5
"""Words of fewer rows are not told apart by how many they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChange:
    """A category whose words changed.

    Parameters
    ----------
    column : str
        ``"leads.source"``.
    renamed : tuple of (str, str)
        Tonight's word, and which word of training it is.
    new : tuple of str
        Further words that training did not know, the most frequent first.
    other_column : str
        Field that most of the new words are of, as where two columns changed places; empty where there is none.
    gone : tuple of str
        Words of training that none of the newest leads has, and of which nothing says what they have become.
    leads, of : int
        How many of the newest leads have words that training did not know, and how many have any.
    """

    column: str
    renamed: tuple[tuple[str, str], ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]
    leads: int
    of: int
    other_column: str = ""

    @property
    def share(self) -> float:
        """Share of the newest leads that have a word which training did not know, in [0, 1]."""
        return self.leads / self.of if self.of else 0.0

    def to_document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        shown = {"field": self.column, "share": self.share, "renamed": dict(self.renamed)}
        return {**shown, "new": list(self.new), "gone": list(self.gone), "other_field": self.other_column}


def word_change(profile: FieldProfile, found: ValueCount, others: Iterable[FieldProfile] = ()) -> WordChange:
    """Compare the words of tonight with those of a profile; a word that is one of ``others`` becomes none of this by its rows alone."""
    known = set(profile.known)
    unknown = sorted(
        {*found.newest, *found.rows} - known,
        key=lambda word: (-found.newest.get(word, 0), -found.rows.get(word, 0), word),
    )
    renamed = dict(_alike(unknown, profile.known))
    then = dict(zip(profile.known, profile.known_rows, strict=False))
    gone = [word for word in profile.known if not found.newest.get(word) and not _still_there(word, then, found)]
    lost = {word: then.get(word, 0) for word in gone if word not in renamed.values()}
    words_of = {other.column: set(other.known) for other in others if other.column != profile.column}
    elsewhere = set().union(*words_of.values())
    came = {word: found.rows.get(word, 0) for word in unknown if word not in renamed and word not in elsewhere}
    renamed |= _as_many(lost, came)
    leads = sum(found.newest.get(word, 0) for word in unknown)
    new = tuple(word for word in unknown if word not in renamed)
    swapped = (column for column, words in words_of.items() if 2 * sum(word in words for word in new) > len(new))
    return WordChange(
        column=profile.column,
        renamed=tuple((word, renamed[word]) for word in unknown if word in renamed),
        new=new,
        other_column=next(swapped, ""),
        gone=tuple(word for word in gone if word not in renamed.values()),
        leads=leads,
        of=sum(found.newest.values()),
    )


def written_alike(word: str) -> str:
    """Return a word without what people write now so, now so: letter case, accents, blanks, signs.

    >>> written_alike(" Web-Form "), written_alike("WEB_FORM"), written_alike("Café")
    ('webform', 'webform', 'cafe')
    """
    plain = unicodedata.normalize("NFKD", word.casefold())
    kept = "".join(one for one in plain if one.isalnum())
    return kept or plain


def _alike(unknown: list[str], known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield words that are written alike with exactly one of then."""
    of_then: dict[str, list[str]] = {}
    for word in known:
        of_then.setdefault(written_alike(word), []).append(word)
    for word in unknown:
        then = of_then.get(written_alike(word), [])
        if len(then) == 1:
            yield word, then[0]


def _still_there(word: str, then: Mapping[str, int], found: ValueCount) -> bool:
    """Whether rows of then still have a word: it is rare now, and was not renamed."""
    return found.rows.get(word, 0) > _NEAR * then.get(word, 0)


def _as_many(lost: dict[str, int], came: dict[str, int]) -> dict[str, str]:
    """Pair words that came with words that were lost where the number of rows leaves one choice on both sides, exact ones first."""
    lost = {word: rows for word, rows in lost.items() if rows >= _LEAST_ROWS}
    came = {word: rows for word, rows in came.items() if rows >= _LEAST_ROWS}
    pairs: dict[str, str] = {}
    for apart in (0.0, _NEAR):
        while found := list(_only_choices(lost, came, apart)):
            for new, old in found:
                pairs[new] = old
                del lost[old], came[new]
    return pairs


def _only_choices(lost: dict[str, int], came: dict[str, int], apart: float) -> Iterator[tuple[str, str]]:
    def near(rows: int, before: int) -> bool:
        return abs(rows - before) <= apart * before + (1 if apart else 0)

    for new, rows in came.items():
        old = [word for word, before in lost.items() if near(rows, before)]
        if len(old) == 1 and sum(near(other, lost[old[0]]) for other in came.values()) == 1:
            yield new, old[0]
