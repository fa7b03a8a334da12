"""Whom the faults of what happens concern: noted here, because nothing in the tables says so."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.faults.world.closed_on_holidays import closed_days
from leadq.crm.simulated.faults.world.delays import rep_waits, system_waits
from leadq.crm.simulated.faults.world.unequal_owners import rep_effects
from leadq.crm.simulated.moments import DAY
from leadq.crm.simulated.sales.office_hours import HOUR
from leadq.crm.simulated.sales.reps import N_REPS
from leadq.crm.simulated.sales.sales_record import SalesRecord
from leadq.foundation.arrays import Floats, Ints


def mark_world(record: SalesRecord) -> SalesRecord:
    """Note the leads of every planted fault of what happens, with hours or effects where they differ."""
    world = record.world
    settings, leads, fate = world.settings, world.leads, world.fate
    planted, n = settings.planted, len(leads.created)
    found: dict[str, tuple[Ints, Ints, Floats | None]] = {}
    if planted.system_delay:
        hours = system_waits(settings, n) / HOUR
        found["system-delay"] = (np.flatnonzero((hours > 0) & fate.worked), fate.handed_over, hours)
    if planted.rep_delay:
        hours = rep_waits(settings, leads, fate.rep) / HOUR
        found["rep-delay"] = (np.flatnonzero((hours > 0) & fate.worked), fate.first_touch, hours)
    if planted.best_leads_uncalled:
        found["best-leads-uncalled"] = (np.flatnonzero(fate.uncalled), fate.handed_over, None)
    if planted.random_slice:
        found["random-slice"] = (np.flatnonzero(fate.sampled), fate.handed_over, None)
    if planted.hopeful_model:
        found["hopeful-model"] = (np.flatnonzero(fate.kept_share < 1.0), leads.created, fate.kept_share)
    if planted.unequal_owners:
        effects = rep_effects(planted.unequal_owners, settings.random("faults.unequal-owners"), N_REPS)
        found["unequal-owners"] = (np.flatnonzero(fate.worked), fate.handed_over, effects[fate.rep - 1])
    if planted.softer_checks:
        small = (leads.account >= 0) & world.accounts.shrunk[leads.account]
        found["softer-checks"] = (np.flatnonzero(small), leads.created, world.accounts.employees[leads.account])
    if planted.closed_on_holidays:
        created_on = (leads.created // DAY).astype("datetime64[D]")
        closed = np.isin(created_on, closed_days(planted.closed_on_holidays))
        found["closed-on-holidays"] = (np.flatnonzero(closed), leads.created, None)
    for name, (lead, at, value) in found.items():
        record = record.marked(name, lead, at[lead], None if value is None else value[lead])
    return record
