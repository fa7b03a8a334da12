"""The yardstick that stands beside every model: an L2 logistic regression on the same features.

Standardised signed logarithms of the numbers, a flag where one is missing, one-hot categories. Where it is
better than the trees, the evaluation says so first (on ``bank_calls`` it is). It is never put live.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from leadq.features.catalogue import Catalogue
from leadq.foundation.arrays import Floats

PENALTY = 0.1
"""scikit-learn's C: prior standard deviation of a standardised coefficient about 0.3."""
_NEWTON_COLUMNS = 500
"""Up to so many columns Newton's method is the quicker one (four times at 256), and it converges."""


def _columns(values: Floats, kind: str, codes: Floats) -> Floats:
    missing = np.isnan(values)
    if kind == "category":
        hot: Floats = (values[:, None] == codes[None, :]).astype(np.float64)
        return hot
    signed = np.where(missing, 0.0, np.sign(values) * np.log1p(np.abs(values)))
    return np.column_stack([signed, missing.astype(np.float64)])


class LogisticBaseline:
    """L2 logistic regression on encoded features.

    A category code unseen in training has no column: it counts as the average of none.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._kinds = [feature.kind for feature in catalogue.features]
        self._codes: list[Floats] = []
        self._fill: Floats = np.empty(0)
        self._mean: Floats = np.empty(0)
        self._scale: Floats = np.empty(0)
        self._model: Any = None

    def _design(self, rows: Floats) -> Floats:
        parts = [_columns(rows[:, at], kind, self._codes[at]) for at, kind in enumerate(self._kinds)]
        return np.column_stack(parts) if parts else np.zeros((len(rows), 0))

    def fit(self, rows: Floats, label: Floats, weight: Floats) -> LogisticBaseline:
        """Fit on ``rows`` of shape (n, n_features)."""
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - heavy; only for evaluation

        self._codes = [
            np.unique(rows[~np.isnan(rows[:, at]), at]) if kind == "category" else np.empty(0)
            for at, kind in enumerate(self._kinds)
        ]
        design = self._design(rows)
        self._mean, self._scale = design.mean(axis=0), design.std(axis=0)
        self._scale[self._scale < 1e-9] = np.inf  # a constant column says nothing
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # not fully converged is good enough for a yardstick
            solver = "newton-cholesky" if design.shape[1] <= _NEWTON_COLUMNS else "lbfgs"
            self._model = LogisticRegression(C=PENALTY, max_iter=300, solver=solver).fit(
                (design - self._mean) / self._scale, label, sample_weight=weight
            )
        return self

    def probability(self, rows: Floats) -> Floats:
        """Probability of a win, shape (n,)."""
        standard = (self._design(rows) - self._mean) / self._scale
        probability: Floats = self._model.predict_proba(standard)[:, 1]
        return probability
