"""Days on which nobody works although the agreed calendar counts them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leadq.crm.simulated.faults.effect_sizes import ClosedOnHolidays

_YEARS = range(1970, 2100)


def closed_days(fault: ClosedOnHolidays | None) -> npt.NDArray[np.datetime64]:
    """Return the closed days of all years, in order; none where the fault is not planted."""
    if fault is None:
        return np.array([], dtype="datetime64[D]")
    single = [np.datetime64(f"{year}-{day}", "D") for year in _YEARS for day in fault.days]
    christmas = [
        np.datetime64(f"{year}-12-24", "D") + number for year in _YEARS for number in range(fault.christmas_days)
    ]
    return np.unique(np.array(single + christmas, dtype="datetime64[D]"))
