"""Numbers as places in a drawing: percentages and paths for the SVG that stands in the report, so that templates hold no arithmetic.

Drawn by hand and not by matplotlib: text keeps its size on a phone, and colours follow the page's light or dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
INSIDE = (13.0, 3.0, 84.0, 82.0)
"""Left, top, width and height of a curve's field, in percent of the drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: its place in percent of the drawing, and its words."""

    at: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight scale from ``low`` to ``high``."""

    low: float
    high: float

    def percent(self, value: float) -> float:
        """Place of ``value`` in percent, kept inside."""
        return round(100.0 * min(max((value - self.low) / (self.high - self.low), 0.0), 1.0), 2)

    def values(self, most: int = 5) -> list[float]:
        """Round values that the scale is marked with, ``most`` or fewer."""
        rough = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * one for one in STEPS if power * one >= rough * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        return [round(at * step, 10) for at in range(first, math.floor(self.high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A drawing with two axes: everything in percent of it, y downwards."""

    across: Scale
    up: Scale

    def x(self, value: float) -> float:
        """Place across."""
        return round(INSIDE[0] + INSIDE[2] * self.across.percent(value) / 100, 2)

    def y(self, value: float) -> float:
        """Place from the top."""
        return round(INSIDE[1] + INSIDE[3] * (1 - self.up.percent(value) / 100), 2)

    def line(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        """Points of a polyline."""
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in zip(xs, ys, strict=True))

    def band(self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> str:
        """Points of the polygon between two lines."""
        return self.line([*xs, *reversed(xs)], [*lows, *reversed(highs)])

    @property
    def ticks_across(self) -> list[Tick]:
        """Marks of the lower axis, in percent of wins or leads."""
        return [Tick(at=self.x(value), words=f"{100 * value:.3g} %") for value in self.across.values()]

    @property
    def ticks_up(self) -> list[Tick]:
        """Marks of the left axis."""
        return [Tick(at=self.y(value), words=f"{100 * value:.3g} %") for value in self.up.values()]
