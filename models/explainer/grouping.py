"""Cuts the trees into groups of leaves so that one table look-up a feature answers for a whole group.

A group's rows differ only in which of its leaves' conditions hold. Per feature the codes fall into segments with equal answers; the
product of the segments is the number of patterns, the size of the group's table. Groups are subtrees, cut by a dynamic
program from the leaves up, whose cost is the look-ups a row needs and the table that has to pass through the cache.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from leadq.foundation.arrays import Ints
from leadq.models.explainer.leaf_conditions import Conditions

MOST_PATTERNS = 1_024
"""Patterns of a group of several leaves; one table column then fits the first cache."""

MOST_PATTERNS_OF_A_LEAF = 8_192
"""Patterns of a single leaf; one with more is worked out row by row."""

_CACHE_COST = 1.0 / 2_500
"""Cost of a pattern beside that of a look-up (blocks of 2,048 rows)."""
_STEP_COST = 0.12
"""Cost of telling two segments apart beside that of a look-up."""


def cut(conditions: Conditions) -> Ints:
    """Choose the groups.

    Returns
    -------
    array of shape (g, 3)
        First leaf, end of leaves, number of patterns; more than :data:`MOST_PATTERNS_OF_A_LEAF` marks a leaf without a table.
    """
    cost, patterns = _costs(
        conditions.start,
        conditions.feature,
        conditions.holds,
        conditions.subtrees,
        conditions.marks,
        int(conditions.feature.max(initial=-1)) + 1,
    )
    chosen: list[tuple[int, int, int]] = []
    waiting = list(reversed(conditions.roots.tolist()))
    while waiting:
        row = waiting.pop()
        first, end, left, right = conditions.subtrees[row].tolist()
        if left < 0 or cost[row] < cost[left] + cost[right]:
            chosen.append((first, end, int(patterns[row])))
        else:
            waiting += [right, left]
    return np.array(chosen, dtype=np.int64).reshape(-1, 3)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _segments(start: Any, feature: Any, holds: Any, marks: Any, first: int, end: int, wanted: int, most: int) -> int:
    """Count the segments of one feature within leaves ``first`` to ``end``; stop counting at ``most``."""
    keys = np.zeros(holds.shape[1], np.int64)
    for at in range(start[first], start[end]):
        if feature[at] == wanted:
            for code in range(len(keys)):
                if holds[at, code]:
                    keys[code] ^= marks[at]
    distinct = np.empty(most, np.int64)
    found = 0
    for code in range(len(keys)):
        if found == most:
            break
        if (code == 0 or keys[code] != keys[code - 1]) and not (distinct[:found] == keys[code]).any():
            distinct[found] = keys[code]
            found += 1
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _costs(start: Any, feature: Any, holds: Any, subtrees: Any, marks: Any, n_features: int) -> Any:
    cost = np.empty(len(subtrees), np.float64)
    patterns = np.empty(len(subtrees), np.int64)
    seen = np.zeros(n_features, np.int64)
    for row in range(len(subtrees)):
        first, end, left, right = subtrees[row]
        most = MOST_PATTERNS_OF_A_LEAF if left < 0 else MOST_PATTERNS
        product, look_ups, steps = 1, 0, 0
        for leaf in range(first, end):
            for at in range(start[leaf], start[leaf + 1]):
                if product > most or seen[feature[at]] == row + 1:
                    continue
                seen[feature[at]] = row + 1
                segments = _segments(start, feature, holds, marks, first, end, feature[at], most // product + 1)
                product *= segments
                look_ups += 1
                steps += segments - 1
        patterns[row] = product
        own = look_ups * (1.0 + product * _CACHE_COST) + steps * _STEP_COST + 0.5
        if product > most:
            own = 40.0 * look_ups if left < 0 else 1e18
        if left >= 0:
            apart = cost[left] + cost[right]
            cost[row] = min(own, apart)
            if apart <= own:
                patterns[row] = 0
            continue
        cost[row] = own
    return cost, patterns
