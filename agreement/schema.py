"""The agreement as data: every word that sales and marketing sign, read-only.

One dataclass per part of ``agreement.yaml``; a check stands in ``condition.py``, the calendar in ``calendar/``, what is measured
and how in ``terms/``. Reading and checking is in
``read.py``; deciding a tier from a probability and rule hits is in ``decide.py``. No expression is
ever evaluated as code: a check is a subject, an operator and values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from leadq.agreement.calendar.weekly_calendar import USUAL_CALENDAR, Calendar
from leadq.agreement.condition import Check, DutyValue, Operator, Subject
from leadq.agreement.terms.measured_terms import (
    USUAL_CLOCKS,
    USUAL_REVIEW,
    AfterRejection,
    Clocks,
    Goal,
    Owners,
    Review,
)

__all__ = ["Check", "DutyValue", "Operator", "Subject"]

DISQUALIFIED = "disqualified"
"""Tier value of its own, beside the agreed tiers."""

BY_MODEL = "model"
"""``tier_by`` of a lead whose tier no rule changed; no rule may have this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed, when, and the hash of the text that was signed; empty before signatures had one."""

    role: str
    on: date
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What counts as success: ``event`` within ``horizon_days`` days."""

    event: str
    horizon_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """Win rates in [0, 1] that a tier must keep: its average, and a floor for its last (marginal) lead."""

    win_rate_at_least: float
    marginal_at_least: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """How fast and how often the owner of a tier acts (business hours)."""

    first_touch_business_hours: float | None = None
    attempts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One agreed tier; the last of an agreement has no promise and takes the rest."""

    id: str
    label: str
    owner: str
    promise: Promise | None = None
    sla: Sla | None = None
    capacity_per_week: int | None = None
    action: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An agreed override: when all checks of ``when`` hold, disqualify or lift to at least a tier."""

    id: str
    when: tuple[Check, ...]
    disqualify: bool = False
    at_least: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """How the promise is judged (probabilities in [0, 1]; ``drift_sd`` in log-odds per quarter)."""

    confidence: float = 0.90
    red_at: float = 0.95
    amber_at: float = 0.80
    drift_sd: float = 0.2
    random_worked_share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OnBreach:
    """Who acts when a promise is broken, and how soon."""

    owner: str
    within_business_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The whole agreement, best tier first.

    ``stages`` maps a stage name (MQL, SAL, SQL) to its checks; ``ideal_customer`` is a tuple of checks on account
    fields; ``duties`` is kept per side, durations as hours or days of business; ``after_rejection`` has those of the
    ``rejection_reasons`` for which more than the reason was agreed; ``buyer_needs`` are the needs that sales may name of a lead;
    ``text`` is the file as signed and ``sha256`` its hash.
    """

    version: int
    effective_from: date
    outcome: Outcome
    tiers: tuple[Tier, ...]
    review_by: date | None = None
    signed: tuple[Signature, ...] = ()
    stages: dict[str, tuple[Check, ...]]
    ideal_customer: tuple[Check, ...] = ()
    rules: tuple[Rule, ...] = ()
    acceptance: Acceptance = Acceptance()
    on_breach: OnBreach | None = None
    duties: dict[str, dict[str, DutyValue]]
    rejection_reasons: tuple[str, ...] = ()
    after_rejection: dict[str, AfterRejection] = field(default_factory=dict)
    buyer_needs: tuple[str, ...] = ()
    calendar: Calendar = USUAL_CALENDAR
    clocks: Clocks = USUAL_CLOCKS
    review: Review = USUAL_REVIEW
    goal: Goal | None = None
    owners: Owners | None = None
    text: str = ""
    sha256: str = ""
