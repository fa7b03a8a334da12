"""Why a score is what it is: exact contributions that add up to the calibrated log-odds.

The margin is additive over features (TreeSHAP). Calibration is a straight line, or under beta calibration a curve, of which
each row takes the chord from the average lead to itself: so the calibrated log-odds are additive too (docs/method.md,
Reasons). The base shown is the average lead of a frozen reference set; a new anchor moves only the base. The contributions
to the margin themselves come from models/explainer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leadq.features.catalogue import Catalogue
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.models.fit.calibration import Calibrator

CHUNK_ROWS = 50_000
"""Rows explained at a time: bounds memory while a large reference set is averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The average lead that contributions are measured against.

    Parameters
    ----------
    described : str
        Who these leads are, for a person.
    n : int
        How many.
    expected_margin : float
        The booster's own expected margin (TreeSHAP's constant), log-odds before calibration.
    mean_contributions : tuple of float
        Mean contribution of each feature to the margin over the reference set.
    mean_absolute : tuple of float
        Mean absolute contribution of each feature about that mean, calibrated log-odds: what moves scores overall.
    """

    described: str
    n: int
    expected_margin: float
    mean_contributions: tuple[float, ...]
    mean_absolute: tuple[float, ...]


def explain(booster: Any, rows: Floats, *, threads: int = 1) -> tuple[Floats, Floats]:
    """Margin and exact contributions of each row; :func:`leadq.models.explainer.exact_shap.explain`, imported when first needed.

    Parameters
    ----------
    booster : lightgbm.Booster
    rows : array of shape (n, n_features)

    Returns
    -------
    margin : array of shape (n,)
        Raw log-odds.
    contributions : array of shape (n, n_features + 1)
        To the margin; the last column is the expected margin.
    """
    from leadq.models.explainer.exact_shap import explain as explain_fast  # noqa: PLC0415 - numba is heavy

    return explain_fast(booster, rows, threads=threads)


def reference_rows(data: TrainingData) -> tuple[Bools, str]:
    """Rows of the reference set within the training population, and who they are.

    Returns
    -------
    mask : bool array of shape (n_rows,)
        Hand-off rows; where there are none, rows at the first landmark.
    described : str
    """
    landmark = data.meta["landmark"].to_numpy()
    at_handoff: Bools = landmark == HANDOFF
    leads = "worked leads" if data.touches_recorded else "leads"
    if at_handoff.any():
        return at_handoff, f"{leads} at hand-off"
    at_first: Bools = landmark == (landmark.min() if len(landmark) else 0)
    return at_first, f"{leads} at creation" if data.dated else leads


def make_reference(booster: Any, rows: Floats, calibrator: Calibrator, described: str, *, threads: int) -> Reference:
    """Average the contributions over ``rows`` (shape (n, n_features))."""
    parts = np.concatenate(
        [explain(booster, rows[at : at + CHUNK_ROWS], threads=threads)[1] for at in range(0, len(rows), CHUNK_ROWS)]
    )
    mean = parts[:, :-1].mean(axis=0)
    center = float(parts[0, -1]) + float(mean.sum())
    steepness = np.abs(calibrator.steepness(np.array([center]), center)[0])
    absolute = steepness * np.abs(parts[:, :-1] - mean).mean(axis=0)
    return Reference(
        described=described,
        n=len(rows),
        expected_margin=float(parts[0, -1]),
        mean_contributions=tuple(mean.tolist()),
        mean_absolute=tuple(absolute.tolist()),
    )


def calibrated_contributions(
    margin: Floats, contributions: Floats, calibrator: Calibrator, reference: Reference
) -> tuple[float, Floats]:
    """Turn contributions to the margin into contributions to the calibrated log-odds.

    Parameters
    ----------
    margin : array of shape (n,)
    contributions : array of shape (n, n_features)
        With the reference's expected margin they sum to ``margin``.

    Returns
    -------
    base : float
        Log-odds of the average reference lead.
    contributions : array of shape (n, n_features)
        ``base + contributions.sum(axis=1)`` is the calibrated log-odds.
    """
    mean = np.asarray(reference.mean_contributions)
    base, steepness = base_and_steepness(margin, calibrator, reference)
    return base, steepness[:, None] * (contributions - mean)


def base_and_steepness(margin: Floats, calibrator: Calibrator, reference: Reference) -> tuple[float, Floats]:
    """Log-odds of the average reference lead, and how much each row's move with its margin, shape (n,)."""
    center = reference.expected_margin + float(np.sum(reference.mean_contributions))
    base = float(calibrator.log_odds(np.array([center]))[0])
    return base, np.broadcast_to(calibrator.steepness(margin, center), margin.shape)


def calibrated_by_family(
    margin: Floats, contributions: Floats, calibrator: Calibrator, reference: Reference, catalogue: Catalogue
) -> tuple[float, Floats, Floats]:
    """Do the same in one pass, with the sums by family.

    Returns
    -------
    base : float
    by_feature : array of shape (n, n_features), column-major
    by_family : array of shape (n, n_families)
    """
    from leadq.models.explainer.calibrated_contributions import calibrate_rows  # noqa: PLC0415 - numba is heavy

    base, steepness = base_and_steepness(margin, calibrator, reference)
    by_feature, by_family = calibrate_rows(
        np.ascontiguousarray(contributions.T),
        np.ascontiguousarray(steepness, dtype=np.float64),
        np.asarray(reference.mean_contributions, dtype=np.float64),
        family_places(catalogue),
        len(catalogue.families),
    )
    return base, by_feature.T, by_family


def family_places(catalogue: Catalogue) -> Ints:
    """Place of each feature's family among the catalogue's, shape (n_features,)."""
    place = {family: at for at, family in enumerate(catalogue.families)}
    return np.array([place[feature.family] for feature in catalogue.features], dtype=np.int64)


def sum_by_family(contributions: Floats, catalogue: Catalogue) -> Floats:
    """Sum feature contributions (n, n_features) into families (n, n_families), exactly."""
    sums = np.zeros((len(contributions), len(catalogue.families)))
    for column, place in enumerate(family_places(catalogue).tolist()):
        sums[:, place] += contributions[:, column]
    return sums
