"""Reliability without bins to choose: CORP (isotonic) curve, consistency band and score decomposition.

References
----------
Dimitriadis, Gneiting, Jordan 2021: Stable reliability diagrams for probabilistic classifiers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats
from leadq.models.base.metrics import brier


def pool_adjacent(label: Floats, probability: Floats, weight: Floats | None = None) -> Floats:
    """Isotonic regression of outcomes on probabilities: the re-calibrated probability of every row, shape (n,)."""
    from scipy.optimize import isotonic_regression  # noqa: PLC0415 - only for reports

    values, member = np.unique(probability, return_inverse=True)  # ties must share one value
    weight = np.ones_like(probability) if weight is None else weight
    total = np.bincount(member, weights=weight, minlength=len(values))
    mean = np.bincount(member, weights=weight * label, minlength=len(values)) / total
    fitted: Floats = np.asarray(isotonic_regression(mean, weights=total).x)[member]
    return fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBlock:
    """Rows that isotonic regression gives one value: predicted from ``low`` to ``high``, ``observed`` won."""

    low: float
    high: float
    n: int
    mean_probability: float
    observed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A reliability curve with what chance alone would do to it.

    Parameters
    ----------
    blocks : tuple of ReliabilityBlock
    at, band_low, band_high : tuple of float
        A well calibrated model's curve lies between the two at ``at`` in nine of ten samples of this size (pointwise).
    """

    blocks: tuple[ReliabilityBlock, ...]
    at: tuple[float, ...]
    band_low: tuple[float, ...]
    band_high: tuple[float, ...]


def reliability(label: Floats, probability: Floats, *, seed: int, repeats: int = 200, points: int = 60) -> Reliability:
    """CORP curve of ``probability`` (shape (n,)) against 0/1 ``label`` with a 90 % consistency band."""
    fitted = pool_adjacent(label, probability)
    blocks = []
    for value in np.unique(fitted):
        rows = fitted == value
        inside = probability[rows]
        blocks.append(
            ReliabilityBlock(
                low=float(inside.min()),
                high=float(inside.max()),
                n=int(rows.sum()),
                mean_probability=float(inside.mean()),
                observed=float(value),
            )
        )
    rng = np.random.default_rng(seed)
    values = np.sort(probability)
    at = np.linspace(values[0], values[-1], points)
    curves = np.empty((repeats, points))
    for repeat in range(repeats):
        drawn = (rng.random(len(values)) < values).astype(np.float64)
        curves[repeat] = np.interp(at, values, pool_adjacent(drawn, values))
    low, high = np.quantile(curves, [0.05, 0.95], axis=0)
    return Reliability(
        blocks=tuple(blocks), at=tuple(at.tolist()), band_low=tuple(low.tolist()), band_high=tuple(high.tolist())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """``score = miscalibration - discrimination + uncertainty`` (exact); lower scores are better."""

    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float


def decompose(label: Floats, probability: Floats, score: Callable[[Floats, Floats], float] = brier) -> Decomposition:
    """Split a proper score (``brier`` or ``log_loss`` of :mod:`leadq.models.base.metrics`) into its three causes."""
    actual = score(label, probability)
    best = score(label, pool_adjacent(label, probability))
    flat = score(label, np.full_like(label, label.mean()))
    return Decomposition(score=actual, miscalibration=actual - best, discrimination=flat - best, uncertainty=flat)
