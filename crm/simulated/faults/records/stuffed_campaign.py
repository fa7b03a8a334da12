"""A campaign whose people click for a prize: events that say nothing of them, so that a model puts them into its best tier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import StuffedCampaign
from leadq.crm.simulated.moments import DAY, seconds
from leadq.crm.simulated.sales.sales_record import EVENT_KINDS, FurtherEvents, SalesRecord, joined
from leadq.crm.simulated.vocabulary import CAMPAIGN


def plant_stuffed_campaign(record: SalesRecord, fault: StuffedCampaign, random: np.random.Generator) -> SalesRecord:
    """Add events to leads of one campaign in their first days, while they are open."""
    leads, fate = record.world.leads, record.world.fate
    n = len(leads.created)
    begins = seconds(record.world.settings.end) - fault.last_days * DAY
    stuffed = (
        (leads.campaign == CAMPAIGN.code(fault.campaign)) & (leads.created >= begins) & (random.random(n) < fault.share)
    )
    events = record.events
    for kind, mean in (("pricing_page", fault.pricing_pages), ("demo_request", fault.demo_requests)):
        lead = np.repeat(np.arange(n), random.poisson(mean, n))
        occurred = leads.created[lead] + (random.random(len(lead)) * fault.first_days * DAY).astype(np.int64)
        rows = stuffed[lead] & (occurred < fate.closed[lead])
        code = np.full(int(rows.sum()), EVENT_KINDS.index(kind))
        events = joined(events, FurtherEvents(lead=lead[rows], occurred=occurred[rows], kind=code))
    lead = np.flatnonzero(stuffed)
    return replace(record, events=events).marked("stuffed-campaign", lead, leads.created[lead])
