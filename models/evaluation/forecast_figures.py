"""Figures of held-out forecasts: by moment of a lead's life, by origin, and against the yardsticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.plurals import counted
from leadq.models.base.fit_settings import FitSettings
from leadq.models.base.metrics import auc, brier, log_loss, log_losses
from leadq.models.evaluation.evaluation_result import MomentFigures, OriginFigures
from leadq.models.evaluation.held_out_forecasts import HELD_OUT_COLUMNS, at_judged_moment
from leadq.models.evaluation.paired_bootstrap import Difference, paired_difference
from leadq.models.evaluation.reliability import decompose
from leadq.models.evaluation.rolling_origins import OriginFit
from leadq.models.fit.calibration import check_calibration
from leadq.models.fit.fit_model import labels


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _figures(seen: pd.DataFrame, moment: str, age_days: float | None) -> MomentFigures:
    column = {name: seen[name].to_numpy(dtype=np.float64) for name in HELD_OUT_COLUMNS[-6:]}
    label, model, base = seen["label"].to_numpy(dtype=np.float64), column["probability"], column["base"]
    loss, base_loss = log_loss(label, model), log_loss(label, base)
    wins = int(label.sum())
    return MomentFigures(
        moment=moment,
        age_days=age_days,
        n=len(label),
        wins=wins,
        observed_rate=float(label.mean()),
        mean_probability=float(model.mean()),
        predicted_to_actual=float(model.sum() / wins) if wins else None,
        auc=_finite(auc(label, model)),
        random_split_auc=_finite(auc(label, column["random_split"])),
        logistic_auc=_finite(auc(label, column["logistic"])),
        points_auc=_finite(auc(label, column["points"])),
        log_loss=loss,
        unanchored_log_loss=log_loss(label, column["unanchored"]),
        base_rate=float(base.mean()),
        base_log_loss=base_loss,
        logistic_log_loss=log_loss(label, column["logistic"]),
        points_log_loss=log_loss(label, column["points"]),
        improvement_percent=100.0 * (1.0 - loss / base_loss),
        brier=brier(label, model),
        calibration=check_calibration(label, model, seen["group"].to_numpy(dtype=np.int64)),
        decomposition=decompose(label, model),
    )


def moment_figures(data: TrainingData, held_out: pd.DataFrame) -> tuple[MomentFigures, ...]:
    """Return figures by moment, all origins pooled; hand-off first."""
    ages = data.catalogue.ages_days
    found = []
    for value in np.unique(held_out["landmark"]):  # HANDOFF is -1 and comes first
        age = None if value == HANDOFF else float(ages[value])
        moment = "hand-off" if age is None else counted(age, "day")
        found.append(_figures(held_out.loc[held_out["landmark"] == value], moment, age))
    return tuple(found)


def origin_figures(
    data: TrainingData, fits: Sequence[OriginFit], held_out: pd.DataFrame, shifts: Sequence[float]
) -> tuple[OriginFigures, ...]:
    """Return what each origin learnt from and how good it was at the judged moment of the period after it."""
    judged = at_judged_moment(held_out)
    found = []
    for index, fit in enumerate(fits):
        seen = judged.loc[judged["origin"] == index]
        label, model = (seen[name].to_numpy(dtype=np.float64) for name in ("label", "probability"))
        test = check_calibration(label, model, seen["group"].to_numpy(dtype=np.int64))
        found.append(
            OriginFigures(
                origin=fit.split.origin,
                period_days=fit.split.period_days,
                train_leads=int(data.meta.loc[fit.split.train, "lead_id"].nunique()),
                train_wins=int(data.meta.loc[fit.split.train & (labels(data) == 1), "lead_id"].nunique()),
                test_leads=len(seen),
                wins=int(label.sum()),
                accounts_in_both=fit.split.accounts_in_both,
                accounts_removed=fit.split.accounts_removed,
                num_leaves=fit.fitted.num_leaves,
                rounds=fit.fitted.rounds,
                anchor=float(shifts[index]),
                mean_probability=float(model.mean()) if len(seen) else None,
                unanchored_mean=float(seen["unanchored"].mean()) if len(seen) else None,
                auc=_finite(auc(label, model)),
                log_loss=log_loss(label, model) if len(seen) else None,
                unanchored_log_loss=log_loss(label, seen["unanchored"].to_numpy(dtype=np.float64))
                if len(seen)
                else None,
                slope=None if test is None else test.slope,
            )
        )
    return tuple(found)


def comparisons(held_out: pd.DataFrame, settings: FitSettings) -> dict[str, Difference]:
    """Return paired differences of the log-loss against each yardstick, over all looks and at the judged moment."""
    judged = at_judged_moment(held_out)
    compare = partial(paired_difference, seed=settings.seed, repeats=settings.bootstrap_repeats)

    def against(seen: pd.DataFrame, name: str) -> Difference:
        label = seen["label"].to_numpy(dtype=np.float64)
        model, other = (log_losses(label, seen[one].to_numpy(dtype=np.float64)) for one in ("probability", name))
        return compare(model, other, seen["group"].to_numpy(dtype=np.int64))

    return {
        "base": against(held_out, "base"),
        "base at hand-off": against(judged, "base"),
        "points": against(held_out, "points"),
        "logistic": against(held_out, "logistic"),
    }


def stable_moment(moment: str) -> str:
    """Return a moment's name as keys of metrics have it, which never change: the plural, also of one.

    >>> stable_moment("1 day"), stable_moment("7 days"), stable_moment("hand-off")
    ('1 days', '7 days', 'hand-off')
    """
    return f"{moment}s" if moment.endswith(" day") else moment
