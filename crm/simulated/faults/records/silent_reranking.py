"""A rep who calls what he does not like once and leaves it at that.

How late he calls it stands in ``crm/simulated/faults/world/delays.py``.
"""

from __future__ import annotations

from dataclasses import replace

from leadq.crm.simulated.faults.world.delays import unloved
from leadq.crm.simulated.sales.sales_record import SalesRecord, kept


def plant_silent_reranking(record: SalesRecord) -> SalesRecord:
    """Leave out every touch but the first one of that rep's unloved leads."""
    world, touches = record.world, record.touches
    disliked = unloved(world.settings, world.leads, world.fate.rep) & world.fate.worked
    first = touches.occurred == world.fate.first_touch[touches.lead]
    changed = replace(record, touches=kept(touches, ~disliked[touches.lead] | touches.inbound | first))
    lead = disliked.nonzero()[0]
    return changed.marked("silent-reranking", lead, record.handed_over[lead])
