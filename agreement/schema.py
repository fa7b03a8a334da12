"""The agreement as data: every word that sales and marketing sign, read-only.

One dataclass per part of ``agreement.yaml``. Reading and checking is in
``read.py``; deciding a tier from a probability and rule hits is in ``decide.py``. No expression is
ever evaluated as code: a check is a subject, an operator and values.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from leadq.agreement.calendar.weekly_calendar import USUAL_CALENDAR, Calendar

DISQUALIFIED = "disqualified"
"""Tier value of its own, beside the agreed tiers."""

BY_MODEL = "model"
"""``tier_by`` of a lead whose tier no rule changed; no rule may have this id."""

Subject = Literal["field", "event", "disposition"]
Operator = Literal["in", "not_in", "between", "at_least", "at_most", "equals", "ends_with", "present", "occurred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One test on what is known of a lead.

    Parameters
    ----------
    subject : {"field", "event", "disposition"}
        What is looked at.
    name : str
        Field (``"authority"`` of the lead, ``"account.employees"`` of its account), event kind or
        ``"any"``, or the decision of a disposition.
    operator : str
        ``occurred`` for events and dispositions, else how the field's value is compared.
    values : tuple of str, float or bool
        Operands: the list of ``in``/``not_in``/``ends_with``, the two bounds of ``between`` (both inclusive), the
        single operand of ``at_least``, ``at_most``, ``equals``; empty for ``present`` and ``occurred``.
    within_days : int or None
        For events: only those not older than this many days count.
    line : int
        Line of the check in ``agreement.yaml``, for error messages.
    """

    subject: Subject
    name: str
    operator: Operator
    values: tuple[str | float | bool, ...] = ()
    within_days: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed, and when."""

    role: str
    on: date


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
    fields; ``duties`` is kept per side as written; ``text`` is the file as signed and ``sha256`` its hash.
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
    duties: dict[str, dict[str, float | int | bool | str]]
    rejection_reasons: tuple[str, ...] = ()
    calendar: Calendar = USUAL_CALENDAR
    text: str = ""
    sha256: str = ""
