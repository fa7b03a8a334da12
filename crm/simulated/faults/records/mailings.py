"""Mails that marketing owes and does not send, and mails that it sends to leads that are lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import MailingsToTheLost, MissedNurture
from leadq.crm.simulated.moments import DAY, NEVER
from leadq.crm.simulated.sales.nurture import TO_BE_NURTURED
from leadq.crm.simulated.sales.office_hours import OfficeHours
from leadq.crm.simulated.sales.sales_record import EVENT_KINDS, NURTURE_MAIL, FurtherEvents, SalesRecord, joined, kept

_MAIL = EVENT_KINDS.index(NURTURE_MAIL)


def plant_missed_nurture(record: SalesRecord, fault: MissedNurture, random: np.random.Generator) -> SalesRecord:
    """Leave out the mails to part of the leads that sales gave back."""
    events = record.events
    forgotten = random.random(len(record.closed)) < fault.share
    missed = forgotten[events.lead] & (events.kind == _MAIL)
    changed = replace(record, events=kept(events, ~missed))
    return changed.marked("missed-nurture", events.lead[missed], events.occurred[missed])


def plant_mailings_to_the_lost(
    record: SalesRecord, office: OfficeHours, fault: MailingsToTheLost, random: np.random.Generator
) -> SalesRecord:
    """Add mails to leads that are lost, and that nobody gave back to be nurtured."""
    fate = record.world.fate
    n = len(fate.closed)
    given_back = np.zeros(n, dtype=np.bool_)
    given_back[record.answers.lead[np.isin(record.answers.reason, TO_BE_NURTURED)]] = True
    picked = (random.random(n) < fault.share) & ~fate.won & (record.closed < NEVER) & ~given_back
    mails = random.poisson(fault.mails_a_month * fault.days / 30.0, n)
    lead = np.repeat(np.arange(n), mails)
    wait = ((0.02 + 0.98 * random.random(len(lead))) * fault.days * DAY).astype(np.int64)
    lead, wait = lead[picked[lead]], wait[picked[lead]]
    at = office.moved(record.closed[lead] + wait)
    written = FurtherEvents(lead=lead, occurred=at, kind=np.full(len(lead), _MAIL))
    lost = np.flatnonzero(picked)
    return replace(record, events=joined(record.events, written)).marked(
        "mailings-to-the-lost", lost, record.closed[lost]
    )
