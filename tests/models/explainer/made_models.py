"""Models of every kind the explainer must reproduce, made quickly, and rows for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leadq.foundation.lightgbm_loader import load_lightgbm

QUIET = {
    "objective": "binary",
    "verbose": -1,
    "num_threads": 1,
    "seed": 3,
    "deterministic": True,
    "force_col_wise": True,
}


def columns(n: int, *, seed: int, features: int = 12, missing: float = 0.15) -> np.ndarray:
    """Three categories (9 to 40 values), counts with zeros, rounded and continuous numbers, some known always."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(n, features))
    for at, values in enumerate((9, 20, 40)):
        rows[:, at] = draw.integers(0, values, n)
    rows[:, 3:6] = draw.poisson(1.5, (n, 3))
    rows[:, 6] = np.round(rows[:, 6], 1)
    unknown = draw.random(rows.shape) < missing
    unknown[:, 8:10] = False
    rows[unknown] = np.nan
    return rows


def labels(rows: np.ndarray, *, seed: int) -> np.ndarray:
    known = np.nan_to_num(rows, nan=-1.0)
    score = np.sin(known[:, 0]) + 0.4 * known[:, 3] - 0.5 * known[:, 7] * (known[:, 8] > 0) + 0.3 * known[:, 1] % 3
    return (np.random.default_rng(seed).random(len(rows)) < 1 / (1 + np.exp(-score + 1))).astype(float)


def trained(
    rows: np.ndarray, label: np.ndarray, trees: int, categories: tuple[int, ...] = (0, 1, 2), **settings: Any
) -> Any:
    lightgbm = load_lightgbm()
    data = lightgbm.Dataset(rows, label=label, categorical_feature=list(categories), params={"verbose": -1})
    return lightgbm.train({**QUIET, **settings}, data, trees)


def models() -> dict[str, Callable[[], Any]]:
    """Makers of boosters, by what is special in them."""
    rows = columns(3_000, seed=1)
    label = labels(rows, seed=2)
    full = np.nan_to_num(rows, nan=0.0)
    few = columns(3_000, seed=5, features=12, missing=0.6)
    tiny, wild = rows.copy(), rows.copy()
    tiny[:, 7] *= 1e-35
    wild[:, 7] = np.where(rows[:, 7] > 1, np.inf, np.where(rows[:, 7] < -1, -np.inf, rows[:, 7]))
    noise = np.random.default_rng(9).random(3_000)
    deep = {"num_leaves": 200, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0}
    rough = {"max_bin": 1_000, "min_data_in_leaf": 1, "num_leaves": 31, "min_data_in_bin": 1}
    bagged = {"bagging_fraction": 0.5, "bagging_freq": 1, "feature_fraction": 0.5}
    return {
        "depth 6, 31 leaves": lambda: trained(rows, label, 40, num_leaves=31, max_depth=6),
        "63 leaves, no limit": lambda: trained(rows, label, 25, num_leaves=63, min_data_in_leaf=5),
        "deep chains": lambda: trained(rows, label, 6, **deep),
        "stumps": lambda: trained(rows, label, 30, num_leaves=2),
        "three leaves": lambda: trained(rows, label, 30, num_leaves=3),
        "one hot categories": lambda: trained(rows, label, 20, max_cat_to_onehot=64),
        "many categories": lambda: trained(rows, label, 20, (0, 1, 2, 3), min_data_per_group=5, cat_smooth=1),
        "no missing values": lambda: trained(full, label, 20, use_missing=False),
        "missing switched off, rows with NaN": lambda: trained(rows, label, 20, use_missing=False),
        "zero as missing": lambda: trained(full, label, 20, zero_as_missing=True),
        "mostly missing": lambda: trained(few, label, 20, min_data_in_leaf=5),
        "values around 1e-35": lambda: trained(tiny, label, 20, min_data_in_leaf=5),
        "infinite values": lambda: trained(wild, label, 20),
        "many thresholds": lambda: trained(rows, label, 20, **rough),
        "regression": lambda: trained(rows, noise, 10, objective="regression"),
        "counts, dropped trees": lambda: trained(
            rows, 3 * noise, 10, objective="poisson", boosting="dart", drop_rate=0.5
        ),
        "constant": lambda: trained(rows, np.ones(3_000), 3, min_data_in_leaf=3_000),
        "single leaf trees among others": lambda: trained(rows, label, 30, min_gain_to_split=12.0),
        "small leaves, bagged": lambda: trained(rows, label, 20, **bagged),
    }
