"""How strong each fault is that can be planted: one frozen object a fault, its unit in every name.

Shares are between 0 and 1, ``hours`` are business hours, ``days`` are days of the calendar. ``last_days``: the fault begins so many days
before the span is over. What a fault does with its figures stands in ``world`` and ``records``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideOfficeHours:
    """So many of the outbound touches are made in the evening, at night or at a weekend."""

    share: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedOnHolidays:
    """Nobody works on these days (month-day), although the agreed calendar counts them; ``christmas_days`` from 24 December on."""

    days: tuple[str, ...] = ("05-01", "10-03")
    christmas_days: int = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemDelay:
    """So many leads reach sales only so many business hours after they should."""

    share: float = 0.35
    hours: float = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RepDelay:
    """So many leads wait so many business hours more for their first call."""

    share: float = 0.35
    hours: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentReranking:
    """One rep calls leads of these sources once, so many business hours late, and the others as agreed."""

    rep: int = 3
    sources: tuple[str, ...] = ("paid_search", "content_syndication", "list_purchase", "trade_fair")
    hours: float = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRejections:
    """So many of the leads that sales would accept are rejected; of these some are worked again, after so many days."""

    share: float = 0.08
    worked_again_share: float = 0.4
    pause_days: float = 21.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContradictingReasons:
    """So many rejections give a reason that the record does not bear out."""

    share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class StuffedCampaign:
    """A campaign brings people who click for a prize: so many more events for so many of its leads, in their first days."""

    campaign: str = "spring-launch"
    share: float = 0.8
    pricing_pages: float = 3.0
    demo_requests: float = 1.0
    first_days: float = 2.0
    last_days: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SofterChecks:
    """Of new accounts of the agreed size, so many are now smaller ones, and are handed over all the same."""

    share: float = 0.7
    employees: tuple[int, int] = (5, 49)
    agreed_employees: tuple[int, int] = (50, 5000)
    last_days: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LateEntries:
    """So many wins and calls are entered late, by an exponential time with this mean."""

    wins_share: float = 0.5
    wins_mean_days: float = 12.0
    calls_share: float = 0.4
    calls_mean_days: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedNurture:
    """So many of the leads that sales gave back to be nurtured hear nothing."""

    share: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class UnequalOwners:
    """Reps differ in what they make of the same lead: standard deviation of their effect, log-odds."""

    sd: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class EverythingAccepted:
    """Sales accepts whatever comes, while so many of the wins stay away."""

    wins_lost_share: float = 0.3
    last_days: float = 270.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BestLeadsUncalled:
    """Of the leads that look best, so many are handed over and never called."""

    best_share: float = 0.1
    share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class HopefulModel:
    """The market falls after the training: a model that learnt before is so much too hopeful (0.3: it says 13 where 10 are won)."""

    too_hopeful_share: float = 0.3
    last_days: float = 270.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Churn:
    """Customers pay by month and leave: so many in their first year, and so many of those that one source brought."""

    first_year_share: float = 0.08
    worst_source: str = "paid_search"
    worst_first_year_share: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomSlice:
    """So many of the leads that would not be handed over are picked at random and worked all the same."""

    share: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReEntries:
    """So many lost leads ask for a demo again after so many days, and are worked again; some are won then."""

    share: float = 0.06
    pause_days: float = 45.0
    won_share: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteCallLogs:
    """For so many leads nothing that sales did is logged."""

    share: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingsToTheLost:
    """Marketing goes on to write to so many lost leads, so often a month, for so many days."""

    share: float = 0.5
    mails_a_month: float = 2.0
    days: float = 120.0
