"""Pictures of the quarterly review: the model against its rivals, at every moment and over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from leadq.models.pictures.canvas import (
    AMBER,
    BLUE,
    GREEN,
    GRID,
    INK,
    RED,
    SOFT,
    STYLE,
    panels,
    percent_axis,
    save,
    tidy,
)

FEWEST_WINS = 10
"""A moment with fewer wins than this is not drawn: its figures would stretch the axis and say nothing."""


def draw_moments(moments: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Draw model and logistic regression side by side at every moment: gain over the base rate, and AUC.

    Parameters
    ----------
    moments : sequence of mappings
        ``moments`` of a bundle's evaluation; those with fewer than 10 wins are left out.
    """
    import matplotlib as mpl  # noqa: PLC0415

    shown = [one for one in moments if one["wins"] >= FEWEST_WINS and one["auc"] is not None]
    gains = {
        "model": [one["improvement_percent"] / 100 for one in shown],
        "logistic regression": [1 - one["logistic_log_loss"] / one["base_log_loss"] for one in shown],
        "points": [1 - one["points_log_loss"] / one["base_log_loss"] for one in shown],
    }
    rankings = {
        "model": [one["auc"] for one in shown],
        "logistic regression": [one["logistic_auc"] for one in shown],
        "points": [one["points_auc"] for one in shown],
        "model, random split": [one["random_split_auc"] for one in shown],
    }
    marks = {
        "model": ("o", BLUE, 7),
        "logistic regression": ("D", AMBER, 6),
        "points": ("s", SOFT, 5),
        "model, random split": ("|", SOFT, 13),
    }
    with mpl.rc_context(STYLE):
        figure, sides = panels(8.4, 2.0 + 0.36 * len(shown), 1, 2, sharey=True)
        for axes, values, nothing in ((sides[0], gains, 0.0), (sides[1], rankings, 0.5)):
            axes.axvline(nothing, color=INK, linewidth=1.2)
            for name, row in values.items():
                marker, colour, size = marks[name]
                axes.plot(
                    row, range(len(shown)), marker, color=colour, markersize=size, markeredgewidth=1.6, label=name
                )
            axes.grid(color=GRID, linewidth=0.8)
            axes.margins(y=0.14 if len(shown) < 5 else 0.07)
        sides[0].set_yticks(range(len(shown)), [f"{one['moment']}  (n = {one['n']:,})" for one in shown])
        sides[0].invert_yaxis()
        sides[0].set_xlabel("log-loss below the base rate's")
        percent_axis(sides[0].xaxis)
        sides[0].locator_params(axis="x", nbins=5)
        sides[1].set_xlabel("AUC")
        tidy(sides[0], "Better than the base rate?", "right of the line is better")
        tidy(sides[1], "Do likelier leads rank first?", "0.5 is no ranking at all")
        names, handles = list(rankings), sides[1].get_legend_handles_labels()[0]
        figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
        return save(figure, path)


def draw_rivals(evaluation: Mapping[str, Any], path: Path) -> Path:
    """Draw the paired log-loss differences of an evaluation with their 90 % intervals; left of zero the model is better."""
    import matplotlib as mpl  # noqa: PLC0415

    named = {
        "base rate, all moments": evaluation["versus_base"],
        "base rate, at hand-off": evaluation["versus_base_at_handoff"],
        "points score": evaluation["versus_points"],
        "logistic regression": evaluation["versus_logistic"],
    }
    shown = {name: one for name, one in named.items() if one is not None}
    with mpl.rc_context(STYLE):
        figure, axes = panels(8.4, 1.5 + 0.45 * len(shown))
        axes.axvline(0, color=INK, linewidth=1.2)
        for row, one in enumerate(shown.values()):
            colour = GREEN if one["high"] < 0 else RED if one["low"] > 0 else SOFT
            axes.plot([one["low"], one["high"]], [row, row], color=colour, linewidth=3, solid_capstyle="round")
            axes.plot([one["mean"]], [row], "o", color=colour, markersize=8, markeredgecolor="white")
        axes.set_yticks(range(len(shown)), [f"against {name}" for name in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel("model's log-loss minus the rival's (nats a lead)")
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        tidy(
            axes,
            "Is the difference more than luck?",
            "90 % intervals over accounts; green: better beyond doubt, red: worse",
        )
        return save(figure, path)
