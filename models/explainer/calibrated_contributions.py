"""Contributions to the margin made into contributions to the calibrated log-odds, by feature and by family, in one pass."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def calibrate_rows(to_margin: Any, steepness: Any, mean: Any, family: Any, n_families: int) -> Any:
    """Scale, measure against the average lead, and sum by family in the order of features.

    Parameters
    ----------
    to_margin : float64 array of shape (n_features, n)
    steepness : float64 array of shape (n,)
        How much the calibrated log-odds move with the margin at each row.
    mean : float64 array of shape (n_features,)
        Mean contribution of the reference set.
    family : int64 array of shape (n_features,)
        Place of each feature's family.
    n_families : int

    Returns
    -------
    by_feature : float64 array of shape (n_features, n)
    by_family : float64 array of shape (n, n_families)
    """
    features, n = to_margin.shape
    by_feature = np.empty((features, n), np.float64)
    by_family = np.zeros((n, n_families), np.float64)
    for lowest in range(0, n, 1_024):  # the families of a block of rows stay in the cache
        end = min(lowest + 1_024, n)
        for feature in range(features):
            at = family[feature]
            for row in range(lowest, end):
                amount = steepness[row] * (to_margin[feature, row] - mean[feature])
                by_feature[feature, row] = amount
                by_family[row, at] += amount
    return by_feature, by_family
