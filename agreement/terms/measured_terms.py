"""The agreed terms of measuring as data: clocks, review, goal, owners, and what follows a rejection. Nothing is read here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from leadq.agreement.condition import Check

HandOver = Literal["delivered", "owner_assigned", "handed_off_at", "created"]
HAND_OVERS: tuple[HandOver, ...] = ("delivered", "owner_assigned", "handed_off_at", "created")
"""What a hand-over is told by, best first; the first one that is recorded counts where none is agreed."""

Consequence = Literal["close", "merge", "nurture"]
CONSEQUENCES: tuple[Consequence, ...] = ("close", "merge", "nurture")

Evidence = Literal["attempts", "outside_ideal_customer", "merged"]
EVIDENCE: tuple[Evidence, ...] = ("attempts", "outside_ideal_customer", "merged")
"""What a reason may need beside checks: as many attempts as the tier's SLA says, a mark of the ideal customer that is known and not
met, or a lead that was merged into another."""

Period = Literal["month", "quarter", "year"]
PERIODS: tuple[Period, ...] = ("month", "quarter", "year")
MONTHS_OF: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """When a clock starts and what stops it.

    Parameters
    ----------
    hand_over : str
        One of :data:`HAND_OVERS`; empty where the first that is recorded counts.
    counts_as_touch : tuple of str
        Kinds of touches that are a rep's own act, automatic ones and those of the buyer apart; empty where nothing was agreed and
        every touch that a person made counts.
    unresponsive_after : int or None
        Attempts without an answer after which a lead is unresponsive; None: those of the tier's SLA.
    logged_share_at_least : float or None
        In (0, 1]: of the leads that were won, the share that must show a rep's touch before it is said which leads sales worked; None
        where nothing was agreed.
    """

    hand_over: HandOver | Literal[""] = ""
    counts_as_touch: tuple[str, ...] = ()
    unresponsive_after: int | None = None
    logged_share_at_least: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """When the weekly review is read, and over what.

    Parameters
    ----------
    weekday : int
        Monday is 0.
    at : int
        Minutes since midnight, in the calendar's time zone.
    grace_days : int
        Days after a horizon that late entries still have.
    window_weeks : int
        Weeks that are looked at.
    people : bool
        Whether owners see their own figures.
    """

    weekday: int = 0
    at: int = 360
    grace_days: int = 7
    window_weeks: int = 13
    people: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What both sides want to reach together in a period; at least one of revenue and accepted leads."""

    period: Period
    revenue: float | None = None
    currency: str = ""
    accepted_leads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """Who keeps the agreement, and who decides where the sides do not agree."""

    agreement: str
    sponsor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterRejection:
    """What follows a rejection for one reason, and what the records must show for it.

    Parameters
    ----------
    then : str
        One of :data:`CONSEQUENCES`; empty where nothing is agreed.
    wake_after_days : int or None
        Days until a nurtured lead is open again.
    returns_on : tuple of str
        Kinds of events on which it is open again.
    needs : str
        One of :data:`EVIDENCE`; empty without one. A rejection without it contradicts the records.
    checks : tuple of Check
        Checks that must all hold, or the rejection contradicts the records.
    """

    then: Consequence | Literal[""] = ""
    wake_after_days: int | None = None
    returns_on: tuple[str, ...] = ()
    needs: Evidence | Literal[""] = ""
    checks: tuple[Check, ...] = ()


USUAL_CLOCKS, USUAL_REVIEW = Clocks(), Review()
"""What counts where an agreement says nothing."""
