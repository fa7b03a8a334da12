"""From training data to a bundle: fit, prove, decide, and keep what scoring needs.

If nothing beats the base rate out of time, the bundle is the base-rate bundle and says so. Nothing is
written and no clock is read here; where the bundle goes is the caller's matter.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from agreement.problems import GateStopped, InputError, Problem
from agreement.schema import Agreement
from features.training_data import TrainingData
from models.arrays import Floats, logit
from models.attribute import Reference, make_reference, reference_rows
from models.bundle import BUNDLE_VERSION, Bundle
from models.calibrate import Calibrator
from models.engine import load_lightgbm
from models.evaluation import Evaluation
from models.evidence import gather_evidence
from models.fit import Fitted, Progress, fit_model, labels, population, silent
from models.leaks import check_one_feature, check_permuted, check_random_gap, quick_out_of_fold
from models.settings import FitSettings
from models.tiers import TierCut, no_tiers, offer_tiers
from models.validate import Evaluated, evaluate

LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainResult:
    """A bundle, what was proved of it, and the held-out forecasts that plots are drawn from.

    ``probability`` and ``label`` have shape (n_held_out,): leads at hand-off, out of time; empty where none were held out.
    """

    bundle: Bundle
    evaluation: Evaluation
    probability: Floats
    label: Floats


def _require_outcomes(data: TrainingData, settings: FitSettings) -> None:
    won = labels(data) == 1
    problems = []
    for kind, rows, needed in (("won", won, settings.min_won), ("lost", ~won, settings.min_lost)):
        found = int(data.meta.loc[rows, "lead_id"].nunique())
        if found < needed:
            problems.append(
                Problem(
                    where="history",
                    rule=f"must hold at least {needed} {kind} leads that were worked and whose horizon is over",
                    value=str(found),
                    remedy="Add older history, shorten the agreement's horizon_days, or check where outcomes come from"
                    " (leadq check).",
                )
            )
    if problems:
        raise InputError(problems)


def _stop_on_leak(evaluation: Evaluation) -> None:
    problems = [
        Problem(
            where=f"model leak check {finding.check}, {finding.name}",
            rule="must pass before a bundle is made",
            value=finding.words,
            remedy="Labels reach the features: look for encodings of the outcome, or leads of one account in two folds.",
        )
        for finding in evaluation.findings
        if finding.verdict == "stop"
    ]
    if problems:
        raise GateStopped(problems)


def _provenance(
    data: TrainingData, fitted: Fitted, settings: FitSettings, given: dict[str, Any], agreement: Agreement
) -> dict[str, Any]:
    chosen = {name: value for name, value in asdict(settings).items() if name != "threads"}
    return {
        **given,
        "agreement_sha256": agreement.sha256,
        "agreement_version": agreement.version,
        "bundle_version": BUNDLE_VERSION,
        "grid_log_loss": fitted.grid,
        "horizon_days": data.catalogue.horizon_days,
        "leads": int(data.meta["lead_id"].nunique()),
        "libraries": {name: version(name) for name in LIBRARIES},
        "num_leaves": fitted.num_leaves,
        "rounds": fitted.rounds,
        "rows": len(data.meta),
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()},
        "why_no_signal": fitted.calibration.why,
        "wins": int(labels(data).sum()),
    }


def _base_rate_parts(data: TrainingData) -> tuple[Calibrator, Reference]:
    rows, described = reference_rows(data)
    rate = labels(data)[rows].mean()
    n_features = len(data.catalogue.features)
    reference = Reference(
        described=described,
        n=int(rows.sum()),
        expected_margin=0.0,
        mean_contributions=(0.0,) * n_features,
        mean_absolute=(0.0,) * n_features,
    )
    return Calibrator(slope=0.0, intercept=float(logit(np.array([rate]))[0])), reference


def _tiers(evaluated: Evaluated, agreement: Agreement) -> tuple[TierCut, ...]:
    if not evaluated.evaluation.beats_base_rate:
        return no_tiers(agreement, "nothing beats the base rate")
    held_out = evaluated.out_of_time
    return offer_tiers(
        held_out["probability"].to_numpy(dtype=np.float64),
        held_out["label"].to_numpy(dtype=np.float64),
        held_out["group"].to_numpy(dtype=np.int64),
        agreement,
    )


def train_bundle(
    data: TrainingData,
    agreement: Agreement,
    settings: FitSettings,
    *,
    provenance: dict[str, Any],
    progress: Progress | None = None,
) -> TrainResult:
    """Fit on all mature worked rows, evaluate out of time, and make the bundle.

    Parameters
    ----------
    data : TrainingData
        All rows; those not mature or not worked are left out here.
    agreement : Agreement
    settings : FitSettings
    provenance : dict
        What only the caller knows, kept as it is: hash of the data, when it was read.
    progress : callable, optional

    Returns
    -------
    TrainResult
        Its bundle is a base-rate bundle where nothing beats the base rate.

    Raises
    ------
    InputError
        Too few outcomes of a kind.
    GateStopped
        A model leak check stopped it.
    """
    lightgbm = load_lightgbm()

    report = progress or silent
    data = data.rows(population(data))
    _require_outcomes(data, settings)
    fitted = fit_model(data, settings, lambda words, share: report(f"model: {words}", 0.55 * share))
    evaluated = evaluate(
        data,
        fitted.margins,
        settings,
        lambda words, share: report(f"out of time: {words}", 0.55 + 0.35 * share),
        calibration_usable=fitted.calibration.usable,
    )
    report("reasons and leak checks", 0.9)
    rows, described = reference_rows(data)
    calibrator, reference = _base_rate_parts(data)
    evaluation = evaluated.evaluation
    permuted = check_permuted(data, quick_out_of_fold(data.catalogue, settings), seed=settings.seed)
    findings = [permuted, check_random_gap(evaluation)]
    if evaluation.beats_base_rate:
        calibrator = fitted.calibration.calibrator
        booster = lightgbm.Booster(model_str=fitted.booster_text)
        reference = make_reference(booster, data.features[rows], calibrator, described, threads=settings.threads)
        findings.append(check_one_feature(reference, data.catalogue))
    evaluation = replace(evaluation, findings=tuple(findings))
    _stop_on_leak(evaluation)
    bundle = Bundle(
        kind="booster" if evaluation.beats_base_rate else "base_rate",
        catalogue=data.catalogue,
        booster_text=fitted.booster_text if evaluation.beats_base_rate else "",
        calibrator=calibrator,
        reference=reference,
        tiers=_tiers(evaluated, agreement),
        evidence=gather_evidence(data.features[rows], labels(data)[rows], data.catalogue),
        evaluation=evaluation.to_document(),
        agreement_text=agreement.text,
        trained=_provenance(data, fitted, settings, provenance, agreement),
        out_of_time=evaluated.out_of_time,
    )
    report("done", 1.0)
    return TrainResult(
        bundle=bundle,
        evaluation=evaluation,
        probability=evaluated.out_of_time["probability"].to_numpy(dtype=np.float64),
        label=evaluated.out_of_time["label"].to_numpy(dtype=np.float64),
    )
