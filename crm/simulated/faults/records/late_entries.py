"""Wins and calls that are written down days after they happened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import LateEntries
from leadq.crm.simulated.moments import DAY, NEVER, after
from leadq.crm.simulated.sales.sales_record import CALL, SalesRecord


def plant_late_entries(record: SalesRecord, fault: LateEntries, random: np.random.Generator) -> SalesRecord:
    """Enter part of the wins and of the calls late."""
    deals, touches = record.opportunities, record.touches
    closed = np.minimum(deals.closed, NEVER - 10**9)
    late = deals.won & (deals.closed < NEVER) & (random.random(len(deals.lead)) < fault.wins_share)
    entered = np.where(late, after(closed, random.exponential(fault.wins_mean_days, len(closed))), deals.entered)
    late_calls = (touches.kind == CALL) & ~touches.inbound & (random.random(len(touches.lead)) < fault.calls_share)
    days = random.exponential(fault.calls_mean_days, len(touches.lead))
    noted = np.where(late_calls, after(touches.occurred, days), touches.entered)
    changed = replace(record, opportunities=replace(deals, entered=entered), touches=replace(touches, entered=noted))
    days_late = (entered[late] - deals.closed[late]) / DAY
    return changed.marked("late-entries", deals.lead[late], deals.closed[late], days_late)
