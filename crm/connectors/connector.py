"""What a kind of place brings to leadq: a connector, found by the entry point ``leadq.connectors`` that bears the kind's name.

A connector says what ``leadq.yaml`` may hold of such a place and opens it as a target. What else it can do it says by having the method:
give its history (:class:`ReadsHistory`), be tried (:class:`Verifies`), be made ready (:class:`SetsUp`). Its module is imported whenever
``leadq.yaml`` names the kind, so a client's library is imported by the methods only. How to write one: docs/howto/add-a-crm.md.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict

from leadq.agreement.schema import Agreement
from leadq.crm.connectors.history_source import HistorySource
from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.verification import Verification
from leadq.crm.storage.source_locations import Database, Part

if TYPE_CHECKING:
    import requests


class TargetSettings(Part):
    """What ``leadq.yaml`` says of one place under ``deliver``; each connector has its own, with ``kind: Literal["its-kind"]``."""

    kind: str
    rejections: bool = False
    """Whether it is told what follows a rejection, too: track, next owner, when a lead wakes and when it came back."""

    @property
    def databases_used(self) -> tuple[str, ...]:
        """Names of databases that must stand under ``databases``."""
        return ()


To = TypeVar("To", bound=TargetSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a connector may use of the world around it.

    Parameters
    ----------
    environment : mapping of str to str
        Holds the secrets that the settings name (:func:`leadq.foundation.secret.secret`).
    databases : mapping of str to Database
        Those that ``leadq.yaml`` names.
    http : requests.Session, optional
        To be used instead of a session of the connector's own.
    """

    environment: Mapping[str, str]
    databases: Mapping[str, Database] = field(default_factory=dict)
    http: requests.Session | None = None


class Connector(ABC, Generic[To]):
    """One kind of place that takes scores.

    Attributes
    ----------
    title : str
        The kind's name as people write it: ``"PostgreSQL"``.
    settings : type of TargetSettings
        Reads what ``leadq.yaml`` says of such a place.
    guide : str
        Where to read how it is set up, such as ``"docs/howto/postgresql.md"``; may be empty.
    """

    title: ClassVar[str]
    settings: ClassVar[type[TargetSettings]]
    guide: ClassVar[str] = ""

    @abstractmethod
    def open_target(self, name: str, to: To, around: Surroundings) -> Target:
        """Open the place that ``leadq.yaml`` calls ``name``; nothing is written yet.

        Raises
        ------
        LeadqError
            A secret is not set.
        """

    @abstractmethod
    def identity(self, to: To, around: Surroundings, target: Target) -> str:
        """Say what and where the place is, without secrets: where this changes, nothing that was delivered before holds there.

        Raises
        ------
        LeadqError
            Only the place itself can say, and it cannot be asked.
        """

    def field_name(self, name: str) -> str:
        """Return how the place calls a field of leadq's, such as ``Reason_Against_1``."""
        return column_name(name)


def column_name(name: str) -> str:
    """Return a field's name as most places take it.

    >>> column_name("Reason_Against_1")
    'lq_reason_against_1'
    """
    return f"lq_{name.lower()}"


@runtime_checkable
class ReadsHistory(Protocol):
    """A connector of a CRM: it also gives the history that leadq learns from."""

    def open_history(self, to: Any, around: Surroundings) -> HistorySource:
        """Open the place to read from.

        Raises
        ------
        LeadqError
            A secret is not set.
        """


@runtime_checkable
class Verifies(Protocol):
    """A connector with trials of its own for ``leadq crm verify``; without them a target is asked whether it would take the fields."""

    def open_verification(self, name: str, to: Any, around: Surroundings) -> Verification:
        """Open the place to be tried."""


class SetupOptions(BaseModel):
    """Options of ``leadq crm setup <kind>``: a field is an option, its description the help, its alias (if any) the option's name.

    A field is a ``bool``, a ``str``, a ``Path | None`` or a ``tuple[str, ...]``, with a default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupReport:
    """What was made: ``facts`` for machines, ``words`` for people."""

    facts: Mapping[str, object]
    words: str


@runtime_checkable
class SetsUp(Protocol):
    """A connector that makes a place ready to take scores: ``leadq crm setup <kind>``.

    Attributes
    ----------
    setup_help : str
        What it makes, in a sentence.
    setup_options : type of SetupOptions
    """

    setup_help: str
    setup_options: type[SetupOptions]

    def set_up(
        self, agreement: Agreement, options: Any, targets: Mapping[str, Any], around: Surroundings
    ) -> SetupReport:
        """Make it ready.

        Parameters
        ----------
        agreement : Agreement
        options : SetupOptions
            Of this connector's own class.
        targets : mapping of str to TargetSettings
            Places of this kind that ``leadq.yaml`` names.
        around : Surroundings

        Raises
        ------
        LeadqError
            Something stands in the way; nothing was made.
        """
