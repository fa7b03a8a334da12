"""One model out of labelled rows: folds by account, tree size and rounds by out-of-fold log-loss, refit on all.

The loss is unweighted: every look at a lead weighs the same (decision 0006). No class weights,
no resampling, no tuning beyond a tiny fixed grid: drift and calibration
decide, not tuning (method section 6). Which rows are labelled is decided upstream.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.catalogue import Catalogue
from features.training_data import TrainingData
from models.arrays import Bools, Floats, Ints
from models.calibrate import Calibration, fit_calibrator
from models.engine import load_lightgbm
from models.settings import FitSettings

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
        LightGBM's text format without the thread count: the same bytes on any machine size.
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


def fit_model(data: TrainingData, settings: FitSettings, progress: Progress = silent) -> Fitted:
    """Fit on all rows of ``data`` (the caller has chosen them with :func:`population`).

    Returns
    -------
    Fitted
        With out-of-fold margins for every row and a calibrator fitted on them.
    """
    lightgbm = load_lightgbm()

    label, weight = labels(data), data.meta["weight"].to_numpy(dtype=np.float64)
    group = data.meta["group"].to_numpy(dtype=np.int64)
    fold = assign_folds(label, group, n_folds=settings.n_folds, seed=settings.seed)
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(settings.n_folds)]
    first = settings.parameters(num_leaves=7, learning_rate=settings.learning_rate, n_rows=len(label))
    table = lightgbm.Dataset(
        data.features, label, weight=weight, categorical_feature=category_columns(data.catalogue), params=first
    )

    def cross_fit(num_leaves: int, learning_rate: float, patience: int) -> tuple[Any, float]:
        parameters = settings.parameters(num_leaves=num_leaves, learning_rate=learning_rate, n_rows=len(label))
        found = lightgbm.cv(
            parameters,
            table,
            num_boost_round=settings.max_rounds,
            folds=splits,
            callbacks=[lightgbm.early_stopping(patience, verbose=False)],
            return_cvbooster=True,
        )
        # rounded: the last bits of LightGBM's metric depend on the number of threads
        return found["cvbooster"], float(f"{found['valid binary_logloss-mean'][-1]:.9g}")

    grid: dict[str, float] = {}
    patience = max(10, settings.early_stopping_rounds // 3)  # the grid learns three times faster
    for position, num_leaves in enumerate(settings.grid_num_leaves):
        progress(f"trying trees of {num_leaves} leaves", position / (len(settings.grid_num_leaves) + 2))
        grid[str(num_leaves)] = cross_fit(num_leaves, settings.grid_learning_rate, patience)[1]
    num_leaves = min(settings.grid_num_leaves, key=lambda leaves: grid[str(leaves)])
    progress(f"cross-fitting with {num_leaves} leaves", 1 - 2 / (len(grid) + 2))
    folds, _ = cross_fit(num_leaves, settings.learning_rate, settings.early_stopping_rounds)
    margins = np.empty(len(label))
    for booster, (_, held_out) in zip(folds.boosters, splits, strict=True):
        margins[held_out] = booster.predict(
            data.features[held_out], raw_score=True, num_iteration=folds.best_iteration, num_threads=settings.threads
        )
    progress("fitting on all rows", 1 - 1 / (len(grid) + 2))
    final = settings.parameters(num_leaves=num_leaves, learning_rate=settings.learning_rate, n_rows=len(label))
    booster = lightgbm.train(final, table, num_boost_round=folds.best_iteration)
    return Fitted(
        booster_text=booster_text(booster),
        margins=margins,
        calibration=fit_calibrator(label, margins, weight, group),
        base_rate=float(np.average(label, weights=weight)),
        num_leaves=num_leaves,
        rounds=int(folds.best_iteration),
        grid=grid,
    )
