"""From training data to a bundle: fit, prove, decide, and keep what scoring needs.

If nothing beats the base rate out of time, the bundle is the base-rate bundle and says so. Nothing is
written and no clock is read here; where the bundle goes is the caller's matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.features.readiness.minimum_outcomes import shortage
from leadq.features.training_data import HANDOFF, TrainingData
from leadq.foundation.arrays import Bools
from leadq.foundation.problems import GateStopped, Problem
from leadq.models.base.fit_settings import FitSettings
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.evaluation_result import Evaluation
from leadq.models.evaluation.leak_checks import (
    check_encoding,
    check_one_feature,
    check_permuted,
    check_random_gap,
    quick_out_of_fold,
)
from leadq.models.evaluation.out_of_time import evaluate
from leadq.models.evaluation.rolling_origins import recent_leads
from leadq.models.fit.anchor import Anchor, BackTest, find_anchor
from leadq.models.fit.fit_model import Fitted, Progress, fit_model, population, silent, with_bend
from leadq.models.training.assemble_bundle import make_bundle, reference_of

_QUARTER_DAYS = 91


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainResult:
    """A bundle, what was proved of it, and the held-out forecasts it rests on.

    Their columns are :data:`leadq.models.evaluation.held_out_forecasts.HELD_OUT_COLUMNS`.
    """

    bundle: Bundle
    evaluation: Evaluation
    held_out: pd.DataFrame


def _stop_on_leak(evaluation: Evaluation) -> None:
    problems = [
        Problem(
            where=f"model leak check {finding.check}, {finding.name}",
            rule="must pass before a bundle is made",
            value=finding.words,
            remedy="The outcome leaks into the features: look for encodings of the outcome, or for leads of one account in two folds.",
        )
        for finding in evaluation.findings
        if finding.verdict == "stop"
    ]
    if problems:
        raise GateStopped(problems)


def weekly_flow(everything: TrainingData, read_at: pd.Timestamp | None) -> float | None:
    """Count the new hand-offs a week over the last quarter; None where that is not known."""
    if read_at is None or not everything.dated:
        return None
    meta = everything.meta
    recent = (meta["landmark"] == HANDOFF) & (meta["as_of"] > read_at - pd.Timedelta(_QUARTER_DAYS, "D"))
    return float(recent.sum()) / (_QUARTER_DAYS / 7) or None


def live_anchor(
    everything: TrainingData,
    learnable: Bools,
    fitted: Fitted,
    tried: BackTest | None,
    read_at: pd.Timestamp | None,
    settings: FitSettings,
) -> Anchor | None:
    """Return the anchor as of the moment the data was read; None where the back-test keeps none."""
    if tried is None or tried.window is None or (read_at is None and everything.dated):
        return None
    moment = read_at if everything.dated else None
    recent = recent_leads(everything, np.flatnonzero(learnable), fitted, moment=moment, settings=settings)
    return find_anchor(recent, tried.window)


def train_bundle(
    everything: TrainingData,
    agreement: Agreement,
    settings: FitSettings,
    *,
    provenance: dict[str, Any],
    read_at: datetime | None = None,
    progress: Progress | None = None,
) -> TrainResult:
    """Fit on all mature worked rows, evaluate out of time, anchor, and make the bundle.

    Parameters
    ----------
    everything : TrainingData
        All rows; those not mature or not worked are not learnt from, recent ones only anchor.
    agreement : Agreement
    settings : FitSettings
    provenance : dict
        What only the caller knows, kept as it is: hash of the data, when it was read.
    read_at : datetime, optional
        When the data was read (UTC); without it leads that are not mature do not count and nothing is anchored.
    progress : callable, optional

    Returns
    -------
    TrainResult
        Its bundle is a base-rate bundle where nothing beats the base rate.

    Raises
    ------
    GateStopped
        Too few outcomes of a kind, or a model leak check stopped it.
    """
    report = progress or silent
    if problem := shortage(everything):
        raise GateStopped(problem)
    learnable = population(everything)
    data = everything.rows(learnable)
    fitted = fit_model(data, settings, lambda words, share: report(f"model: {words}", 0.4 * share))
    evaluated = evaluate(
        everything,
        learnable,
        fitted.calibration.calibrator.probability(fitted.margins),
        agreement,
        settings,
        lambda words, share: report(f"out of time: {words}", 0.4 + 0.5 * share),
        calibration_usable=fitted.calibration.usable,
    )
    fitted = with_bend(fitted) if evaluated.bent else fitted
    report("reasons and leak checks", 0.9)
    moment = None if read_at is None else pd.Timestamp(read_at)
    anchor = live_anchor(everything, learnable, fitted, evaluated.anchor, moment, settings)
    evaluated = replace(evaluated, evaluation=_with_findings(data, fitted, evaluated.evaluation, settings))
    flow = weekly_flow(everything, moment)
    bundle = make_bundle(data, fitted, evaluated, anchor, agreement, settings, flow=flow, given=provenance)
    report("done", 1.0)
    return TrainResult(bundle=bundle, evaluation=evaluated.evaluation, held_out=evaluated.held_out)


def _with_findings(data: TrainingData, fitted: Fitted, evaluation: Evaluation, settings: FitSettings) -> Evaluation:
    """Run the model leak checks; stop where one says so."""
    permuted = check_permuted(data, quick_out_of_fold(data.catalogue, settings), seed=settings.seed)
    encoded = check_encoding(data, lambda catalogue: quick_out_of_fold(catalogue, settings), seed=settings.seed)
    findings = [encoded, permuted, check_random_gap(evaluation)]
    if evaluation.beats_base_rate:
        findings.append(check_one_feature(reference_of(data, fitted, settings), data.catalogue))
    evaluation = replace(evaluation, findings=tuple(findings))
    _stop_on_leak(evaluation)
    return evaluation
