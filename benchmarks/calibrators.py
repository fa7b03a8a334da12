"""Calibrators that the product does not use, to hold it against: isotonic, Venn-Abers, beta, none.

Each is fitted on the same pooled out-of-fold margins. Never imported by the product.

References
----------
Kull, Silva Filho, Flach 2017 (beta calibration); Vovk, Petej 2014 (inductive Venn-Abers).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression

from leadq.foundation.arrays import Floats, sigmoid

_BINS = 1_000
_GRID = 60


def isotonic(margin: Floats, label: Floats, wanted: Floats) -> Floats:
    """Isotonic regression, linear between its steps' ends, kept 1 / (n + 2) away from 0 and 1."""
    at, rate, _ = _binned(margin, label)
    floor = 1.0 / (len(label) + 2)
    return np.clip(np.interp(wanted, at, rate), floor, 1.0 - floor)


def venn_abers(margin: Floats, label: Floats, wanted: Floats) -> Floats:
    """Inductive Venn-Abers, merged for log-loss: p1 / (1 - p0 + p1); computed on a grid of margins and interpolated."""
    at, mean, weight = _bins(margin, label)
    grid = np.quantile(wanted, np.linspace(0.0, 1.0, _GRID))
    merged = np.empty(_GRID)
    for place, value in enumerate(grid):
        low, high = (_with_one_more(at, mean, weight, value, outcome) for outcome in (0.0, 1.0))
        merged[place] = high / (1.0 - low + high)
    return np.interp(wanted, grid, merged)


def beta(margin: Floats, label: Floats, wanted: Floats) -> Floats:
    """Beta calibration: logistic regression on log p and -log(1 - p) of the uncalibrated probability, slopes not below 0."""
    columns = [_logs(margin), _logs(wanted)]
    for keep in ((0, 1), (0,), (1,)):
        coefficients = _newton(np.column_stack([columns[0][:, keep], np.ones(len(margin))]), label)
        if (coefficients[:-1] >= 0).all():
            break
    return sigmoid(columns[1][:, keep] @ coefficients[:-1] + coefficients[-1])


def _logs(margin: Floats) -> Floats:
    return np.column_stack([-np.logaddexp(0.0, -margin), np.logaddexp(0.0, margin)])


def _newton(design: Floats, label: Floats) -> Floats:
    found = np.zeros(design.shape[1])
    for _ in range(30):
        p = sigmoid(design @ found)
        step = np.linalg.lstsq((design * (p * (1 - p))[:, None]).T @ design, design.T @ (label - p), rcond=None)[0]
        found = found + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    return found


def _bins(margin: Floats, label: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean margin, win rate and weight of up to 1,000 groups of neighbours."""
    order = np.argsort(margin, kind="stable")
    groups = np.array_split(order, min(_BINS, len(order)))
    at = np.array([margin[rows].mean() for rows in groups])
    return at, np.array([label[rows].mean() for rows in groups]), np.array([float(len(rows)) for rows in groups])


def _binned(margin: Floats, label: Floats) -> tuple[Floats, Floats, Floats]:
    at, mean, weight = _bins(margin, label)
    return at, np.asarray(isotonic_regression(mean, weights=weight).x), weight


def _with_one_more(at: Floats, mean: Floats, weight: Floats, value: float, outcome: float) -> float:
    place = int(np.searchsorted(at, value))
    means, weights = np.insert(mean, place, outcome), np.insert(weight, place, 1.0)
    return float(isotonic_regression(means, weights=weights).x[place])
