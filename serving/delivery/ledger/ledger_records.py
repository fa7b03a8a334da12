"""What the ledger holds, as values: runs, rows of a plan, what a target confirmed, chunks that are not done.

Leaves out how they are kept (``ledger.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

RunKind = Literal["night", "lead", "refresh", "clear", "restore"]
RunState = Literal["planned", "sending", "paused", "stopped", "done", "partial", "superseded"]
Remote = Mapping[str, str | int | float | None]
UNFINISHED: tuple[RunState, ...] = ("planned", "sending", "paused", "stopped")
ENDED: tuple[RunState, ...] = ("done", "partial")
WHOLE: tuple[RunKind, ...] = ("night", "refresh", "restore")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRun:
    """One delivery of one run of scores to one target.

    Parameters
    ----------
    names : tuple of str
        Of the fields, in the order in which payloads hold their values.
    facts : mapping
        Counts and what the guards found; ``lead`` of a single lead's run.
    pruned : bool
        Whether its rows are too old to be restored.
    """

    run_id: str
    target: str
    kind: RunKind
    score_run: str
    as_of_us: int
    model_version: str
    agreement_version: int
    names: tuple[str, ...]
    state: RunState = "planned"
    facts: Mapping[str, Any] = field(default_factory=dict)
    pruned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A lead to be sent: what a later plan compares with, and the values as they stay, a JSON list in the order of the run's names."""

    lead_id: str
    score: int | None
    tier: str
    codes: str
    status: str
    payload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What a target confirmed last of a lead; ``unsettled`` where something was sent since and not confirmed."""

    lead_id: str
    score: int | None
    tier: str
    codes: str
    status: str
    unsettled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChunk:
    """A chunk that is not done; ``started`` once a first step may have been taken, ``not_before`` in seconds since 1970."""

    number: int
    started: bool
    not_before: float
    remote: Remote | None
