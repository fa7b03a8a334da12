"""The attribution of every pattern of every group, worked out once.

A leaf of value v pays feature k of its path ``v (z_k - r_k)`` times the integral over t from 0 to 1 of the product over the other
features j of ``r_j (1 - t) + z_j t``, with z_j = 1 where its conditions hold and r_j its cover: the Shapley value of the
game in which an unknown feature counts by its cover [1]_. The product is a polynomial of degree d - 1 in t, so Gauss-Legendre with
ceil(d / 2) points is exact.

References
----------
.. [1] Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020, algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from leadq.foundation.arrays import Floats, Ints
from leadq.models.explainer.grouping import MOST_PATTERNS_OF_A_LEAF
from leadq.models.explainer.leaf_conditions import Conditions

FEW_STEPS = 8
"""A feature with more changes of segment along its codes is looked up instead of compared."""

_MOST_POINTS = 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tables:
    """Groups as flat arrays, as the kernel reads them.

    Parameters
    ----------
    column_start : int64 array of shape (g + 1,)
        Columns of group ``i`` are ``column_start[i]`` to ``column_start[i + 1]``.
    column_feature : int64 array
        Feature that a column pays.
    column_value : int64 array
        Where a column's values begin in ``values``; they are as many as the group has patterns.
    values : float array
    step_start : int64 array of shape (c + 1,), step_code, step_move
        Column ``c`` moves the pattern by ``step_move`` where the row's code is at least ``step_code`` (modulo 65,536).
    map_start : int64 array of shape (c,)
        Where the column's map from code to move begins in ``maps``; -1 where it has steps.
    deep : int64 array
        Leaves without a table.
    """

    column_start: Ints
    column_feature: Ints
    column_value: Ints
    values: npt.NDArray[Any]
    step_start: Ints
    step_code: npt.NDArray[np.uint16]
    step_move: npt.NDArray[np.uint16]
    map_start: Ints
    maps: npt.NDArray[np.uint16]
    deep: Ints


def quadrature() -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights on [0, 1] for 1 to 32 points, rows of shape (33, 32)."""
    points, weights = np.zeros((_MOST_POINTS + 1, _MOST_POINTS)), np.zeros((_MOST_POINTS + 1, _MOST_POINTS))
    for count in range(1, _MOST_POINTS + 1):
        at, weight = np.polynomial.legendre.leggauss(count)
        points[count, :count], weights[count, :count] = (at + 1) / 2, weight / 2
    return points, weights


def make_tables(conditions: Conditions, groups: Ints, n_codes: Ints) -> Tables:
    """Work out all tables.

    Parameters
    ----------
    conditions : Conditions
    groups : array of shape (g, 3)
        As :func:`leadq.models.explainer.grouping.cut` gives them.
    n_codes : array of shape (n_features,)
        Codes of each feature.
    """
    points, weights = quadrature()
    has_table = groups[:, 2] <= MOST_PATTERNS_OF_A_LEAF
    columns_of, values = [], []
    column_start, column_value, total = [0], list[int](), 0
    moves = _Moves()
    for first, end, _ in groups[has_table].tolist():
        columns, segment, strides, table = _group_table(
            conditions.start,
            conditions.feature,
            conditions.cover,
            conditions.holds,
            conditions.value,
            conditions.marks,
            first,
            end,
            points,
            weights,
        )
        for column, feature in enumerate(columns.tolist()):
            moves.add(segment[column, : n_codes[feature]] * strides[column])
            column_value.append(total)
            total += table.shape[1]
        columns_of.append(columns)
        values.append(table.ravel())
        column_start.append(column_start[-1] + len(columns))
    return Tables(
        column_start=np.array(column_start, dtype=np.int64),
        column_feature=np.concatenate([np.empty(0, dtype=np.int64), *columns_of]),
        column_value=np.array(column_value, dtype=np.int64),
        values=np.concatenate([np.empty(0), *values]),
        step_start=np.array(moves.step_start, dtype=np.int64),
        step_code=np.array(moves.step_code, dtype=np.uint16),
        step_move=np.array(moves.step_move, dtype=np.int64).astype(np.uint16),
        map_start=np.array(moves.map_start, dtype=np.int64),
        maps=np.concatenate([np.empty(0, dtype=np.uint16), *moves.maps]),
        deep=groups[~has_table, 0],
    )


