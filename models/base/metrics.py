"""How good a probability is: ranking (AUC), log-loss and Brier score. Weighted, exact with ties.

No expected calibration error: under perfect calibration it is far from 0 at the sizes we see (method
section 6). Calibration is tested in ``models/fit/calibration.py`` and drawn in ``models/evaluation/reliability.py``.
"""

from __future__ import annotations

import math

import numpy as np

from leadq.foundation.arrays import TINY, Floats


def auc(label: Floats, score: Floats, weight: Floats | None = None) -> float:
    """Probability that a won lead is ranked above a lost one; ties count half.

    Parameters
    ----------
    label : array of shape (n,)
        1 won, 0 lost.
    score : array of shape (n,)
        Anything that ranks.
    weight : array of shape (n,), optional

    Returns
    -------
    float
        In [0, 1]; NaN where one of the classes is absent.
    """
    weight = np.ones_like(score) if weight is None else weight
    _, inverse = np.unique(score, return_inverse=True)
    won = np.bincount(inverse, weights=weight * label)
    lost = np.bincount(inverse, weights=weight * (1.0 - label))
    pairs = won.sum() * lost.sum()
    if pairs <= 0:
        return math.nan
    below = np.cumsum(lost) - lost
    return float((won * (below + 0.5 * lost)).sum() / pairs)


def log_losses(label: Floats, probability: Floats) -> Floats:
    """Log-loss of every row, in nats, shape (n,)."""
    p = np.clip(probability, TINY, 1.0 - TINY)
    losses: Floats = -(label * np.log(p) + (1.0 - label) * np.log1p(-p))
    return losses


def log_loss(label: Floats, probability: Floats, weight: Floats | None = None) -> float:
    """Mean log-loss in nats."""
    return float(np.average(log_losses(label, probability), weights=weight))


def brier(label: Floats, probability: Floats, weight: Floats | None = None) -> float:
    """Mean squared difference of probability and outcome."""
    return float(np.average((probability - label) ** 2, weights=weight))
