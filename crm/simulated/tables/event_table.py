"""The table of events: what leads did, and surges of interest that are known of an account only."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadq.crm.simulated.arrow_columns import labels, lead_names, moments, numbered, numbers, table
from leadq.crm.simulated.intent import BY_IMPORT, KINDS
from leadq.crm.simulated.moments import NEVER, next_monday, scattered, seconds
from leadq.crm.simulated.sales.sales_record import EVENT_CHANNELS, EVENT_KINDS, SalesRecord
from leadq.crm.simulated.world import World
from leadq.foundation.arrays import Floats, Ints

SURGE = "topic_surge"
_TOPICS = ("pricing", "integration", "security", "reporting", "onboarding")
_CHANNELS = ("web", "email", "event", "research")


def events_table(record: SalesRecord, read_at: int) -> pa.Table:
    """Events that occurred and were known by ``read_at``, in order of occurrence."""
    world = record.world
    merged = pa.concat_tables([_of_leads(world, read_at), _of_accounts(world, read_at), _further(record, read_at)])
    return merged.sort_by([("occurred_at", "ascending"), ("lead_id", "ascending"), ("kind", "ascending")])


def _of_leads(world: World, read_at: int) -> pa.Table:
    """Events under the id they were recorded with: the second entry's between that and the merge."""
    events, leads, gap = world.events, world.leads, world.gap
    known = np.where(BY_IMPORT[events.kind], next_monday(events.occurred), events.occurred)
    topic, value = _details(world)
    shown = np.flatnonzero((events.occurred <= read_at) & (known <= read_at) & (leads.created[events.lead] <= read_at))
    lead, kind, occurred = events.lead[shown], events.kind[shown], events.occurred[shown]
    entry = np.full(len(leads.created), -1, dtype=np.int64)
    entry[world.duplicates.original] = world.duplicates.number
    elsewhere = (occurred > gap.begin[lead]) & (occurred <= gap.end[lead])
    channel = np.array([_CHANNELS.index(kind.channel) for kind in KINDS])
    columns = {
        "lead_id": lead_names(np.where(elsewhere, entry[lead], lead)),
        "occurred_at": moments(occurred),
        "kind": labels(kind, tuple(kind.name for kind in KINDS)),
        "known_at": moments(known[shown], BY_IMPORT[kind]),
        "channel": labels(channel[kind], _CHANNELS),
        "topic": labels(np.where(topic[shown] < len(_TOPICS), topic[shown], -1), _TOPICS),
        "value": numbers(value[shown]),
    }
    return table("events", columns)


def _details(world: World) -> tuple[Ints, Floats]:
    """Return topic and value of every event: what says nothing.

    In a company with faults an event's details follow from the event alone, so that one more elsewhere changes no other.
    """
    events = world.events
    n = len(events.lead)
    if world.settings.planted.former_company:
        random = world.settings.random("events.details")
        topic = random.integers(0, 2 * len(_TOPICS), n)
        return topic, np.where(random.random(n) < 0.3, np.round(random.exponential(60.0, n)), np.nan)
    key = (events.lead * 64 + events.kind) * 2**31 + (events.occurred - seconds(world.settings.start)) % 2**31
    topic_share, shown, height = (scattered(key, world.settings.seed * 4 + part) for part in range(3))
    topic = (topic_share * 2 * len(_TOPICS)).astype(np.int64)
    return topic, np.where(shown < 0.3, np.round(-60.0 * np.log1p(-height)), np.nan)


def _of_accounts(world: World, read_at: int) -> pa.Table:
    """Surges of accounts that have a lead by ``read_at``."""
    surges = world.accounts.surges
    strength = np.round(20 + 80 * world.settings.random("surges.details").random(surges.shape), 1)
    listed = (world.accounts.first_lead_at <= read_at)[:, None] & (surges <= read_at) & (surges < NEVER)
    account, which = np.nonzero(listed)
    columns = {
        "account_id": numbered("A", account),
        "occurred_at": moments(surges[account, which]),
        "kind": pa.repeat(SURGE, len(account)),
        "channel": pa.repeat("research", len(account)),
        "value": numbers(strength[account, which]),
    }
    return table("events", columns)


def _further(record: SalesRecord, read_at: int) -> pa.Table:
    """Mails of marketing, and what faults add."""
    events = record.events
    shown = np.flatnonzero(events.occurred <= read_at)
    kind = events.kind[shown]
    columns = {
        "lead_id": lead_names(events.lead[shown]),
        "occurred_at": moments(events.occurred[shown]),
        "kind": labels(kind, EVENT_KINDS),
        "channel": labels(kind, EVENT_CHANNELS),
    }
    return table("events", columns)
