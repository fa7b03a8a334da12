"""The report's second part, drawn: differences with their intervals, reliability and gains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from leadq.foundation.plurals import counted
from leadq.models.bundle.bundle import Bundle
from leadq.pipelines.report.figure_words import percent
from leadq.pipelines.report.figures import GAIN_SHARES, Held, ReliabilityAt
from leadq.pipelines.report.svg_geometry import Curve, Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One line of a forest drawing: words, figures, and places in percent."""

    words: str
    figures: str
    at: float
    low: float
    high: float
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Estimates with their intervals about the value that means no difference, which stands at ``nothing`` percent."""

    lines: tuple[Interval, ...]
    nothing: float
    left: str
    right: str


def rivals_forest(bundle: Bundle) -> Forest | None:
    """Paired log-loss differences against every rival; left of nothing the model is better."""
    named = {
        "versus_base": "base rate, all moments",
        "versus_base_at_handoff": "base rate, at hand-off",
        "versus_points": "points score",
        "versus_logistic": "logistic regression",
    }
    found = {words: bundle.evaluation[name] for name, words in named.items() if bundle.evaluation.get(name)}
    if not found:
        return None
    spread = max(abs(one[end]) for one in found.values() for end in ("low", "high")) or 1.0
    scale = Scale(low=-1.1 * spread, high=1.1 * spread)
    lines = tuple(
        Interval(
            words=f"against the {words}",
            figures=f"{one['mean']:+.4f} nats ({one['low']:+.4f} to {one['high']:+.4f}), n = {one['n']:,}, accounts = {one['n_groups']:,}",
            at=scale.percent(one["mean"]),
            low=scale.percent(one["low"]),
            high=scale.percent(one["high"]),
            tone="good" if one["high"] < 0 else "bad" if one["low"] > 0 else "open",
        )
        for words, one in found.items()
    )
    return Forest(lines=lines, nothing=scale.percent(0.0), left="the model is better", right="the rival is better")


def segments_forest(held: Held) -> Forest | None:
    """Actual over predicted of every segment, on a logarithmic scale from a half to twice."""
    if not held.segments:
        return None
    scale = Scale(low=-math.log(2.0), high=math.log(2.0))

    def place(ratio: float) -> float:
        return scale.percent(math.log(max(ratio, 0.01)))

    lines = tuple(
        Interval(
            words=f"{one.field.partition('.')[2]}: {one.value}",
            figures=f"{one.ratio:.2f} ({one.ratio_low:.2f} to {one.ratio_high:.2f}), {one.wins:,} of {one.n:,} won",
            at=place(one.ratio),
            low=place(one.ratio_low),
            high=place(one.ratio_high),
            tone="bad" if one.off else "open",
        )
        for one in held.segments
    )
    return Forest(lines=lines, nothing=place(1.0), left="half as many wins as predicted", right="twice as many")


def reliability_drawing(one: ReliabilityAt) -> dict[str, Any]:
    """Draw the CORP curve with its band and the diagonal."""
    curve = one.curve
    top = min(1.0, 1.25 * max(block.high for block in curve.blocks))
    frame = Curve(across=Scale(low=0.0, high=top), up=Scale(low=0.0, high=top))
    largest = max(block.n for block in curve.blocks)
    return {
        "moment": one.moment,
        "told": f"{counted(one.n, 'lead')}, {one.wins:,} won",
        "frame": frame,
        "band": frame.band(curve.at, curve.band_low, curve.band_high),
        "diagonal": frame.line([0.0, top], [0.0, top]),
        "steps": frame.line(
            [edge for block in curve.blocks for edge in (block.low, block.high)],
            [block.observed for block in curve.blocks for _ in range(2)],
        ),
        "dots": [
            (frame.x(block.mean_probability), frame.y(block.observed), round(2.5 + 6 * math.sqrt(block.n / largest), 1))
            for block in curve.blocks
        ],
    }


def gains_drawing(held: Held) -> dict[str, Any]:
    """Share of wins among the best leads: model, points, and no score."""
    frame = Curve(across=Scale(low=0.0, high=1.0), up=Scale(low=0.0, high=1.0))
    return {
        "frame": frame,
        "model": frame.line(GAIN_SHARES, held.gains["model"].tolist()),
        "points": frame.line(GAIN_SHARES, held.gains["points"].tolist()),
        "nothing": frame.line([0.0, 1.0], [0.0, 1.0]),
        "capacity": frame.x(held.work.share),
        "told": f"{'capacity' if held.work.agreed else 'example'}: {percent(held.work.share, 0)}",
    }
