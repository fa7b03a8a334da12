"""The table of events: what leads did, and surges of interest that are known of an account only."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from leadq.crm.simulated.arrow_columns import labels, lead_names, moments, numbered, numbers, table
from leadq.crm.simulated.intent import BY_IMPORT, KINDS
from leadq.crm.simulated.moments import NEVER, next_monday
from leadq.crm.simulated.world import World

SURGE = "topic_surge"
_TOPICS = ("pricing", "integration", "security", "reporting", "onboarding")
_CHANNELS = ("web", "email", "event", "research")


def events_table(world: World, read_at: int) -> pa.Table:
    """Events that occurred and were known by ``read_at``, in order of occurrence."""
    merged = pa.concat_tables([_of_leads(world, read_at), _of_accounts(world, read_at)])
    return merged.sort_by([("occurred_at", "ascending"), ("lead_id", "ascending"), ("kind", "ascending")])


def _of_leads(world: World, read_at: int) -> pa.Table:
    """Events under the id they were recorded with: the second entry's between that and the merge."""
    events, leads, gap = world.events, world.leads, world.gap
    known = np.where(BY_IMPORT[events.kind], next_monday(events.occurred), events.occurred)
    random = world.settings.random("events.details")
    topic = random.integers(0, 2 * len(_TOPICS), len(known))
    value = np.where(random.random(len(known)) < 0.3, np.round(random.exponential(60.0, len(known))), np.nan)
    shown = np.flatnonzero((events.occurred <= read_at) & (known <= read_at) & (leads.created[events.lead] <= read_at))
    lead, kind, occurred = events.lead[shown], events.kind[shown], events.occurred[shown]
    entry = np.full(len(leads.created), -1, dtype=np.int64)
    entry[world.duplicates.original] = len(leads.created) + np.arange(len(world.duplicates.original))
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
