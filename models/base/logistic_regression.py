"""Unpenalised weighted logistic regression on one score, with errors that respect accounts.

Two coefficients by Newton's method: small enough to be exact and repeatable, without the penalty that
scikit-learn adds by default and that would bias a calibrator towards the base rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats, Ints, sigmoid

MAX_STEPS = 60
MAX_SLOPE = 25.0
"""Beyond it the classes are separated and the estimate would run to infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``logit(p) = slope * x + intercept``.

    Parameters
    ----------
    slope, intercept : float
    slope_error, intercept_error : float
        Standard errors, robust to any dependence within a group.
    log_likelihood : float
    covariance : tuple of float
        Robust variances and covariance: (slope, slope-intercept, intercept).
    """

    slope: float
    intercept: float
    slope_error: float
    intercept_error: float
    log_likelihood: float
    covariance: tuple[float, float, float]


def log_likelihood(label: Floats, log_odds: Floats, weight: Floats) -> float:
    """Weighted log-likelihood of 0/1 labels under ``log_odds``."""
    return float(np.sum(weight * (label * log_odds - np.logaddexp(0.0, log_odds))))


def _gradient_and_information(
    label: Floats, score: Floats, weight: Floats, slope: float, intercept: float
) -> tuple[Floats, Floats]:
    p = sigmoid(slope * score + intercept)
    residual = weight * (label - p)
    spread = weight * p * (1.0 - p)
    gradient = np.array([np.sum(residual * score), np.sum(residual)])
    cross = np.sum(spread * score)
    information = np.array([[np.sum(spread * score * score), cross], [cross, np.sum(spread)]])
    return gradient, information


def _climb(label: Floats, score: Floats, weight: Floats) -> tuple[float, float]:
    rate = float(np.clip(np.average(label, weights=weight), 1e-6, 1 - 1e-6))
    slope, intercept = 0.0, float(np.log(rate / (1.0 - rate)))
    best = log_likelihood(label, slope * score + intercept, weight)
    for _ in range(MAX_STEPS):
        gradient, information = _gradient_and_information(label, score, weight, slope, intercept)
        determinant = information[0, 0] * information[1, 1] - information[0, 1] ** 2
        if determinant <= 1e-12 * max(1.0, information[0, 0] * information[1, 1]):
            break  # the score does not vary, or the classes are separated
        step = np.linalg.solve(information, gradient)
        scale = 1.0
        while scale > 1e-6:
            a, b = slope + scale * float(step[0]), intercept + scale * float(step[1])
            value = log_likelihood(label, a * score + b, weight)
            if value >= best:
                break
            scale /= 2.0
        else:
            break
        gained, slope, intercept, best = value - best, a, b, value
        if gained < 1e-12 * max(1.0, abs(best)) or abs(slope) > MAX_SLOPE:
            break
    return slope, intercept


def fit_line(label: Floats, score: Floats, weight: Floats, group: Ints) -> Line:
    """Fit the line by maximum likelihood; errors by the group sandwich.

    Parameters
    ----------
    label, score, weight : arrays of shape (n,)
    group : int array of shape (n,)
        Rows of one group may depend on each other in any way.
    """
    slope, intercept = _climb(label, score, weight)
    _, information = _gradient_and_information(label, score, weight, slope, intercept)
    bread = np.linalg.pinv(information)
    residual = weight * (label - sigmoid(slope * score + intercept))
    _, member = np.unique(group, return_inverse=True)
    sums = np.stack([np.bincount(member, weights=residual * score), np.bincount(member, weights=residual)])
    n_groups = sums.shape[1]
    meat = np.array([[np.sum(row * column) for column in sums] for row in sums]) * n_groups / max(n_groups - 1, 1)
    covariance = bread @ meat @ bread
    return Line(
        slope=slope,
        intercept=intercept,
        slope_error=float(np.sqrt(max(covariance[0, 0], 0.0))),
        intercept_error=float(np.sqrt(max(covariance[1, 1], 0.0))),
        log_likelihood=log_likelihood(label, slope * score + intercept, weight),
        covariance=(float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])),
    )
