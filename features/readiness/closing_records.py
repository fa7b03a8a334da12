"""Since when closings are recorded: leads closed before that may be missing (left truncation).

A CRM that was introduced, cleaned or exported from a day on shows the old leads that were still open then, and none that had
been closed. Early win rates and delays are then those of survivors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats

_STRAY_SHARE = 0.002  # so many of all closings may be dated too early by mistake
_FEWEST = 30  # later closings that show how fast leads are closed
_EXPECTED = 10.0  # fewer expected closings and none seen is chance or a slow start
_SEEN_SHARE = 0.2  # of the expected ones; leads closed somewhat slower in the early days do not look like a cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Closings:
    """When recorded closings begin.

    Parameters
    ----------
    first_us : int or None
        Microseconds since 1970; a few strays before it do not count. None without a closing.
    expected_before, closed_before : float, int
        Of the leads created before then: how many should have been closed by then, judging by those created later, and
        how many were.
    """

    first_us: int | None
    expected_before: float
    closed_before: int

    @property
    def truncated(self) -> bool:
        """Whether leads closed earlier are missing: many closings are expected, and hardly any was recorded."""
        return self.expected_before >= _EXPECTED and self.closed_before <= _SEEN_SHARE * self.expected_before


def find_closings(created_us: Floats, closed_us: Floats) -> Closings:
    """Find when closings begin.

    Parameters
    ----------
    created_us, closed_us : arrays of shape (n_leads,)
        Microseconds since 1970; ``closed_us`` is NaN where the lead was never closed.
    """
    closings = np.sort(closed_us[~np.isnan(closed_us)])
    if not closings.size:
        return Closings(first_us=None, expected_before=0.0, closed_before=0)
    first = closings[int(_STRAY_SHARE * closings.size)]
    later, early = created_us >= first, created_us < first
    delays = np.sort(closed_us[later] - created_us[later])  # NaN, never closed, sorts last
    expected = 0.0
    if np.isfinite(delays).sum() >= _FEWEST:
        waited = first - created_us[early]
        expected = float((np.searchsorted(delays, waited, side="left") / delays.size).sum())
    return Closings(first_us=int(first), expected_before=expected, closed_before=int((closings < first).sum()))
