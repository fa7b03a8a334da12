"""The loops that choose reasons and unknowns, row by row over whole batches; what they choose between is in ``reason_choice.py``."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

NO_BIN = -1


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bin_of(value: float, feature: int, bins: Any) -> int:
    """Place of a value among its feature's evidence bins, :data:`NO_BIN` where nothing is known; as ``Evidence.lookup``."""
    missing, rest, exact_start, exact, exact_bin, range_start, high, range_bin = bins
    if np.isnan(value):
        return int(missing[feature])
    for at in range(exact_start[feature], exact_start[feature + 1]):
        if exact[at] == value:
            return int(exact_bin[at])
    first, end = range_start[feature], range_start[feature + 1]
    for at in range(first, end):
        if value <= high[at]:
            return int(range_bin[at])
    return int(range_bin[end - 1]) if end > first else int(rest[feature])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def bins_of(values: Any, lead: Any, feature: Any, bins: Any) -> Any:
    """Place of the value of ``feature[i]`` of row ``lead[i]``; ``values`` is of shape (n_features, n)."""
    places = np.empty(len(lead), np.int64)
    for at in range(len(lead)):
        places[at] = bin_of(values[feature[at], lead[at]], feature[at], bins)
    return places


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def choose(
    by_family: Any, by_feature: Any, values: Any, members: Any, bins: Any, directions: Any, threshold: float, most: int
) -> Any:
    """Choose up to ``most`` families a side, the largest first, ties in the order of families.

    Parameters
    ----------
    by_family : float64 array of shape (n, n_families)
    by_feature, values : float64 arrays of shape (n_features, n)
        Contributions and encoded values.
    members : tuple of int64 arrays
        Start of each family's features, and the features.
    bins : tuple
        See :func:`bin_of`.
    directions : tuple of int64 arrays
        Start of each feature's bins, and +1, -1 or 0 of every bin.
    threshold : float
        Log-odds; a smaller contribution is no reason.

    Returns
    -------
    family, feature, place : int64 arrays of shape (2, n, most)
        For and against; -1 where there is no reason. ``place`` is the evidence bin of the feature.
    amount : float64 array of the same shape
    held_back : int64 array of shape (n_features, 2)
        Reasons that the bare statistic contradicts, by side.
    """
    n, n_families = by_family.shape
    family = np.full((2, n, most), -1, np.int64)
    feature, place = np.full((2, n, most), -1, np.int64), np.full((2, n, most), -1, np.int64)
    amount = np.zeros((2, n, most), np.float64)
    held_back = np.zeros((by_feature.shape[0], 2), np.int64)
    for row in range(n):
        for candidate in range(n_families):
            moved = by_family[row, candidate]
            if abs(moved) < threshold:
                continue
            side = 0 if moved > 0 else 1
            driving = _driving(by_feature, members, candidate, row, side)
            at = bin_of(values[driving, row], driving, bins)
            direction = 0 if at == NO_BIN else directions[1][directions[0][driving] + at]
            if direction * moved < 0:
                held_back[driving, side] += 1
                continue
            rank = most
            while rank > 0 and (family[side, row, rank - 1] < 0 or abs(amount[side, row, rank - 1]) < abs(moved)):
                rank -= 1
            for other in range(most - 1, rank, -1):
                family[side, row, other] = family[side, row, other - 1]
                feature[side, row, other] = feature[side, row, other - 1]
                place[side, row, other] = place[side, row, other - 1]
                amount[side, row, other] = amount[side, row, other - 1]
            if rank < most:
                family[side, row, rank], feature[side, row, rank] = candidate, driving
                place[side, row, rank], amount[side, row, rank] = at, moved
    return family, feature, place, amount, held_back


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _driving(by_feature: Any, members: Any, family: int, row: int, side: int) -> int:
    """Feature with the largest contribution in the family's direction, the first of equals."""
    start, features = members
    sign = 1.0 if side == 0 else -1.0
    best = features[start[family]]
    for at in range(start[family] + 1, start[family + 1]):
        if sign * by_feature[features[at], row] > sign * by_feature[best, row]:
            best = features[at]
    return int(best)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def first_missing(values: Any, columns: Any, said: Any, most: int) -> Any:
    """Name the first ``most`` different facts that a row lacks.

    Parameters
    ----------
    values : float64 array of shape (n_features, n)
    columns, said : int64 arrays of shape (k,)
        Columns worth knowing, and the fact each one is.

    Returns
    -------
    int64 array of shape (n, most)
        Facts, -1 where there are no more.
    """
    n = values.shape[1]
    facts = np.full((n, most), -1, np.int64)
    for row in range(n):
        found = 0
        for at in range(len(columns)):
            if found == most:
                break
            if np.isnan(values[columns[at], row]) and not (facts[row, :found] == said[at]).any():
                facts[row, found] = said[at]
                found += 1
    return facts
