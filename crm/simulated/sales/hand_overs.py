"""What marketing hands over to sales, when, and when sales calls first, in a clean company.

A lead is handed over at once when it is created, unless its looks are poor and it can never meet the agreed checks of an MQL (a company
between 50 and 5,000 people, as the template says): the others stay with marketing.
"""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.facts import Accounts, Leads
from leadq.crm.simulated.faults.world.delays import rep_waits, system_waits
from leadq.crm.simulated.moments import NEVER
from leadq.crm.simulated.sales.office_hours import HOUR, OfficeHours
from leadq.foundation.arrays import Bools, Ints

AGREED_EMPLOYEES = (50, 5000)
_MINUTE = 60
_HANDED_OVER = (2 * _MINUTE, 30 * _MINUTE)
"""Open seconds from creation to hand-over: within the hour that the template agrees."""
_FIRST_CALL = np.array([(3, 20), (20, 60), (60, 120)]) * _MINUTE
"""Open seconds from hand-over to first call, by how fast sales is: within the four hours of T1."""
assert _HANDED_OVER[1] + int(_FIRST_CALL.max()) < 3 * HOUR  # called before any lead can close


def must_be_handed_over(accounts: Accounts, leads: Leads) -> Bools:
    """Return which leads may meet the agreed size of an MQL at any time, or are handed over all the same; shape (n_leads,)."""
    low, high = AGREED_EMPLOYEES
    fits = (accounts.employees >= low) & (accounts.employees <= high) | accounts.shrunk
    fits &= accounts.size_known < NEVER
    return np.asarray((leads.account >= 0) & fits[leads.account], dtype=np.bool_)


def hand_over_moments(settings: CompanySettings, office: OfficeHours, created: Ints, closed: Ints) -> Ints:
    """Return when each lead would be handed over: before it closes, whatever delays there are."""
    wait = settings.random("sales.hand_over").integers(*_HANDED_OVER, len(created)) + system_waits(
        settings, len(created)
    )
    return np.minimum(office.later(created, wait), office.later(closed, np.full(len(created), -40 * _MINUTE)))


def first_calls(
    settings: CompanySettings, office: OfficeHours, leads: Leads, *, speed: Ints, rep: Ints, closed: Ints
) -> Ints:
    """Return when sales would first call each lead: before it closes, whatever delays there are."""
    shortest, longest = _FIRST_CALL[speed].T
    wait = shortest + (settings.random("sales.first_call").random(len(speed)) * (longest - shortest)).astype(np.int64)
    handed_over = hand_over_moments(settings, office, leads.created, closed)
    called = office.later(handed_over, wait + rep_waits(settings, leads, rep))
    return np.minimum(called, office.later(closed, np.full(len(speed), -20 * _MINUTE)))
