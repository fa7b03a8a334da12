"""From the booster's margin to a probability that is right, and the test whether it is.

Logistic (Platt) calibration on pooled out-of-fold margins; beta calibration only where a test rejects the line
(``beta_calibration.py``). Isotonic and its relatives are left out: they never won at our sizes and turn thousands of scores into
a few dozen values (docs/method.md, Calibration).

References
----------
Platt 1999; Van Calster et al. 2019 (calibration intercept and slope).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Floats, Ints, logit, sigmoid
from leadq.models.base.logistic_regression import MAX_SLOPE, Line, fit_line, log_likelihood
from leadq.models.fit.beta_calibration import even, fit_bend

NEEDED_Z = 1.645
"""The slope must lie so many standard errors above 0 (5 % one-sided), else the margin knows nothing."""
Z95 = 1.959964
MOST_LOG_ODDS = 22.0
"""No chance is said to be surer, either way: nearer to 1 a double has too few digits for reasons to add up to it within a millionth."""
POWER_Z = 2.8016
"""Multiple of a standard error that a two-sided 5 % test finds with 80 % power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrator:
    """``logit(probability) = slope * margin + intercept + anchor``, and ``bend * even(margin)`` where a line is not enough.

    ``anchor`` is the recent shift of the intercept (log-odds); it moves the base, never the reasons.
    """

    slope: float
    intercept: float
    anchor: float = 0.0
    bend: float = 0.0

    def log_odds(self, margin: Floats) -> Floats:
        """Calibrated log-odds, shape as ``margin``."""
        line = self.slope * margin + self.intercept + self.anchor
        found: Floats = np.clip(line + self.bend * even(margin) if self.bend else line, -MOST_LOG_ODDS, MOST_LOG_ODDS)
        return found

    def steepness(self, margin: Floats, reference: float) -> Floats:
        """Calibrated log-odds gained per margin on the way from ``reference`` to each margin; the slope of a line.

        Contributions to the margin times this add up exactly (the rescale rule of Chen, Lundberg, Lee 2022).
        """
        found = self._steepness(margin, reference)
        reached = self.log_odds(margin)
        surest = np.abs(reached) >= MOST_LOG_ODDS
        if surest.any():
            base = self.log_odds(np.array([reference]))[0]
            found[surest] = (reached[surest] - base) / (margin[surest] - reference)
        return found

    def _steepness(self, margin: Floats, reference: float) -> Floats:
        if not self.bend:
            return np.full_like(margin, self.slope)
        away = margin - reference
        near = np.abs(away) < 1e-9
        gained = even(margin) - even(np.array([reference]))[0]
        limit = np.tanh(margin / 2.0)
        steep: Floats = self.slope + self.bend * np.where(near, limit, gained / np.where(near, 1.0, away))
        return steep

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probability, shape as ``margin``."""
        return sigmoid(self.log_odds(margin))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A fitted calibrator and whether the margins carry any signal.

    ``bent`` is the beta calibrator, where a test rejects the line; whether it is used, the rolling origins decide.
    """

    calibrator: Calibrator
    slope_error: float
    usable: bool
    why: str
    bent: Calibrator | None = None


def fit_calibrator(label: Floats, margin: Floats, weight: Floats, group: Ints) -> Calibration:
    """Fit the calibrator on pooled out-of-fold margins.

    Returns
    -------
    Calibration
        ``usable`` is False where the slope is not clearly above 0: then the base rate is the better answer.
    """
    line = fit_line(label, margin, weight, group)
    strength = line.slope / line.slope_error if line.slope_error > 0 else 0.0
    usable = line.slope > 0 and (strength >= NEEDED_Z or line.slope > MAX_SLOPE)
    why = "" if usable else f"calibration slope {line.slope:.2f} (standard error {line.slope_error:.2f}) is not above 0"
    calibrator = Calibrator(slope=line.slope, intercept=line.intercept)
    bent = None
    if usable:
        found = fit_bend(label, margin, weight, group, slope=line.slope, intercept=line.intercept)
        if found.needed:
            bent = Calibrator(slope=found.slope, intercept=found.intercept, bend=found.bend)
    return Calibration(calibrator=calibrator, slope_error=line.slope_error, usable=usable, why=why, bent=bent)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationTest:
    """Whether probabilities are right on rows the model has not seen.

    Parameters
    ----------
    slope, slope_low, slope_high : float
        1 is perfect; below 1 the probabilities are too extreme. 95 % interval, robust to account clusters.
    intercept, intercept_low, intercept_high : float
        0 is perfect (log-odds, fitted together with the slope).
    p_value : float
        Likelihood-ratio test of slope 1 and intercept 0 together (2 degrees of freedom).
    p_value_robust : float
        The same by a Wald test with errors robust to account clusters.
    detectable_ratio : float
        Predicted over actual as far from 1 as this would have been found with 80 % power: what "passed" is worth.
    """

    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    p_value: float
    p_value_robust: float
    detectable_ratio: float


def _wald(line: Line) -> float:
    from scipy.stats import chi2  # noqa: PLC0415 - scoring needs this module, but not scipy.stats

    covariance = np.array([[line.covariance[0], line.covariance[1]], [line.covariance[1], line.covariance[2]]])
    away = np.array([line.slope - 1.0, line.intercept])
    return float(chi2.sf(float(away @ np.linalg.pinv(covariance) @ away), 2))


def check_calibration(
    label: Floats, probability: Floats, group: Ints, weight: Floats | None = None
) -> CalibrationTest | None:
    """Test calibration on held-out rows; None where a class is absent or all probabilities are the same."""
    from scipy.stats import chi2  # noqa: PLC0415

    weight = np.ones_like(label) if weight is None else weight
    log_odds = logit(probability)
    if label.min(initial=1.0) == label.max(initial=0.0) or len(label) == 0 or np.ptp(log_odds) < 1e-9:
        return None
    line = fit_line(label, log_odds, weight, group)
    ratio = 2.0 * (line.log_likelihood - log_likelihood(label, log_odds, weight))
    residual = weight * (label - probability)
    _, member = np.unique(group, return_inverse=True)
    error = float(np.sqrt(np.sum(np.bincount(member, weights=residual) ** 2)))  # of the number of wins
    wins = float(np.sum(weight * label))
    return CalibrationTest(
        slope=line.slope,
        slope_low=line.slope - Z95 * line.slope_error,
        slope_high=line.slope + Z95 * line.slope_error,
        intercept=line.intercept,
        intercept_low=line.intercept - Z95 * line.intercept_error,
        intercept_high=line.intercept + Z95 * line.intercept_error,
        p_value=float(chi2.sf(max(ratio, 0.0), 2)),
        p_value_robust=_wald(line),
        detectable_ratio=1.0 + POWER_Z * error / wins,
    )
