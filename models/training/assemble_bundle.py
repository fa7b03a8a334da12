"""The parts of a bundle put together: what scoring needs, what was proved, and where it all comes from."""

from __future__ import annotations

from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from leadq.agreement.schema import Agreement
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import logit
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings
from leadq.models.bundle.bundle import BUNDLE_VERSION, Bundle
from leadq.models.bundle.value_evidence import gather_evidence
from leadq.models.evaluation.evaluation_result import rounded
from leadq.models.evaluation.held_out_forecasts import at_judged_moment, out_of_time
from leadq.models.evaluation.out_of_time import Evaluated
from leadq.models.fit.anchor import Anchor
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.contributions import Reference, make_reference, reference_rows
from leadq.models.fit.fit_model import Fitted, labels
from leadq.models.tiers.tier_offers import TierCut, no_tiers, offer_tiers

GATE_ROWS = 2_000
"""Sampled and as many adversarial rows on which the explainer is compared with LightGBM."""

LIBRARIES = ("lightgbm", "numpy", "pandas", "scikit-learn", "scipy")


def make_bundle(
    data: TrainingData,
    fitted: Fitted,
    evaluated: Evaluated,
    anchor: Anchor | None,
    agreement: Agreement,
    settings: FitSettings,
    *,
    flow: float | None,
    given: dict[str, Any],
) -> Bundle:
    """Make the bundle.

    Parameters
    ----------
    data : TrainingData
        The rows learnt from.
    fitted : Fitted
    evaluated : Evaluated
    anchor : Anchor or None
    agreement : Agreement
    settings : FitSettings
    flow : float or None
        New hand-offs a week, for cuts by capacity.
    given : dict
        Provenance that only the caller knows.
    """
    rows, _ = reference_rows(data)
    calibrator, reference = _base_rate_parts(data)
    boosted = evaluated.evaluation.beats_base_rate
    if boosted:
        calibrator = replace(fitted.calibration.calibrator, anchor=0.0 if anchor is None else anchor.shift)
        reference = reference_of(data, fitted, settings)
        given = {**given, "explainer": _explainer_check(data, fitted, settings)}
    return Bundle(
        kind="booster" if boosted else "base_rate",
        catalogue=data.catalogue,
        booster_text=fitted.booster_text if boosted else "",
        calibrator=calibrator,
        reference=reference,
        tiers=_tiers(evaluated, agreement, flow),
        evidence=gather_evidence(data.features[rows], labels(data)[rows], data.catalogue),
        evaluation=evaluated.evaluation.to_document(),
        agreement_text=agreement.text,
        trained=_provenance(data, fitted, settings, _with_anchor(given, anchor, flow), agreement),
        out_of_time=out_of_time(evaluated.held_out),
    )


def _with_anchor(given: dict[str, Any], anchor: Anchor | None, flow: float | None) -> dict[str, Any]:
    told = None if anchor is None else rounded(anchor.to_document())
    return {**given, "anchor": told, "weekly_flow": rounded(flow)}


def _explainer_check(data: TrainingData, fitted: Fitted, settings: FitSettings) -> dict[str, Any]:
    """Hold the fast explainer against LightGBM's own on real and adversarial rows; it may not go into a bundle unproved."""
    from leadq.models.explainer.confirmation import check_explainer  # noqa: PLC0415 - numba is heavy

    booster = load_lightgbm().Booster(model_str=fitted.booster_text)
    some = np.random.default_rng(settings.seed).permutation(len(data.features))[:GATE_ROWS]
    _, check = check_explainer(
        booster, data.features[np.sort(some)], adversarial=GATE_ROWS, seed=settings.seed, threads=settings.threads
    )
    return check.to_document()


def reference_of(data: TrainingData, fitted: Fitted, settings: FitSettings) -> Reference:
    """Average the contributions over the reference set."""
    rows, described = reference_rows(data)
    booster = load_lightgbm().Booster(model_str=fitted.booster_text)
    calibrator = fitted.calibration.calibrator
    return make_reference(booster, data.features[rows], calibrator, described, threads=settings.threads)


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


def _tiers(evaluated: Evaluated, agreement: Agreement, weekly_flow: float | None) -> tuple[TierCut, ...]:
    if not evaluated.evaluation.beats_base_rate:
        return no_tiers(agreement, "nothing beats the base rate")
    held_out = at_judged_moment(evaluated.held_out)
    return offer_tiers(
        held_out["probability"].to_numpy(dtype=np.float64),
        held_out["label"].to_numpy(dtype=np.float64),
        held_out["group"].to_numpy(dtype=np.int64),
        agreement,
        period=held_out["origin"].to_numpy(dtype=np.int64),
        weekly_flow=weekly_flow,
    )


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
        **({} if data.touches_recorded else {"touches_recorded": False}),
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()},
        "why_no_signal": fitted.calibration.why,
        "wins": int(labels(data).sum()),
    }
