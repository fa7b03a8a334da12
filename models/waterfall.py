"""The picture of one lead's score: from the average lead's probability to its own, family by family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.arrays import Floats, logit, sigmoid
from models.canvas import GREEN, GRID, RED, SOFT, STYLE, panels, save, tidy

TICKS = (
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.15,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    0.95,
    0.98,
    0.99,
    0.999,
)
"""Probabilities that the axis may be marked with."""

Step = tuple[str, float]
"""A family as a person calls it, and its log-odds."""


def draw_waterfall(
    *,
    base: float,
    contributions: Mapping[str, float],
    path: Path,
    title: str,
    words: Mapping[str, str] | None = None,
    most: int = 10,
) -> Path:
    """Draw how one lead's score comes about.

    Parameters
    ----------
    base : float
        Log-odds of the average lead.
    contributions : mapping of str to float
        Family to log-odds; the smaller ones beyond ``most`` are summed as "everything else".
    words : mapping of str to str, optional
        Family to what a person calls it.
    """
    import matplotlib as mpl  # noqa: PLC0415 - heavy; only for plots

    steps = _steps(contributions, words or {}, most)
    edges = base + np.concatenate([[0.0], np.cumsum([value for _, value in steps])])
    start, end = sigmoid(np.array([base, base + sum(contributions.values())]))
    with mpl.rc_context(STYLE):
        figure, axes = panels(7.4, 1.9 + 0.42 * len(steps))
        pad = 0.16 * max(float(np.ptp(edges)), 0.2)
        _draw_steps(axes, steps, edges, pad)
        axes.axvline(base, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        _mark_probabilities(axes, float(edges.min()) - pad, float(edges.max()) + pad)
        axes.set_ylim(len(steps) - 0.3, -0.7)
        axes.set_yticks(range(len(steps)), [name for name, _ in steps])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        tidy(axes, title, f"the average lead: {100 * start:.1f} %   →   this lead: {100 * end:.1f} %")
        return save(figure, path)


def _steps(contributions: Mapping[str, float], words: Mapping[str, str], most: int) -> list[Step]:
    ordered = sorted(contributions.items(), key=lambda item: -abs(item[1]))
    steps = [(words.get(family, family.replace("_", " ")), value) for family, value in ordered[:most]]
    if len(ordered) > most:
        steps.append(("everything else", sum(value for _, value in ordered[most:])))
    return steps


def _draw_steps(axes: Any, steps: Sequence[Step], edges: Floats, pad: float) -> None:
    for row, (_, value) in enumerate(steps):
        up = value >= 0
        axes.barh(row, value, left=edges[row], height=0.62, color=GREEN if up else RED, alpha=0.9)
        axes.plot([edges[row + 1]] * 2, [row - 0.31, row + 1.31], color=SOFT, linewidth=0.8)
        beside = edges[row + 1] + (0.15 * pad if up else -0.15 * pad)
        axes.text(beside, row, f"{value:+.2f}", va="center", ha="left" if up else "right", fontsize=9)


def _mark_probabilities(axes: Any, low: float, high: float) -> None:
    """Mark the axis, evenly spaced in log-odds, with the probabilities that lie inside."""
    marks = zip(TICKS, logit(np.array(TICKS)), strict=True)
    inside = [(float(at), f"{100 * tick:g} %") for tick, at in marks if low <= at <= high]
    axes.set_xlim(low, high)
    axes.set_xlabel("win probability (evenly spaced in log-odds)")
    axes.set_xticks([at for at, _ in inside], [words for _, words in inside])
    axes.grid(axis="x", color=GRID, linewidth=0.8)
