"""Leads that wait: for the system that hands them over, or for the rep who calls first."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.company_settings import CompanySettings
from leadq.crm.simulated.facts import Leads
from leadq.crm.simulated.vocabulary import SOURCE
from leadq.foundation.arrays import Bools, Ints

_HOUR = 3600


def system_waits(settings: CompanySettings, n_leads: int) -> Ints:
    """Return the open seconds that each lead waits for the system beyond the usual; 0 for most."""
    fault = settings.planted.system_delay
    if fault is None:
        return np.zeros(n_leads, dtype=np.int64)
    return _waits(settings.random("faults.system-delay"), n_leads, share=fault.share, hours=fault.hours)


def rep_waits(settings: CompanySettings, leads: Leads, rep: Ints) -> Ints:
    """Return the open seconds that each lead waits for its first call beyond the usual; 0 for most."""
    wait = np.zeros(len(rep), dtype=np.int64)
    if fault := settings.planted.rep_delay:
        wait += _waits(settings.random("faults.rep-delay"), len(rep), share=fault.share, hours=fault.hours)
    if reranking := settings.planted.silent_reranking:
        late = unloved(settings, leads, rep)
        wait += late * _waits(settings.random("faults.silent-reranking"), len(rep), share=1.0, hours=reranking.hours)
    return wait


def unloved(settings: CompanySettings, leads: Leads, rep: Ints) -> Bools:
    """Return which leads the rep who re-ranks silently does not like."""
    fault = settings.planted.silent_reranking
    if fault is None:
        return np.zeros(len(rep), dtype=np.bool_)
    disliked = np.isin(leads.source, [SOURCE.code(name) for name in fault.sources])
    return np.asarray((rep == fault.rep) & disliked, dtype=np.bool_)


def _waits(random: np.random.Generator, size: int, *, share: float, hours: float) -> Ints:
    """So many wait between half and one and a half times so many hours."""
    length = (0.5 + random.random(size)) * hours * _HOUR
    return np.where(random.random(size) < share, length, 0.0).astype(np.int64)
