"""The whole company over its whole span, before anybody records it; and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.duplicates import Duplicates, draw_duplicates, merge_gaps
from leadq.crm.simulated.facts import Accounts, Leads, draw_facts
from leadq.crm.simulated.intent import Events, Gap, draw_events, joined_events
from leadq.crm.simulated.lead_outcomes import Fate, draw_fate
from leadq.crm.simulated.moments import NEVER
from leadq.crm.simulated.truth import Truth, index_events
from leadq.foundation.arrays import Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that happens, whenever it is read.

    ``undisturbed`` is the same company without the faults of what happens, None where none is planted; ``changed`` (n_leads,) says whose
    way they changed.
    """

    settings: CompanySettings
    accounts: Accounts
    leads: Leads
    fate: Fate
    duplicates: Duplicates
    gap: Gap
    events: Events
    changed: Bools
    undisturbed: World | None = None


def draw_world(settings: CompanySettings) -> World:
    """Draw the company; the same settings always give the same one.

    Where a fault changes what happens, only the leads whose way it changed get other events.
    """
    world = _drawn(settings)
    calm = settings.planted.without_faults_of_the_world()
    if calm == settings.planted:
        return world
    undisturbed = _drawn(replace(settings, planted=calm))
    changed = _changed(undisturbed, world)
    events = joined_events(undisturbed.events, world.events, changed)
    return replace(world, events=events, changed=changed, undisturbed=undisturbed)


def _drawn(settings: CompanySettings) -> World:
    accounts, leads = draw_facts(settings)
    fate = draw_fate(settings, accounts, leads)
    duplicates = draw_duplicates(settings, leads, fate)
    gap = merge_gaps(duplicates, len(leads.created))
    events = draw_events(settings, leads, fate, gap)
    return World(
        settings=settings,
        accounts=accounts,
        leads=leads,
        fate=fate,
        duplicates=duplicates,
        gap=gap,
        events=events,
        changed=np.zeros(len(leads.created), dtype=np.bool_),
    )


def _changed(before: World, after: World) -> Bools:
    """Return whose outcome, moments or company differ; shape (n_leads,)."""
    changed = (after.leads.account >= 0) & after.accounts.shrunk[after.leads.account]
    for name in ("buyer", "won", "worked", "closed", "handed_over", "first_touch"):
        changed |= getattr(before.fate, name) != getattr(after.fate, name)
    for name in ("begin", "end"):
        changed |= getattr(before.gap, name) != getattr(after.gap, name)
    return changed


def truth_of(world: World) -> Truth:
    """Return the truth about a company."""
    leads, fate, accounts = world.leads, world.fate, world.accounts
    has_account = leads.account >= 0
    event_key, event_sum = index_events(world.events, leads.created)
    return Truth(
        settings=world.settings,
        duplicates=world.duplicates.named,
        created=leads.created,
        closed=fate.closed,
        worked=fate.worked,
        first_touch=fate.first_touch,
        base_logit=fate.base_logit,
        speeds=fate.speeds,
        fast_share=fate.fast_share,
        activity=words.SOURCE_ACTIVITY[leads.source],
        seniority=leads.seniority,
        industry=np.where(has_account, accounts.industry[leads.account], -1),
        band=np.where(has_account, accounts.band[leads.account], -1),
        industry_known=np.where(has_account, accounts.industry_known[leads.account], NEVER),
        size_known=np.where(has_account, accounts.size_known[leads.account], NEVER),
        gap=world.gap,
        event_key=event_key,
        event_sum=event_sum,
        kept_share=fate.kept_share if (fate.kept_share < 1.0).any() else None,
        speed=None if world.settings.planted.former_company else fate.speed,
    )
