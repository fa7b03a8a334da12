"""Pictures of the quarterly review (``notebooks/quarterly_review.ipynb``), drawn like those of ``plots.py``.

Outcomes over the months, how long a win takes, the model against its rivals, and which families move scores. Nothing is
computed here beyond what a picture needs, and nothing is decided.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from models.arrays import Floats
from models.plots import BAND, BLUE, GREEN, GRID, INK, RED, SOFT, STYLE, _percent_axis, _save, _tidy
from models.review_figures import import_shap

AMBER = "#d69e2e"
FEWEST_WINS = 10
"""A moment with fewer wins than this is not drawn: its figures would stretch the axis and say nothing."""


def _panels(width: float, height: float, rows: int, columns: int, **shared: Any) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy; only for plots
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), dpi=144, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    return figure, np.atleast_1d(figure.subplots(rows, columns, **shared))


def _percent(rate: float, digits: int = 0) -> str:
    return f"{100 * rate:.{digits}f} %"


def draw_outcomes(months: pd.DataFrame, path: Path, *, horizon_days: int, dated: bool = True) -> Path:
    """Draw :func:`models.review_figures.outcomes_by_month`: leads and outcomes above, the labelled win rate below."""
    import matplotlib as mpl  # noqa: PLC0415

    at = np.arange(len(months))
    with mpl.rc_context(STYLE):
        figure, (above, below) = _panels(8.4, 6.4, 2, 1, sharex=True)
        bottom = np.zeros(len(months))
        for name, colour in (("won", GREEN), ("lost", BAND), ("open", AMBER)):
            above.bar(at, months[name], bottom=bottom, color=colour, width=0.82, label=name)
            bottom += months[name].to_numpy(dtype=np.float64)
        above.legend(loc="lower left", bbox_to_anchor=(0.72, 1.0), ncols=3, frameon=False, handlelength=1.1)
        above.set(ylabel="leads", ylim=(0, 1.06 * max(float(bottom.max(initial=0.0)), 1.0)))
        by = "by month of creation" if dated else "by twelfths of the rows, in order"
        _tidy(above, "What became of the leads", f"{by}, as it stands today")
        enough = (
            0.5 * months["mature"][months["mature"] > 0].median()
        )  # a month half grown up tells of its first days only
        seen = (months["mature"] >= enough).to_numpy()
        below.vlines(at[seen], months["low"][seen], months["high"][seen], color=BLUE, linewidth=1.3, alpha=0.6)
        below.plot(at[seen], months["rate"][seen], color=BLUE, marker="o", markersize=4.5, linewidth=1.2)
        overall = months["wins"].sum() / max(months["mature"].sum(), 1)
        below.axhline(overall, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        below.set_ylabel(f"won within {horizon_days} days" if dated else "won")
        below.set_ylim(bottom=0, top=1.15 * float(months["high"][seen].max()) if seen.any() else 1.0)
        _percent_axis(below.yaxis)
        step = max(1, round(len(months) / 12))
        below.set_xticks(
            at[::step], list(months.index[::step]), rotation=45 if dated else 0, ha="right" if dated else "center"
        )
        for axes in (above, below):
            axes.grid(axis="y", color=GRID, linewidth=0.8)
        told = f"worked leads whose horizon is over, with 90 % interval; dashed: all of them, {_percent(overall, 1)}"
        _tidy(below, "How often leads are won", told)
        return _save(figure, path)


def draw_time_to_win(delays_days: Floats, path: Path, *, horizon_days: int) -> Path:
    """Draw the share of all wins that had come by each age, and where the agreed horizon cuts it.

    Parameters
    ----------
    delays_days : array of shape (n_wins,)
        Days from creation to the win; n at least 1.
    """
    import matplotlib as mpl  # noqa: PLC0415

    days = np.sort(delays_days)
    share = np.arange(1, len(days) + 1) / len(days)
    within = float(np.mean(days <= horizon_days))
    with mpl.rc_context(STYLE):
        figure, (axes,) = _panels(8.4, 3.6, 1, 1)
        axes.step(days, share, where="post", color=BLUE, linewidth=2)
        axes.fill_between(days, share, step="post", color=BAND, alpha=0.45, linewidth=0)
        axes.axvline(horizon_days, color=INK, linewidth=1.6)
        reach = 1.12 * max(horizon_days, float(np.quantile(days, 0.99)))
        beside = {"textcoords": "offset points", "fontsize": 9}
        side = {"xytext": (-6, 6), "ha": "right"} if horizon_days > 0.7 * reach else {"xytext": (6, 6)}
        axes.annotate(f"agreed horizon, {horizon_days} days", xy=(horizon_days, 0.02), **beside, **side)
        for quantile in (0.5, 0.95):
            x = float(np.quantile(days, quantile))
            axes.plot([x], [quantile], "o", color=BLUE, markersize=6, markeredgecolor="white")
            place = {"xytext": (-7, 5), "ha": "right"} if x > 0.35 * reach else {"xytext": (8, -13)}
            axes.annotate(f"{_percent(quantile)} within {x:.0f} days", xy=(x, quantile), **beside, **place)
        axes.set(xlim=(0, reach), ylim=(0, 1.06), xlabel="days since creation")
        axes.set_ylabel("share of wins")
        _percent_axis(axes.yaxis)
        axes.grid(color=GRID, linewidth=0.8)
        told = f"{len(days):,} wins of leads old enough to show late ones; {_percent(within)} within the horizon"
        _tidy(axes, "How long a win takes", told)
        return _save(figure, path)


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
    }
    rankings = {
        "model": [one["auc"] for one in shown],
        "logistic regression": [one["logistic_auc"] for one in shown],
        "model, random split": [one["random_split_auc"] for one in shown],
    }
    marks = {"model": ("o", BLUE, 7), "logistic regression": ("D", AMBER, 6), "model, random split": ("|", SOFT, 13)}
    with mpl.rc_context(STYLE):
        figure, panels = _panels(8.4, 2.0 + 0.36 * len(shown), 1, 2, sharey=True)
        for axes, values, nothing in ((panels[0], gains, 0.0), (panels[1], rankings, 0.5)):
            axes.axvline(nothing, color=INK, linewidth=1.2)
            for name, row in values.items():
                marker, colour, size = marks[name]
                axes.plot(
                    row, range(len(shown)), marker, color=colour, markersize=size, markeredgewidth=1.6, label=name
                )
            axes.grid(color=GRID, linewidth=0.8)
            axes.margins(y=0.14 if len(shown) < 5 else 0.07)
        panels[0].set_yticks(range(len(shown)), [f"{one['moment']}  (n = {one['n']:,})" for one in shown])
        panels[0].invert_yaxis()
        panels[0].set_xlabel("log-loss below the base rate's")
        _percent_axis(panels[0].xaxis)
        panels[0].locator_params(axis="x", nbins=5)
        panels[1].set_xlabel("AUC")
        _tidy(panels[0], "Better than the base rate?", "right of the line is better")
        _tidy(panels[1], "Do likelier leads rank first?", "0.5 is no ranking at all")
        names, handles = list(rankings), panels[1].get_legend_handles_labels()[0]
        figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False)
        return _save(figure, path)


def draw_rivals(evaluation: Mapping[str, Any], path: Path) -> Path:
    """Draw the paired log-loss differences of an evaluation with their 90 % intervals; left of zero the model is better."""
    import matplotlib as mpl  # noqa: PLC0415

    named = {
        "base rate, all moments": evaluation["versus_base"],
        "base rate, at hand-off": evaluation["versus_base_at_handoff"],
        "logistic regression": evaluation["versus_logistic"],
    }
    shown = {name: one for name, one in named.items() if one is not None}
    with mpl.rc_context(STYLE):
        figure, (axes,) = _panels(8.4, 1.5 + 0.45 * len(shown), 1, 1)
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
        _tidy(
            axes,
            "Is the difference more than luck?",
            "90 % intervals over accounts; green: better beyond doubt, red: worse",
        )
        return _save(figure, path)


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
        figure, (axes,) = _panels(8.4, 1.3 + 0.3 * len(shown), 1, 1)
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
        more = f"; {len(ordered) - most} more hold {_percent(rest)} together" if len(ordered) > most else ""
        _tidy(axes, "What moves the scores", f"share of all movement, by family{more}")
        return _save(figure, path)


def draw_beeswarm(contributions: Floats, rows: Floats, catalogue: Catalogue, path: Path, *, most: int = 16) -> Path:
    """Draw ``shap``'s own beeswarm: a dot a lead, its contribution to the right, its value by colour.

    Parameters
    ----------
    contributions : array of shape (n, n_features)
        From :func:`models.review_figures.contributions_by_shap`.
    rows : array of shape (n, n_features)
        Encoded features; codes of categories have no order and are drawn grey, like missing values.
    """
    import matplotlib as mpl  # noqa: PLC0415

    shap = import_shap()
    from matplotlib import pyplot  # noqa: PLC0415 - shap draws through it

    is_category = np.array([feature.kind == "category" for feature in catalogue.features])
    names = [feature.meaning for feature in catalogue.features]
    seen = shap.Explanation(values=contributions, data=np.where(is_category, np.nan, rows), feature_names=names)
    with mpl.rc_context({**STYLE, "savefig.dpi": 144}):
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
            _tidy(axes, "Which facts move the scores", "one dot a lead, against the average lead")
            return _save(figure, path)
        finally:
            pyplot.close(figure)
