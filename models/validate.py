"""The out-of-time evaluation: the same fit on what was known earlier, judged on what came later.

Beside the model always stand the training side's base rate, the same model in a random split (how much the
split flatters) and a logistic regression. Rolling origins and the champion's comparison build on
:func:`evaluate` later; no gate is decided here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from features.training_data import HANDOFF, TrainingData
from models.arrays import Bools, Floats, Ints
from models.baseline import LogisticBaseline
from models.calibrate import check_calibration
from models.compare import paired_difference
from models.engine import load_lightgbm
from models.evaluation import Evaluation, MomentFigures
from models.fit import Progress, fit_model, labels, silent
from models.metrics import auc, brier, log_loss, log_losses
from models.reliability import decompose
from models.settings import FitSettings
from models.split import Split, split_by_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """Forecasts for the same rows; arrays of shape (n_rows,)."""

    label: Floats
    group: Ints
    landmark: Ints
    weight: Floats
    model: Floats
    base: Floats
    logistic: Floats
    random_split: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """An evaluation with the held-out forecasts at hand-off it rests on.

    ``out_of_time`` has one row a lead: ``lead_id, group, as_of, label, probability, base``.
    """

    evaluation: Evaluation
    out_of_time: pd.DataFrame


OUT_OF_TIME_COLUMNS = ("lead_id", "group", "as_of", "label", "probability", "base")


def judged_landmark(landmark: Ints) -> int:
    """Return the landmark that promises are judged at: hand-off, else the first."""
    return HANDOFF if (landmark == HANDOFF).any() else int(landmark.min())


def _too_thin(data: TrainingData, split: Split, settings: FitSettings) -> str:
    label = labels(data)
    for side, rows, divisor in (("earlier", split.train, 2), ("later", split.test, 6)):
        for kind, value, needed in (("won", 1.0, settings.min_won), ("lost", 0.0, settings.min_lost)):
            found = data.meta.loc[rows & (label == value), "lead_id"].nunique()
            if found < needed // divisor:
                return f"only {found} {kind} leads on the {side} side of {split.origin} ({needed // divisor} needed)"
    return ""


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


def _forecast(
    data: TrainingData, split: Split, random_split: Floats, settings: FitSettings, progress: Progress
) -> Forecasts:
    lightgbm = load_lightgbm()

    train, test = data.rows(split.train), data.rows(split.test)
    fitted = fit_model(train, settings, progress)
    booster = lightgbm.Booster(model_str=fitted.booster_text)
    margin: Floats = np.asarray(booster.predict(test.features, raw_score=True, num_threads=settings.threads))
    label, weight = labels(train), train.meta["weight"].to_numpy(dtype=np.float64)
    landmark = test.meta["landmark"].to_numpy(dtype=np.int64)
    base = _base_rates(train.meta["landmark"].to_numpy(dtype=np.int64), label, weight, landmark)
    usable = fitted.calibration.usable
    return Forecasts(
        label=labels(test),
        group=test.meta["group"].to_numpy(dtype=np.int64),
        landmark=landmark,
        weight=test.meta["weight"].to_numpy(dtype=np.float64),
        model=fitted.calibration.calibrator.probability(margin) if usable else base,
        base=base,
        logistic=LogisticBaseline(data.catalogue).fit(train.features, label, weight).probability(test.features),
        random_split=random_split[split.test],
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _figures(seen: Forecasts, rows: Bools, moment: str, age_days: float | None, all_random: float) -> MomentFigures:
    label, model = seen.label[rows], seen.model[rows]
    loss, base_loss = log_loss(label, model), log_loss(label, seen.base[rows])
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
        random_split_auc=_finite(all_random),
        logistic_auc=_finite(auc(label, seen.logistic[rows])),
        log_loss=loss,
        base_rate=float(seen.base[rows].mean()),
        base_log_loss=base_loss,
        logistic_log_loss=log_loss(label, seen.logistic[rows]),
        improvement_percent=100.0 * (1.0 - loss / base_loss),
        brier=brier(label, model),
        calibration=check_calibration(label, model, seen.group[rows]),
        decomposition=decompose(label, model),
    )


def _moments(data: TrainingData, seen: Forecasts, random_split: Floats) -> tuple[MomentFigures, ...]:
    ages = data.catalogue.ages_days
    every, label = data.meta["landmark"].to_numpy(), labels(data)
    found = []
    for value in np.unique(seen.landmark):  # HANDOFF is -1 and comes first
        here = every == value
        age = None if value == HANDOFF else float(ages[value])
        moment = "hand-off" if age is None else f"{age:g} days"
        random_auc = auc(label[here], random_split[here])
        found.append(_figures(seen, seen.landmark == value, moment, age, random_auc))
    return tuple(found)


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in OUT_OF_TIME_COLUMNS})


def evaluate(
    data: TrainingData,
    random_split_margins: Floats,
    settings: FitSettings,
    progress: Progress = silent,
    *,
    calibration_usable: bool = True,
) -> Evaluated:
    """Evaluate the fit path out of time.

    Parameters
    ----------
    data : TrainingData
        The training population (mature, worked rows).
    random_split_margins : array of shape (n_rows,)
        Out-of-fold margins of the fit on all rows, for the random-split figures.
    calibration_usable : bool
        Verdict of that fit's calibration.
    """
    split = split_by_time(data, settings.test_share)
    thin = _too_thin(data, split, settings)
    if thin:
        return Evaluated(evaluation=Evaluation(possible=False, why_not=thin, dated=data.dated), out_of_time=_empty())
    seen = _forecast(data, split, random_split_margins, settings, progress)
    judged = seen.landmark == judged_landmark(seen.landmark)
    model, base, logistic = (log_losses(seen.label, one) for one in (seen.model, seen.base, seen.logistic))
    compare = partial(paired_difference, seed=settings.seed, repeats=settings.bootstrap_repeats)
    evaluation = Evaluation(
        possible=True,
        dated=data.dated,
        origin=split.origin,
        train_rows=int(split.train.sum()),
        train_leads=int(data.meta.loc[split.train, "lead_id"].nunique()),
        test_rows=int(split.test.sum()),
        test_leads=int(data.meta.loc[split.test, "lead_id"].nunique()),
        accounts_in_both=split.accounts_in_both,
        accounts_removed=split.accounts_removed,
        moments=_moments(data, seen, random_split_margins),
        versus_base=compare(model, base, seen.group, weight=seen.weight),
        versus_base_at_handoff=compare(model[judged], base[judged], seen.group[judged]),
        versus_logistic=compare(model, logistic, seen.group, weight=seen.weight),
        calibration_usable=calibration_usable,
    )
    held_out = data.meta.loc[split.test].loc[judged]
    table = pd.DataFrame(
        {
            "lead_id": held_out["lead_id"].astype(str).to_numpy(),
            "group": seen.group[judged],
            "as_of": [moment.isoformat() for moment in held_out["as_of"]],
            "label": seen.label[judged].astype(np.int64),
            "probability": seen.model[judged],
            "base": seen.base[judged],
        }
    )
    return Evaluated(evaluation=evaluation, out_of_time=table)
