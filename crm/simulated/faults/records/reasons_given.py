"""Answers that say something else than the record: reasons that it does not bear out, and everything accepted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.faults.effect_sizes import ContradictingReasons, EverythingAccepted
from leadq.crm.simulated.moments import DAY, seconds
from leadq.crm.simulated.sales.answers import outside_ideal_customer, unanswered_attempts
from leadq.crm.simulated.sales.office_hours import OfficeHours
from leadq.crm.simulated.sales.sales_record import ACCEPTED, REASONS, SalesRecord, kept

_FEW_ATTEMPTS = 4
_MINUTES = 15 * 60


def plant_contradicting_reasons(
    record: SalesRecord, fault: ContradictingReasons, random: np.random.Generator
) -> SalesRecord:
    """Give "unreachable" after a few calls, "student" without a school's address, "outside_icp" inside of it."""
    leads, answers = record.world.leads, record.answers
    n = len(leads.created)
    lead = answers.lead
    claims = np.stack(
        [
            unanswered_attempts(record.touches, n)[lead] < _FEW_ATTEMPTS,
            leads.kind[lead] != words.EDUCATION,
            ~outside_ideal_customer(record.world)[lead],
        ]
    )
    reasons = np.array([REASONS.index(name) for name in ("unreachable", "student", "outside_icp")])
    choice = random.random((len(claims), n))[:, lead] * claims  # the largest of those that contradict the record
    picked = (answers.reason != ACCEPTED) & claims.any(axis=0) & (random.random(n)[lead] < fault.share)
    reason = np.where(picked, reasons[choice.argmax(axis=0)], answers.reason)
    changed = replace(record, answers=replace(answers, reason=reason))
    return changed.marked("contradicting-reasons", lead[picked], answers.decided[picked])


def plant_everything_accepted(record: SalesRecord, office: OfficeHours, fault: EverythingAccepted) -> SalesRecord:
    """Accept what would be rejected from a day on; how wins fall stands in ``crm/simulated/faults/world/market_fall.py``."""
    answers = record.answers
    begins = seconds(record.world.settings.end) - int(fault.last_days * DAY)
    rejected = (answers.reason != ACCEPTED) & (answers.decided >= begins)
    earlier = office.later(answers.decided, np.full(len(answers.lead), -_MINUTES))
    decided = np.where(rejected, earlier, answers.decided)
    accepted = replace(answers, reason=np.where(rejected, ACCEPTED, answers.reason), decided=decided)
    _, first = np.unique(answers.lead, return_index=True)
    is_first = np.isin(np.arange(len(answers.lead)), first)
    changed = replace(record, answers=kept(accepted, ~rejected | is_first))
    return changed.marked("everything-accepted", answers.lead[rejected], answers.decided[rejected])
