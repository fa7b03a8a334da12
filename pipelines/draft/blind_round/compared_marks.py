"""Two filled-in sheets beside each other: on how many leads the sides agree, on which they differ and over what, what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from leadq.crm.reading.values.words.folded_words import folded
from leadq.foundation.plurals import counted
from leadq.models.tiers.promise_test import Judgement
from leadq.pipelines.draft.blind_round.drawn_leads import TODAY, BlindRound, DrawnLead
from leadq.pipelines.draft.blind_round.known_outcomes import Became
from leadq.pipelines.draft.blind_round.returned_sheets import Mark
from leadq.pipelines.draft.draft_line import interval_words
from leadq.serving.words.text import clean

_FEW = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A lead on which the sides differ."""

    lead: DrawnLead
    marketing: Mark
    sales: Mark
    became: Became


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two sheets show.

    Parameters
    ----------
    n, agreed : int
        Leads, and those of which both say the same.
    by_chance : float
        Of so many both would say the same if each had said yes as often as it did, but at random.
    differences : tuple of Difference
    fields : tuple of (str, int)
        What the sides named where they differ, the most named first.
    groups : tuple of (str, int, int)
        What was said, of how many leads, how many of them were won.
    """

    n: int
    agreed: int
    by_chance: float
    differences: tuple[Difference, ...]
    fields: tuple[tuple[str, int], ...]
    groups: tuple[tuple[str, int, int], ...]


def compare_marks(
    one: BlindRound, marketing: dict[str, Mark], sales: dict[str, Mark], outcome: dict[str, Became]
) -> Comparison:
    """Hold the marks of both sides, whole ones, beside each other and beside what became of the leads."""
    n = len(one.leads)
    share = [sum(marks[lead.key].qualified for lead in one.leads) / n for marks in (marketing, sales)]
    differing = [lead for lead in one.leads if marketing[lead.key].qualified != sales[lead.key].qualified]
    differences = tuple(
        Difference(lead=lead, marketing=marketing[lead.key], sales=sales[lead.key], became=outcome[lead.key])
        for lead in differing
    )
    said = {lead.key: (marketing[lead.key].qualified, sales[lead.key].qualified) for lead in one.leads}
    named = {
        "both say yes": (True, True),
        "only marketing says yes": (True, False),
        "only sales says yes": (False, True),
        "both say no": (False, False),
    }
    groups = []
    for words, answers in named.items():
        keys = [key for key, given in said.items() if given == answers]
        groups.append((words, len(keys), sum(outcome[key].won for key in keys)))
    return Comparison(
        n=n,
        agreed=n - len(differing),
        by_chance=n * (share[0] * share[1] + (1 - share[0]) * (1 - share[1])),
        differences=differences,
        fields=_fields(differences, one.headings),
        groups=tuple(groups),
    )


def _fields(differences: tuple[Difference, ...], headings: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Count on how many differing leads each field is named, by one side or both."""
    bare = {folded(heading.removesuffix(f" ({TODAY})")): heading.removesuffix(f" ({TODAY})") for heading in headings}
    named: Counter[str] = Counter()
    for one in differences:
        words = {clean(side.because) for side in (one.marketing, one.sales) if clean(side.because)}
        named.update({found for word in words for found in _named(word, bare)})
    return tuple(sorted(named.items(), key=lambda each: (-each[1], each[0])))


def _named(because: str, headings: dict[str, str]) -> list[str]:
    """Return the fields that a remark names; the remark itself where it names none."""
    spoken = f" {folded(because)} "
    return [heading for words, heading in headings.items() if f" {words} " in spoken] or [because]


def comparison_in_words(found: Comparison) -> str:
    """Return what two sheets show, for the meeting."""
    return "\n\n".join(_parts(found))


def _parts(found: Comparison) -> Iterator[str]:
    agreed = Judgement(n=found.n, won=found.agreed, effective_n=float(found.n))
    few = " So few leads show where to talk, not how often you agree." if found.n < _FEW else ""
    yield (
        f"Both sides say the same of {found.agreed} of {counted(found.n, 'lead')} ({interval_words(agreed)}); chance alone would give "
        f"about {found.by_chance:.0f}.{few}"
    )
    lines = [f"  - {words}: {counted(n, 'lead')}, {won:,} won" for words, n, won in found.groups]
    yield "\n".join(["What became of them", *lines])
    if found.differences:
        yield "\n".join(["Where you differ", *(line for one in found.differences for line in _difference(one))])
    if found.fields:
        most, n = found.fields[0]
        more = ", ".join(f"{field} ({times})" for field, times in found.fields[1:4])
        then = f"; then {more}" if more else ""
        yield (
            f'You differ most on "{most}": named on {n} of these {counted(len(found.differences), "lead")}{then}. Agree on it in the '
            "stages or the ideal customer of the agreement."
        )
    elif found.differences:
        yield "Nobody wrote down why (column because): ask each other, field by field."


def _difference(one: Difference) -> Iterator[str]:
    yield f"  {one.lead.key} ({clean(one.lead.lead_id)}): {one.became.words}"
    for side, mark in (("marketing", one.marketing), ("sales", one.sales)):
        because = f", because of {clean(mark.because, 100)}" if clean(mark.because) else ""
        yield f"    {side}: {'yes' if mark.qualified else 'no'}{because}"
    shown = "; ".join(f"{heading}: {clean(value)}" for heading, value in one.lead.shown.items() if value)
    yield f"    {shown}"


def comparison_facts(found: Comparison) -> dict[str, Any]:
    """Return it for ``--json``."""
    return {
        "leads": found.n,
        "agreed": found.agreed,
        "agreed_by_chance": found.by_chance,
        "groups": [{"said": words, "leads": n, "won": won} for words, n, won in found.groups],
        "differences": [
            {
                "key": one.lead.key,
                "lead_id": one.lead.lead_id,
                "shown": one.lead.shown,
                "marketing": {"qualified": one.marketing.qualified, "because": one.marketing.because},
                "sales": {"qualified": one.sales.qualified, "because": one.sales.because},
                "won": one.became.won,
                "became": one.became.words,
            }
            for one in found.differences
        ],
        "fields": [{"field": field, "named_on": n} for field, n in found.fields],
        "most_differed_field": found.fields[0][0] if found.fields else None,
    }
