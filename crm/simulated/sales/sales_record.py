"""What sales and marketing did and wrote down over the whole span, before anybody reads it.

Arrays of one length a table; moments in seconds, :data:`~leadq.crm.simulated.moments.NEVER` where it does not happen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

import numpy as np

from leadq.crm.simulated.intent import KINDS
from leadq.crm.simulated.sales.qualification import Qualification
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Bools, Floats, Ints

REASONS = (
    "not_decision_maker",
    "no_budget",
    "timeline_over_12_months",
    "outside_icp",
    "competitor",
    "student",
    "duplicate",
    "unreachable",
)
ACCEPTED = -1
TOUCH_KINDS = ("call", "email", "meeting")
CALL = 0
NURTURE_MAIL = "nurture_mail"
EVENT_KINDS = (*(kind.name for kind in KINDS), NURTURE_MAIL)
EVENT_CHANNELS = (*(kind.channel for kind in KINDS), "nurture")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touches:
    """What sales did with a lead; ``entered`` is when it was written down."""

    lead: Ints
    occurred: Ints
    entered: Ints
    kind: Ints
    inbound: Bools
    rep: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What sales said of a lead; ``reason`` indexes :data:`REASONS`, or is :data:`ACCEPTED`."""

    lead: Ints
    decided: Ints
    reason: Ints
    rep: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunities:
    """Deals; ``closed`` and ``entered`` (when the closing was written down) NEVER while open."""

    number: Ints
    """What its id is made of."""
    lead: Ints
    created: Ints
    closed: Ints
    entered: Ints
    won: Bools
    reopens: Bools
    """Created after the lead was closed."""
    amount: Floats
    reason: Ints
    by_account: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherEvents:
    """Events that the truth does not look at: mails of marketing, and what faults add; ``kind`` indexes :data:`EVENT_KINDS`."""

    lead: Ints
    occurred: Ints
    kind: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """What won accounts pay: one row an account; ``ended`` NEVER while they stay."""

    account: Ints
    started: Ints
    ended: Ints
    monthly: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Leads that a fault concerns, from when, and how much where that differs (else missing)."""

    lead: Ints
    at: Ints
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesRecord:
    """Everything that is written down; ``closed``, ``owner`` (-1: nobody) and ``handed_over`` have shape (n_leads,)."""

    world: World
    qualified: dict[str, Qualification]
    touches: Touches
    answers: Answers
    opportunities: Opportunities
    closed: Ints
    owner: Ints
    handed_over: Ints
    events: FurtherEvents
    revenue: Revenue | None = None
    marks: dict[str, Marks] = field(default_factory=dict)

    def marked(self, name: str, lead: Ints, at: Ints, value: Floats | None = None) -> SalesRecord:
        """Note whom a fault concerns."""
        much = np.full(len(lead), np.nan) if value is None else value
        return replace(self, marks={**self.marks, name: Marks(lead=lead, at=at, value=much)})


Table = TypeVar("Table", Touches, Answers, Opportunities, FurtherEvents)


def joined(first: Table, second: Table) -> Table:
    """Return the rows of both."""
    names = [one.name for one in fields(first)]
    return type(first)(**{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in names})


def kept(table: Table, rows: Bools) -> Table:
    """Return the rows that are kept."""
    names = [one.name for one in fields(table)]
    return type(table)(**{name: getattr(table, name)[rows] for name in names})


def no_events() -> FurtherEvents:
    """Return no further events."""
    none = np.array([], dtype=np.int64)
    return FurtherEvents(lead=none, occurred=none, kind=none)
