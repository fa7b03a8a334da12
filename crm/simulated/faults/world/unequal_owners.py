"""Reps who make more, or less, of the same leads than others do."""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.faults.effect_sizes import UnequalOwners
from leadq.foundation.arrays import Floats


def rep_effects(fault: UnequalOwners | None, random: np.random.Generator, reps: int) -> Floats:
    """Return the log-odds that each rep adds, their mean 0 and their spread the planted one; shape (reps,)."""
    if fault is None:
        return np.zeros(reps)
    drawn = random.standard_normal(reps)
    centred = drawn - drawn.mean()
    return np.asarray(centred / centred.std() * fault.sd)
