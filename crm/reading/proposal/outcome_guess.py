"""Which column says how a lead ended, and which of its words are won, lost and open; nothing is guessed where the words do not say it.

A column with words for won and for lost comes first, then two columns that say it together, then a flag whose heading names the
outcome. A flag is not taken where it is no for open leads too. Consent and subscriptions are never an outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from leadq.crm.reading.proposal.file_sample import Column
from leadq.crm.reading.proposal.heading_names import NOT_FOUND, is_called, is_no_outcome, rank
from leadq.crm.reading.values.words.folded_words import BETWEEN, folded
from leadq.crm.reading.values.words.outcome_words import Verdict, ends_a_lead, flag, flags, judge, says_closed

Words = dict[str, int]
"""Words of the data and their rows."""
Together = Callable[[tuple[str, ...]], Words]
"""Words of columns joined, and their rows."""
_MOST_TOGETHER = 100
_STATE_CODES: dict[str, Verdict] = {"0": "open", "1": "won", "2": "lost"}
"""Dynamics' state codes of opportunities (Open, Won, Lost) and of leads (Open, Qualified, Disqualified)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An outcome: its columns, its words, those that are to be asked, and what is to be said of the choice."""

    columns: tuple[str, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]
    open: tuple[str, ...] = ()
    asked: Words = field(default_factory=dict)
    remark: str = ""


def guess_outcome(columns: tuple[Column, ...], together: Together) -> Outcome | None:
    """Return the outcome that the columns say; None where none says it.

    Parameters
    ----------
    columns : tuple of Column
    together : callable
        Counts the joined words of two columns.
    """
    found = max((one for column in columns if (one := _by_words(column))), key=lambda one: one[0], default=None)
    if found is not None:
        return found[1]
    for guess in (_by_state_codes(columns), _by_two(columns, together), _by_archive(columns, together)):
        if guess is not None:
            return guess
    return _by_flags(columns, together)


def outcome_of(columns: tuple[str, ...], words: Words, verdicts: dict[str, Verdict], remark: str = "") -> Outcome:
    """Sort ``words`` by their verdicts; unclear ones are asked."""

    def said(verdict: Verdict) -> tuple[str, ...]:
        return tuple(word for word in words if verdicts[word] == verdict)

    asked = {word: words[word] for word in said("unclear")}
    return Outcome(columns=columns, won=said("won"), lost=said("lost"), open=said("open"), asked=asked, remark=remark)


def _by_words(column: Column) -> tuple[tuple[float, ...], Outcome] | None:
    """Return a column with words for won and for lost, with what makes it likelier than others."""
    words = dict(column.words)
    verdicts = {word: judge(word) for word in words}
    qualified = [word for word in words if ends_a_lead(word) == "won"]
    disqualified = [word for word in words if ends_a_lead(word) == "lost"]
    if "won" not in verdicts.values() and disqualified and len(qualified) == 1:
        verdicts |= {qualified[0]: "won", **dict.fromkeys(disqualified, "lost")}
    if not {"won", "lost"} <= set(verdicts.values()):
        return None
    rows = sum(words.values())
    clear = sum(n for word, n in words.items() if verdicts[word] != "unclear") / rows
    named = min(rank("outcome", column.name), rank("won_flag", column.name))
    # of two that say it, the one with more of the rows, then the better name
    likelier = (clear > 0.5, named < NOT_FOUND, "open" in verdicts.values(), round(clear, 2), -named)
    return tuple(map(float, likelier)), outcome_of((column.name,), words, verdicts)


def _by_state_codes(columns: tuple[Column, ...]) -> Outcome | None:
    for column in columns:
        words = dict(column.words)
        if folded(column.name) == "statecode" and {"1", "2"} <= {folded(word) for word in words} <= set(_STATE_CODES):
            verdicts = {word: _STATE_CODES[folded(word)] for word in words}
            return outcome_of((column.name,), words, verdicts, "Dynamics writes 0 for open, 1 for won, 2 for lost")
    return None


