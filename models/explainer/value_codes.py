"""Values to codes: two values with the same code take the same way through every tree.

A number's code is how many of its feature's thresholds lie below it; a category has a code of its own where some split names it.
NaN has the last code of its feature, and where a split treats zero as missing, zero has the one before. Comparisons are made in
float64: in float32 a value one step beside a threshold changes sides.

What LightGBM does on the way is done here once: a magnitude up to 1e-35 (as float32) is zero, a category is cut towards zero, and a
category below zero, too large or not a number belongs to no set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.models.explainer.model_text import (
    CATEGORICAL,
    DEFAULT_LEFT,
    MISSING_NAN,
    MISSING_ZERO,
    ModelText,
    Tree,
    unsupported,
)

ZERO = float(np.float32(1e-35))
MOST_CODES = 65_535


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureCodes:
    """How one feature is coded.

    Parameters
    ----------
    categorical : bool
    thresholds : float64 array, ascending
        Of a number: every threshold of the model.
    categories : int64 array, ascending
        Of a category: every category that some split names; code ``len(categories)`` is any other.
    has_zero_code : bool
        Some split treats zero as missing.
    """

    categorical: bool
    thresholds: Floats
    categories: Ints
    has_zero_code: bool

    @property
    def regular(self) -> int:
        """How many codes there are for values that are neither NaN nor a missing zero."""
        return (len(self.categories) if self.categorical else len(self.thresholds)) + 1

    @property
    def nan_code(self) -> int:
        """Code of NaN, the last one."""
        return self.regular + int(self.has_zero_code)

    @property
    def size(self) -> int:
        """How many codes there are."""
        return self.nan_code + 1


def feature_codes(model: ModelText) -> tuple[FeatureCodes, ...]:
    """Find the codes of every feature.

    Raises
    ------
    UnsupportedModelError
        A feature is split both as a number and as a category, or has more than 65,535 codes.
    """
    thresholds: list[set[float]] = [set() for _ in range(model.n_features)]
    categories: list[set[int]] = [set() for _ in range(model.n_features)]
    zero_is_missing = [False] * model.n_features
    kinds: list[set[bool]] = [set() for _ in range(model.n_features)]
    for tree in model.trees:
        for feature, threshold, decision in zip(tree.feature, tree.threshold, tree.decision, strict=True):
            is_category = bool(decision & CATEGORICAL)
            kinds[feature].add(is_category)
            if is_category:
                categories[feature].update(tree.categories[int(threshold)].tolist())
            else:
                thresholds[feature].add(float(threshold))
                zero_is_missing[feature] |= _missing_type(decision) == MISSING_ZERO
    for feature in range(model.n_features):
        if len(kinds[feature]) == 2:
            raise unsupported(f"feature {feature} is split both as a number and as a category")
    found = tuple(
        FeatureCodes(
            categorical=True in kinds[feature],
            thresholds=np.array(sorted(thresholds[feature]), dtype=np.float64),
            categories=np.array(sorted(categories[feature]), dtype=np.int64),
            has_zero_code=zero_is_missing[feature],
        )
        for feature in range(model.n_features)
    )
    if max((one.size for one in found), default=0) > MOST_CODES:
        raise unsupported(f"a feature with more than {MOST_CODES:,} thresholds")
    return found


def goes_left(tree: Tree, node: int, codes: FeatureCodes) -> Bools:
    """For which codes of its feature a node sends a row to the left, shape (codes.size,)."""
    decision, threshold = int(tree.decision[node]), tree.threshold[node]
    left: Bools = np.zeros(codes.size, dtype=np.bool_)
    if codes.categorical:
        left[: len(codes.categories)] = np.isin(codes.categories, tree.categories[int(threshold)])
        return left
    place = int(np.searchsorted(codes.thresholds, threshold))
    left[: place + 1] = True  # at most `place` thresholds lie below: the value is not above this one
    left[codes.regular :] = threshold >= 0.0  # a NaN or zero that is not missing here counts as zero
    default = bool(decision & DEFAULT_LEFT)
    if _missing_type(decision) == MISSING_NAN:
        left[codes.nan_code] = default
    elif _missing_type(decision) == MISSING_ZERO:
        left[codes.regular :] = default
    return left


def _missing_type(decision: int) -> int:
    return int(decision) >> 2 & 3
