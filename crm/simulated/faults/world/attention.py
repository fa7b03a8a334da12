"""Whom sales works although nobody would hand them over, and whom nobody calls although they are the best."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import BestLeadsUncalled, RandomSlice
from leadq.foundation.arrays import Bools, Floats


def uncalled_leads(fault: BestLeadsUncalled | None, random: np.random.Generator, look: Floats, worked: Bools) -> Bools:
    """Return which of the handed-over leads that look best are never called; arrays of shape (n_leads,)."""
    if fault is None:
        return np.zeros(len(look), dtype=np.bool_)
    best = look >= np.quantile(look, 1.0 - fault.best_share)
    return worked & best & (random.random(len(look)) < fault.share)


def sampled_leads(fault: RandomSlice | None, random: np.random.Generator, worked: Bools) -> Bools:
    """Return which of the leads that would not be handed over are worked all the same; arrays of shape (n_leads,)."""
    if fault is None:
        return np.zeros(len(worked), dtype=np.bool_)
    return ~worked & (random.random(len(worked)) < fault.share)
