"""Forecasts for looks held out at the rolling origins, the model's beside those of the yardsticks, as one table.

One row a look (lead and landmark); what of it the bundle keeps for comparison with a challenger is :func:`out_of_time`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats, Ints, sigmoid
from leadq.models.evaluation.rolling_origins import OriginFit, judged_landmark
from leadq.models.fit.fit_model import labels
from leadq.models.rivals.logistic_baseline import LogisticBaseline
from leadq.models.rivals.points_score import PointsScore

HELD_OUT_COLUMNS = (
    "row", "lead_id", "group", "landmark", "created_at", "as_of", "label_known_at", "label", "weight", "origin",
    "probability", "unanchored", "base", "logistic", "points", "random_split",
)  # fmt: skip
"""A look held out after an origin; ``row`` is its place in the training population, the last six are probabilities."""
OUT_OF_TIME_COLUMNS = (
    "lead_id", "group", "origin", "created_at", "as_of", "label_known_at", "label",
    "probability", "unanchored", "base", "logistic", "points",
)  # fmt: skip
"""What the bundle keeps: hand-off looks only, moments as ISO text."""


def at_judged_moment(held_out: pd.DataFrame) -> pd.DataFrame:
    """Return the looks that promises are judged on: those at hand-off, else at the first landmark."""
    if not len(held_out):
        return held_out
    landmark = held_out["landmark"].to_numpy(dtype=np.int64)
    judged: pd.DataFrame = held_out.loc[landmark == judged_landmark(landmark)]
    return judged


def out_of_time(held_out: pd.DataFrame) -> pd.DataFrame:
    """Return the looks at hand-off as the bundle keeps them."""
    kept = at_judged_moment(held_out).loc[:, list(OUT_OF_TIME_COLUMNS)].reset_index(drop=True)
    for name in ("created_at", "as_of", "label_known_at"):
        kept[name] = [moment.isoformat() for moment in kept[name]] if len(kept) else kept[name].astype(str)
    return kept


def empty_held_out() -> pd.DataFrame:
    """Return a frame of held-out looks without a row."""
    return pd.DataFrame({name: [] for name in HELD_OUT_COLUMNS})


def _base_rates(landmark: Ints, label: Floats, weight: Floats, wanted: Ints) -> Floats:
    """Win rate of the training side at each wanted row's own landmark (overall where it has no such rows)."""
    overall = float(np.average(label, weights=weight))
    rates = np.full(len(wanted), overall)
    for value in np.unique(landmark):
        here = landmark == value
        # one win and one loss of prior evidence: a rate of exactly 0 or 1 would make any log-loss infinite
        rate = (float(np.sum(weight[here] * label[here])) + overall) / (float(np.sum(weight[here])) + 1.0)
        rates[wanted == value] = rate
    return rates


def held_out_frame(
    data: TrainingData, fits: Sequence[OriginFit], shifts: Sequence[float], random_split: Floats
) -> pd.DataFrame:
    """Forecasts of every origin for the looks after it, without the yardsticks that must be fitted.

    Parameters
    ----------
    data : TrainingData
        The training population.
    fits : sequence of OriginFit
    shifts : sequence of float
        The anchor at each origin.
    random_split : array of shape (n_rows,)
        Out-of-fold probabilities of the fit on all rows.
    """
    parts = []
    for index, (fit, shift) in enumerate(zip(fits, shifts, strict=True)):
        rows = np.flatnonzero(fit.split.test)
        train = data.rows(fit.split.train)
        landmark = data.meta["landmark"].to_numpy(dtype=np.int64)
        weight = train.meta["weight"].to_numpy(dtype=np.float64)
        base = _base_rates(landmark[fit.split.train], labels(train), weight, landmark[rows])
        meta = data.meta.iloc[rows]
        known = ("lead_id", "group", "landmark", "created_at", "as_of", "label_known_at", "label", "weight")
        frame = pd.DataFrame({"row": rows, **{name: meta[name].to_numpy() for name in known[:3]}})
        for name in known[3:]:
            frame[name] = meta[name].array
        frame["origin"] = index
        frame["probability"] = sigmoid(fit.log_odds + shift) if fit.usable else base
        frame["unanchored"] = sigmoid(fit.log_odds) if fit.usable else base
        frame["base"] = base
        frame["random_split"] = random_split[rows]
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def with_yardsticks(
    data: TrainingData, fits: Sequence[OriginFit], held_out: pd.DataFrame, agreement: Agreement
) -> pd.DataFrame:
    """Add what a logistic regression and a points score, fitted at the same origins, would have said."""
    logistic, points = np.empty(len(held_out)), np.empty(len(held_out))
    origin = held_out["origin"].to_numpy()
    for index, fit in enumerate(fits):
        train = data.rows(fit.split.train)
        label, weight = labels(train), train.meta["weight"].to_numpy(dtype=np.float64)
        test = data.features[fit.split.test]
        here = origin == index
        logistic[here] = LogisticBaseline(data.catalogue).fit(train.features, label, weight).probability(test)
        points[here] = PointsScore(data.catalogue, agreement).fit(train.features, label, weight).probability(test)
    return held_out.assign(logistic=logistic, points=points)[list(HELD_OUT_COLUMNS)]
