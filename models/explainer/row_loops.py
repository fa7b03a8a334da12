"""The loops over rows: values to codes, codes to patterns, patterns to contributions, a block of rows at a time.

A block's codes, patterns and sums stay in the second cache while all groups pass by. Every row is summed in the same order whatever
the block, the batch and the number of threads, so the same row gives the same bits. The loops hold no lock: threads
work on different rows.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from leadq.models.explainer.value_codes import ZERO

BLOCK_ROWS = 4_096
_ZERO = ZERO
_AT_ONCE = 8


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def code_block(values: Any, lowest: int, rows: int, coding: Any, codes: Any) -> None:
    """Write the codes of ``rows`` rows from ``lowest`` on.

    Parameters
    ----------
    values : float64 array of shape (n_features, n)
    coding : tuple
        ``CompiledModel.coding``.
    codes : unsigned array of shape (n_features, block)
    """
    categorical, start, points, has_zero, nan_code = coding
    places = np.empty(_AT_ONCE, np.int64)
    cleaned = np.empty(_AT_ONCE, np.float64)
    for feature in range(values.shape[0]):
        first, end = start[feature], start[feature + 1]
        is_category, zero_is_missing, nan = categorical[feature], has_zero[feature], nan_code[feature]
        for row in range(0, rows, _AT_ONCE):
            several = min(_AT_ONCE, rows - row)
            for k in range(several):
                x = values[feature, lowest + row + k]
                if is_category:
                    x = np.trunc(x)
                cleaned[k] = 0.0 if abs(x) <= _ZERO else x
                places[k] = first
            length = end - first
            while length > 0:  # how many points lie below, without branches and for several rows at once
                half = (length + 1) >> 1
                for k in range(several):
                    places[k] += half if points[places[k] + half - 1] < cleaned[k] else 0
                length -= half
            for k in range(several):
                x, code = cleaned[k], places[k] - first
                if is_category and (places[k] == end or points[places[k]] != x):
                    code = end - first
                if zero_is_missing and x == 0.0:
                    code = nan - 1
                codes[feature, row + k] = nan if np.isnan(x) else code


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _find_patterns(rows: int, first: int, end: int, tables: Any, codes: Any, pattern: Any) -> None:
    column_feature, step_start, step_code, step_move, map_start, maps = tables
    pattern[:rows] = 0
    for column in range(first, end):
        code = codes[column_feature[column]]
        if map_start[column] >= 0:
            at = np.uint64(map_start[column])
            for row in range(rows):
                pattern[row] += maps[at + np.uint64(code[row])]
            continue
        for step in range(step_start[column], step_start[column + 1]):
            from_code, move = step_code[step], step_move[step]
            for row in range(rows):
                pattern[row] += move if code[row] >= from_code else np.uint16(0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pay(rows: int, first: int, end: int, feature: Any, start: Any, values: Any, pattern: Any, paid: Any) -> None:
    column = first
    while column + 1 < end:  # two columns at once: the pattern is read once for both
        one, other = paid[feature[column]], paid[feature[column + 1]]
        at, also_at = np.uint64(start[column]), np.uint64(start[column + 1])
        for row in range(rows):
            place = np.uint64(pattern[row])
            one[row] += values[at + place]
            other[row] += values[also_at + place]
        column += 2
    if column < end:
        one, at = paid[feature[column]], np.uint64(start[column])
        for row in range(rows):
            one[row] += values[at + np.uint64(pattern[row])]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _pay_deep(rows: int, deep: Any, points: Any, weights: Any, codes: Any, paid: Any) -> None:
    """Leaves with too many conditions for a table: the integral is worked out row by row."""
    leaves, start, feature, cover, holds, value = deep
    for leaf in leaves:
        first, conditions = start[leaf], start[leaf + 1] - start[leaf]
        factor, answer = np.empty(conditions), np.empty(conditions)
        count = (conditions + 1) // 2
        for row in range(rows):
            for k in range(conditions):
                answer[k] = holds[first + k, codes[feature[first + k], row]]
            for point in range(count):
                t = points[count, point]
                product = value[leaf] * weights[count, point]
                for k in range(conditions):
                    factor[k] = cover[first + k] * (1.0 - t) + answer[k] * t
                    product *= factor[k]
                for k in range(conditions):
                    paid[feature[first + k], row] += (answer[k] - cover[first + k]) * product / factor[k]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def explain_rows(
    values: Any, coding: Any, tables: Any, deep: Any, quadrature: Any, buffers: Any, expected: float
) -> Any:
    """Margin and contributions.

    Parameters
    ----------
    values : float64 array of shape (n_features, n)
    coding, tables, deep, quadrature
        Parts of a ``CompiledModel``.
    buffers : tuple
        ``codes`` of shape (n_features, :data:`BLOCK_ROWS`) and ``paid`` of the tables' precision, same shape.
    expected : float

    Returns
    -------
    margin : float64 array of shape (n,)
    contributions : float64 array of shape (n_features, n)
    """
    column_start, column_value, table_values, places = tables
    codes, paid = buffers
    features, n = values.shape
    margin = np.empty(n, np.float64)
    contributions = np.empty((features, n), np.float64)
    pattern = np.empty(BLOCK_ROWS, np.uint16)
    for lowest in range(0, n, BLOCK_ROWS):
        rows = min(BLOCK_ROWS, n - lowest)
        code_block(values, lowest, rows, coding, codes)
        paid[:] = 0
        for group in range(len(column_start) - 1):
            first, end = column_start[group], column_start[group + 1]
            _find_patterns(rows, first, end, places, codes, pattern)
            _pay(rows, first, end, places[0], column_value, table_values, pattern, paid)
        _pay_deep(rows, deep, quadrature[0], quadrature[1], codes, paid)
        for row in range(rows):
            margin[lowest + row] = expected
        for feature in range(features):
            for row in range(rows):
                margin[lowest + row] += np.float64(paid[feature, row])
                contributions[feature, lowest + row] = paid[feature, row]
    return margin, contributions
