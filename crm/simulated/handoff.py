"""How likely a first touch at a moment is for a lead that will be won, and for one that will be lost.

A lead that sales disqualifies at once is touched before it closes, however slow sales is: so a lead just touched is not a lead that
has survived until that age. The truth at hand-off weighs both by the densities given here, which follow from how ``lead_outcomes.py`` draws
first touches: at a lognormal time after creation, or, where that would be after the close, somewhere between 20 and 90 % of the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.crm.simulated import curves
from leadq.crm.simulated.curves import Lognormal
from leadq.foundation.arrays import Floats

TOUCHED_AFTER = tuple(Lognormal(median=median, sigma=0.8) for median in (0.1, 0.5, 2.5))
"""Time to the first touch by speed (fast, medium, slow)."""
EARLIEST, LATEST = 0.2, 0.9
"""A touch that would come after the close falls between these shares of the way to it."""
_NODES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchDensity:
    """Densities of the first touch at each lead's own moment, by speed; arrays of shape (n, 3).

    Parameters
    ----------
    won_in_time : Floats
        Of leads that are won: touched then, and won within the horizon after the hand-off.
    won, lost : Floats
        Of leads that are won at any time, and that are not.
    """

    won_in_time: Floats
    won: Floats
    lost: Floats


def touch_density(touch_age: Floats, until_age: Floats, fast_share: Floats) -> TouchDensity:
    """Return the densities of being first touched at ``touch_age``.

    Parameters
    ----------
    touch_age : array of shape (n,)
        Days from creation to the first touch, above 0.
    until_age : array of shape (n,)
        Age at which the horizon after the hand-off is over.
    fast_share : array of shape (n,)
        Share of fast losses among the losses of leads like each.
    """
    survival = np.exp(curves.WIN.log_survival(touch_age))
    in_time = survival - np.exp(curves.WIN.log_survival(until_age))
    alive = np.exp(curves.loss_log_survival(touch_age, fast_share))
    slow_share = (1.0 - fast_share) * (1.0 - curves.NEVER_CLOSED)
    columns = []
    for speed in TOUCHED_AFTER:
        own_time = speed.density(touch_age)
        won_early = _moved_forward(touch_age, speed, curves.WIN)
        lost_early = fast_share * _moved_forward(touch_age, speed, curves.FAST_LOSS)
        lost_early += slow_share * _moved_forward(touch_age, speed, curves.SLOW_LOSS)
        columns.append((own_time * in_time + won_early, own_time * survival + won_early, own_time * alive + lost_early))
    in_time_columns, won_columns, lost_columns = zip(*columns, strict=True)
    return TouchDensity(
        won_in_time=np.stack(in_time_columns, axis=1),
        won=np.stack(won_columns, axis=1),
        lost=np.stack(lost_columns, axis=1),
    )


def _moved_forward(touch_age: Floats, speed: Lognormal, close: Lognormal) -> Floats:
    """Density of a touch at ``touch_age`` that was drawn after the close and therefore moved before it."""
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    half = (LATEST - EARLIEST) / 2
    total = np.zeros(len(touch_age))
    for point, weight in zip(points, weights, strict=True):
        share = EARLIEST + half * (point + 1.0)
        closed_at = touch_age / share
        drawn_later = np.exp(speed.log_survival(closed_at))
        total += half * weight * close.density(closed_at) * drawn_later / ((LATEST - EARLIEST) * share)
    return total
