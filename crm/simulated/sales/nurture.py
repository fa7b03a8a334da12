"""What marketing writes to leads that sales gave back to be nurtured: one mail within three weeks, unless they want none."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.intent import KINDS
from leadq.crm.simulated.moments import NEVER
from leadq.crm.simulated.sales.office_hours import HOUR, OfficeHours
from leadq.crm.simulated.sales.sales_record import EVENT_KINDS, NURTURE_MAIL, REASONS, Answers, FurtherEvents
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Ints

TO_BE_NURTURED = tuple(
    REASONS.index(name) for name in ("not_decision_maker", "no_budget", "timeline_over_12_months", "unreachable")
)
"""Reasons after which the template's agreement has a lead nurtured."""
_WAIT = (8 * HOUR, 15 * 8 * HOUR)


def nurture_mails(world: World, office: OfficeHours, answers: Answers) -> FurtherEvents:
    """Draw a mail to every lead that was given back."""
    given_back = np.isin(answers.reason, TO_BE_NURTURED)
    lead, decided = answers.lead[given_back], answers.decided[given_back]
    wait = world.settings.random("sales.nurture").integers(*_WAIT, len(world.leads.created))
    at = office.later(decided, wait[lead])
    wanted = at < refused_at(world)[lead]
    kind = np.full(int(wanted.sum()), EVENT_KINDS.index(NURTURE_MAIL))
    return FurtherEvents(lead=lead[wanted], occurred=at[wanted], kind=kind)


def refused_at(world: World) -> Ints:
    """Return when each lead first unsubscribed, NEVER where it did not; shape (n_leads,)."""
    refused = np.full(len(world.leads.created), NEVER)
    rows = world.events.kind == [kind.name for kind in KINDS].index("unsubscribe")
    np.minimum.at(refused, world.events.lead[rows], world.events.occurred[rows])
    return refused
