"""Whether the probability is right in every segment, and every group gets its share of the tiers with a promise.

Each value of a field is tested against what was predicted for its leads, Holm's step-down over all of them together, because
among twenty segments one is off by chance. Small ones are judged together. Nothing is decided here: a difference between groups
may have reasons, and a person has to know it.

References
----------
Spiegelhalter, Statistics in Medicine 5, 1986 (score test of calibration). Holm, Scandinavian Journal of Statistics 6, 1979.
29 CFR 1607.4 (four fifths). Katz et al., Biometrics 34, 1978 (interval of a ratio of rates).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadq.foundation.arrays import Bools, Floats, Ints

MIN_EXPECTED = 10.0
"""A segment is judged alone from so many expected wins on, and as many expected losses."""
MIN_GROUP = 30
"""Fewer leads than this and a group's selection rate says nothing."""
FOUR_FIFTHS = 0.80
Z90 = 1.644854
MISSING = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFigures:
    """Actual against predicted wins of the held-out leads with one value of a field.

    Parameters
    ----------
    field, value : str
        ``"leads.source"`` and ``"webinar"``; ``"3 small ones"`` where values were judged together.
    n, wins : int
    observed, predicted : float
        Win rates in [0, 1].
    ratio, ratio_low, ratio_high : float
        Actual over predicted wins with its 90 % interval; 1 is perfect.
    p_value, p_holm : float
        Of the score test that the predictions hold, alone and adjusted for all segments tested.
    """

    field: str
    value: str
    n: int
    wins: int
    observed: float
    predicted: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float
    p_holm: float

    @property
    def off(self) -> bool:
        """The predictions do not hold here, at 5 % over all segments together."""
        return self.p_holm < 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How often the leads of one group reach a tier with a promise.

    Parameters
    ----------
    field, value : str
    n : int
    selected, won, predicted : float
        Share that reaches such a tier, win rate, and mean probability, all in [0, 1].
    ratio, ratio_low, ratio_high : float or None
        ``selected`` over that of the group selected most often, with its 90 % interval; None where either is too small to say.
    """

    field: str
    value: str
    n: int
    selected: float
    won: float
    predicted: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None

    @property
    def below_four_fifths(self) -> bool:
        """Named: selected less than four fifths as often as the group selected most often."""
        return self.ratio is not None and self.ratio < FOUR_FIFTHS


def _score_test(label: Floats, probability: Floats, group: Ints) -> tuple[float, float]:
    """Return actual minus predicted wins and its standard error if the predictions hold; accounts go together."""
    residual = label - probability
    _, member = np.unique(group, return_inverse=True)
    clustered = float(np.sum(np.bincount(member, weights=residual) ** 2))
    return float(residual.sum()), math.sqrt(max(clustered, float(np.sum(probability * (1.0 - probability)))))


def _figures(field: str, value: str, label: Floats, probability: Floats, group: Ints) -> SegmentFigures:
    difference, error = _score_test(label, probability, group)
    expected = float(probability.sum())
    p_value = math.erfc(abs(difference) / error / math.sqrt(2.0)) if error > 0 else 1.0
    return SegmentFigures(
        field=field,
        value=value,
        n=len(label),
        wins=int(label.sum()),
        observed=float(label.mean()),
        predicted=float(probability.mean()),
        ratio=float(label.sum()) / expected,
        ratio_low=max(0.0, (float(label.sum()) - Z90 * error) / expected),
        ratio_high=(float(label.sum()) + Z90 * error) / expected,
        p_value=p_value,
        p_holm=p_value,
    )


def _testable(probability: Floats) -> bool:
    return bool(min(probability.sum(), (1.0 - probability).sum()) >= MIN_EXPECTED)


def segments_of(
    field: str, values: Sequence[str | None], label: Floats, probability: Floats, group: Ints
) -> tuple[SegmentFigures, ...]:
    """Judge every value of one field, largest first; small ones together, and not at all where even that is too little.

    Parameters
    ----------
    field : str
    values : sequence of str or None, length n
    label, probability, group : arrays of shape (n,)
    """
    named = pd.Series(list(values), dtype="object").fillna(MISSING).to_numpy(dtype=object)
    small: Bools = np.zeros(len(label), dtype=np.bool_)
    small_values = 0
    found: list[SegmentFigures] = []
    for value, count in sorted(pd.Series(named).value_counts().items(), key=lambda pair: (-int(pair[1]), str(pair[0]))):
        inside: Bools = named == value
        if _testable(probability[inside]):
            found.append(_figures(field, str(value), label[inside], probability[inside], group[inside]))
        elif count:
            small |= inside
            small_values += 1
    if small_values and _testable(probability[small]):
        words = f"{small_values} small ones" if small_values > 1 else str(named[small][0])
        found.append(_figures(field, words, label[small], probability[small], group[small]))
    return tuple(found)


def adjust(segments: Sequence[SegmentFigures]) -> tuple[SegmentFigures, ...]:
    """Adjust the tests of all segments for each other (Holm)."""
    order = sorted(range(len(segments)), key=lambda at: segments[at].p_value)
    adjusted = list(segments)
    largest = 0.0
    for rank, at in enumerate(order):
        largest = max(largest, min(1.0, (len(segments) - rank) * segments[at].p_value))
        adjusted[at] = replace(segments[at], p_holm=largest)
    return tuple(adjusted)


def selections_of(
    field: str, values: Sequence[str | None], label: Floats, probability: Floats, cut: float
) -> tuple[Selection, ...]:
    """Compare how often groups reach a tier with a promise, largest group first.

    Parameters
    ----------
    field : str
    values : sequence of str or None, length n
    label, probability : arrays of shape (n,)
    cut : float
        Lowest probability of such a tier.
    """
    named = pd.Series(list(values), dtype="object").fillna(MISSING)
    frame = pd.DataFrame({"value": named.to_numpy(), "label": label, "p": probability, "chosen": probability >= cut})
    groups = frame.groupby("value", sort=True).agg(
        n=("label", "size"), won=("label", "mean"), p=("p", "mean"), chosen=("chosen", "sum")
    )
    groups = groups.sort_values("n", ascending=False, kind="stable")
    large = groups[groups["n"] >= MIN_GROUP]
    rates = (large["chosen"] / large["n"]).to_numpy(dtype=np.float64)
    best = large.iloc[int(rates.argmax())] if len(large) > 1 and rates.max() > 0 else None
    return tuple(
        Selection(
            field=field,
            value=str(value),
            n=int(row["n"]),
            selected=float(row["chosen"] / row["n"]),
            won=float(row["won"]),
            predicted=float(row["p"]),
            **_ratio(row, None if row["n"] < MIN_GROUP else best),
        )
        for value, row in groups.iterrows()
    )


def _ratio(group: pd.Series, best: pd.Series | None) -> dict[str, float | None]:
    """Return the selection rate over the best treated group's, with Katz's interval on the logarithm (half a lead added)."""
    if best is None:
        return {"ratio": None, "ratio_low": None, "ratio_high": None}
    ratio = float((group["chosen"] / group["n"]) / (best["chosen"] / best["n"]))
    chosen, others = float(group["chosen"]) + 0.5, float(best["chosen"]) + 0.5
    n, n_best = float(group["n"]) + 0.5, float(best["n"]) + 0.5
    error = math.sqrt(max(1 / chosen - 1 / n + 1 / others - 1 / n_best, 0.0))
    centre = math.log(chosen / n) - math.log(others / n_best)
    return {
        "ratio": ratio,
        "ratio_low": min(ratio, math.exp(centre - Z90 * error)),
        "ratio_high": max(ratio, math.exp(centre + Z90 * error)),
    }
