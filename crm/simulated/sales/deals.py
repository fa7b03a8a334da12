"""Opportunities of a clean company: every win has one, and part of the slow losses; created and closed in office hours."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.moments import DAY, NEVER
from leadq.crm.simulated.sales.former_sales import LOSS_REASONS
from leadq.crm.simulated.sales.office_hours import OfficeHours
from leadq.crm.simulated.sales.sales_record import Opportunities
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Floats

_SLOW_LOSSES = 0.35
_BY_ACCOUNT = 0.08


def draw_deals(world: World, office: OfficeHours) -> Opportunities:
    """Draw every opportunity."""
    fate = world.fate
    random = world.settings.random("sales.deals")
    n = len(fate.closed)
    chosen, share = random.random(n), 0.2 + 0.6 * random.random(n)
    slow_loss = fate.worked & ~fate.won & ~fate.fast_loss
    lead = np.flatnonzero(fate.won | (slow_loss & (chosen < _SLOW_LOSSES)))
    first, closed = fate.first_touch[lead], fate.closed[lead]
    end = office.worked_until(np.where(closed < NEVER, closed, first + 60 * DAY))
    begin = office.worked_until(first)
    account = world.leads.account
    single = (account >= 0) & (np.bincount(np.maximum(account, 0), minlength=1)[np.maximum(account, 0)] == 1)
    single[world.duplicates.original] = False
    return Opportunities(
        number=lead,
        lead=lead,
        created=office.at(begin + np.ceil((end - begin) * share[lead]).astype(np.int64)),
        closed=closed,
        entered=closed,
        won=fate.won[lead],
        reopens=np.zeros(len(lead), dtype=np.bool_),
        amount=amounts(world, random)[lead],
        reason=np.where(fate.won, -1, random.integers(0, len(LOSS_REASONS), n))[lead],
        by_account=(single & (random.random(n) < _BY_ACCOUNT))[lead],
    )


def amounts(world: World, random: np.random.Generator) -> Floats:
    """Draw what a deal with each lead would be worth, more with larger companies; shape (n_leads,)."""
    account = world.leads.account
    band = np.where(account >= 0, world.accounts.band[account], 0)
    return np.asarray(np.round(6000 * 1.8**band * np.exp(0.5 * random.standard_normal(len(account))), -2))
