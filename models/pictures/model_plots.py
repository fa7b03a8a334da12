"""Two pictures of a model: does the probability keep its word, do the tiers keep theirs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from leadq.foundation.arrays import Floats
from leadq.foundation.plurals import counted
from leadq.models.evaluation.reliability import reliability
from leadq.models.pictures.canvas import BAND, BLUE, GRID, INK, LIGHTS, SOFT, STYLE, panels, percent_axis, save, tidy
from leadq.models.tiers.tier_offers import TierCut


def draw_reliability(probability: Floats, label: Floats, path: Path, *, seed: int) -> Path:
    """Draw predicted against actual win rate with the band that chance alone explains.

    Parameters
    ----------
    probability, label : arrays of shape (n,)
        Held-out forecasts and outcomes; n at least 1.
    """
    import matplotlib as mpl  # noqa: PLC0415

    curve = reliability(label, probability, seed=seed)
    with mpl.rc_context(STYLE):
        figure, axes = panels(6.6, 6.2)
        top = min(1.0, 1.25 * float(probability.max()))  # a lone last lead that was won must not squeeze the rest
        axes.fill_between(
            curve.at, curve.band_low, curve.band_high, color=BAND, linewidth=0, label="90 % of calibrated models"
        )
        axes.plot([0, top], [0, top], color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        values = np.sort(probability)
        steps_x = [edge for block in curve.blocks for edge in (block.low, block.high)]
        steps_y = [block.observed for block in curve.blocks for _ in range(2)]
        axes.plot(steps_x, steps_y, color=BLUE, linewidth=2, label="this model")
        sizes = [12 + 220 * (block.n / len(values)) for block in curve.blocks]
        axes.scatter(
            [block.mean_probability for block in curve.blocks],
            [block.observed for block in curve.blocks],
            s=sizes,
            color=BLUE,
            edgecolor="white",
            linewidth=0.8,
            zorder=3,
        )
        counts, edges = np.histogram(probability, bins=40, range=(0, top))
        axes.bar(
            edges[:-1], counts / counts.max() * 0.1 * top, width=np.diff(edges), align="edge", color=SOFT, alpha=0.35
        )
        axes.set(xlim=(0, top), ylim=(0, top), xlabel="predicted win probability", ylabel="actually won")
        percent_axis(axes.xaxis)
        percent_axis(axes.yaxis)
        axes.grid(color=GRID, linewidth=0.8)
        axes.legend(loc="upper left", frameon=False)
        won = int(label.sum())
        tidy(
            axes,
            "Are the probabilities right?",
            f"{counted(len(label), 'lead')} it had not seen: predicted {100 * probability.mean():.1f} %, "
            f"won {100 * won / len(label):.1f} %",
        )
        return save(figure, path)


def draw_tiers(tiers: Sequence[TierCut], path: Path) -> Path:
    """Draw promised against actual win rate of every promised tier, with its 90 % interval and light."""
    import matplotlib as mpl  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure, axes = panels(7.4, 1.7 + 0.85 * max(len(tiers), 1))
        for row, tier in enumerate(tiers):
            colour = LIGHTS[tier.light]
            axes.plot([tier.promise, tier.promise], [row - 0.3, row + 0.3], color=INK, linewidth=2.5, zorder=4)
            if tier.observed_rate is not None and tier.rate_low is not None and tier.rate_high is not None:
                axes.barh(row, tier.observed_rate, height=0.44, color=colour, alpha=0.85)
                axes.plot([tier.rate_low, tier.rate_high], [row, row], color=INK, linewidth=1.1, zorder=5)
        reach = [max(tier.promise, tier.rate_high or 0.0) for tier in tiers] or [1.0]
        top = 1.1 * max(reach)
        for row, tier in enumerate(tiers):
            words = "no test lead reaches it" if tier.n == 0 else f"{tier.won:,} of {tier.n:,} won"
            state = tier.light if tier.offered else f"{tier.light}, not offered"
            axes.text(1.02 * top, row, f"{state}\n{words}", va="center", ha="left", fontsize=9, color=INK)
        axes.set(
            xlim=(0, top),
            ylim=(len(tiers) - 0.45, -0.6),
            xlabel="win rate (bar: actual, line: 90 % interval, mark: promise)",
        )
        axes.set_yticks(range(len(tiers)), [f"{tier.tier_id}\npromised {100 * tier.promise:g} %" for tier in tiers])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        percent_axis(axes.xaxis)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        tidy(axes, "Do the tiers keep their promise?", "leads it had not seen, judged at hand-off")
        return save(figure, path)
