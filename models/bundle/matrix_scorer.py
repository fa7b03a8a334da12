"""Scoring: encoded rows in, calibrated probabilities and exact reasons out.

Knows nothing of leads, files or tiers. Imports neither shap nor great_expectations nor mlflow. Every batch is
checked: base + contributions = logit(probability) within 1e-6 on every row, or nothing is returned (promise 2). Before the
first row, and on some rows of every batch, LightGBM itself must say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leadq.foundation.arrays import Floats, logit
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.foundation.plurals import counted
from leadq.foundation.problems import BundleError, Problem
from leadq.models.bundle.bundle import Bundle
from leadq.models.fit.contributions import calibrated_by_family

if TYPE_CHECKING:
    from leadq.models.explainer.compiled_trees import CompiledModel

TOLERANCE = 1e-6
GATE_ROWS = 256
"""Adversarial rows on which the explainer is compared with LightGBM before a bundle is used."""

PREDICTED_ANEW = 64
"""Rows of each batch whose margin LightGBM predicts too."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """Scores of n rows.

    Parameters
    ----------
    margin : array of shape (n,)
        The booster's raw log-odds, before calibration.
    probability : array of shape (n,)
    base : float
        Calibrated log-odds of the average reference lead.
    families : tuple of str
        Columns of ``contributions``; empty for a base-rate bundle.
    contributions : array of shape (n, n_families)
        Log-odds; with ``base`` they sum to logit(probability).
    feature_contributions : array of shape (n, n_features)
        The same by feature.
    """

    margin: Floats
    probability: Floats
    base: float
    families: tuple[str, ...]
    contributions: Floats
    feature_contributions: Floats


class MatrixScorer:
    """Scores encoded rows with one bundle; reusable, holds the parsed booster.

    Parameters
    ----------
    bundle : Bundle
    threads : int
        Threads of the booster; the scores do not depend on it.
    checked : bool
        Hold the tables against LightGBM at the start and with every batch. Only who compares the scores with published ones goes
        without it, which saves LightGBM's memory; a model that has no tables is read by LightGBM all the same.

    Raises
    ------
    BundleError
        The booster does not parse, does not fit the catalogue, or is not explained as LightGBM explains it.

    Attributes
    ----------
    explained_by : str
        ``tables``, or ``pred_contrib`` and why; empty for a base-rate bundle.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1, checked: bool = True) -> None:
        self.bundle = bundle
        self._threads = threads
        self._compiled: CompiledModel | None = None
        self._booster: Any = None
        self.explained_by = ""
        if bundle.kind == "booster" and not checked and _proved(bundle):
            from leadq.models.explainer.compiled_trees import compile_model  # noqa: PLC0415 - numba is heavy

            self._compiled, self.explained_by = compile_model(bundle.booster_text), "tables"
        elif bundle.kind == "booster":
            from leadq.models.explainer.confirmation import check_explainer  # noqa: PLC0415 - numba is heavy

            self._booster = _parse(bundle)
            nothing = np.empty((0, len(bundle.catalogue.features)))
            self._compiled, check = check_explainer(self._booster, nothing, adversarial=GATE_ROWS, seed=0)
            self.explained_by = check.explained_by + (f" ({check.why})" if check.why else "")

    def score(self, rows: Floats) -> Scored:
        """Score encoded rows.

        Parameters
        ----------
        rows : array of shape (n, n_features)
            Columns as in the bundle's catalogue, NaN where missing, an unseen category as its "other" code.

        Raises
        ------
        BundleError
            ``rows`` has another number of columns, or reasons do not add up to the score.
        """
        n_features = len(self.bundle.catalogue.features)
        if rows.ndim != 2 or rows.shape[1] != n_features:
            raise BundleError(
                Problem(
                    where="rows to score",
                    rule=f"must have the columns of the bundle's features ({n_features})",
                    value=f"shape {rows.shape}",
                    remedy="Compute features from the catalogue in the bundle; it says which and in which order.",
                )
            )
        if self.bundle.kind == "base_rate":
            return self._base_rate(len(rows))
        return self._boosted(rows)

    def _base_rate(self, n: int) -> Scored:
        calibrator = self.bundle.calibrator
        margin = np.zeros(n)
        return Scored(
            margin=margin,
            probability=calibrator.probability(margin),
            base=calibrator.intercept + calibrator.anchor,
            families=(),
            contributions=np.zeros((n, 0)),
            feature_contributions=np.zeros((n, len(self.bundle.catalogue.features))),
        )

    def _boosted(self, rows: Floats) -> Scored:
        bundle = self.bundle
        families = bundle.catalogue.families
        margin, to_margin = self._explain(rows) if len(rows) else (np.zeros(0), np.zeros(rows.shape))
        probability = bundle.calibrator.probability(margin)
        base, by_feature, by_family = calibrated_by_family(
            margin, to_margin, bundle.calibrator, bundle.reference, bundle.catalogue
        )
        _check_additive(base, by_family, probability)
        return Scored(
            margin=margin,
            probability=probability,
            base=base,
            families=families,
            contributions=by_family,
            feature_contributions=by_feature,
        )

    def _explain(self, rows: Floats) -> tuple[Floats, Floats]:
        if self._compiled is None:
            from leadq.models.explainer.exact_shap import explain_slowly  # noqa: PLC0415 - numba is heavy

            margin, parts = explain_slowly(self._booster, rows, threads=self._threads)
            return margin, parts[:, :-1]
        margin, contributions = self._compiled.explain(rows, threads=self._threads)
        if self._booster is None:
            return margin, contributions
        some = np.unique(np.linspace(0, len(rows) - 1, PREDICTED_ANEW).astype(np.int64))
        predicted = self._booster.predict(np.ascontiguousarray(rows[some]), raw_score=True, num_threads=1)
        _must_be_predicted(margin[some], np.asarray(predicted, dtype=np.float64))
        return margin, contributions


