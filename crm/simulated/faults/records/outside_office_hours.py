"""Touches in the evening and at weekends: every touch may be, but the first one, so that no response comes later for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import OutsideOfficeHours
from leadq.crm.simulated.moments import DAY
from leadq.crm.simulated.sales.sales_record import SalesRecord

_EVENING = (18 * 3600, 23 * 3600)


def plant_outside_office_hours(
    record: SalesRecord, fault: OutsideOfficeHours, random: np.random.Generator
) -> SalesRecord:
    """Move touches of sales to the evening of their day, those of Fridays to one of the weekend's."""
    touches, closed = record.touches, record.world.fate.closed
    n = len(touches.lead)
    picked = random.random(n) < fault.share
    day = touches.occurred // DAY
    weekend = np.where((day + 3) % 7 == 4, random.integers(0, 3, n), 0)
    evening = (day + weekend) * DAY + random.integers(*_EVENING, n)
    first = touches.occurred == record.world.fate.first_touch[touches.lead]
    moves = picked & ~touches.inbound & ~first & (evening < closed[touches.lead])
    occurred = np.where(moves, evening, touches.occurred)
    changed = replace(
        record, touches=replace(touches, occurred=occurred, entered=np.maximum(touches.entered, occurred))
    )
    return changed.marked("outside-office-hours", touches.lead[moves], occurred[moves])
