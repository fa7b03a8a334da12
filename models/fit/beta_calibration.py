"""Beta calibration, where a straight line is not enough: one more term, ``bend * (softplus(m) + softplus(-m))``.

With slopes a for log p and b for -log(1 - p) beta calibration is ``L = a log p - b log(1 - p) + c``; with p = sigmoid(m) that is
``L = (a + b) / 2 * m + (b - a) / 2 * (softplus(m) + softplus(-m)) + c``: Platt's line and one even term. It is taken only where a test
robust to account clusters rejects the line, where it keeps the order of the margins (a and b above 0), and where it also lowered the
log-loss at the rolling origins by more than a standard error: on ``loan_leads_2012`` the test rejects, and the curve is worse out of time.

References
----------
Kull, Silva Filho, Flach 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats, Ints, sigmoid

REJECTED_BELOW = 0.01
"""p-value under which the line is rejected."""
_STEPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """``slope * m + bend * even(m) + intercept`` by maximum likelihood, and the p-value of ``bend = 0`` (cluster-robust Wald)."""

    slope: float
    bend: float
    intercept: float
    p_value: float

    @property
    def needed(self) -> bool:
        """The line is rejected, and the bent curve keeps the order."""
        return self.p_value < REJECTED_BELOW and abs(self.bend) < self.slope


def even(margin: Floats) -> Floats:
    """softplus(m) + softplus(-m), without overflow."""
    size = np.abs(margin)
    result: Floats = size + 2.0 * np.log1p(np.exp(-size))
    return result


def fit_bend(label: Floats, margin: Floats, weight: Floats, group: Ints, *, slope: float, intercept: float) -> Bend:
    """Fit by Newton's method from Platt's line.

    Parameters
    ----------
    label, margin, weight : arrays of shape (n,)
    group : int array of shape (n,)
        Rows of one group may depend on each other in any way.
    slope, intercept : float
        The line to start from.
    """
    from scipy.special import erfc  # noqa: PLC0415 - scoring needs even(), but not scipy

    design = np.column_stack([margin, even(margin), np.ones_like(margin)])
    found = np.array([slope, 0.0, intercept])
    for _ in range(_STEPS):
        p = sigmoid(design @ found)
        information = (design * (weight * p * (1.0 - p))[:, None]).T @ design
        step = np.linalg.pinv(information) @ (design.T @ (weight * (label - p)))
        found = found + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-9:
            break
    p = sigmoid(design @ found)
    bread = np.linalg.pinv((design * (weight * p * (1.0 - p))[:, None]).T @ design)
    _, member = np.unique(group, return_inverse=True)
    residual = weight * (label - p)
    sums = np.stack([np.bincount(member, weights=residual * column) for column in design.T])
    groups = sums.shape[1]
    error = float(np.sqrt(max((bread @ (sums @ sums.T) @ bread)[1, 1] * groups / max(groups - 1, 1), 0.0)))
    z = abs(found[1]) / error if error > 0 else 0.0
    return Bend(
        slope=float(found[0]), bend=float(found[1]), intercept=float(found[2]), p_value=float(erfc(z / np.sqrt(2.0)))
    )
