"""No explanation is believed that LightGBM itself does not confirm: the gate that a compiled model passes before it is used."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil, log10
from typing import Any, Literal

import numpy as np

from leadq.foundation.arrays import Floats
from leadq.foundation.problems import BundleError, Problem
from leadq.models.explainer.adversarial import adversarial_rows
from leadq.models.explainer.compiled_trees import CompiledModel, compile_model
from leadq.models.explainer.exact_shap import explain_slowly
from leadq.models.explainer.model_text import UnsupportedModelError

TOLERANCE = 1e-9
"""Log-odds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainerCheck:
    """What the gate found.

    Parameters
    ----------
    explained_by : {"tables", "pred_contrib"}
    why : str
        Why not by tables; empty otherwise.
    rows : int
        Rows compared, sampled and adversarial.
    largest_difference : float
        Of any contribution from ``pred_contrib``, log-odds.
    largest_gap : float
        Of the contributions' sum from LightGBM's own margin, log-odds.
    """

    explained_by: Literal["tables", "pred_contrib"]
    why: str = ""
    rows: int = 0
    largest_difference: float = 0.0
    largest_gap: float = 0.0

    def to_document(self) -> dict[str, str | int | float]:
        """Plain values for the bundle; differences as the power of ten above them, since their digits are the machine's."""
        found = asdict(self)
        return {**found, **{name: _above(found[name]) for name in ("largest_difference", "largest_gap")}}


def _above(difference: float) -> float:
    return 0.0 if difference == 0 else float(f"1e{ceil(log10(difference))}")


def check_explainer(
    booster: Any, sampled: Floats, *, adversarial: int, seed: int, threads: int = 1
) -> tuple[CompiledModel | None, ExplainerCheck]:
    """Compile a model and compare it with LightGBM.

    Parameters
    ----------
    booster : lightgbm.Booster
    sampled : array of shape (n, n_features)
        Rows as they really come; may be empty.
    adversarial : int
        How many rows to make beside them (:func:`leadq.models.explainer.adversarial.adversarial_rows`).

    Returns
    -------
    compiled : CompiledModel or None
        None where the model has parts that only ``pred_contrib`` explains.
    check : ExplainerCheck

    Raises
    ------
    BundleError
        The two disagree by more than :data:`TOLERANCE`; nothing may be explained by such tables.
    """
    try:
        compiled = compile_model(booster.model_to_string())
    except UnsupportedModelError as refused:
        return None, ExplainerCheck(explained_by="pred_contrib", why=refused.problems[0].value)
    rows = np.concatenate([sampled, adversarial_rows(compiled, adversarial, seed=seed)])
    check = compare(compiled, booster, rows, threads=threads)
    if not max(check.largest_difference, check.largest_gap) <= TOLERANCE:  # a difference that is NaN is refused as well
        raise BundleError(
            Problem(
                where="explainer",
                rule=f"contributions must be those of LightGBM's pred_contrib within {TOLERANCE:g}",
                value=f"{check.largest_difference:.3g} off, sum {check.largest_gap:.3g} off the margin",
                remedy="Nothing was scored. Roll back to the previous model, and report this one with its LightGBM version.",
            )
        )
    return compiled, check


def compare(compiled: CompiledModel, booster: Any, rows: Floats, *, threads: int = 1) -> ExplainerCheck:
    """Hold a compiled model against ``pred_contrib`` on ``rows`` of shape (n, n_features)."""
    if not len(rows):
        return ExplainerCheck(explained_by="tables")
    margin, contributions = compiled.explain(rows, threads=threads)
    expected_margin, parts = explain_slowly(booster, rows, threads=threads)
    difference = max(
        float(np.abs(contributions - parts[:, :-1]).max(initial=0.0)),
        float(np.abs(compiled.expected - parts[:, -1]).max()),
    )
    sums = compiled.expected + contributions.sum(axis=1)
    gap = max(float(np.abs(margin - expected_margin).max()), float(np.abs(sums - expected_margin).max()))
    return ExplainerCheck(explained_by="tables", rows=len(rows), largest_difference=difference, largest_gap=gap)
