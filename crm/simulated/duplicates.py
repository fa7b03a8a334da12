"""People entered twice: half are merged later through ``lead_aliases``, half stay as a lead that never wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.facts import Leads
from leadq.crm.simulated.intent import Gap, no_gap
from leadq.crm.simulated.lead_outcomes import Fate
from leadq.crm.simulated.moments import DAY, NEVER, after, seconds
from leadq.crm.simulated.sales.office_hours import office_hours
from leadq.foundation.arrays import Bools, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Second entries; arrays of shape (n_duplicates,), moments in seconds.

    ``original`` is the number of the lead they repeat, ``number`` the entry's own: ``n_leads`` or more, below ``n_leads + named``.
    """

    original: Ints
    number: Ints
    named: int
    created: Ints
    merged: Ints
    """NEVER where it stays."""
    closed: Ints
    """When one that stays is recognised and closed; NEVER where it is merged."""

    @property
    def is_merged(self) -> Bools:
        """Which entries are merged into their original."""
        return self.merged < NEVER


def draw_duplicates(settings: CompanySettings, leads: Leads, fate: Fate) -> Duplicates:
    """Draw who comes back and is entered again while the first entry is open."""
    random = settings.random("duplicates")
    n = len(leads.created)
    created = after(leads.created, 0.2 + random.exponential(6.0, n))
    picked = random.random(n) < settings.duplicate_share * 1.6  # many are closed before they come back
    end = seconds(settings.end)
    comes = created < np.minimum(fate.closed, end)
    original = np.flatnonzero(picked & comes)
    created = created[original]
    # in a company with faults, who does not come back for one of them leaves no other's number changed
    counted = picked & comes if settings.planted.former_company else picked
    number = n + np.cumsum(counted)[original] - 1
    merge = random.random(n)[original] < 0.5
    delay = (0.05 + random.exponential(2.0, n))[original]
    later = created + np.ceil(delay * DAY).astype(np.int64)
    office = office_hours(settings)
    later = later if office is None else office.moved(later)
    return Duplicates(
        original=original,
        number=number,
        named=int(counted.sum()),
        created=created,
        merged=np.where(merge, later, NEVER),
        closed=np.where(merge, NEVER, later),
    )


def merge_gaps(duplicates: Duplicates, n_leads: int) -> Gap:
    """From the second entry until the merge, what the person does is recorded under the second entry."""
    gap = no_gap(n_leads)
    merged = duplicates.is_merged
    gap.begin[duplicates.original[merged]] = duplicates.created[merged]
    gap.end[duplicates.original[merged]] = duplicates.merged[merged]
    return gap
