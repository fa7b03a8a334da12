"""Good leads that sales rejects: no opportunity, no further call; some are worked again after a while, and some of those are won."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import WrongRejections
from leadq.crm.simulated.faults.records.second_tries import work_again
from leadq.crm.simulated.moments import DAY, NEVER, after, seconds
from leadq.crm.simulated.sales.answers import WRITTEN_DOWN, written_down
from leadq.crm.simulated.sales.office_hours import OfficeHours
from leadq.crm.simulated.sales.sales_record import ACCEPTED, REASONS, Answers, SalesRecord, kept

_REASONS = np.array([REASONS.index(name) for name in WRITTEN_DOWN])


def plant_wrong_rejections(
    record: SalesRecord, office: OfficeHours, fault: WrongRejections, random: np.random.Generator
) -> SalesRecord:
    """Reject leads that were accepted, with a reason that the rep writes down, and work some of them again."""
    fate, answers = record.world.fate, record.answers
    n = len(fate.closed)
    picked = (random.random(n) < fault.share)[answers.lead] & (answers.reason == ACCEPTED)
    picked &= fate.closed[answers.lead] > answers.decided + 2 * DAY
    reason = np.where(picked, _REASONS[random.integers(0, len(_REASONS), n)][answers.lead], answers.reason)
    lead, decided = answers.lead[picked], answers.decided[picked]
    rejected_at = np.full(n, NEVER)
    rejected_at[lead] = decided
    changed = replace(
        record,
        qualified=written_down(
            record.qualified, Answers(lead=lead, decided=decided, reason=reason[picked], rep=answers.rep[picked])
        ),
        answers=kept(replace(answers, reason=reason), answers.decided <= rejected_at[answers.lead]),
        touches=kept(record.touches, record.touches.occurred < rejected_at[record.touches.lead]),
        opportunities=kept(record.opportunities, rejected_at[record.opportunities.lead] == NEVER),
        closed=np.where(rejected_at < NEVER, rejected_at, record.closed),
    )
    again = office.moved(after(decided, fault.pause_days * (0.5 + random.random(len(lead)))))
    tried = (random.random(len(lead)) < fault.worked_again_share) & (again < seconds(record.world.settings.end))
    closed = fate.closed[lead]
    lasting = np.where(closed < NEVER, closed - decided, 0)
    ends = np.where(closed < NEVER, np.where(closed > again + 7 * DAY, closed, office.moved(again + lasting)), NEVER)
    worked = work_again(
        changed,
        office,
        random,
        lead=lead[tried],
        again=again[tried],
        closed=ends[tried],
        won=fate.won[lead[tried]],
        comes_back=False,
    )
    return worked.marked("wrong-rejections", lead, decided, fate.buyer[lead].astype(np.float64))
