"""Leads for which nothing that sales did is logged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import IncompleteCallLogs
from leadq.crm.simulated.sales.sales_record import SalesRecord, kept


def plant_incomplete_call_logs(
    record: SalesRecord, fault: IncompleteCallLogs, random: np.random.Generator
) -> SalesRecord:
    """Leave out every touch of part of the leads."""
    fate = record.world.fate
    missing = (random.random(len(fate.worked)) < fault.share) & fate.worked
    lead = np.flatnonzero(missing)
    changed = replace(record, touches=kept(record.touches, ~missing[record.touches.lead]))
    return changed.marked("incomplete-call-logs", lead, fate.first_touch[lead])
