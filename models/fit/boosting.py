"""Boosted trees for one tree size: first what age alone says, then the rest; rounds by out-of-fold log-loss.

How old a lead is decides its base rate more than any other fact, and rough small trees learn it too slowly: wins at 60 days of age
were over-predicted by 28 %, at 90 days by 87 % (decision 0009). So a few trees on the age alone stand first in the same booster,
and the rest learns what they leave over. Every fold has age trees of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings

AGE_FEATURE = "timing_age_days"
"""Name of the feature that holds the age (``features/groups/origin.py``); a source without dates has none."""
CHUNK_ROUNDS = 10
"""Rounds between two looks at whether to stop."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What is learnt from: features (n, n_features), label and weight (n,), positions of category features and of the age."""

    features: Floats
    label: Floats
    weight: Floats
    categories: tuple[int, ...]
    age: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossFit:
    """Out-of-fold margins (n,) after the best number of rounds, and the mean log-loss over the folds there."""

    margins: Floats
    rounds: int
    log_loss: float


def age_margins(rows: Rows, inside: Ints, settings: FitSettings) -> Floats | None:
    """Margins (n,) of all rows by a few trees on the age alone, fitted on the rows ``inside``; None where there is no age."""
    if rows.age is None:
        return None
    age = np.ascontiguousarray(rows.features[:, [rows.age]])
    return _margin(_age_trees(age[inside], rows.label[inside], rows.weight[inside], settings), age)


def _age_trees(only_age: Floats, label: Floats, weight: Floats, settings: FitSettings) -> Any:
    """Fit the age's trees; columns of ``only_age`` beside the age's are all zero."""
    lightgbm = load_lightgbm()
    parameters = settings.age_parameters(n_rows=len(label))
    table = lightgbm.Dataset(only_age, label, weight=weight, params=parameters)
    return lightgbm.train(parameters, table, num_boost_round=settings.age_rounds)


def make_table(rows: Rows, parameters: dict[str, Any]) -> Any:
    """Bin the rows once, for all folds and tree sizes."""
    table = load_lightgbm().Dataset(
        rows.features,
        rows.label,
        weight=rows.weight,
        categorical_feature=list(rows.categories),
        params=parameters,
        free_raw_data=False,
    )
    return table.construct()


class Fold:
    """One fold's booster, grown round by round; single-threaded, so that folds can grow beside each other."""

    def __init__(self, table: Any, rows: Rows, held_out: Ints, settings: FitSettings) -> None:
        self.rows, self.held_out = rows, held_out
        self._inside = np.setdiff1d(np.arange(len(rows.label)), held_out)
        self._table, self._age_margin = table, age_margins(rows, self._inside, settings)

    def start(self, parameters: dict[str, Any]) -> None:
        """Begin again with other parameters."""
        learn, judge = self._part(self._inside), self._part(self.held_out)
        self._booster = load_lightgbm().Booster({**parameters, "num_threads": 1}, learn)
        self._booster.add_valid(judge, "held out")

    def grow(self, rounds: int) -> list[float]:
        """Add trees; return the held-out log-loss after each."""
        losses = []
        for _ in range(rounds):
            self._booster.update()
            losses.append(float(self._booster.eval_valid()[0][2]))
        return losses

    def margins(self, rounds: int) -> Floats:
        """Margins of the held-out rows, the age's trees included."""
        found = _margin(self._booster, self.rows.features[self.held_out], num_iteration=rounds)
        return found if self._age_margin is None else found + self._age_margin[self.held_out]

    def _part(self, chosen: Ints) -> Any:
        part = self._table.subset(chosen).construct()
        if self._age_margin is not None:
            part.set_init_score(self._age_margin[chosen])
        return part


def make_folds(table: Any, rows: Rows, splits: Sequence[Ints], settings: FitSettings) -> list[Fold]:
    """Prepare a fold for each array of held-out rows."""
    with ThreadPoolExecutor(max_workers=settings.threads) as pool:
        return list(pool.map(lambda held_out: Fold(table, rows, held_out, settings), splits))


def cross_fit(folds: Sequence[Fold], parameters: dict[str, Any], settings: FitSettings) -> CrossFit:
    """Grow all folds until their mean log-loss has not improved for a while."""
    losses: list[float] = []
    for (
        fold
    ) in folds:  # one after the other: LightGBM's number of threads is one for the process, and buffers are made for it
        fold.start(parameters)
    with ThreadPoolExecutor(max_workers=settings.threads) as pool:
        while len(losses) < settings.max_rounds:
            grown = list(pool.map(lambda fold: fold.grow(CHUNK_ROUNDS), folds))
            losses += np.mean(grown, axis=0).tolist()
            if len(losses) - 1 - int(np.argmin(losses)) >= settings.early_stopping_rounds:
                break
        best = int(np.argmin(losses))
        margins = np.empty(len(folds[0].rows.label))
        for fold, found in zip(folds, pool.map(lambda fold: fold.margins(best + 1), folds), strict=True):
            margins[fold.held_out] = found
    return CrossFit(margins=margins, rounds=best + 1, log_loss=losses[best])


def fit_whole(table: Any, rows: Rows, parameters: dict[str, Any], rounds: int, settings: FitSettings) -> Any:
    """Fit on all rows of ``table`` (from :func:`make_table`): one booster, the age's trees first."""
    age = None
    if rows.age is not None:
        only_age = np.zeros_like(rows.features)  # as wide as the rows: the trees name the age by its position
        only_age[:, rows.age] = rows.features[:, rows.age]
        age = _age_trees(only_age, rows.label, rows.weight, settings)
    return load_lightgbm().train(parameters, table, num_boost_round=rounds, init_model=age)


def _margin(booster: Any, features: Floats, **kwargs: Any) -> Floats:
    return np.asarray(booster.predict(features, raw_score=True, num_threads=1, **kwargs), dtype=np.float64)
