"""A lead that is worked a second time: called, accepted, and an opportunity that is won or lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.moments import NEVER
from leadq.crm.simulated.sales.deals import amounts
from leadq.crm.simulated.sales.former_sales import LOSS_REASONS
from leadq.crm.simulated.sales.office_hours import HOUR, OfficeHours
from leadq.crm.simulated.sales.sales_record import ACCEPTED, CALL, Answers, Opportunities, SalesRecord, Touches, joined
from leadq.foundation.arrays import Bools, Ints

_CALLS = np.array([1, 4, 9, 15]) * HOUR
_ANSWERED = 6 * HOUR
_OFFERED = 18 * HOUR


def work_again(
    record: SalesRecord,
    office: OfficeHours,
    random: np.random.Generator,
    *,
    lead: Ints,
    again: Ints,
    closed: Ints,
    won: Bools,
    comes_back: bool,
) -> SalesRecord:
    """Add a second try from ``again`` on that ends at ``closed``; arrays of one length. ``comes_back``: of its own accord."""
    n = len(lead)
    rep = record.world.fate.rep[lead]
    calls = office.later(np.repeat(again, len(_CALLS)), np.tile(_CALLS, n))
    caller = np.repeat(lead, len(_CALLS))
    touches = Touches(
        lead=caller,
        occurred=calls,
        entered=calls,
        kind=np.full(len(caller), CALL),
        inbound=np.zeros(len(caller), dtype=np.bool_),
        rep=np.repeat(rep, len(_CALLS)),
    )
    accepted = office.later(again, np.full(n, _ANSWERED))
    answers = Answers(lead=lead, decided=accepted, reason=np.full(n, ACCEPTED), rep=rep)
    created = office.later(again, np.full(n, _OFFERED))
    ends = np.where(closed < NEVER, np.maximum(closed, office.later(created, np.full(n, HOUR))), NEVER)
    deals = Opportunities(
        number=lead + len(record.world.leads.created) * (2 if comes_back else 1),
        lead=lead,
        created=created,
        closed=ends,
        entered=ends,
        won=won,
        reopens=np.ones(n, dtype=np.bool_),
        amount=amounts(record.world, random)[lead],
        reason=np.where(won, -1, random.integers(0, len(LOSS_REASONS), n)),
        by_account=np.zeros(n, dtype=np.bool_),
    )
    return replace(
        record,
        touches=joined(record.touches, touches),
        answers=joined(record.answers, answers),
        opportunities=joined(record.opportunities, deals),
    )
