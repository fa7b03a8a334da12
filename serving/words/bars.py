"""The parts of a score as bars that add up, also after rounding: typical lead, families, this lead.

Points are percentage points, counted in whole tenths, so that what a person adds up on the page is what the page says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadq.serving.words.percentage_points import in_points, probability_of, rounded_to_sum

LISTED = 12
"""Families with a bar of their own; the rest shares one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One family's part.

    Parameters
    ----------
    label : str
    points : float
        Percentage points, one decimal.
    start, end : float
        Per cent before and after this part, one decimal.
    """

    label: str
    points: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """``base`` and the points of ``parts`` sum to ``result``, all in per cent with one decimal."""

    base: float
    parts: tuple[Bar, ...]
    result: float

    @property
    def low(self) -> float:
        """Lowest level that any part touches."""
        return min([self.base, self.result, *(bar.end for bar in self.parts)])

    @property
    def high(self) -> float:
        """Highest level that any part touches."""
        return max([self.base, self.result, *(bar.end for bar in self.parts)])


def bars_of(
    probability: float, base: float, contributions: Sequence[tuple[str, float]], rest: str = "{n} more, together"
) -> Bars:
    """Return the bars of a score, the largest part first.

    Parameters
    ----------
    probability : float
        In [0, 1].
    base : float
        Log-odds of the average lead.
    contributions : sequence of (label, log-odds)
        With ``base`` they sum to the log-odds of ``probability``.
    rest : str
        Label of what is not listed; ``{n}`` stands for how many families.
    """
    ordered = sorted(contributions, key=lambda part: -abs(part[1]))
    points = in_points(probability, base, [amount for _, amount in ordered])
    before, after = round(probability_of(base) * 100, 1), round(probability * 100, 1)
    shown = rounded_to_sum(points, round(after - before, 1))
    listed = [(label, point) for (label, _), point in zip(ordered[:LISTED], shown, strict=False) if point]
    others = len(ordered) - len(listed)
    remainder = round(after - before - sum(point for _, point in listed), 1) + 0.0  # never minus nothing
    if others and (remainder or len(ordered) > LISTED):
        listed.append((rest.replace("{n}", str(others)), remainder))
    parts, level = [], before
    for label, point in listed:
        end = round(level + point, 1)
        parts.append(Bar(label=label, points=point, start=level, end=end))
        level = end
    return Bars(base=before, parts=tuple(parts), result=after)