def _by_two(columns: tuple[Column, ...], together: Together) -> Outcome | None:
    """Return two columns, such as status and its reason, that say together who was won and who was lost."""
    states = [one for one in columns if one.words and is_called("outcome", one.name) and not flags(dict(one.words))]
    reasons = [one for one in columns if one.words and is_called("reason", one.name)]
    for first, second in ((a, b) for a in states for b in (*reasons, *states) if a.name != b.name):
        if len(first.words) * len(second.words) > 20 * _MOST_TOGETHER:
            continue
        words = together((first.name, second.name))
        verdicts = {word: _of_two(*word.split(BETWEEN, 1)) for word in words}
        if len(words) <= _MOST_TOGETHER and {"won", "lost"} <= set(verdicts.values()):
            return outcome_of((first.name, second.name), words, verdicts)
    return None


def _of_two(first: str, second: str) -> Verdict:
    said: set[Verdict] = {judge(first), judge(second)} - {"unclear"}
    return said.pop() if len(said) == 1 else "unclear"


def _by_archive(columns: tuple[Column, ...], together: Together) -> Outcome | None:
    """Return Odoo's way: a lost opportunity is archived with probability 0, a won one has probability 100."""
    active = next((one for one in columns if is_called("archived_flag", one.name) and flags(dict(one.words))), None)
    chance = next((one for one in columns if is_called("probability", one.name)), None)
    if active is None or chance is None:
        return None
    words = together((active.name, chance.name))
    parts = {word: tuple(folded(part.rstrip(" %")) for part in word.split(BETWEEN, 1)) for word in words}
    won = [word for word, (_, one) in parts.items() if one == "100"]
    lost = [word for word, (kept, one) in parts.items() if flag(kept) is False and one == "0"]
    if not won or not lost:
        return None
    kept = [word for word in words if flag(parts[word][0]) is True]
    pattern = f"{kept[0].split(BETWEEN, 1)[0]}{BETWEEN}*" if kept else ""
    asked = {w: n for w, n in words.items() if w not in won and w not in lost and w not in kept}
    return Outcome(
        columns=(active.name, chance.name), won=tuple(won), lost=tuple(lost), open=(pattern,) if pattern else (),
        asked=asked, remark="archived with probability 0 is lost, probability 100 is won, as Odoo has it",
    )  # fmt: skip


def _by_flags(columns: tuple[Column, ...], together: Together) -> Outcome | None:
    """Return a flag that is named as an outcome, with the flag that says which leads are closed where there is one."""
    flagged = sorted((one for one in columns if _is_outcome_flag(one)), key=lambda one: rank("won_flag", one.name))
    if not flagged:
        return None
    won = flagged[0]
    for state in (one for one in columns if one.words and is_called("outcome", one.name) and one.name != won.name):
        words = together((state.name, won.name))
        verdicts = {word: _state_and_won(*word.split(BETWEEN, 1)) for word in words}
        if {"won", "lost"} <= set(verdicts.values()) and not flags(dict(state.words)):
            return outcome_of((state.name, won.name), words, verdicts)
    closed = next((one for one in columns if is_called("closed_flag", one.name) and flags(dict(one.words))), None)
    if closed is not None and closed.name != won.name:
        words = together((closed.name, won.name))
        verdicts = {word: _closed_and_won(*word.split(BETWEEN, 1)) for word in words}
        if {"won", "lost"} <= set(verdicts.values()):
            return outcome_of((closed.name, won.name), words, verdicts)
    verdicts = {word: "won" if flag(word) else "lost" for word, _ in won.words}
    return outcome_of((won.name,), dict(won.words), verdicts)


def _is_outcome_flag(column: Column) -> bool:
    named = is_called("won_flag", column.name) or is_called("outcome", column.name)
    words = [word for word, _ in column.words]
    both = {flag(word) for word in words} == {True, False}
    return named and both and not (is_no_outcome(column.name) and not is_called("won_flag", column.name))


def _closed_and_won(closed: str, won: str) -> Verdict:
    if flag(won):
        return "won"
    ended = flag(closed) if closed else False
    return "lost" if ended and (flag(won) is False or not won) else "open" if ended is False else "unclear"


def _state_and_won(state: str, won: str) -> Verdict:
    if flag(won):
        return "won" if judge(state) != "lost" else "unclear"
    return "lost" if says_closed(state) else judge(state) if judge(state) in ("open", "lost") else "unclear"


def columns_with_few_words(columns: tuple[Column, ...]) -> Iterator[str]:
    """Yield columns that a person may know to be the outcome, with their commonest words."""
    for column in columns:
        if 2 <= len(column.words) <= 20 and not is_no_outcome(column.name) and column.reading.kind in ("text", "flag"):
            yield f"{column.name} ({', '.join(word for word, _ in column.words[:4])})"
