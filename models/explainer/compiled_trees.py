"""A LightGBM model compiled for explaining: once per model text, then used for any number of rows."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import numpy as np

from leadq.foundation.arrays import Floats
from leadq.foundation.problems import BundleError, Problem
from leadq.models.explainer.grouping import cut
from leadq.models.explainer.leaf_conditions import find_conditions
from leadq.models.explainer.model_text import ModelText, parse_model
from leadq.models.explainer.row_loops import BLOCK_ROWS, explain_rows
from leadq.models.explainer.tables import make_tables, quadrature
from leadq.models.explainer.value_codes import FeatureCodes, feature_codes

Precision = Literal["float64", "float32"]

_KEPT = 4
"""Compiled models kept in the process, the last ones used."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompiledModel:
    """A model as arrays that the kernel reads.

    Parameters
    ----------
    n_features : int
    expected : float
        Mean margin over the training rows, log-odds.
    model : ModelText
    codes : tuple of FeatureCodes
    precision : {"float64", "float32"}
        Of the tables and sums; codes are always made in float64.
    coding, tables, deep, quadrature : tuple of arrays
        What :func:`leadq.models.explainer.row_loops.explain_rows` takes.
    """

    n_features: int
    expected: float
    model: ModelText
    codes: tuple[FeatureCodes, ...]
    precision: Precision
    coding: tuple[Any, ...]
    tables: tuple[Any, ...]
    deep: tuple[Any, ...]
    quadrature: tuple[Any, ...]

    def explain(self, rows: Floats, *, threads: int = 1) -> tuple[Floats, Floats]:
        """Margin and contributions of each row.

        Parameters
        ----------
        rows : array of shape (n, n_features)
            NaN where missing. Column-major arrays are read as they are, others are turned a part at a time.
        threads : int
            The results do not depend on it.

        Returns
        -------
        margin : array of shape (n,)
        contributions : array of shape (n, n_features), column-major
            With ``expected`` they sum to the margin.

        Raises
        ------
        BundleError
            ``rows`` has another number of columns.
        """
        values = np.asarray(rows, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != self.n_features:
            raise BundleError(
                Problem(
                    where="rows to explain",
                    rule=f"must have as many columns as the model has features ({self.n_features})",
                    value=f"shape {values.shape}",
                    remedy="Give the columns that the model was trained on, in their order.",
                )
            )
        part = max(BLOCK_ROWS, -(-len(values) // (threads * BLOCK_ROWS)) * BLOCK_ROWS) if threads > 1 else len(values)
        parts = [values[at : at + part] for at in range(0, max(len(values), 1), max(part, 1))]
        if len(parts) == 1:
            margin, contributions = self._explain(parts[0])
            return margin, contributions.T
        with ThreadPoolExecutor(threads) as pool:
            done = list(pool.map(self._explain, parts))
        return np.concatenate([margin for margin, _ in done]), np.concatenate([one for _, one in done], axis=1).T

    def _explain(self, rows: Floats) -> tuple[Floats, Floats]:
        widest = max((one.size for one in self.codes), default=1)
        buffers = (
            np.empty((self.n_features, BLOCK_ROWS), np.uint8 if widest <= 256 else np.uint16),
            np.empty((self.n_features, BLOCK_ROWS), self.precision),
        )
        values = np.ascontiguousarray(rows.T)
        found: tuple[Floats, Floats] = explain_rows(
            values, self.coding, self.tables, self.deep, self.quadrature, buffers, self.expected
        )
        return found


_compiled: OrderedDict[tuple[str, str], CompiledModel] = OrderedDict()
_lock = Lock()


def compile_model(text: str, *, precision: Precision = "float64") -> CompiledModel:
    """Compile a model, or take the one compiled before from the same text.

    Parameters
    ----------
    text : str
        ``booster.model_to_string()``, or the content of a model file.

    Raises
    ------
    UnsupportedModelError
        Naming what is not supported.
    BundleError
        The text is no LightGBM model.
    """
    key = (hashlib.sha256(text.encode()).hexdigest(), precision)
    with _lock:
        if key not in _compiled:
            _compiled[key] = _compile(text, precision)
        _compiled.move_to_end(key)
        while len(_compiled) > _KEPT:
            _compiled.popitem(last=False)
        return _compiled[key]


def coding_of(codes: tuple[FeatureCodes, ...]) -> tuple[Any, ...]:
    """Codes of all features as the flat arrays that :func:`leadq.models.explainer.row_loops.code_block` reads."""
    points = [one.categories.astype(np.float64) if one.categorical else one.thresholds for one in codes]
    return (
        np.array([one.categorical for one in codes], dtype=np.bool_),
        np.cumsum([0, *(len(one) for one in points)]).astype(np.int64),
        np.concatenate([np.empty(0), *points]),
        np.array([one.has_zero_code for one in codes], dtype=np.bool_),
        np.array([one.nan_code for one in codes], dtype=np.int64),
    )


def _compile(text: str, precision: Precision) -> CompiledModel:
    model = parse_model(text)
    codes = feature_codes(model)
    conditions = find_conditions(model, codes)
    tables = make_tables(conditions, cut(conditions), np.array([one.size for one in codes], dtype=np.int64))
    places = (
        tables.column_feature,
        tables.step_start,
        tables.step_code,
        tables.step_move,
        tables.map_start,
        tables.maps,
    )
    return CompiledModel(
        n_features=model.n_features,
        expected=conditions.expected,
        model=model,
        codes=codes,
        precision=precision,
        coding=coding_of(codes),
        tables=(tables.column_start, tables.column_value, tables.values.astype(precision), places),
        deep=(
            tables.deep,
            conditions.start,
            conditions.feature,
            conditions.cover,
            conditions.holds,
            conditions.value,
        ),
        quadrature=quadrature(),
    )
