"""How a model is fitted: every number that steers it, in one frozen place.

Small regularised trees (docs/method.md, Model): what a calibrated probability needs is a smooth model that is
honest about rare groups, not the last thousandth of AUC. Deliberately no class weights and no resampling,
both break calibration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """Settings of a fit; the defaults are meant to stand.

    Parameters
    ----------
    seed : int
    n_folds : int
        Folds of the cross-fitting, grouped by account.
    threads : int
        Threads of the booster; the result does not depend on it.
    grid_num_leaves : tuple of int
        Tree sizes tried; the one with the lowest mean out-of-fold log-loss is taken.
    learning_rate : float
    max_rounds, early_stopping_rounds : int
        Boosting stops when the mean out-of-fold log-loss has not improved for so many rounds.
    age_rounds : int
        Trees on the age alone that stand before the others.
    lambda_l2, feature_fraction, bagging_fraction, extra_trees, max_cat_threshold, cat_l2, cat_smooth, max_bin
        LightGBM's parameters of these names. ``max_bin`` 254: no feature has more than 254 thresholds.
    min_data_in_leaf, rows_per_leaf : int
        A leaf holds at least ``max(min_data_in_leaf, n_rows / rows_per_leaf)`` rows.
    n_origins : int
        Rolling origins of the out-of-time evaluation.
    test_share : float
        Of a source without dates: share of the rows, the last, that the out-of-time evaluation is made on.
    bootstrap_repeats : int
        Repetitions of the paired account bootstrap.
    few_wins, few_wins_l2 : int, float
        With fewer won leads ``lambda_l2`` is ``few_wins_l2``: strongly regularised.
    many_rows : int
        With more rows the learning rate is doubled and three folds do: half the trees, the same log-loss, a third of the time.
    min_first_wins, min_tested_wins : int
        Wins that the first origin must know, and that all origins together must be tested on; else nothing is proved.
    """

    seed: int = 7
    n_folds: int = 5
    threads: int = 2
    grid_num_leaves: tuple[int, ...] = (3, 6)
    learning_rate: float = 0.1
    max_rounds: int = 1000
    early_stopping_rounds: int = 30
    age_rounds: int = 20
    lambda_l2: float = 10.0
    feature_fraction: float = 0.3
    bagging_fraction: float = 0.7
    extra_trees: bool = True
    max_cat_threshold: int = 16
    cat_l2: float = 20.0
    cat_smooth: float = 20.0
    max_bin: int = 254
    min_data_in_leaf: int = 100
    rows_per_leaf: int = 1000
    n_origins: int = 4
    test_share: float = 0.2
    bootstrap_repeats: int = 1000
    few_wins: int = 300
    few_wins_l2: float = 100.0
    many_rows: int = 200_000
    min_first_wins: int = 15
    min_tested_wins: int = 10

    def for_rows(self, n_rows: int) -> FitSettings:
        """Return the settings of a fit on so many rows."""
        if n_rows <= self.many_rows:
            return self
        return replace(self, learning_rate=2 * self.learning_rate, n_folds=min(self.n_folds, 3))

    def parameters(self, *, num_leaves: int, n_rows: int, wins: int) -> dict[str, Any]:
        """LightGBM's parameters for a fit on ``n_rows`` rows of leads of which ``wins`` were won."""
        return {
            "objective": "binary",
            "metric": "binary_logloss",
            "num_leaves": num_leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": max(self.min_data_in_leaf, n_rows // self.rows_per_leaf),
            "lambda_l2": self.lambda_l2 if wins >= self.few_wins else self.few_wins_l2,
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "extra_trees": self.extra_trees,
            "max_cat_threshold": self.max_cat_threshold,
            "cat_l2": self.cat_l2,
            "cat_smooth": self.cat_smooth,
            "max_bin": self.max_bin,
            "feature_pre_filter": False,  # one binned data set serves all grid points
            "seed": self.seed,
            "num_threads": self.threads,
            "deterministic": True,
            "force_col_wise": True,  # a third of the features a tree: row-wise copies them each time
            "verbosity": -1,
        }

    def age_parameters(self, *, n_rows: int) -> dict[str, Any]:
        """LightGBM's parameters for the trees on the age alone: nothing rough about them, few leaves, strong steps."""
        return {
            "objective": "binary",
            "num_leaves": 6,
            "learning_rate": 0.3,
            "min_data_in_leaf": max(self.min_data_in_leaf, n_rows // self.rows_per_leaf),
            "lambda_l2": self.lambda_l2,
            "max_bin": self.max_bin,
            "seed": self.seed,
            "num_threads": 1,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }
