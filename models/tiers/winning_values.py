"""Which values of a field win more than elsewhere: each value or range against all other leads, many looks paid for.

A value is named only where its win rate is above that of the others by Fisher's exact test on the effective numbers of leads, with the
false discoveries of all values of all fields together held to 10 % (Benjamini and Hochberg), and the 90 % interval of its win rate is
clear of the others' rate. Not *why* it wins: who was called first, and by whom, is in it as well.

References
----------
Benjamini, Hochberg 1995 (false discovery rate). The interval is ``promise_test.py``'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.models.tiers.promise_test import MIN_TESTABLE, Judgement, judge

FALSE_DISCOVERIES = 0.10
BANDS = 8
MOST_VALUES = 40
"""Values of a field that are looked at, the commonest ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueGroup:
    """Leads that hold one value of a field, or a number in a range.

    Parameters
    ----------
    field : str
    value : str or bool or None
        None for a range.
    low, high : float or None
        Ends of a range, both in it; None where it is open.
    inside : array of bool, shape (n,)
    seen : (float, float)
        Smallest and largest number there is, for a range with an open end.
    known : array of bool, shape (n,)
        Leads whose value is known; the others are in neither group.
    """

    field: str
    value: str | bool | None = None
    low: float | None = None
    high: float | None = None
    seen: tuple[float, float] = (0.0, 0.0)
    inside: Bools
    known: Bools


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contrast:
    """A group against all other leads whose value is known.

    ``chance``: how probable so large a difference is where there is none (two-sided). ``wins``: it is named, see the module.
    """

    group: ValueGroup
    inside: Judgement
    elsewhere: Judgement
    chance: float
    wins: bool = False


def groups_of(field: str, values: pd.Series) -> Iterator[ValueGroup]:
    """Yield what is looked at in a field: each common value, or each range of adjoining bands of a number.

    Parameters
    ----------
    field : str
    values : Series of shape (n,)
        As of the hand-over; missing where not known. Letter case does not count.
    """
    known: Bools = values.notna().to_numpy()
    if pd.api.types.is_bool_dtype(values) or not pd.api.types.is_numeric_dtype(values):
        spelt: dict[str, list[Any]] = {}  # by the word that an agreement's check compares, the commonest spelling first
        times: Counter[str] = Counter()
        for value, n in values[known].value_counts(sort=True).items():
            spelt.setdefault(str(value).lower(), []).append(value)
            times[str(value).lower()] += int(n)
        for word in sorted(times, key=lambda one: (-times[one], one))[:MOST_VALUES]:
            first = spelt[word][0]
            told = bool(first) if isinstance(first, (bool, np.bool_)) else str(first)
            inside = values.isin(spelt[word]).to_numpy(dtype=bool) & known
            yield ValueGroup(field=field, value=told, inside=inside, known=known)
        return
    numbers: Floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
    yield from _ranges(field, numbers, known)


def _ranges(field: str, numbers: Floats, known: Bools) -> Iterator[ValueGroup]:
    if not known.any():
        return
    seen = (float(numbers[known].min()), float(numbers[known].max()))
    cuts = np.quantile(numbers[known], [step / BANDS for step in range(1, BANDS)])
    edges = sorted({_round(float(cut)) for cut in cuts})
    ends: list[float | None] = [None, *edges, None]
    for first in range(len(ends) - 1):
        for last in range(first + 1, len(ends)):
            low, high = ends[first], ends[last]
            if low is None and high is None:
                continue
            inside = (
                known & (numbers >= (-np.inf if low is None else low)) & (numbers <= (np.inf if high is None else high))
            )
            yield ValueGroup(field=field, low=low, high=high, seen=seen, inside=inside, known=known)


def contrasts(groups: Sequence[ValueGroup], won: Floats, account: Ints) -> tuple[Contrast, ...]:
    """Hold each group of at least 30 leads against at least 30 others, and name those that win more.

    Parameters
    ----------
    groups : sequence of ValueGroup
        All that is looked at: the more there are, the more each one has to show.
    won : array of shape (n,)
        1 won, 0 not.
    account : array of shape (n,)
        Leads of one account count as fewer.
    """
    judged = [one for group in groups if (one := _judged(group, won, account, fewest=MIN_TESTABLE)) is not None]
    chances = _chances([(inside, elsewhere) for _, inside, elsewhere in judged])
    limit = _largest_kept(chances)
    return tuple(
        Contrast(
            group=group,
            inside=inside,
            elsewhere=elsewhere,
            chance=float(chance),
            wins=bool(chance <= limit) and inside.quantile(0.05) > elsewhere.rate,
        )
        for (group, inside, elsewhere), chance in zip(judged, chances, strict=True)
    )


def best_by_field(found: Sequence[Contrast], won: Floats, account: Ints) -> dict[str, tuple[Contrast, ...]]:
    """Return the winning values of each field, or its best range; the field with the clearest difference first.

    The first contrast of a field with several values is of all of them together.
    """
    fields: dict[str, list[Contrast]] = {}
    for one in sorted((one for one in found if one.wins), key=lambda one: one.chance):
        fields.setdefault(one.group.field, []).append(one)
    best: dict[str, tuple[Contrast, ...]] = {}
    for field, winners in fields.items():
        if winners[0].group.value is None:
            best[field] = (winners[0],)
            continue
        together = ValueGroup(
            field=field,
            inside=np.logical_or.reduce([one.group.inside for one in winners]),
            known=winners[0].group.known,
        )
        whole = _judged(together, won, account, fewest=1)
        if whole is not None and len(winners) > 1:
            group, inside, elsewhere = whole
            first = Contrast(group=group, inside=inside, elsewhere=elsewhere, chance=winners[0].chance, wins=True)
            best[field] = (first, *winners)
        else:
            best[field] = tuple(winners)
    return best


def rate_of(inside: Bools, won: Floats, account: Ints) -> Judgement:
    """Judge the win rate of some leads."""
    return judge(won[inside], account[inside])


def _judged(
    group: ValueGroup, won: Floats, account: Ints, *, fewest: int
) -> tuple[ValueGroup, Judgement, Judgement] | None:
    others = group.known & ~group.inside
    if group.inside.sum() < fewest or others.sum() < fewest:
        return None
    return group, rate_of(group.inside, won, account), rate_of(others, won, account)


def _chances(pairs: Sequence[tuple[Judgement, Judgement]]) -> Floats:
    """Fisher's exact test on the effective numbers, twice the smaller tail."""
    from scipy.stats import hypergeom  # noqa: PLC0415 - not for the nightly scorer

    if not pairs:
        return np.zeros(0)
    counts = [[round(one.effective_n), round(one.rate * one.effective_n)] for pair in pairs for one in pair]
    n, won, others, rest = np.array(counts, np.int64).reshape(-1, 4).T
    law: Any = (n + others, won + rest, n)
    smaller = np.minimum(hypergeom.sf(won - 1, *law), hypergeom.cdf(won, *law))
    result: Floats = np.minimum(1.0, 2.0 * smaller)
    return result


def _largest_kept(chances: Floats) -> float:
    """Return the largest chance that Benjamini and Hochberg's procedure keeps; below 0 where it keeps none."""
    ordered = np.sort(chances)
    kept = np.flatnonzero(ordered <= FALSE_DISCOVERIES * np.arange(1, len(ordered) + 1) / max(len(ordered), 1))
    return float(ordered[kept[-1]]) if len(kept) else -1.0


def _round(number: float) -> float:
    """Round to two digits, as people agree on numbers."""
    return float(f"{number:.2g}")
