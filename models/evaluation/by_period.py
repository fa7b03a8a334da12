"""How good the held-out forecasts were in each test period: one period may be luck, several in a row are evidence.

Each period's leads were forecast by the fit path on what was known when the period began. Beside the forecast stand the one
without the recent anchor, and the same model in a random split, which knows the future of every period.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadq.foundation.arrays import Floats
from leadq.models.base.metrics import auc, log_loss
from leadq.models.fit.calibration import CalibrationTest, check_calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFigures:
    """Figures of one test period at one moment of a lead's life.

    Parameters
    ----------
    origin : int
        Position of the period, 0 is the earliest.
    first, last : str
        Days on which the first and the last of its leads were created (``2026-03-01``).
    n, wins : int
    observed, predicted, unanchored : float
        Win rate, mean probability, and mean probability without the anchor.
    auc, random_split_auc : float
        NaN without both classes.
    log_loss, unanchored_log_loss, base_log_loss : float
        In nats.
    calibration : CalibrationTest or None
    """

    origin: int
    first: str
    last: str
    n: int
    wins: int
    observed: float
    predicted: float
    unanchored: float
    auc: float
    random_split_auc: float
    log_loss: float
    unanchored_log_loss: float
    base_log_loss: float
    calibration: CalibrationTest | None

    @property
    def anchored(self) -> bool:
        """The anchor moved this period's forecasts."""
        return self.predicted != self.unanchored


def figures_by_period(judged: pd.DataFrame) -> tuple[PeriodFigures, ...]:
    """Figures of every test period.

    Parameters
    ----------
    judged : DataFrame
        Held-out forecasts of leads at one moment: ``origin, created_at, label, group, probability, unanchored, base, random_split``.
    """
    return tuple(_figures(int(str(origin)), rows) for origin, rows in judged.groupby("origin", sort=True))


def _figures(origin: int, rows: pd.DataFrame) -> PeriodFigures:
    def forecast(name: str) -> Floats:
        return rows[name].to_numpy(dtype=np.float64)

    label, model = forecast("label"), forecast("probability")
    return PeriodFigures(
        origin=origin,
        first=rows["created_at"].min().strftime("%Y-%m-%d"),
        last=rows["created_at"].max().strftime("%Y-%m-%d"),
        n=len(rows),
        wins=int(label.sum()),
        observed=float(label.mean()),
        predicted=float(model.mean()),
        unanchored=float(forecast("unanchored").mean()),
        auc=auc(label, model),
        random_split_auc=auc(label, forecast("random_split")),
        log_loss=log_loss(label, model),
        unanchored_log_loss=log_loss(label, forecast("unanchored")),
        base_log_loss=log_loss(label, forecast("base")),
        calibration=check_calibration(label, model, rows["group"].to_numpy(dtype=np.int64)),
    )
