"""The pictures of the performance page; the same figures give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.nightly_tables import read_nights
from benchmarks.rivals import OURS, OURS_SINGLE
from leadq.models.pictures.canvas import AMBER, BLUE, GREEN, GRID, STYLE, panels, save, tidy

BAR = "#b8c4d0"
LINES, MARKS = (BLUE, AMBER, GREEN), "os^"


LOWEST, HIGHEST = 100, 3_000_000
"""Rows per second; the bars of a logarithmic axis have no natural beginning."""


def _logarithmic(axis: Any, set_scale: Callable[[str], None]) -> None:
    """Scale an axis by powers of ten, written as plain numbers."""
    from matplotlib.ticker import NullFormatter, StrMethodFormatter  # noqa: PLC0415

    set_scale("log")
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axis.set_minor_formatter(NullFormatter())


def draw_explainers(figures: Path, path: Path) -> Path:
    """Draw rows per processor second by explainer, for the first model and for the one on which most explainers run.

    Parameters
    ----------
    figures : Path
        What ``benchmarks.explainers`` wrote as JSON.
    path : Path
    """
    import matplotlib as mpl  # noqa: PLC0415 - heavy; only for plots

    models: list[dict[str, Any]] = json.loads(figures.read_text(encoding="utf-8"))
    most = max(models, key=lambda one: sum(not found["refused"] for found in one["found"]))
    shown = [models[0]] if most is models[0] else [models[0], most]
    with mpl.rc_context(STYLE):
        figure, axes = panels(9, 3.4 * len(shown), len(shown), squeeze=False)
        for one, model in zip(axes[:, 0], shown, strict=True):
            ran = [found for found in reversed(model["found"]) if not found["refused"]]
            speeds = [found["rows_per_cpu_second"] for found in ran]
            colours = [BLUE if found["key"] in (OURS, OURS_SINGLE) else BAR for found in ran]
            one.barh([found["name"] for found in ran], speeds, color=colours)
            for place, speed in enumerate(speeds):
                one.annotate(
                    f"{speed:,.0f}", (speed, place), (4, 0), textcoords="offset points", va="center", fontsize=9
                )
            one.set_xlim(LOWEST, HIGHEST)
            _logarithmic(one.xaxis, one.set_xscale)
            one.grid(axis="x", color=GRID)
            tidy(one, model["model"], "rows per processor second, one thread, logarithmic")
        return save(figure, path)


def draw_nightly(figures: Path, path: Path) -> Path:
    """Draw seconds and peak memory of a night by leads, a line a model.

    Parameters
    ----------
    figures : Path
        What ``benchmarks.nightly`` wrote.
    path : Path
    """
    import matplotlib as mpl  # noqa: PLC0415 - heavy; only for plots

    rows = read_nights(figures)
    with mpl.rc_context(STYLE):
        figure, axes = panels(10, 3.6, 1, 2)
        for place, model in enumerate(dict.fromkeys(row["model"] for row in rows)):
            own = [row for row in rows if row["model"] == model]
            leads = [row["leads"] for row in own]
            for one, name in zip(axes, ("wall_seconds", "peak_mb"), strict=True):
                one.plot(leads, [row[name] for row in own], color=LINES[place], marker=MARKS[place], label=model)
        for one, title in zip(axes, ("Seconds of a night", "Peak memory, MB"), strict=True):
            _logarithmic(one.xaxis, one.set_xscale)
            one.set_xlabel("leads")
            one.grid(color=GRID)
            tidy(one, title, "by number of leads")
        _logarithmic(axes[0].yaxis, axes[0].set_yscale)
        axes[1].set_ylim(0, 1.2 * max(row["peak_mb"] for row in rows))
        axes[0].legend(frameon=False)
        return save(figure, path)
