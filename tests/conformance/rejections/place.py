"""What the path asks of a place where sales answers leads: written once; a module of ``places/`` says it of a kind of place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import ClassVar

import requests

from leadq.pipelines.console.progress import silent
from leadq.pipelines.crm.read_history import read_crm
from leadq.pipelines.project.project import Project
from tests.conformance.rejections import places
from tests.postgres_server import Postgres

NAMES = ("Score", "Tier", "Status", "Track", "Next_Owner", "Wakes_At", "Returned_At")
"""Fields that the path looks at, as leadq calls them."""
Held = Mapping[str, object]
"""What a lead holds of :data:`NAMES`; a moment as a text that begins with its minute, nothing as None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where the path begins: the moment, the company's project, and a PostgreSQL server for who asks for one."""

    moment: datetime
    project: Project
    postgres: Callable[[], Postgres]


class Place(ABC):
    """A place where sales answers leads, and that is told what follows.

    Attributes
    ----------
    keys : tuple of str
        Leads that are there, as the place calls them; none where it takes any id.
    reads_events : bool
        Whether it records that a buyer asks again, so that its own history tells it.
    reads_answers : bool
        Whether its own history tells the answers; the desk's are read with every night.
    """

    keys: tuple[str, ...] = ()
    reads_events: ClassVar[bool] = False
    reads_answers: ClassVar[bool] = True

    @abstractmethod
    def leadq_yaml(self) -> str:
        """Return the sections of ``leadq.yaml`` that name it as ``there``."""

    @abstractmethod
    def reject(self, key: str, reason: str, at: datetime) -> None:
        """Let a salesperson reject a lead."""

    @abstractmethod
    def take_back(self, key: str, at: datetime) -> None:
        """Let a salesperson take the answer back, as is done there."""

    @abstractmethod
    def held(self, key: str) -> Held:
        """Return what the lead holds there."""

    def ask_again(self, key: str, at: datetime) -> None:  # noqa: B027 - not every place records it
        """Let the buyer ask again, where the place records it."""

    def environment(self) -> dict[str, str]:
        """Return the secrets that :meth:`leadq_yaml` names."""
        return {}

    def http(self) -> requests.Session | None:
        """Return the session to reach it through, where an address alone does not."""
        return None

    def told(self, at: datetime) -> None:  # noqa: B027 - fakes have a clock of their own
        """Say that all that was written since the last time was written at ``at``: a real server's clock is today's."""

    def read(self, project: Project, folder: Path) -> None:
        """Read its history into ``folder``, as its connector does; the desk's answers are read with the night."""
        if self.reads_answers:
            read_crm(project, silent, name="there", folder=folder, environment=self.environment(), http=self.http())


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSpec:
    """A kind of place; ``acceptance``: tried by ``make acceptance`` only."""

    name: str
    open: Callable[[Begun], AbstractContextManager[Place]]
    acceptance: bool = False


def all_places() -> tuple[PlaceSpec, ...]:
    """Return the kinds of places, in the order of their names."""
    modules = (import_module(f"{places.__name__}.{one.name}") for one in iter_modules(places.__path__))
    return tuple(module.PLACE for module in modules)
