"""Rows that find a wrong explainer out: values on thresholds and one step beside them, odd zeros, odd categories, nothing known."""

from __future__ import annotations

import numpy as np

from leadq.foundation.arrays import Floats
from leadq.models.explainer.compiled_trees import CompiledModel
from leadq.models.explainer.value_codes import ZERO, FeatureCodes

_ODD_NUMBERS = (np.nan, 0.0, -0.0, ZERO, -ZERO, np.nextafter(ZERO, 1.0), 5e-324, np.inf, -np.inf, 1e300, -1e300)
_ODD_CATEGORIES = (np.nan, -0.5, -1.0, -7.0, 0.5, 1e-36, 2.0**31, 1e18, -1e18, np.inf, -np.inf)


def adversarial_rows(compiled: CompiledModel, n: int, *, seed: int) -> Floats:
    """Make rows around everything that the model asks.

    Parameters
    ----------
    compiled : CompiledModel
    n : int
    seed : int

    Returns
    -------
    array of shape (n, n_features)
        Each value is drawn from its feature's thresholds, their neighbours, the middles between them, and odd values.
    """
    draw = np.random.default_rng(seed)
    rows = np.empty((n, compiled.n_features), order="F")
    for feature, codes in enumerate(compiled.codes):
        odd, ordinary = _values(codes)
        among_odd = draw.random(n) < 0.3
        rows[:, feature] = np.where(among_odd, draw.choice(odd, n), draw.choice(ordinary, n))
    return rows


def _values(codes: FeatureCodes) -> tuple[Floats, Floats]:
    if codes.categorical:
        known = codes.categories.astype(np.float64)
        unseen = np.array([known.max(initial=0) + 1, known.max(initial=0) + 300])
        return np.concatenate([_ODD_CATEGORIES, known + 0.999, unseen]), known if len(known) else unseen
    finite = codes.thresholds[np.isfinite(codes.thresholds)]
    if not len(finite):
        return np.array(_ODD_NUMBERS), np.array([-1.0, 1.0])
    with np.errstate(
        over="ignore"
    ):  # beside the largest number, with which what is missing is split off, lies infinity
        beside = [finite, np.nextafter(finite, np.inf), np.nextafter(finite, -np.inf)]
    middles = (finite[:-1] + finite[1:]) / 2
    ends = [finite.min() - 1.0, finite.max() + 1.0]
    return np.array(_ODD_NUMBERS), np.concatenate([*beside, middles, ends])
