"""Companies below the agreed size come in and are handed over from a day on, in place of companies of the agreed size.

Only where the size is recorded with the first lead: what is not recorded keeps its distribution, and the truth stays exact.
"""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated import vocabulary as words
from leadq.crm.simulated.faults.effect_sizes import SofterChecks
from leadq.crm.simulated.moments import DAY
from leadq.foundation.arrays import Bools, Floats, Ints


def shrunk_accounts(
    fault: SofterChecks | None,
    random: np.random.Generator,
    *,
    employees: Floats,
    first: Ints,
    size_known: Ints,
    end: int,
) -> tuple[Bools, Floats, Ints]:
    """Return which accounts are smaller than they would be, and every account's employees and band.

    Arrays of shape (n_accounts,), moments in seconds.
    """
    band = np.searchsorted(words.BAND_BOUNDS, employees, side="right") - 1
    if fault is None:
        return np.zeros(len(first), dtype=np.bool_), employees, band
    low, high = fault.agreed_employees
    agreed = (employees >= low) & (employees <= high) & (size_known <= first)
    small = agreed & (first >= end - fault.last_days * DAY) & (random.random(len(first)) < fault.share)
    low, high = fault.employees
    fewer = np.where(small, random.integers(low, high + 1, len(first)).astype(np.float64), employees)
    return small, fewer, np.searchsorted(words.BAND_BOUNDS, fewer, side="right") - 1
