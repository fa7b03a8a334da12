"""Three pictures: does the probability keep its word, do the tiers keep theirs, why is one lead scored so.

Drawn on the Agg canvas without pyplot (no global state, no display); files are the same bytes for the same
data. The format follows the file's suffix (.png or .svg).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from crm.atomic import new_file
from models.arrays import Floats, sigmoid
from models.reliability import reliability
from models.tiers import TierCut

INK, SOFT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
BLUE, BAND = "#2563a8", "#cfd8e3"
GREEN, RED = "#2f855a", "#b83232"
LIGHTS = {"PROVEN": "#2f855a", "GREEN": "#68a67d", "AMBER": "#d69e2e", "RED": "#b83232", "not testable": "#9aa5b1"}
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "svg.hashsalt": "leadq",
}


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy; only for plots
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), dpi=144, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _tidy(axes: Any, title: str, subtitle: str) -> None:
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=24)
    below_title = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": (0, 8), "textcoords": "offset points"}
    axes.annotate(subtitle, **below_title, ha="left", va="bottom", color=SOFT, fontsize=9.5, in_layout=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)


def _save(figure: Any, path: Path) -> Path:
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    with new_file(path) as partial:
        figure.savefig(partial, format=path.suffix.lstrip("."), metadata=metadata)
    return path


def _percent_axis(axis: Any) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter  # noqa: PLC0415

    axis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol=" %"))
    axis.set_major_locator(MaxNLocator(6))


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
        figure, axes = _figure(6.6, 6.2)
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
        _percent_axis(axes.xaxis)
        _percent_axis(axes.yaxis)
        axes.grid(color=GRID, linewidth=0.8)
        axes.legend(loc="upper left", frameon=False)
        won = int(label.sum())
        _tidy(
            axes,
            "Does the probability keep its word?",
            f"{len(label):,} leads it had not seen: predicted {100 * probability.mean():.1f} %, won {100 * won / len(label):.1f} %",
        )
        return _save(figure, path)


def draw_tiers(tiers: Sequence[TierCut], path: Path) -> Path:
    """Draw promised against actual win rate of every promised tier, with its 90 % interval and light."""
    import matplotlib as mpl  # noqa: PLC0415

    with mpl.rc_context(STYLE):
        figure, axes = _figure(7.4, 1.7 + 0.85 * max(len(tiers), 1))
        for row, tier in enumerate(tiers):
            colour = LIGHTS[tier.light]
            axes.plot([tier.promise, tier.promise], [row - 0.3, row + 0.3], color=INK, linewidth=2.5, zorder=4)
            if tier.observed_rate is not None and tier.rate_low is not None and tier.rate_high is not None:
                axes.barh(row, tier.observed_rate, height=0.44, color=colour, alpha=0.85)
                axes.plot([tier.rate_low, tier.rate_high], [row, row], color=INK, linewidth=1.1, zorder=5)
        reach = [max(tier.promise, tier.rate_high or 0.0) for tier in tiers] or [1.0]
        top = 1.1 * max(reach)
        for row, tier in enumerate(tiers):
            words = "no held-out lead reaches it" if tier.n == 0 else f"{tier.won:,} of {tier.n:,} won"
            state = tier.light if tier.offered else f"{tier.light}, not offered"
            axes.text(1.02 * top, row, f"{state}\n{words}", va="center", ha="left", fontsize=9, color=INK)
        axes.set(
            xlim=(0, top),
            ylim=(len(tiers) - 0.45, -0.6),
            xlabel="win rate (bar: actual, line: 90 % interval, mark: promised)",
        )
        axes.set_yticks(range(len(tiers)), [f"{tier.tier_id}\npromised {100 * tier.promise:g} %" for tier in tiers])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        _percent_axis(axes.xaxis)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        _tidy(axes, "Do the tiers keep their promise?", "leads it had not seen, judged at hand-off")
        return _save(figure, path)


def draw_waterfall(
    *,
    base: float,
    contributions: Mapping[str, float],
    path: Path,
    title: str,
    words: Mapping[str, str] | None = None,
    most: int = 10,
) -> Path:
    """Draw how one lead's score comes about: from the average lead's probability to its own, family by family.

    Parameters
    ----------
    base : float
        Log-odds of the average lead.
    contributions : mapping of str to float
        Family to log-odds; the smaller ones beyond ``most`` are summed as "everything else".
    words : mapping of str to str, optional
        Family to what a person calls it.
    """
    import matplotlib as mpl  # noqa: PLC0415

    ordered = sorted(contributions.items(), key=lambda item: -abs(item[1]))
    shown = [((words or {}).get(family, family.replace("_", " ")), value) for family, value in ordered[:most]]
    if len(ordered) > most:
        shown.append(("everything else", sum(value for _, value in ordered[most:])))
    total = base + sum(contributions.values())
    start, end = (float(sigmoid(np.array([value]))[0]) for value in (base, total))
    with mpl.rc_context(STYLE):
        figure, axes = _figure(7.4, 1.9 + 0.42 * len(shown))
        at = base
        reach = [base]
        for row, (_, value) in enumerate(shown):
            axes.barh(row, value, left=at, height=0.62, color=GREEN if value >= 0 else RED, alpha=0.9)
            axes.plot([at + value, at + value], [row - 0.31, row + 1.31], color=SOFT, linewidth=0.8)
            at += value
            reach.append(at)
        pad = 0.16 * max(max(reach) - min(reach), 0.2)
        at = base
        for row, (_, value) in enumerate(shown):
            edge = max(at, at + value) if value >= 0 else min(at, at + value)
            axes.text(
                edge + (0.15 * pad if value >= 0 else -0.15 * pad),
                row,
                f"{value:+.2f}",
                va="center",
                ha="left" if value >= 0 else "right",
                fontsize=9,
            )
            at += value
        axes.axvline(base, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        axes.set(
            xlim=(min(reach) - pad, max(reach) + pad),
            ylim=(len(shown) - 0.3, -0.7),
            xlabel="win probability (evenly spaced in log-odds)",
        )
        axes.set_yticks(range(len(shown)), [name for name, _ in shown])
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        ticks = [
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
        ]
        inside = [tick for tick in ticks if min(reach) - pad <= np.log(tick / (1 - tick)) <= max(reach) + pad]
        axes.set_xticks([float(np.log(tick / (1 - tick))) for tick in inside], [f"{100 * tick:g} %" for tick in inside])
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        _tidy(axes, title, f"the average lead: {100 * start:.1f} %   →   this lead: {100 * end:.1f} %")
        return _save(figure, path)
