"""Calls, mails and meetings of a clean company: six attempts within four days, replies to some, more while the lead is open.

All in office hours and logged. How often and when depends on the hand-over, on how fast sales is and on when the lead closes.
"""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.moments import DAY, NEVER, seconds
from leadq.crm.simulated.sales.former_sales import EAGERNESS, KIND_SHARES, TOUCHED_DAYS, TOUCHES
from leadq.crm.simulated.sales.office_hours import HOUR, OfficeHours
from leadq.crm.simulated.sales.sales_record import CALL, Touches
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Ints

_ATTEMPTS = np.array([0, 3, 8, 14, 20, 26]) * HOUR
"""Open seconds from the first call to each attempt: as many as T1 agrees, on at least three days."""
_SPREAD = HOUR
_REPLIES = 0.15
_REPLY_HOURS = 2.0
_MINUTE = 60


def draw_touches(world: World, office: OfficeHours) -> Touches:
    """Draw every touch of the whole span."""
    lead, occurred, kind, inbound = _join(
        _attempts(world, office), _later_touches(world, office), _last_calls(world, office)
    )
    order = np.lexsort((occurred, lead))
    lead, occurred = lead[order], occurred[order]
    return Touches(
        lead=lead,
        occurred=occurred,
        entered=occurred,
        kind=kind[order],
        inbound=inbound[order].astype(np.bool_),
        rep=world.fate.rep[lead],
    )


_Columns = tuple[Ints, Ints, Ints, Ints]
"""Lead, moment, kind, and 1 where the buyer wrote or called."""


def _attempts(world: World, office: OfficeHours) -> _Columns:
    """Draw the agreed attempts, as long as the lead is open, and the replies to them."""
    fate = world.fate
    random = world.settings.random("sales.attempts")
    shape = (len(fate.worked), len(_ATTEMPTS))
    wait = _ATTEMPTS + ((random.random(shape) - 0.5) * _SPREAD).astype(np.int64) * (_ATTEMPTS > 0)
    lead = np.repeat(np.arange(shape[0]), shape[1])
    at = office.later(fate.first_touch[lead], wait.ravel())
    kind = (random.random(len(lead)) < 0.35).astype(np.int64)
    reply = office.later(at, (random.random(len(lead)) * _REPLY_HOURS * HOUR).astype(np.int64) + _MINUTE)
    replied = random.random(len(lead)) < _REPLIES
    made = (at < fate.closed[lead]) & fate.worked[lead]
    answered = made & replied & (reply < fate.closed[lead])
    return _join(
        (lead[made], at[made], kind[made], np.zeros(made.sum(), dtype=np.int64)),
        (lead[answered], reply[answered], kind[answered], np.ones(answered.sum(), dtype=np.int64)),
    )


def _later_touches(world: World, office: OfficeHours) -> _Columns:
    """Draw what follows while the lead is open, less and less often."""
    fate = world.fate
    random = world.settings.random("sales.later_touches")
    worked = np.flatnonzero(fate.worked)
    closed = fate.closed[worked]
    drawn = np.where(
        closed < NEVER, office.closing_back(np.where(closed < NEVER, closed, 0)), seconds(world.settings.end)
    )
    until = np.clip(
        (np.minimum(drawn, seconds(world.settings.end)) - fate.first_touch[worked]) / DAY, 0.0, TOUCHED_DAYS
    )
    eager = EAGERNESS[fate.speed[worked]]
    early = np.repeat(np.arange(len(worked)), random.poisson(eager * TOUCHES.decaying_until(until)))
    steady = np.repeat(np.arange(len(worked)), random.poisson(eager * TOUCHES.steady * until))
    share = -np.expm1(-until[early] / TOUCHES.decay_days)
    age = np.concatenate(
        [
            -TOUCHES.decay_days * np.log1p(-random.random(len(early)) * share),
            until[steady] * random.random(len(steady)),
        ]
    )
    lead = worked[np.concatenate([early, steady])]
    at = office.moved(fate.first_touch[lead] + np.floor(age * DAY).astype(np.int64))
    kind = np.searchsorted(KIND_SHARES, random.random(len(lead)), side="right").astype(np.int64)
    inbound = (random.random(len(lead)) < _REPLIES).astype(np.int64)
    fits = at < fate.closed[lead]
    return lead[fits], at[fits], kind[fits], inbound[fits]


def _last_calls(world: World, office: OfficeHours) -> _Columns:
    """Draw a last call some minutes before a lead closes."""
    fate = world.fate
    lead = np.flatnonzero(fate.worked & (fate.closed < NEVER))
    minutes = world.settings.random("sales.last_calls").integers(3, 15, len(fate.worked))
    at = office.later(fate.closed[lead], -minutes[lead] * _MINUTE)
    none = np.zeros(len(lead), dtype=np.int64)
    return lead, at, none + CALL, none


def _join(*parts: _Columns) -> _Columns:
    lead, at, kind, inbound = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return lead, at, kind, inbound
