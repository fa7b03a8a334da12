"""What the suite asks of a place that takes scores, and the law that it judges by: written once, for every kind.

A far side tells what leads hold, what was written and what people lost; the law says whether that is right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from itertools import groupby
from pkgutil import iter_modules
from typing import Any, ClassVar

import requests

from tests.conformance.connectors import sides
from tests.conformance.connectors.nights import Night, Value
from tests.postgres_server import Postgres

GROUP = "leadq.conformance"
OURS = ("Score", "Tier", "Reason_1")
"""Fields that the law looks at, as leadq calls them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a test wants of a far side.

    Parameters
    ----------
    leads : int
    began : float
        Of the clock that children share, see :class:`tests.conformance.connectors.swift_clock.SwiftClock`.
    faults_a_step : int
        Faults that wait at every kind of step each night, where the side can be told to fail.
    seed : int
    postgres : callable
        Starts, or returns, the PostgreSQL server.
    """

    leads: int
    began: float
    faults_a_step: int
    seed: int
    postgres: Callable[[], Postgres]


class FarSide(ABC):
    """A place that outlives the deliveries and knows everything that was written there.

    Attributes
    ----------
    kind : str
        Of the connector.
    opener : str
        ``module:function`` that a child opens its target with; see :data:`tests.conformance.connectors.attempt.Opener`.
    secrets : tuple of str
        Texts that must stand nowhere; the first is the one that ``leadq.yaml`` names by ``${FAR_SIDE_SECRET}``.
    """

    kind: ClassVar[str]
    opener: ClassVar[str]
    secrets: ClassVar[tuple[str, ...]] = ()
    keys: Sequence[str]

    @abstractmethod
    def address(self) -> Mapping[str, str]:
        """Return what a child needs to find it."""

    @abstractmethod
    def begin(self, night: Night) -> None:
        """Forget what was written, and script the night's faults."""

    @abstractmethod
    def held(self) -> Mapping[str, Mapping[str, Value]]:
        """Return what each lead holds of :data:`OURS`; one that the place does not know is left out."""

    @abstractmethod
    def lost(self) -> Sequence[str]:
        """Return leads in which what people had written is not there any more."""

    @abstractmethod
    def written(self) -> Mapping[tuple[str, str], Sequence[object]]:
        """Return every value written since the night began, in order, by lead and field (or what stands for all fields)."""

    @abstractmethod
    def leadq_yaml(self) -> str:
        """Return the sections of ``leadq.yaml`` that name it as ``there``, its secret as ``${FAR_SIDE_SECRET}``."""

    @abstractmethod
    def spoil(self, key: str, *, score: float) -> None:
        """Write a score into a lead as leadq's user would."""

    @abstractmethod
    def overwrite_people(self, key: str) -> None:
        """Change what people had written, as leadq's user would if it could."""

    def foreign(self) -> Collection[str]:
        """Return fields that were written and are not leadq's."""
        return ()

    def refuse(self, keys: Sequence[str]) -> None:
        """Refuse these leads from now on."""
        raise NotImplementedError

    def refuse_in_hostile_words(self, key: str, words: str) -> str:
        """Refuse a lead with these words, where the place can be made to, and return what must be told; else return nothing."""
        return ""

    def accept_all(self) -> None:
        """Refuse nobody any more."""
        raise NotImplementedError

    def http(self) -> requests.Session | None:
        """Return the session to reach it through, where an address alone does not."""
        return None

    def troubles(self) -> Iterator[str]:
        """Yield once for each way in which this side can fail a delivery, in trouble while yielding: what must be told of it."""
        yield from ()

    def never_struck(self) -> set[tuple[str, str]]:
        """Return kinds of steps at which no fault struck in all nights, before or after the effect."""
        return set()

    def history(self) -> int | None:
        """Make ready to be read from and return how many leads it has; None where it is no CRM."""
        return None

    def writes(self) -> int:
        """Return how many values were written since the night began."""
        return sum(len(values) for values in self.written().values())

    def judge(self, night: Night, *, abandoned: Night | None, excused: frozenset[str]) -> None:
        """Assert the law; ``excused`` leads were not to be written."""
        held, due = self.held(), [key for key in self.keys if key not in excused]
        wrong = [key for key in due if held.get(key) != night.expected(key)]
        assert not wrong, (
            f"{len(wrong):,} of {len(due):,} leads do not hold tonight's values: {wrong[0]} holds {held.get(wrong[0])} "
            f"and not {night.expected(wrong[0])}"
        )
        assert not self.foreign(), f"fields that are not ours were written: {sorted(self.foreign())}"
        lost = self.lost()
        assert not lost, f"{len(lost):,} leads lost what people had written, such as {lost[0]}"
        written = {place: [value for value, _ in groupby(values)] for place, values in self.written().items()}
        most = 1 if abandoned is None else 2  # after an abandoned night, first that night's and then tonight's
        several = [(place, values) for place, values in written.items() if len(values) > most]
        assert not several, f"{len(several):,} had {most + 1} or more values in one night, such as {several[0]}"
        strange = {key for key, _ in written} - night.changed
        assert abandoned or not strange, (
            f"{len(strange):,} leads were written though nothing of them changed: {min(strange)}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSpec:
    """A far side by name (its kind, and after ``_`` what sets it apart from others of the kind), with the sizes at which it is tried.

    Parameters
    ----------
    open : callable
        Makes it for the length of a ``with`` block.
    chunk_rows, leads : int
        In ``make test``.
    long_chunk_rows, long_leads : int
        In ``make acceptance``.
    lives : tuple of float
        Of the long campaign, see :class:`tests.conformance.connectors.campaign.Campaign`.
    refuses : bool
        Whether it can be told to refuse rows.
    takes_any_id : bool
        Whether a row with any id makes a new one there, as in a table; a folder takes none that a spreadsheet would run.
    integration : bool
        Tried among the integrations only.
    """

    name: str
    open: Callable[[Wanted], AbstractContextManager[FarSide]]
    leads: int = 240
    chunk_rows: int = 60
    long_leads: int = 20_000
    long_chunk_rows: int = 5_000
    lives: tuple[float, ...] = (1.0, 1 / 3)
    refuses: bool = True
    takes_any_id: bool = False
    integration: bool = False


def all_sides() -> tuple[SideSpec, ...]:
    """Return the far sides of leadq's own connectors, and of those that other packages brought along."""
    modules: list[Any] = [import_module(f"{sides.__name__}.{one.name}") for one in iter_modules(sides.__path__)]
    modules += [one.load() for one in entry_points(group=GROUP)]
    return tuple(spec for module in modules for spec in module.SIDES)
