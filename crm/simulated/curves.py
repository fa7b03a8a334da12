"""Times to a win and to a loss in closed form: the curves that draw a lead's end also judge "still open".

Ages are days since creation. Wins: lognormal, median 30 days, 95 % within 90. Losses: a mixture of fast
disqualification, slow loss, and never closed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from leadq.foundation.arrays import Floats

NEVER_CLOSED = 0.07
"""Share of losses, among those not disqualified fast, that nobody ever closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lognormal:
    """Time with a median (days) and a standard deviation of its logarithm."""

    median: float
    sigma: float

    def log_survival(self, age: Floats) -> Floats:
        """Log P(time > age)."""
        standard = np.log(np.maximum(age, 1e-12) / self.median) / self.sigma
        return np.asarray(log_ndtr(-standard), dtype=np.float64)

    def density(self, age: Floats) -> Floats:
        """Density of the time at ``age`` days, per day."""
        days = np.maximum(age, 1e-12)
        standard = np.log(days / self.median) / self.sigma
        density: Floats = np.exp(-0.5 * standard**2) / (math.sqrt(2.0 * math.pi) * self.sigma * days)
        return density

    def draw(self, random: np.random.Generator, size: int) -> Floats:
        """Draw ``size`` times in days."""
        return self.median * np.exp(self.sigma * random.standard_normal(size))


WIN = Lognormal(median=30.0, sigma=math.log(3.0) / 1.6449)
FAST_LOSS = Lognormal(median=0.8, sigma=1.1)
SLOW_LOSS = Lognormal(median=50.0, sigma=0.75)


def loss_log_survival(age: Floats, fast_share: Floats) -> Floats:
    """Log P(not yet lost at ``age`` | will be lost), given the share of fast losses of leads like it."""
    rest = 1.0 - fast_share
    fast = fast_share * np.exp(FAST_LOSS.log_survival(age))
    slow = rest * (1.0 - NEVER_CLOSED) * np.exp(SLOW_LOSS.log_survival(age))
    return np.asarray(np.log(fast + slow + rest * NEVER_CLOSED), dtype=np.float64)


def win_within(age: Floats, days: Floats | float) -> Floats:
    """P(won within ``days`` after ``age`` | will be won, not yet at ``age``)."""
    return -np.expm1(WIN.log_survival(age + days) - WIN.log_survival(age))
