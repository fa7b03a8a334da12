"""What a place that scores are delivered to can do: the border between the delivery core and connectors.

The core (``serving/delivery``) plans, keeps the ledger, tries again and reconciles; a target knows one protocol. A chunk may take
several steps on the far side (make a job, upload, close, wait, fetch results). After every step the core keeps ``remote`` in its
ledger before it takes the next, so that a killed run goes on where it stopped. Leaves out what is delivered and when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from leadq.foundation.problems import Problem, TargetPausedError

Value = str | float | None
"""A number, a text (a moment as ISO 8601 in UTC), or None, which clears the field."""
FieldKind = Literal["number", "text", "picklist", "moment"]
RowState = Literal["ok", "rejected", "transient", "unknown", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetField:
    """A field that is ours to write.

    Parameters
    ----------
    name : str
        As the target calls it.
    kind : {"number", "text", "picklist", "moment"}
    length : int
        Most characters of a text; 0 where it has no limit.
    choices : tuple of str
        Of a picklist.
    """

    name: str
    kind: FieldKind
    length: int = 0
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """Absolute values of one lead: sending them twice is sending them once. ``key`` is the target's own id."""

    key: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows that go together, in order of key; ``number`` counts from 0 within a run."""

    run_id: str
    number: int
    rows: tuple[TargetRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """What became of a row.

    Parameters
    ----------
    key : str
    state : {"ok", "rejected", "transient", "unknown", "skipped"}
        ``rejected``: no use in trying the same again; ``transient``: try again later; ``unknown``: sent, and nothing heard of it;
        ``skipped``: not written on purpose (a person changed the lead in the meantime), looked at again the next night.
    code, text : str
        The target's own words.
    """

    key: str
    state: RowState
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a chunk stands on the far side after a step.

    Parameters
    ----------
    remote : mapping
        Plain values that let a later process go on (id of a job, its state).
    outcomes : tuple of RowOutcome or None
        One a row once the chunk is done; None while it is not.
    wait_seconds : float
        Before the next step.
    """

    remote: Mapping[str, str | int | float | None] = field(default_factory=dict)
    outcomes: tuple[RowOutcome, ...] | None = None
    wait_seconds: float = 0.0


class UnheardError(TargetPausedError):
    """Nothing was heard of a step, which may have had its effect all the same: the core takes it again, a few times.

    Parameters
    ----------
    problem : Problem
    retry_after_seconds : float or None
        How long the other side asked to be left alone.
    """

    def __init__(self, problem: Problem, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after_seconds = retry_after_seconds


class Target(Protocol):
    """One place that scores are delivered to.

    Every method may raise ``LeadqError``; :class:`leadq.foundation.problems.TargetPausedError` where only time helps (a quota is spent),
    :class:`UnheardError` where the core shall take the same step again.
    """

    name: str
    chunk_rows: int

    def check(self, fields: Sequence[TargetField]) -> None:
        """Stop before anything is written where a field is missing, too short, of another kind or not writable."""

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return keys that must not be written right now, with why (converted, deleted)."""

    def step(self, chunk: Chunk, remote: Mapping[str, str | int | float | None] | None) -> Step:
        """Take the next step with a chunk; ``remote`` is None before the first."""

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        """Return what the target holds now; keys it does not know are left out."""


@runtime_checkable
class EndsChunks(Protocol):
    """A target on whose side a chunk stays under way between steps (a job that waits, or runs)."""

    def end(self, chunk: Chunk, remote: Mapping[str, str | int | float | None] | None) -> Step:
        """Bring a chunk of an earlier run to its end without sending anything new: abort what has not begun, wait for what has.

        Taken like :meth:`Target.step`, again and again until there are outcomes; rows that were not written are ``unknown``.
        A target without this has nothing under way once a call is over: its rows are ``unknown`` at once.
        """


@runtime_checkable
class MayBeEmpty(Protocol):
    """A target of which :meth:`Target.check` sees whether it holds anything: a table may have been dropped or emptied.

    Parameters
    ----------
    empty : bool
        Nothing is there, so that nothing of what it confirmed can be.
    """

    empty: bool
