"""Questions that files leave open, with the answers as lines to paste: the outcome, day or month, unclear words, which file is which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leadq.crm.reading.proposal.asking.outcome_answers import COLUMN, LOST, WON, WORDS
from leadq.crm.reading.proposal.asking.personal_words import is_personal
from leadq.crm.reading.proposal.file_sample import Column, Sample
from leadq.crm.reading.proposal.heading_names import is_no_outcome, rank
from leadq.crm.reading.proposal.lead_guess import LeadGuess
from leadq.crm.reading.proposal.outcome_guess import Outcome
from leadq.crm.reading.proposal.reading_lines import form_key, shown
from leadq.crm.reading.proposal.tables.file_roles import ROLES, FileRole
from leadq.crm.reading.values.read_settings import Doubt
from leadq.foundation.plurals import counted
from leadq.foundation.yaml_scalars import quoted, quoted_list

_MOST_CHOICES, _MOST_WORDS = 9, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer: its key, what it says, and the line of ``leadq.yaml`` that gives it."""

    key: str
    says: str
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question to a person.

    Parameters
    ----------
    key : str
        Under which the answer is given.
    asks : str
    choices : tuple of Choice
    many : bool
        Several answers may be given.
    place : str
        Where in ``leadq.yaml`` a line of the choices stands.
    """

    key: str
    asks: str
    choices: tuple[Choice, ...]
    many: bool = False
    place: str = ""


def questions_of(
    guess: LeadGuess, roles: Sequence[FileRole], others: Sequence[Sample], answers: Mapping[str, str]
) -> tuple[Question, ...]:
    """Return what is to be asked, in the order in which one answer decides on the next question."""
    open_ones = [*_files(roles), *_outcome(guess, answers), *_forms((guess.sample, *others))]
    return tuple(one for one in open_ones if one.key not in answers)


def _files(roles: Sequence[FileRole]) -> Iterator[Question]:
    for one in roles:
        if one.likely:
            choices = [
                Choice(key=role, says=role) for role in (*one.likely, *(r for r in ROLES if r not in one.likely))
            ]
            asks = f"What is {shown(one.file)}? ({one.evidence})"
            yield Question(
                key=f"file:{one.file}",
                asks=asks,
                choices=(*choices, Choice(key="none", says="none of these: not taken")),
            )


def _outcome(guess: LeadGuess, answers: Mapping[str, str]) -> Iterator[Question]:
    if guess.outcome is None:
        candidates = _candidates(guess)
        if candidates:
            why = f" {shown(guess.refused.why)}." if guess.refused else ""
            yield Question(
                key=COLUMN, asks=f"Which column says who was won and who was lost?{why}", choices=tuple(candidates),
                place="in place of the line of the outcome's column",
            )  # fmt: skip
        return
    if COLUMN in answers:
        yield from _words_of(guess, guess.outcome)
    elif guess.outcome.asked:
        yield _unclear(guess.outcome)


def _candidates(guess: LeadGuess) -> list[Choice]:
    """Columns that may be the outcome, the likeliest headings first; never a consent."""
    key = "column" if guess.dated else "outcome"
    refused = guess.refused.column if guess.refused else ""
    few = [one for one in guess.sample.columns if _may_be(one) or one.name == refused]
    few.sort(key=lambda one: min(rank("outcome", one.name), rank("won_flag", one.name)))
    found = []
    for one in few[:_MOST_CHOICES]:
        words = ", ".join(f"{shown(word)} ({n:,})" for word, n in one.words[:6])
        more = f" and {len(one.words) - 6} more" if len(one.words) > 6 else ""
        all_closed = "; only if every lead of this file is closed" if one.name == refused else ""
        line = f"{key}: {quoted(one.name)}"
        found.append(Choice(key=one.name, says=f"{shown(one.name)}: {words}{more}{all_closed}", line=line))
    return found


def _may_be(column: Column) -> bool:
    few = 2 <= len(column.words) <= _MOST_WORDS and column.reading.kind in ("text", "flag")
    return few and not is_no_outcome(column.name) and not is_personal(column)


def _words_of(guess: LeadGuess, outcome: Outcome) -> Iterator[Question]:
    """Ask for words of won and lost leads in a column that a person named, where the words do not say it."""
    words = next(dict(column.words) for column in guess.sample.columns if column.name == outcome.columns[0])
    if not outcome.won or (outcome.asked and not outcome.lost):
        yield _which(WON, "won", words, outcome)
        yield _which(LOST, "lost (all others are open)", words, outcome)
    elif outcome.asked:
        yield _unclear(outcome)


def _which(key: str, what: str, words: Mapping[str, int], outcome: Outcome) -> Question:
    choices = [
        Choice(key=word, says=shown(word) + (f" ({counted(n, 'row')})" if n else ""), line=f"{key}: [{quoted(word)}]")
        for word, n in words.items()
    ]
    return Question(
        key=key, asks=f"Which words of {shown(outcome.columns[0])} mean {what}?", choices=tuple(choices), many=True,
        place=f"in place of the line of {key}",
    )  # fmt: skip


def _unclear(outcome: Outcome) -> Question:
    words = ", ".join(f"{shown(word)} ({counted(rows, 'row')})" for word, rows in outcome.asked.items())
    return Question(
        key=WORDS,
        asks=f"Are these lost, or does sales still work on them? {words}",
        choices=(
            Choice(key="lost", says="lost", line=f"lost: {quoted_list((*outcome.lost, *outcome.asked))}"),
            Choice(key="open", says="sales still works on them", line=f"open: {quoted_list((*outcome.open, *outcome.asked))}"),
        ),
        place="in place of the line of that word",
    )  # fmt: skip


def _forms(samples: Sequence[Sample]) -> Iterator[Question]:
    for sample in samples:
        for column in [
            one for one in sample.columns if not is_personal(one)
        ]:  # those are left out, however they are written
            for doubt in column.doubts:
                if len(doubt.ways) > 1:
                    yield _form(sample, column, doubt)


def _form(sample: Sample, column: Column, doubt: Doubt) -> Question:
    choices = [
        Choice(key="\n".join(way), says=_says(doubt, way), line=f"{quoted(column.name)}: {_line(way)}")
        for way in doubt.ways
    ]
    return Question(
        key=form_key(sample, column.name),
        asks=f"{shown(column.name)}: {doubt.what}? {shown(doubt.example)} may be read in two ways.",
        choices=tuple(choices),
        place="under read",
    )


def _line(way: tuple[str, ...]) -> str:
    return quoted(way[0]) if len(way) == 1 else quoted_list(way)


def _says(doubt: Doubt, way: tuple[str, ...]) -> str:
    """Name a way by what comes first, day or month."""
    places = {sign: way[0].find(sign) for sign in ("%d", "%m")}
    if doubt.what == "day or month" and min(places.values()) >= 0:
        first = min(places, key=lambda sign: places[sign])
        return f"the {'day' if first == '%d' else 'month'} comes first ({' or '.join(way)})"
    return " or ".join(way)
