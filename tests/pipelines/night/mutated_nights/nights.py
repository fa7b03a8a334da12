"""Many nights of several companies: which that were changed stay silent, and on which that were not something is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.project.project import Project
from tests.pipelines.night.mutated_nights.export import NIGHTS, TRAINED, Company, company
from tests.pipelines.night.mutated_nights.mutations import Mutation, every_mutation
from tests.pipelines.night.mutated_nights.project import Night, night, opened_at, trained
from tests.pipelines.night.mutated_nights.writing import LANGUAGES, Writing

MOVES = 0.01
"""Share of leads that may be in another tier without a word; a single lead may always."""
_NAMES = tuple(LANGUAGES)
_STEP = 37
"""Days from one night to the next, modulo the span: nights of all seasons, none twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A night and what came of it: ``moved`` is counted only where nothing was said."""

    what: str
    outcome: str
    said: tuple[str, ...]
    moved: int = 0
    of: int = 0

    @property
    def too_silent(self) -> bool:
        """Whether more leads moved than may without a word."""
        return not self.said and self.moved > max(1, MOVES * self.of)

    def line(self) -> str:
        """Return a line for the terminal."""
        first = self.said[0][:110] if self.said else ""
        moved = "" if self.said else f"{self.moved} of {self.of} moved"
        return f"{'!!' if self.too_silent else '  '} {self.outcome:8}{self.what:72} {moved}{first}"


class Companies:
    """Companies that have learnt, one a seed and way of writing, each made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[int, tuple[Company, Writing, Path]] = {}

    def of(self, seed: int) -> tuple[Company, Writing, Path]:
        """Return the company of a seed, how it writes, and its project."""
        if seed not in self._made:
            writing, one = LANGUAGES[_NAMES[seed % len(_NAMES)]], company(seed)
            path = self._folder / f"company-{seed}"
            if not path.exists():
                trained(path, one, writing)
            self._made[seed] = one, writing, path
        return self._made[seed]

    def opened(self, seed: int, moment: datetime) -> tuple[Project, Bundle]:
        """Open a company at the moment of a night."""
        return opened_at(self.of(seed)[2], self._folder / "night", moment)


def moment_of(number: int) -> datetime:
    """Return when the night of a number is."""
    return TRAINED + timedelta(days=1 + number * _STEP % (NIGHTS - 1))


def clean_nights(companies: Companies, numbers: Iterable[int], *, seeds: int = 3) -> Iterator[Seen]:
    """Yield nights whose export is as ever; each has a number."""
    for number in numbers:
        seed, moment = 1 + number % seeds, moment_of(number)
        one, writing, _ = companies.of(seed)
        seen = night(*companies.opened(seed, moment), writing.table(one.export(moment)), separator=separator(writing))
        yield _seen(f"company {seed}, {moment:%Y-%m-%d}", seen)


def mutated_nights(
    companies: Companies, numbers: Iterable[int], *, seeds: int = 3, chosen: tuple[Mutation, ...] | None = None
) -> Iterator[Seen]:
    """Yield nights whose export was changed, each in the next of all ways, held against the same night unchanged."""
    ways = every_mutation() if chosen is None else chosen
    for number in numbers:
        way = ways[number % len(ways)]
        seed, moment = 1 + (number + number // len(ways)) % seeds, moment_of(number)
        one, writing, _ = companies.of(seed)
        project, bundle = companies.opened(seed, moment)
        export = one.export(moment)
        changed = night(project, bundle, way.apply(export, writing), separator=separator(writing))
        seen = _seen(f"{way.family}: {way.name} ({_NAMES[seed % len(_NAMES)]}, {moment:%Y-%m-%d})", changed)
        tiers = {} if changed.tiers is None or seen.said else changed.tiers.as_read()
        if (
            not seen.said and not tiers
        ):  # a night without an open lead ends with a sentence of its own (first_scores.py)
            seen = replace(seen, outcome="named", said=("no lead is open",))
        elif not seen.said:
            same = night(project, bundle, writing.table(export), separator=separator(writing))
            seen = replace(seen, moved=same.moved_to(tiers), of=same.scored)
        yield seen


def separator(writing: Writing) -> str:
    """Return what stands between the columns of a file."""
    return ";" if writing.decimal == "," else ","


def _seen(what: str, night: Night) -> Seen:
    outcome = "stopped" if night.stopped else "named" if night.said else "silent"
    return Seen(what=what, outcome=outcome, said=night.stopped or night.said)
