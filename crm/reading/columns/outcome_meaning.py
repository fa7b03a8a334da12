"""What a word of the data is by the won, lost and open of ``leadq.yaml``: compared as people compare words, the most specific first.

The words in the data are few, so they are looked at here and the engine gets them as they are written. A word that nobody named is
a Problem with the lines to paste; it is never made open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from leadq.crm.config.schema import Flat, FromEventKinds, FromLeadColumns, FromOpportunities
from leadq.crm.reading.values.words.folded_words import folded, starts_folded
from leadq.crm.reading.values.words.outcome_words import judge
from leadq.crm.storage.scratch_database import Relation, name, texts
from leadq.foundation.plurals import counted
from leadq.foundation.problems import MAX_EXAMPLES, Problem
from leadq.foundation.suggestions import did_you_mean
from leadq.foundation.yaml_scalars import quoted_list

Words: TypeAlias = FromOpportunities | FromLeadColumns | FromEventKinds | Flat
State: TypeAlias = Literal["won", "lost", "open"]
STATES: tuple[State, ...] = ("won", "lost", "open")
_MOST_PASTED = 100
"""Words beyond which a column does not hold outcomes."""
_Named: TypeAlias = tuple[tuple[str, ...], ...]


def state_of(word: str, origin: Words) -> State | None:
    """Return what ``leadq.yaml`` says of ``word``; None where it names it nowhere.

    The word as it is written comes before the folded word, both before patterns, and a longer pattern before a shorter one.
    """
    return _state_of(word, _named(origin))


def _named(origin: Words) -> _Named:
    if isinstance(
        origin, FromLeadColumns
    ):  # a status that closes a lead where the outcome does not is open by its outcome
        return origin.won, origin.lost, (*origin.open, *origin.closed_status, *origin.open_status)
    return origin.won, origin.lost, () if isinstance(origin, FromEventKinds) else origin.open


@lru_cache(maxsize=100_000)
def _state_of(word: str, named: _Named) -> State | None:
    for same in (str, folded):
        for state, words in zip(STATES, named, strict=True):
            if any(same(one) == same(word) for one in words if not one.endswith("*")):
                return state
    fits = [
        (len(pattern), -place, state)
        for place, (state, words) in enumerate(zip(STATES, named, strict=True))
        for pattern in words
        if pattern.endswith("*") and starts_folded(word, pattern[:-1])
    ]
    return max(fits)[2] if fits else None


def is_named(word: str, patterns: Iterable[str]) -> bool:
    """Whether ``word`` is one of ``patterns``, compared as people compare words; a pattern may end in ``*``."""
    return any(starts_folded(word, one[:-1]) if one.endswith("*") else folded(one) == folded(word) for one in patterns)


def states_in(rows: Relation, column: str, origin: Words, words: Sequence[str] | None = None) -> str:
    """Return the SQL expression of the state that the text ``column`` of ``rows`` says: won, lost, open, or null.

    Parameters
    ----------
    rows : Relation
    column : str
    origin : Flat, FromLeadColumns, FromOpportunities or FromEventKinds
    words : sequence of str, optional
        The distinct words in the column, where they are known already.
    """
    if words is None:
        found = rows.filter(f"{name(column)} IS NOT NULL").project(name(column)).distinct().fetchall()
        words = sorted(str(word) for (word,) in found)
    said = {state: [word for word in words if state_of(word, origin) == state] for state in STATES}
    cases = [f"WHEN {name(column)} IN {texts(found)} THEN '{state}'" for state, found in said.items() if found]
    return f"(CASE WHEN {name(column)} IS NULL THEN 'open' {' '.join(cases)} END)"


def unnamed_words(origin: Words, counts: Mapping[str, int], where: str) -> Problem | None:
    """Return the Problem that words of the data are named nowhere, with the lines to paste.

    Parameters
    ----------
    origin : Flat, FromLeadColumns or FromOpportunities
    counts : mapping of str to int
        Words in the data and their rows, the commonest first.
    where : str
    """
    unknown = [word for word in counts if state_of(word, origin) is None]
    if not unknown:
        return None
    return Problem(
        where=where,
        rule="an outcome must be named in leadq.yaml as won, lost or open",
        value=repr(unknown[0]),
        count=sum(counts[word] for word in unknown),
        remedy=did_you_mean(unknown[0], [word for state in STATES for word in _known(origin, state)])
        + _remedy(origin, unknown),
        examples=tuple(f"{word!r}: {counted(counts[word], 'row')}" for word in unknown[:MAX_EXAMPLES]),
    )


def _remedy(origin: Words, unknown: Sequence[str]) -> str:
    if len(unknown) > _MOST_PASTED:
        return (
            f"The column holds {counted(len(unknown), 'other word')}, so it is hardly the outcome: name another column, "
            'or write open: ["*"] if all of them are open.'
        )
    under = "flat" if isinstance(origin, Flat) else "outcome"
    said = {state: [word for word in unknown if judge(word) == state] for state in STATES}
    asked = [word for word in unknown if judge(word) == "unclear"]
    lines = [_line(state, [*_known(origin, state), *words]) for state, words in said.items() if words]
    told = f"In leadq.yaml, under {under}, write {' and '.join(lines)}. " if lines else ""
    if not asked:
        return told
    plain = dict(
        zip(STATES, (_line(state, [*_known(origin, state), *said[state], *asked]) for state in STATES), strict=True)
    )
    named = ", ".join(repr(word) for word in asked[:MAX_EXAMPLES])
    more = f" and {counted(len(asked) - MAX_EXAMPLES, 'more word')}" if len(asked) > MAX_EXAMPLES else ""
    return (
        f"{told}Only you can say what {named}{more} means. If such leads are lost, under {under} write {plain['lost']}. "
        f"If sales still works on them, write {plain['open']} instead."
    )


def _known(origin: Words, state: State) -> tuple[str, ...]:
    words: tuple[str, ...] = getattr(origin, state, ())
    return words if state != "open" or "open" in origin.model_fields_set else ()


def _line(state: str, words: Sequence[str]) -> str:
    return f"{state}: {quoted_list(dict.fromkeys(words))}"
