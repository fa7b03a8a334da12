"""Pictures of the quarterly review (``notebooks/quarterly_review.ipynb``): outcomes over the months, wins, and what moves scores.

Nothing is computed here beyond what a picture needs, and nothing is decided.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from leadq.features.catalogue import Catalogue
from leadq.features.readiness.win_delays import WinDelays
from leadq.foundation.arrays import Floats
from leadq.foundation.plurals import counted
from leadq.models.pictures.canvas import (
    AMBER,
    BAND,
    BLUE,
    GREEN,
    GRID,
    INK,
    SOFT,
    STYLE,
    in_lines,
    panels,
    percent_axis,
    save,
    tidy,
)
from leadq.models.pictures.quarterly_figures import drawn_alike, import_shap


def _percent(rate: float, digits: int = 0) -> str:
    return f"{100 * rate:.{digits}f} %"


def draw_outcomes(months: pd.DataFrame, path: Path, *, horizon_days: int, dated: bool = True) -> Path:
    """Draw :func:`leadq.models.pictures.quarterly_figures.outcomes_by_month`: leads and outcomes above, the labelled win rate below."""
    import matplotlib as mpl  # noqa: PLC0415

    at = np.arange(len(months))
    with mpl.rc_context(STYLE):
        figure, (above, below) = panels(8.4, 6.4, 2, sharex=True)
        bottom = np.zeros(len(months))
        for name, colour in (("won", GREEN), ("lost", BAND), ("open", AMBER)):
            above.bar(at, months[name], bottom=bottom, color=colour, width=0.82, label=name)
            bottom += months[name].to_numpy(dtype=np.float64)
        above.legend(loc="lower left", bbox_to_anchor=(0.72, 1.0), ncols=3, frameon=False, handlelength=1.1)
        above.set(ylabel="leads", ylim=(0, 1.06 * max(float(bottom.max(initial=0.0)), 1.0)))
        by = "by month of creation" if dated else "by twelfths of the rows, in order"
        tidy(above, "Leads and their outcomes", f"{by}, as of today")
        enough = (
            0.5 * months["mature"][months["mature"] > 0].median()
        )  # a month half grown up tells of its first days only
        seen = (months["mature"] >= enough).to_numpy()
        below.vlines(at[seen], months["low"][seen], months["high"][seen], color=BLUE, linewidth=1.3, alpha=0.6)
        below.plot(at[seen], months["rate"][seen], color=BLUE, marker="o", markersize=4.5, linewidth=1.2)
        overall = months["wins"].sum() / max(months["mature"].sum(), 1)
        below.axhline(overall, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        below.set_ylabel(f"won within {counted(horizon_days, 'day')}" if dated else "won")
        below.set_ylim(bottom=0, top=1.15 * float(months["high"][seen].max()) if seen.any() else 1.0)
        percent_axis(below.yaxis)
        step = max(1, round(len(months) / 12))
        below.set_xticks(
            at[::step], list(months.index[::step]), rotation=45 if dated else 0, ha="right" if dated else "center"
        )
        for axes in (above, below):
            axes.grid(axis="y", color=GRID, linewidth=0.8)
        told = f"leads whose horizon is over, with 90 % interval; dashed: all of them, {_percent(overall, 1)}"
        tidy(below, "Win rate", told)
        return save(figure, path)


def draw_time_to_win(delays: WinDelays, path: Path, *, horizon_days: int) -> Path:
    """Draw the share of all wins that had come by each age, and where the agreed horizon cuts it.

    Parameters
    ----------
    delays : WinDelays
        From hand-off (from creation where a lead has none), of at least one win.
    """
    import matplotlib as mpl  # noqa: PLC0415

    days, share = delays.days, delays.shares
    with mpl.rc_context(STYLE):
        figure, axes = panels(8.4, 3.6)
        axes.step(days, share, where="post", color=BLUE, linewidth=2)
        axes.fill_between(days, share, step="post", color=BAND, alpha=0.45, linewidth=0)
        axes.axvline(horizon_days, color=INK, linewidth=1.6)
        reach = 1.12 * max(horizon_days, delays.quantile(0.99))
        beside = {"textcoords": "offset points", "fontsize": 9}
        side = {"xytext": (-6, 6), "ha": "right"} if horizon_days > 0.7 * reach else {"xytext": (6, 6)}
        axes.annotate(f"agreed horizon, {counted(horizon_days, 'day')}", xy=(horizon_days, 0.02), **beside, **side)
        for quantile in (0.5, 0.95):
            x = delays.quantile(quantile)
            axes.plot([x], [quantile], "o", color=BLUE, markersize=6, markeredgecolor="white")
            place = {"xytext": (-7, 5), "ha": "right"} if x > 0.35 * reach else {"xytext": (8, -13)}
            axes.annotate(
                f"{_percent(quantile)} within {counted(round(x), 'day')}", xy=(x, quantile), **beside, **place
            )
        axes.set(xlim=(0, reach), ylim=(0, 1.06), xlabel="days since hand-off")
        axes.set_ylabel("share of wins")
        percent_axis(axes.yaxis)
        axes.grid(color=GRID, linewidth=0.8)
        told = f"{_percent(delays.covered_by(horizon_days))} within the horizon; recent leads count as far as they can be judged"
        tidy(axes, "How long a win takes", told)
        return save(figure, path)


def draw_families(importance: Mapping[str, float], path: Path, *, most: int = 14) -> Path:
    """Draw how far each family moves a score on average.

    Parameters
    ----------
    importance : mapping of str to float
        Family, as a person calls it, to its mean absolute contribution (log-odds).
    most : int
        The smaller ones beyond it are summed up in the subtitle.
    """
    import matplotlib as mpl  # noqa: PLC0415

    ordered = sorted(importance.items(), key=lambda item: -item[1])
    shown, total = ordered[:most], sum(importance.values()) or 1.0
    rest = sum(value for _, value in ordered[most:]) / total
    with mpl.rc_context(STYLE):
        figure, axes = panels(8.4, 1.3 + 0.3 * len(shown))
        axes.barh(range(len(shown)), [value for _, value in shown], height=0.66, color=BLUE, alpha=0.9)
        for row, (_, value) in enumerate(shown):
            axes.annotate(
                _percent(value / total),
                (value, row),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        axes.set_yticks(range(len(shown)), [name for name, _ in shown])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.margins(x=0.08)
        axes.set_xlabel("mean absolute contribution (log-odds)")
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        more = f"; the other {len(ordered) - most} have {_percent(rest)} together" if len(ordered) > most else ""
        tidy(axes, "What moves the scores", f"share of all movement, by family{more}")
        return save(figure, path)


def draw_beeswarm(
    contributions: Floats, rows: Floats, catalogue: Catalogue, path: Path, *, seed: int, most: int = 16
) -> Path:
    """Draw ``shap``'s own beeswarm: a dot a lead, its contribution to the right, its value by colour.

    Parameters
    ----------
    contributions : array of shape (n, n_features)
        From :func:`leadq.models.pictures.quarterly_figures.contributions_by_shap`.
    rows : array of shape (n, n_features)
        Encoded features; codes of categories have no order and are drawn grey, like missing values.
    catalogue : Catalogue
    path : Path
    seed : int
        Of the dots' places.
    most : int
        Features shown, the strongest.
    """
    import matplotlib as mpl  # noqa: PLC0415

    shap = import_shap()
    from matplotlib import pyplot  # noqa: PLC0415 - shap draws through it

    is_category = np.array([feature.kind == "category" for feature in catalogue.features])
    names = [in_lines(feature.meaning) for feature in catalogue.features]
    seen = shap.Explanation(values=contributions, data=np.where(is_category, np.nan, rows), feature_names=names)
    with mpl.rc_context({**STYLE, "savefig.dpi": 144}), drawn_alike(seed):
        figure, axes = pyplot.subplots(layout="constrained", facecolor="white")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # a column of categories alone has no range of colours
                shap.plots.beeswarm(
                    seen, max_display=most, ax=axes, plot_size=None, group_remaining_features=False, show=False
                )
            figure.set_size_inches(8.4, 1.6 + 0.36 * min(most, contributions.shape[1]))
            axes.tick_params(labelsize=9)
            axes.set_xlabel("contribution to the calibrated log-odds", fontsize=10)
            tidy(axes, "Which facts move the scores", "one dot a lead, against the average lead")
            return save(figure, path)
        finally:
            pyplot.close(figure)
