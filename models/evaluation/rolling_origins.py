"""The fit path at every rolling origin: margins of held-out looks, and what was known of recent leads for the anchor.

Each origin fits, cross-fits and calibrates on what was known then, as a training on that day would have. The tree size is chosen
at the first origin and kept, rounds and calibrator are each origin's own. Nothing later than an origin reaches its fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leadq.features.maturity import maturity_curve
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings
from leadq.models.evaluation.time_split import Split
from leadq.models.fit.anchor import Recent
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.fit_model import Fitted, Progress, fit_model, labels, silent, with_bend


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OriginFit:
    """One origin's fit, and its forecasts for the looks held out after it.

    Parameters
    ----------
    split : Split
    fitted : Fitted
    usable : bool
        Whether the margins said anything about winning, out of fold.
    margin, log_odds : arrays of shape (n_test,)
        Of the test looks; log-odds calibrated, without an anchor.
    recent : Recent
        Leads before the origin, for the anchor.
    """

    split: Split
    fitted: Fitted
    usable: bool
    margin: Floats
    log_odds: Floats
    recent: Recent


def judged_landmark(landmark: Ints) -> int:
    """Return the landmark that promises are judged at: hand-off, else the first."""
    return HANDOFF if (landmark == HANDOFF).any() else int(landmark.min())


def fit_origins(
    everything: TrainingData,
    learnable: Bools,
    splits: Sequence[Split],
    settings: FitSettings,
    progress: Progress = silent,
) -> list[OriginFit]:
    """Fit at every origin.

    Parameters
    ----------
    everything : TrainingData
        All looks, also those not mature yet (the anchor looks at recent leads).
    learnable : bool array of shape (n_rows,)
        The training population within ``everything``; the splits are over its rows.
    splits : sequence of Split
    settings : FitSettings
    progress : callable
    """
    data = everything.rows(learnable)
    place = np.flatnonzero(learnable)
    fits: list[OriginFit] = []
    num_leaves: int | None = None
    for index, split in enumerate(splits):
        progress(f"origin {index + 1} of {len(splits)}", index / len(splits))
        fitted = fit_model(data.rows(split.train), settings, num_leaves=num_leaves)
        num_leaves = fitted.num_leaves
        booster = load_lightgbm().Booster(model_str=fitted.booster_text)
        calibrator = fitted.calibration.calibrator
        margin: Floats = booster.predict(data.features[split.test], raw_score=True, num_threads=settings.threads)
        fits.append(
            OriginFit(
                split=split,
                fitted=fitted,
                usable=fitted.calibration.usable,
                margin=margin,
                log_odds=calibrator.log_odds(margin),
                recent=recent_leads(everything, place[split.train], fitted, moment=split.moment, settings=settings),
            )
        )
    return fits


def with_bends(fits: Sequence[OriginFit]) -> list[OriginFit]:
    """Return the origins with their beta calibrators in use, where they have one."""
    found = []
    for one in fits:
        line, bent = one.fitted.calibration.calibrator, one.fitted.calibration.bent
        if bent is not None:
            recent_margin = (one.recent.log_odds - line.intercept) / line.slope
            recent = replace(one.recent, log_odds=bent.log_odds(recent_margin))
            log_odds = bent.log_odds(one.margin)
            one = replace(one, fitted=with_bend(one.fitted), log_odds=log_odds, recent=recent)  # noqa: PLW2901
        found.append(one)
    return found


def recent_leads(
    everything: TrainingData,
    learnt: Ints,
    fitted: Fitted,
    *,
    moment: pd.Timestamp | None,
    settings: FitSettings,
) -> Recent:
    """Collect the leads handed off before ``moment`` with what had come of them by then.

    Parameters
    ----------
    everything : TrainingData
    learnt : int array of shape (n_train,)
        Positions in ``everything`` of the rows ``fitted`` learnt from: their margins are out of fold.
    fitted : Fitted
    moment : Timestamp or None
        None for a flat source: the rows learnt from, all labels known.
    """
    meta = everything.meta
    known = np.full(len(meta), np.nan)
    known[learnt] = fitted.margins
    calibrator: Calibrator = fitted.calibration.calibrator
    landmark = meta["landmark"].to_numpy(dtype=np.int64)
    judged = landmark == judged_landmark(landmark)
    if moment is None:
        rows = learnt[judged[learnt]]
        return Recent(
            log_odds=calibrator.log_odds(known[rows]),
            won=labels(everything)[rows],
            matured=np.ones(len(rows)),
            days_ago=np.arange(len(rows), 0, -1, dtype=np.float64),
        )
    rows = np.flatnonzero(judged & meta["worked"].to_numpy(dtype=bool) & (meta["as_of"] < moment).to_numpy())
    fresh = rows[np.isnan(known[rows])]
    if len(fresh):
        booster = load_lightgbm().Booster(model_str=fitted.booster_text)
        features = everything.features[fresh]
        known[fresh] = booster.predict(features, raw_score=True, num_threads=settings.threads)
    return recent_outcomes(everything, rows, calibrator.log_odds(known[rows]), moment)


def recent_outcomes(everything: TrainingData, rows: Ints, log_odds: Floats, moment: pd.Timestamp) -> Recent:
    """Say what had come of ``rows`` by ``moment``, counting a lead by how far its wins had matured."""
    meta = everything.meta
    age = (moment - meta["as_of"].iloc[rows]).dt.total_seconds().to_numpy(dtype=np.float64) / 86_400.0
    to_win = meta["days_to_win"].to_numpy(dtype=np.float64)[rows]
    horizon = float(everything.catalogue.horizon_days)
    mature = age >= horizon
    curve = maturity_curve(to_win[mature], horizon)
    won = (to_win <= age).astype(np.float64)  # NaN, never won, is not
    return Recent(log_odds=log_odds, won=won, matured=curve.share(age), days_ago=age)
