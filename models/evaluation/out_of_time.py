"""The out-of-time evaluation: the same fit at rolling origins, judged on what came after each.

Beside the model always stand the training side's base rate, a transparent points score, a logistic regression, and the same model in
a random split (how much that would flatter). The anchor is tried at every origin and kept only where it helped. Figures pool the
origins; no gate is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Bools, Floats, sigmoid
from leadq.foundation.plurals import counted
from leadq.models.base.fit_settings import FitSettings
from leadq.models.base.metrics import log_losses
from leadq.models.evaluation.evaluation_result import AnchorFigures, Evaluation
from leadq.models.evaluation.forecast_figures import comparisons, moment_figures, origin_figures
from leadq.models.evaluation.held_out_forecasts import empty_held_out, held_out_frame, with_yardsticks
from leadq.models.evaluation.rolling_origins import OriginFit, fit_origins, judged_landmark, with_bends
from leadq.models.evaluation.stability import between_origins
from leadq.models.evaluation.time_split import Split, rolling_origins
from leadq.models.fit.anchor import WINDOW_ROWS, WINDOWS_DAYS, BackTest, Tried, back_test
from leadq.models.fit.fit_model import Progress, labels, silent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluated:
    """An evaluation with the held-out forecasts it rests on.

    Parameters
    ----------
    evaluation : Evaluation
    held_out : DataFrame
        One row a look, columns :data:`leadq.models.evaluation.held_out_forecasts.HELD_OUT_COLUMNS`; empty where nothing could be held out.
    anchor : BackTest or None
        What anchoring gave at the origins.
    bent : bool
        Whether beta calibration lowered the log-loss at the origins beyond its standard error.
    """

    evaluation: Evaluation
    held_out: pd.DataFrame
    anchor: BackTest | None = None
    bent: bool = False


def _too_thin(data: TrainingData, splits: Sequence[Split], settings: FitSettings) -> str:
    if not splits:
        return "the history is too short to test on later leads: too few wins are old enough at any earlier moment"
    label = labels(data)
    tested = np.logical_or.reduce([split.test for split in splits])
    for side, rows, needed in (
        ("before", splits[0].train, settings.min_first_wins // 2),  # some accounts left it
        ("after", tested, settings.min_tested_wins),
    ):
        for kind, value in (("won", 1.0), ("lost", 0.0)):
            found = data.meta.loc[rows & (label == value), "lead_id"].nunique()
            if found < needed:
                return f"only {counted(found, f'{kind} lead')} {side} the first origin {splits[0].origin} ({needed} needed)"
    return ""


def try_anchor(data: TrainingData, fits: Sequence[OriginFit]) -> BackTest:
    """Back-test the anchor at the origins, on the looks that promises are judged on."""
    tried = []
    for fit in fits:
        landmark = data.meta["landmark"].to_numpy(dtype=np.int64)[fit.split.test]
        judged = landmark == judged_landmark(landmark)
        tried.append(
            Tried(recent=fit.recent, log_odds=fit.log_odds[judged], label=labels(data)[fit.split.test][judged])
        )
    if not data.order_is_time:  # the last rows are any rows: nothing drifts, and there is nothing to anchor on
        return back_test(tried, ())
    return back_test(tried, WINDOWS_DAYS if data.dated else (float(WINDOW_ROWS),))


def bend_pays(data: TrainingData, fits: Sequence[OriginFit]) -> bool:
    """Whether beta calibration, where a test rejects the line, lowered the log-loss of held-out looks beyond its standard error."""
    gains = []
    for line, bent in zip(fits, with_bends(fits), strict=True):
        label = labels(data)[line.split.test]
        gains.append(log_losses(label, sigmoid(line.log_odds)) - log_losses(label, sigmoid(bent.log_odds)))
    gain = np.concatenate(gains)
    return bool(gain.mean() > gain.std() / np.sqrt(len(gain)))


def evaluate(
    everything: TrainingData,
    learnable: Bools,
    random_split: Floats,
    agreement: Agreement,
    settings: FitSettings,
    progress: Progress = silent,
    *,
    calibration_usable: bool = True,
) -> Evaluated:
    """Evaluate the fit path out of time, at rolling origins.

    Parameters
    ----------
    everything : TrainingData
        All looks, mature or not.
    learnable : bool array of shape (n_rows,)
        Its training population (:func:`leadq.models.fit.fit_model.population`).
    random_split : array of shape (n_learnable,)
        Out-of-fold probabilities of the fit on all of it, for the random-split figures.
    agreement : Agreement
    settings : FitSettings
    progress : callable
    calibration_usable : bool
        Verdict of that fit's calibration.
    """
    data = everything.rows(learnable)
    splits = rolling_origins(data, settings)
    if thin := _too_thin(data, splits, settings):
        not_possible = Evaluation(possible=False, why_not=thin, dated=data.dated, order_is_time=data.order_is_time)
        return Evaluated(evaluation=not_possible, held_out=empty_held_out())
    fits = fit_origins(everything, learnable, splits, settings, progress)
    bent = bend_pays(data, fits)
    fits = with_bends(fits) if bent else fits
    tried = try_anchor(data, fits)
    held_out = with_yardsticks(data, fits, held_out_frame(data, fits, tried.shifts, random_split), agreement)
    versus = comparisons(held_out, settings)
    return Evaluated(
        evaluation=Evaluation(
            possible=True,
            dated=data.dated,
            order_is_time=data.order_is_time,
            origin=splits[0].origin,
            train_leads=int(data.meta.loc[splits[-1].train, "lead_id"].nunique()),
            test_rows=len(held_out),
            test_leads=int(held_out["lead_id"].nunique()),
            moments=moment_figures(data, held_out),
            origins=origin_figures(data, fits, held_out, tried.shifts),
            stability=between_origins(data, fits, agreement),
            anchor=AnchorFigures(kept=tried.kept, window=tried.window, log_loss=tried.log_loss)
            if data.order_is_time
            else None,
            calibration_usable=calibration_usable,
            versus_base=versus["base"],
            versus_base_at_handoff=versus["base at hand-off"],
            versus_points=versus["points"],
            versus_logistic=versus["logistic"],
        ),
        held_out=held_out,
        anchor=tried,
        bent=bent,
    )
