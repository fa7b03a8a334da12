"""Wins that stay away from a day on: the market falls, whatever the leads look like.

Each lead created since then that would be won is won with ``kept_share`` only, so that every chance falls by the same factor and the
truth stays in closed form. Who they are cannot be seen in any recorded fact.
"""

from __future__ import annotations

import numpy as np

from leadq.crm.simulated.faults.planted import PlantedFaults
from leadq.crm.simulated.moments import DAY
from leadq.foundation.arrays import Floats, Ints


def kept_share(planted: PlantedFaults, created: Ints, end: int) -> Floats:
    """Return the share of its chance that each lead keeps; 1 where nothing falls.

    Parameters
    ----------
    planted : PlantedFaults
    created : array of shape (n_leads,), seconds
    end : int
        End of the span, seconds.

    Returns
    -------
    ndarray of shape (n_leads,)
    """
    kept = np.ones(len(created))
    if hopeful := planted.hopeful_model:
        kept[created >= end - hopeful.last_days * DAY] /= 1.0 + hopeful.too_hopeful_share
    if accepted := planted.everything_accepted:
        kept[created >= end - accepted.last_days * DAY] *= 1.0 - accepted.wins_lost_share
    return kept
