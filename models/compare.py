"""Is one forecast better than another on the same leads? Paired bootstrap over accounts.

Accounts are drawn, not leads: two leads of one account rise and fall together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Mean difference of a loss with its central 90 % bootstrap interval; below 0 the first forecast is better."""

    mean: float
    low: float
    high: float
    n: int
    n_groups: int

    @property
    def better(self) -> bool:
        """The whole interval lies below 0."""
        return self.high < 0

    @property
    def worse(self) -> bool:
        """The whole interval lies above 0."""
        return self.low > 0


def paired_difference(
    first: Floats, second: Floats, group: Ints, *, seed: int, repeats: int, weight: Floats | None = None
) -> Difference:
    """Compare two losses of the same rows.

    Parameters
    ----------
    first, second : arrays of shape (n,)
        Loss of each row under the two forecasts.
    group : int array of shape (n,)
    seed, repeats : int
    weight : array of shape (n,), optional
    """
    weight = np.ones_like(first) if weight is None else weight
    _, member = np.unique(group, return_inverse=True)
    total = np.bincount(member, weights=weight * (first - second))
    size = np.bincount(member, weights=weight)
    rng = np.random.default_rng(seed)
    n_groups = len(size)
    means = np.empty(repeats)
    for repeat in range(repeats):
        drawn = rng.integers(0, n_groups, n_groups)
        means[repeat] = total[drawn].sum() / size[drawn].sum()
    low, high = np.quantile(means, [0.05, 0.95])
    return Difference(
        mean=float(total.sum() / size.sum()), low=float(low), high=float(high), n=len(first), n_groups=n_groups
    )
