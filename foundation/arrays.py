"""Array types of all rooms, and the two functions that turn log-odds into probabilities and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TINY = 1e-12
"""Probabilities are kept this far from 0 and 1 where a logarithm is taken."""


def sigmoid(log_odds: Floats) -> Floats:
    """Probability of ``log_odds``, without overflow."""
    small = np.exp(-np.abs(log_odds))
    result: Floats = np.where(log_odds >= 0, 1.0 / (1.0 + small), small / (1.0 + small))
    return result


def logit(probability: Floats) -> Floats:
    """Log-odds of ``probability`` (kept :data:`TINY` away from 0 and 1)."""
    p = np.clip(probability, TINY, 1.0 - TINY)
    result: Floats = np.log(p) - np.log1p(-p)
    return result
