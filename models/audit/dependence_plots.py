"""The picture of dependence: what each value of a strong family's leading feature does to a score, drawn by ``shap`` itself."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from leadq.features.catalogue import Catalogue, Feature
from leadq.foundation.arrays import Floats
from leadq.models.fit.contributions import family_places, sum_by_family
from leadq.models.pictures.canvas import BLUE, GRID, SOFT, STYLE, in_lines, save
from leadq.models.pictures.quarterly_figures import drawn_alike, import_shap

PANELS = 4
_SHOWN_VALUES = 8
_LONGEST = 16


def leading_features(contributions: Floats, catalogue: Catalogue, *, most: int = PANELS) -> list[int]:
    """Columns of the strongest feature of each of the strongest families.

    Parameters
    ----------
    contributions : array of shape (n, n_features)
    catalogue : Catalogue
    most : int

    Returns
    -------
    list of int
        The strongest family first; families that move nothing are left out.
    """
    strength = np.abs(sum_by_family(contributions, catalogue)).mean(axis=0)
    by_feature, places = np.abs(contributions).mean(axis=0), family_places(catalogue)
    order = [family for family in np.argsort(-strength, kind="stable")[:most] if strength[family] > 0]
    return [int(np.where(places == family, by_feature, -1.0).argmax()) for family in order]


def draw_dependence(contributions: Floats, rows: Floats, catalogue: Catalogue, path: Path, *, seed: int) -> Path:
    """Draw ``shap``'s dependence plot of the leading features of the four strongest families.

    Parameters
    ----------
    contributions : array of shape (n, n_features)
        From :func:`leadq.models.pictures.quarterly_figures.contributions_by_shap`.
    rows : array of shape (n, n_features)
        Encoded features of the same leads.
    catalogue : Catalogue
    path : Path
    seed : int
        Of the jitter.
    """
    import matplotlib as mpl  # noqa: PLC0415

    columns = leading_features(contributions, catalogue)
    with mpl.rc_context({**STYLE, "savefig.dpi": 144}), drawn_alike(seed):
        from matplotlib import pyplot  # noqa: PLC0415 - shap draws through it

        across = min(2, max(len(columns), 1))
        down = -(-max(len(columns), 1) // across)
        figure, panels = pyplot.subplots(
            down, across, figsize=(8.4, 3.4 * down), layout="constrained", facecolor="white", squeeze=False
        )
        try:
            for axes, column in zip(panels.flat, columns, strict=False):
                _panel(axes, contributions[:, column], rows[:, column], catalogue.features[column])
            for axes in panels.flat[len(columns) :]:
                axes.set_visible(False)
            figure.supxlabel("marks at the left edge: not known", fontsize=9, color=SOFT)
            return save(figure, path)
        finally:
            pyplot.close(figure)


def _panel(axes: Any, values: Floats, seen: Floats, feature: Feature) -> None:
    shap = import_shap()
    category = feature.kind == "category"
    shown = shap.Explanation(values=values, data=seen, feature_names="")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a feature that is never known has no range
        shap.plots.scatter(
            shown,
            ax=axes,
            color=BLUE,
            alpha=0.35,
            dot_size=9,
            hist=False,
            x_jitter=0.5 if category else 0.0,
            show=False,
        )
    axes.axhline(0.0, color=SOFT, linewidth=0.8, zorder=0)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5)
    axes.set_ylabel("contribution (log-odds)", fontsize=9)
    axes.set_xlabel("")
    axes.set_title(in_lines(feature.meaning), loc="left", fontsize=10.5, fontweight="bold")
    if category:
        _name_values(axes, seen, feature)


def _name_values(axes: Any, seen: Floats, feature: Feature) -> None:
    """Write the most frequent values below; the code behind the vocabulary is "other"."""
    names = (*feature.vocabulary, "other")
    known = np.unique(seen[~np.isnan(seen)].astype(np.int64))[:_SHOWN_VALUES]
    words = [names[min(code, len(names) - 1)] for code in known]
    short = [word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…" for word in words]
    axes.set_xticks(known, [in_lines(word) for word in short], rotation=35, ha="right")
