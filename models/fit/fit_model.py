"""One model out of labelled rows: folds by account, tree size and rounds by out-of-fold log-loss, refit on all.

The loss is unweighted: every look at a lead weighs the same (decision 0006). No class weights,
no resampling, no tuning beyond a tiny fixed grid: drift and calibration
decide, not tuning (docs/method.md, Model). Which rows are labelled is decided upstream.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadq.features.catalogue import Catalogue
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.models.base.fit_settings import FitSettings
from leadq.models.fit.boosting import AGE_FEATURE, CrossFit, Rows, cross_fit, fit_whole, make_folds, make_table
from leadq.models.fit.calibration import Calibration, fit_calibrator
from leadq.models.fit.contributions import reference_rows
from leadq.models.fit.reference_counts import recount

Progress = Callable[[str, float], None]
"""Called with what is being done, in words, and the share done in [0, 1]."""

_THREADS_LINE = re.compile(r"^\[num_threads: .*\]\n", re.MULTILINE)


def silent(_words: str, _share: float) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fitted booster with its cross-fitted calibration.

    Parameters
    ----------
    booster_text : str
        LightGBM's text format without the thread count: the same bytes on any machine size. Its nodes count reference leads.
    margins : array of shape (n_rows,)
        Out-of-fold margins of the training rows, in their order.
    calibration : Calibration
    base_rate : float
        Weighted share of wins.
    num_leaves, rounds : int
        What the grid and early stopping chose.
    grid : dict of str to float
        Mean out-of-fold log-loss per number of leaves.
    """

    booster_text: str
    margins: Floats
    calibration: Calibration
    base_rate: float
    num_leaves: int
    rounds: int
    grid: dict[str, float]


def population(data: TrainingData) -> Bools:
    """Rows a model learns from: label mature, lead worked. Shape (n_rows,)."""
    meta = data.meta
    chosen: Bools = (meta["mature"] & meta["worked"] & (meta["weight"] > 0)).to_numpy(dtype=bool)
    return chosen


def labels(data: TrainingData) -> Floats:
    """Labels as float64, shape (n_rows,)."""
    return data.meta["label"].to_numpy(dtype=np.float64)


def with_bend(fitted: Fitted) -> Fitted:
    """Return the fit with its beta calibrator in use, where it has one."""
    bent = fitted.calibration.bent
    return fitted if bent is None else replace(fitted, calibration=replace(fitted.calibration, calibrator=bent))


def won_leads(data: TrainingData) -> int:
    """Count the leads that were won, however often they were looked at."""
    return int(data.meta.loc[data.meta["label"] == 1, "lead_id"].nunique())


def assign_folds(label: Floats, group: Ints, *, n_folds: int, seed: int) -> Ints:
    """Fold of every row: groups stay together, wins and rows are dealt evenly.

    Groups are ordered by wins and size, ties by a seeded draw, and dealt to the folds like cards, in turns that
    reverse direction so that no fold always gets the larger one.
    """
    _, member = np.unique(group, return_inverse=True)
    size = np.bincount(member)
    wins = np.bincount(member, weights=label)
    draw = np.random.default_rng(seed).permutation(len(size))
    order = np.lexsort((draw, -size, -wins))
    turn = np.arange(len(size)) % (2 * n_folds)
    fold = np.empty(len(size), dtype=np.int64)
    fold[order] = np.where(turn < n_folds, turn, 2 * n_folds - 1 - turn)
    return fold[member]


def category_columns(catalogue: Catalogue) -> list[int]:
    """Positions of the category features."""
    return [position for position, feature in enumerate(catalogue.features) if feature.kind == "category"]


def booster_text(booster: Any) -> str:
    """Text of a booster without its thread count, so that the bytes depend on data and settings only."""
    return _THREADS_LINE.sub("", booster.model_to_string())


def fit_model(
    data: TrainingData, settings: FitSettings, progress: Progress = silent, *, num_leaves: int | None = None
) -> Fitted:
    """Fit on all rows of ``data`` (the caller has chosen them with :func:`population`).

    Parameters
    ----------
    data : TrainingData
    settings : FitSettings
    progress : callable
    num_leaves : int, optional
        The tree size where it is decided already; by default the grid's best.

    Returns
    -------
    Fitted
        With out-of-fold margins for every row and a calibrator fitted on them.
    """
    label, weight = labels(data), data.meta["weight"].to_numpy(dtype=np.float64)
    group = data.meta["group"].to_numpy(dtype=np.int64)
    rows = rows_of(data)
    settings = settings.for_rows(len(label))
    fold = assign_folds(label, group, n_folds=settings.n_folds, seed=settings.seed)
    sizes = (num_leaves,) if num_leaves else settings.grid_num_leaves
    wins = won_leads(data)

    def parameters(size: int) -> dict[str, Any]:
        return settings.parameters(num_leaves=size, n_rows=len(label), wins=wins)

    table = make_table(rows, parameters(max(sizes)))
    folds = make_folds(table, rows, [np.flatnonzero(fold == k) for k in range(settings.n_folds)], settings)
    found: dict[int, CrossFit] = {}
    for position, size in enumerate(sizes):
        progress(f"trying trees of {size} leaves", position / (len(sizes) + 1))
        found[size] = cross_fit(folds, parameters(size), settings)
    best = min(sizes, key=lambda size: found[size].log_loss)
    progress("fitting on all rows", 1 - 1 / (len(sizes) + 1))
    booster = fit_whole(table, rows, parameters(best), found[best].rounds, settings)
    return Fitted(
        booster_text=recount(booster_text(booster), data.features[reference_rows(data)[0]]),
        margins=found[best].margins,
        calibration=fit_calibrator(label, found[best].margins, weight, group),
        base_rate=float(np.average(label, weights=weight)),
        num_leaves=best,
        rounds=found[best].rounds,
        grid={str(size): one.log_loss for size, one in found.items()},
    )


def rows_of(data: TrainingData) -> Rows:
    """Return what the booster learns from."""
    names = [feature.name for feature in data.catalogue.features]
    return Rows(
        features=data.features,
        label=labels(data),
        weight=data.meta["weight"].to_numpy(dtype=np.float64),
        categories=tuple(category_columns(data.catalogue)),
        age=names.index(AGE_FEATURE) if AGE_FEATURE in names else None,
    )