class _Moves:
    """How each column moves the pattern by a row's code: a few steps, or a map from code to move."""

    def __init__(self) -> None:
        self.step_start = [0]
        self.step_code: list[int] = []
        self.step_move: list[int] = []
        self.map_start: list[int] = []
        self.maps: list[npt.NDArray[np.uint16]] = []
        self._total = 0

    def add(self, moves: Ints) -> None:
        """Add a column that moves the pattern by ``moves[code]``; code 0 never moves it."""
        changes = np.flatnonzero(np.diff(moves)) + 1
        if len(changes) > FEW_STEPS:
            self.map_start.append(self._total)
            self.maps.append(moves.astype(np.uint16))
            self._total += len(moves)
        else:
            self.map_start.append(-1)
            self.step_code += changes.tolist()
            self.step_move += (moves[changes] - moves[changes - 1]).tolist()
        self.step_start.append(len(self.step_code))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _group_table(
    start: Any,
    feature: Any,
    cover: Any,
    holds: Any,
    value: Any,
    marks: Any,
    first: int,
    end: int,
    points: Any,
    weights: Any,
) -> Any:
    """Return the group's columns, the segment of every code, the stride of every column, and its table."""
    columns = np.unique(feature[start[first] : start[end]])
    segment = np.zeros((len(columns), holds.shape[1]), np.int64)
    shown = np.zeros((len(columns), holds.shape[1]), np.int64)  # a code of each segment
    strides = np.ones(len(columns), np.int64)
    patterns = 1
    for column in range(len(columns)):
        keys = np.zeros(holds.shape[1], np.int64)
        for at in range(start[first], start[end]):
            if feature[at] == columns[column]:
                for code in range(len(keys)):
                    if holds[at, code]:
                        keys[code] ^= marks[at]
        strides[column] = patterns
        patterns *= _number_segments(keys, segment[column], shown[column])
    table = np.zeros((len(columns), patterns), np.float64)
    for leaf in range(first, end):
        own = slice(start[leaf], start[leaf + 1])
        paid = _leaf_table(cover[own], value[leaf], points, weights)
        _add_leaf(table, paid, holds[own], np.searchsorted(columns, feature[own]), shown, strides)
    return columns, segment, strides, table


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_leaf(table: Any, paid: Any, holds: Any, place: Any, shown: Any, strides: Any) -> None:
    """Add what a leaf pays to every pattern of its group; ``place`` tells the column of each of its conditions."""
    patterns = table.shape[1]
    for pattern in range(patterns):
        answers = 0
        for at in range(len(place)):
            column = place[at]
            size = (strides[column + 1] if column + 1 < len(strides) else patterns) // strides[column]
            if holds[at, shown[column, pattern // strides[column] % size]]:
                answers |= 1 << at
        for at in range(len(place)):
            table[place[at], pattern] += paid[answers, at]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _number_segments(keys: Any, segment: Any, shown: Any) -> int:
    """Give codes with equal keys the same number, in order of appearance; return how many numbers there are."""
    found = 0
    for code in range(len(keys)):
        number = found
        for other in range(found):
            if keys[shown[other]] == keys[code]:
                number = other
                break
        if number == found:
            shown[found] = code
            found += 1
        segment[code] = number
    return found


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _leaf_table(cover: Any, value: float, points: Any, weights: Any) -> Any:
    """Return what a leaf pays each condition for every combination of answers (bit ``k`` of the row is condition ``k``)."""
    d = len(cover)
    paid = np.zeros((1 << d, d), np.float64)
    count = (d + 1) // 2
    factor = np.empty(d, np.float64)
    for answers in range(1 << d):
        for point in range(count):
            t = points[count, point]
            product = value * weights[count, point]
            for k in range(d):
                factor[k] = cover[k] * (1.0 - t) + ((answers >> k) & 1) * t
                product *= factor[k]
            for k in range(d):
                paid[answers, k] += (((answers >> k) & 1) - cover[k]) * product / factor[k]
    return paid
