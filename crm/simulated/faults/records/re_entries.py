"""Lost leads that come back: they ask for a demo, are worked again, and some of them are won."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import ReEntries
from leadq.crm.simulated.faults.records.second_tries import work_again
from leadq.crm.simulated.moments import NEVER, after, seconds
from leadq.crm.simulated.sales.office_hours import OfficeHours
from leadq.crm.simulated.sales.sales_record import EVENT_KINDS, FurtherEvents, SalesRecord, joined

_LASTING_DAYS = 30.0


def plant_re_entries(
    record: SalesRecord, office: OfficeHours, fault: ReEntries, random: np.random.Generator
) -> SalesRecord:
    """Let lost leads come back."""
    fate = record.world.fate
    n = len(fate.closed)
    closed = np.minimum(fate.closed, NEVER - 10**9)
    again = after(closed, fault.pause_days * (0.5 + random.random(n)))
    lasting, wins = _LASTING_DAYS * (0.5 + random.random(n)), random.random(n) < fault.won_share
    picked = (random.random(n) < fault.share) & fate.worked & ~fate.won & (fate.closed < NEVER)
    lead = np.flatnonzero(picked & (again < seconds(record.world.settings.end)))
    request = np.full(len(lead), EVENT_KINDS.index("demo_request"))
    came = replace(record, events=joined(record.events, FurtherEvents(lead=lead, occurred=again[lead], kind=request)))
    ends = office.moved(after(again[lead], lasting[lead]))
    worked = work_again(
        came, office, random, lead=lead, again=again[lead], closed=ends, won=wins[lead], comes_back=True
    )
    return worked.marked("re-entries", lead, again[lead], wins[lead].astype(np.float64))
