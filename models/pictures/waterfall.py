"""The picture of one lead's score: from the average lead's probability to its own, family by family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from leadq.foundation.arrays import Floats, logit, sigmoid
from leadq.models.pictures.canvas import GREEN, GRID, RED, SOFT, STYLE, panels, save, tidy

ROUND = (
    0.5,
    0.1,
    0.9,
    0.01,
    0.99,
    0.001,
    0.999,
    0.05,
    0.95,
    0.2,
    0.8,
    0.02,
    0.98,
    0.3,
    0.7,
    0.005,
    0.995,
    0.002,
    0.998,
)
FINER = (
    0.03,
    0.97,
    0.07,
    0.93,
    0.15,
    0.85,
    0.4,
    0.6,
    0.25,
    0.75,
    0.35,
    0.65,
    0.45,
    0.55,
    *(at / 100 for at in range(1, 100)),
)
"""Probabilities that the axis may be marked with, in order of preference."""
MOST_TICKS = 8
LABEL_LETTERS = 24
"""Letters of a line of a label; a longer one is broken."""

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
        Family to log-odds; the smaller ones beyond ``most`` are summed as one step.
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
        axes.set_yticks(range(len(steps)), [_broken(name) for name, _ in steps])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        tidy(axes, _literal(title), f"the average lead: {100 * start:.1f} %   →   this lead: {100 * end:.1f} %")
        return save(figure, path)


def _steps(contributions: Mapping[str, float], words: Mapping[str, str], most: int) -> list[Step]:
    ordered = sorted(contributions.items(), key=lambda item: -abs(item[1]))
    steps = [(words.get(family, family.replace("_", " ")), value) for family, value in ordered[:most]]
    if len(ordered) > most:
        steps.append((f"{len(ordered) - most} more, together", sum(value for _, value in ordered[most:])))
    return steps


def _broken(name: str) -> str:
    """Break a label into at most two lines."""
    return _literal("\n".join(wrap(name, LABEL_LETTERS, max_lines=2, placeholder=" …")))


def _literal(text: str) -> str:
    """Keep matplotlib from reading dollar signs as formulas."""
    return text.replace("$", r"\$")


def _draw_steps(axes: Any, steps: Sequence[Step], edges: Floats, pad: float) -> None:
    for row, (_, value) in enumerate(steps):
        up = value >= 0
        axes.barh(row, value, left=edges[row], height=0.62, color=GREEN if up else RED, alpha=0.9)
        below = row + (1.31 if row + 1 < len(steps) else 0.31)
        axes.plot([edges[row + 1]] * 2, [row - 0.31, below], color=SOFT, linewidth=0.8)
        beside = edges[row + 1] + (0.15 * pad if up else -0.15 * pad)
        axes.text(beside, row, f"{value:+.2f}", va="center", ha="left" if up else "right", fontsize=9)


def _mark_probabilities(axes: Any, low: float, high: float) -> None:
    """Mark the axis, evenly spaced in log-odds, with the roundest probabilities inside that leave each other room."""
    marks: dict[float, str] = {}
    candidates = (*ROUND, *FINER)
    for tick, at in zip(candidates, logit(np.array(candidates)).tolist(), strict=True):
        if low <= at <= high and all(abs(at - other) >= (high - low) / MOST_TICKS for other in marks):
            marks[at] = f"{100 * tick:g} %"
    axes.set_xlim(low, high)
    axes.set_xlabel("win probability, evenly spaced in log-odds; figures beside the bars are log-odds")
    axes.set_xticks(list(marks), list(marks.values()))
    axes.grid(axis="x", color=GRID, linewidth=0.8)
