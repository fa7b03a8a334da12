"""The models that explainers are measured on, and rows for them: made here, seeded, the same everywhere.

50 features, ten of them categories of 12 values, 40 continuous (about 250 thresholds each where a model has splits enough), 15 % missing
in 45 of them; 100,000 rows to train on. Two more models have numbers only, because several rivals refuse categories, and one of
these nothing missing, because one is wrong where something is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from leadq.foundation.arrays import Floats
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings

FEATURES, CATEGORIES, VALUES = 50, 10, 12
ALWAYS_KNOWN = 5
MISSING = 0.15
ROWS = 1 << 17
"""Rows to explain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceModel:
    """A model to measure on.

    Parameters
    ----------
    name : str
    trees, leaves, depth : int
        Depth -1 has no limit.
    categories : bool
        Ten features are categories.
    missing : float
        Share of missing values in all but five features.
    settings : {"large trees", "leadq"}
        How it is trained: as in the field, or by :class:`leadq.models.base.fit_settings.FitSettings`.
    asked : float, optional
        How many times as many rows as ``pred_contrib`` were asked for, in float64.
    asked_of_predict : float, optional
        The same against LightGBM's ``predict``, which gives no reasons.
    train_rows : int
    """

    name: str
    trees: int
    leaves: int = 31
    depth: int = 6
    categories: bool = True
    missing: float = MISSING
    settings: str = "large trees"
    asked: float | None = None
    asked_of_predict: float | None = None
    train_rows: int = 100_000

    @property
    def file_name(self) -> str:
        """Name of the model's files: everything that makes it what it is."""
        kind = f"{'categories' if self.categories else 'numbers'}-{self.missing:g}-{self.settings.replace(' ', '-')}"
        return f"{self.trees}-{self.leaves}-{self.depth}-{kind}-{self.train_rows}"


MODELS = (
    ReferenceModel(name="depth 6, 31 leaves, 300 trees", trees=300, asked=100, asked_of_predict=1.5),
    ReferenceModel(name="depth 6, 31 leaves, 100 trees", trees=100),
    ReferenceModel(name="depth 6, 31 leaves, 600 trees", trees=600),
    ReferenceModel(name="63 leaves of any depth, 300 trees", trees=300, leaves=63, depth=-1, asked=60),
    ReferenceModel(name="as leadq trains: 6 leaves, 300 trees", trees=300, leaves=6, depth=-1, settings="leadq"),
    ReferenceModel(name="numbers only, nothing missing, 100 trees", trees=100, categories=False, missing=0.0),
    ReferenceModel(name="numbers only, 15 % missing, 100 trees", trees=100, categories=False),
)


def make_rows(model: ReferenceModel, n: int, *, seed: int) -> Floats:
    """Draw rows of shape (n, 50), column-major as columns come out of Arrow."""
    draw = np.random.default_rng(seed)
    rows = np.asfortranarray(draw.normal(size=(n, FEATURES)))
    if model.categories:
        rows[:, :CATEGORIES] = draw.integers(0, VALUES, (n, CATEGORIES))
    unknown = draw.random(rows.shape) < model.missing
    unknown[:, -ALWAYS_KNOWN:] = False
    rows[unknown] = np.nan
    return rows


def _labels(rows: Floats, *, seed: int) -> Floats:
    known = np.nan_to_num(rows)
    log_odds = 0.3 * np.sin(known * (1 + 0.1 * np.arange(FEATURES))).sum(axis=1)
    log_odds += 0.4 * ((known[:, 12] > 0.5) & (known[:, 0] > 5))
    return (np.random.default_rng(seed).random(len(rows)) < 1 / (1 + np.exp(-log_odds))).astype(np.float64)


def train(model: ReferenceModel) -> Any:
    """Train the booster; the same bytes each time."""
    lightgbm = load_lightgbm()
    rows = make_rows(model, model.train_rows, seed=0)
    label = _labels(rows, seed=1)
    if model.settings == "leadq":
        settings = FitSettings().parameters(num_leaves=model.leaves, n_rows=len(rows), wins=int(label.sum()))
    else:
        settings = {
            "objective": "binary",
            "num_leaves": model.leaves,
            "max_depth": model.depth,
            "learning_rate": 0.05,
            "seed": 3,
            "num_threads": 2,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }
    categories = list(range(CATEGORIES)) if model.categories else []
    data = lightgbm.Dataset(rows, label=label, categorical_feature=categories, params=settings)
    return lightgbm.train(settings, data, model.trees)


def prepare(model: ReferenceModel, folder: Path, *, rows: int = ROWS) -> tuple[Path, Path]:
    """Return the files of the model and of its rows, made where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    text, table = folder / f"{model.file_name}.txt", folder / f"{model.file_name}-{rows}.npy"
    if not text.exists():
        train(model).save_model(text)
    if not table.exists():
        np.save(table, make_rows(model, rows, seed=5))
    return text, table
