"""What all pictures share: colours, letters, a canvas without pyplot (no global state, no display), files that are the same bytes twice.

The format follows the file's suffix (.png or .svg).
"""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path
from typing import Any

from leadq.foundation.atomic_files import new_file

INK, SOFT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
BLUE, BAND = "#2563a8", "#cfd8e3"
GREEN, RED, AMBER = "#2f855a", "#b83232", "#d69e2e"
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


def panels(width: float, height: float, rows: int = 1, columns: int = 1, **shared: Any) -> tuple[Any, Any]:
    """Make a figure (inches) and its axes: one, or an array of them."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy; only for plots
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), dpi=144, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, **shared)


def tidy(axes: Any, title: str, subtitle: str) -> None:
    """Put a title and a line below it, and take away what is not needed."""
    axes.set_title(title, loc="left", fontsize=13, fontweight="bold", pad=24)
    below_title = {"xy": (0, 1), "xycoords": "axes fraction", "xytext": (0, 8), "textcoords": "offset points"}
    axes.annotate(subtitle, **below_title, ha="left", va="bottom", color=SOFT, fontsize=9.5, in_layout=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)


def save(figure: Any, path: Path) -> Path:
    """Write the file whole; the same figure gives the same bytes."""
    metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    with new_file(path) as partial, warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", r"Glyph \d+ .* missing from font"
        )  # a name in a script we have no letters of: boxes
        figure.savefig(partial, format=path.suffix.lstrip("."), metadata=metadata)
    return path


def in_lines(words: str, width: int = 40) -> str:
    """Break words that come from the data into two lines at most, as they stand: matplotlib would read ``$`` as mathematics."""
    lines = textwrap.wrap(words, width, max_lines=2, placeholder=" …")
    return "\n".join(lines).replace("$", r"\$")


def percent_axis(axis: Any) -> None:
    """Mark an axis in percent."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter  # noqa: PLC0415

    axis.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol=" %"))
    axis.set_major_locator(MaxNLocator(6))