def _proved(bundle: Bundle) -> bool:
    """Whether the tables were compared with LightGBM when the bundle was made."""
    return bool(bundle.trained.get("explainer", {}).get("explained_by") == "tables")


def _must_be_predicted(margin: Floats, predicted: Floats) -> None:
    error = np.abs(margin - predicted)
    if not (error <= TOLERANCE).all():
        raise BundleError(
            Problem(
                where="reasons",
                rule=f"their sum must be the margin that LightGBM predicts, within {TOLERANCE:g}",
                value=f"{np.nanmax(error):.3g} off",
                remedy="Nothing was scored. Roll back to the previous model, and report this one with its LightGBM version.",
            )
        )


def _parse(bundle: Bundle) -> Any:
    lightgbm = load_lightgbm()

    try:
        booster = lightgbm.Booster(model_str=bundle.booster_text)
    except lightgbm.basic.LightGBMError as error:
        raise BundleError(_unfit(str(error))) from error
    if booster.num_feature() != len(bundle.catalogue.features):
        raise BundleError(_unfit(f"{counted(booster.num_feature(), 'feature')}"))
    return booster


def _unfit(value: str) -> Problem:
    return Problem(
        where="booster.txt of the bundle",
        rule="must be a booster over the catalogue's features",
        value=value,
        remedy="Train again; leadq did not make this bundle.",
    )


def _check_additive(base: float, contributions: Floats, probability: Floats) -> None:
    error = np.abs(base + contributions.sum(axis=1) - logit(probability))
    wrong = np.flatnonzero(~(error < TOLERANCE))
    if len(wrong):
        raise BundleError(
            Problem(
                where="reasons",
                rule=f"base + contributions must equal logit(probability) within {TOLERANCE:g}",
                value=f"{float(np.nanmax(error)) if not np.isnan(error).all() else 'NaN'}",
                remedy="The bundle's files do not belong together: restore it from a backup or train again. Nothing was scored.",
                count=len(wrong),
                examples=tuple(f"row {row}: off by {error[row]:.3g}" for row in wrong[:5]),
            )
        )
