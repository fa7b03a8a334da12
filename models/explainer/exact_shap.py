"""``leadq.explain``: margin and exact contributions of a LightGBM model, also outside leadq.

In terms of ``shap``: the contributions are those of ``shap.TreeExplainer(booster).shap_values(X)`` with its default
``feature_perturbation="tree_path_dependent"``, for the raw margin (log-odds of a binary model), and the last column is
its ``expected_value``. Not reproduced: background data ("interventional") and interaction values. Refused: several classes,
linear trees.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from leadq.foundation.arrays import Floats
from leadq.foundation.problems import BundleError, Problem
from leadq.models.explainer.compiled_trees import Precision, compile_model
from leadq.models.explainer.model_text import UnexplainableModelError, UnsupportedModelError

_DIMENSIONS = 2


class SlowExplanationWarning(UserWarning):
    """The model has parts that the fast explainer does not reproduce; LightGBM's own was used."""


def explain(booster: Any, rows: Floats, *, threads: int = 1, precision: Precision = "float64") -> tuple[Floats, Floats]:
    """Return the margin and the exact contributions of each row.

    The first call compiles the model (about a second for 300 trees of 31 leaves); later calls use it again.

    Parameters
    ----------
    booster : lightgbm.Booster
        One output per row, any objective, any boosting. A random forest, and a model with a node that no training row reached,
        are explained by LightGBM's own ``pred_contrib``.
    rows : array of shape (n, n_features)
        Numbers, NaN where missing, categories as codes: what ``booster.predict`` takes as a numpy array.
    threads : int
        Number of threads; it does not change the results.
    precision : {"float64", "float32"}
        ``float32`` sums in single precision: a little faster, off by about 1e-6.

    Returns
    -------
    margin : array of shape (n,)
        Raw log-odds, ``booster.predict(rows, raw_score=True)`` within 1e-9.
    contributions : array of shape (n, n_features + 1)
        Each row sums to its margin; the last column is the mean margin over the training rows.

    Warns
    -----
    SlowExplanationWarning
        The message says what the fast explainer does not support.

    Raises
    ------
    UnexplainableModelError
        Several classes or linear trees: for these there is no exact contribution of each feature, nor does LightGBM give one.
    BundleError
        ``booster`` is no booster, ``rows`` are no numbers or of another number of columns, or the booster's text is not a complete
        model.

    Examples
    --------
    >>> import lightgbm, numpy as np
    >>> rows = np.arange(200.0).reshape(100, 2)
    >>> data = lightgbm.Dataset(rows, label=rows[:, 0] > 90)
    >>> booster = lightgbm.train({"objective": "binary", "verbose": -1}, data, num_boost_round=3)
    >>> margin, contributions = explain(booster, rows)
    >>> bool(np.allclose(contributions, booster.predict(rows, pred_contrib=True), rtol=0, atol=1e-9))
    True
    """
    if isinstance(booster, type) or not callable(getattr(booster, "model_to_string", None)):
        raise BundleError(_no_booster(booster))
    rows = _numbers(rows)
    try:
        compiled = compile_model(booster.model_to_string(), precision=precision)
    except UnexplainableModelError:
        raise
    except UnsupportedModelError as refused:
        warnings.warn(SlowExplanationWarning(f"explained by LightGBM's pred_contrib: {refused}"), stacklevel=2)
        return explain_slowly(booster, rows, threads=threads)
    margin, contributions = compiled.explain(rows, threads=threads)
    expected = np.full((len(margin), 1), compiled.expected)
    return margin, np.hstack([contributions, expected])


def _no_booster(given: object) -> Problem:
    called = given.__name__ if isinstance(given, type) else type(given).__name__
    remedy = "Give the booster: what lightgbm.train returns, or model.booster_ of a fitted LGBMClassifier, LGBMRegressor or LGBMRanker."
    return Problem(where="booster", rule="must be a lightgbm.Booster", value=called[:80], remedy=remedy)


def _numbers(rows: Any) -> Floats:
    """Return rows as an array of numbers; an array of numbers as it is."""
    try:
        values = np.asarray(rows)
        numeric = values.dtype.kind in "biuf"
        if values.dtype.kind == "O" and not any(isinstance(one, str | bytes) for one in values.flat):
            values, numeric = np.asarray(rows, dtype=np.float64), True
        found = f"{values.dtype} of shape {values.shape}"
    except (TypeError, ValueError) as error:
        numeric, values, found = False, np.empty(0), str(error)[:80]
    if not numeric or values.ndim != _DIMENSIONS:
        remedy = (
            "Give an array of shape (n, features): categories as the codes of the training, NaN where a value is missing; a single "
            "row as row.reshape(1, -1)."
        )
        raise BundleError(Problem(where="rows", rule="must be numbers, a row a line", value=found, remedy=remedy))
    return values


def explain_slowly(booster: Any, rows: Floats, *, threads: int = 1) -> tuple[Floats, Floats]:
    """Compute the same by LightGBM itself, about a hundred times slower."""
    margin: Floats = np.asarray(booster.predict(rows, raw_score=True, num_threads=threads), dtype=np.float64)
    parts: Floats = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=threads), dtype=np.float64)
    return margin, parts
