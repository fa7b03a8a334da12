"""How long wins take, judged fairly by a history that ends: its youngest leads have shown only their fast wins.

Only wins are looked at (how many never win is another question). A win is seen when it came before the data was read, so the
delays of young leads are cut off on the right; counting them all would make wins look faster than they are.

References
----------
Lagakos, Barraj, De Gruttola 1988 (product limit in reversed time, for right truncation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats

_FEWEST = 30
"""Wins that must have been followed for as long as the longest delay that is judged."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WinDelays:
    """Distribution of the days to a win.

    Parameters
    ----------
    days, shares : arrays of shape (n_distinct,)
        Ascending delays and the share of the wins that took at most so long.
    seen_up_to_days : float
        Longer delays could hardly have been seen: the history is too young, and ``shares`` leaves them out. 0 without a win.
    """

    days: Floats
    shares: Floats
    seen_up_to_days: float

    def covered_by(self, horizon_days: float) -> float:
        """Share of the wins that take at most ``horizon_days``; NaN without a win."""
        if not self.days.size:
            return float("nan")
        at = int(np.searchsorted(self.days, horizon_days, side="right"))
        return float(self.shares[at - 1]) if at else 0.0

    def quantile(self, share: float) -> float:
        """Days within which ``share`` of the wins come; NaN without a win."""
        if not self.days.size:
            return float("nan")
        return float(self.days[min(int(np.searchsorted(self.shares, share - 1e-9)), self.days.size - 1)])


def win_delays(delay_days: Floats, followed_days: Floats) -> WinDelays:
    """Estimate the distribution from the wins that were seen.

    Parameters
    ----------
    delay_days : array of shape (n_wins,)
        Days from where the clock starts (hand-off, or creation) to the win.
    followed_days : array of shape (n_wins,)
        Days from there to the moment the data was read, at least the delay.
    """
    if not delay_days.size:
        return WinDelays(days=np.empty(0), shares=np.empty(0), seen_up_to_days=0.0)
    longest_first = np.sort(followed_days)[::-1]
    seen_up_to = float(longest_first[min(_FEWEST, -(-longest_first.size // 2)) - 1])
    judged = delay_days <= seen_up_to
    delays, followed = np.sort(delay_days[judged]), np.sort(followed_days[judged])
    days, wins = np.unique(delays, return_counts=True)
    # at risk of a win after exactly so many days, looking back: no later than that, and followed for so long
    at_risk = np.searchsorted(delays, days, side="right") - np.searchsorted(followed, days, side="left")
    stays = np.maximum(at_risk - wins, 0.5) / at_risk
    shares = np.append(np.cumprod(stays[:0:-1])[::-1], 1.0)
    return WinDelays(days=days, shares=shares, seen_up_to_days=seen_up_to)
