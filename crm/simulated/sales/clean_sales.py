"""The sales of a clean company, as one record over the whole span."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.moments import NEVER
from leadq.crm.simulated.sales.answers import draw_answers
from leadq.crm.simulated.sales.attempts import draw_touches
from leadq.crm.simulated.sales.deals import draw_deals
from leadq.crm.simulated.sales.office_hours import OfficeHours
from leadq.crm.simulated.sales.qualification import qualify
from leadq.crm.simulated.sales.sales_record import SalesRecord, joined, kept, no_events
from leadq.crm.simulated.world import World


def clean_sales(world: World, office: OfficeHours) -> SalesRecord:
    """Draw what sales did; leads that are not handed over belong to nobody in sales. Mails of marketing follow the answers later."""
    fate = world.fate
    touches = draw_touches(world, office)
    if world.undisturbed is not None:
        before = draw_touches(world.undisturbed, office)
        touches = joined(kept(before, ~world.changed[before.lead]), kept(touches, world.changed[touches.lead]))
    answers, qualified = draw_answers(world, office, touches, qualify(world))
    return SalesRecord(
        world=world,
        qualified=qualified,
        touches=touches,
        answers=answers,
        opportunities=draw_deals(world, office),
        closed=fate.closed,
        owner=np.where(fate.handed_over < NEVER, fate.rep, -1),
        handed_over=fate.handed_over,
        events=no_events(),
    )
