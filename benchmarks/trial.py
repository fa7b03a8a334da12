"""One trial: the product trained at a company's origin, judged by the truth on the next quarter; other ways beside it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.calibrators import beta, isotonic, venn_abers
from benchmarks.kinds import Kind
from benchmarks.world import SeenWorld, see_world
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Bools, Floats, sigmoid
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.base.fit_settings import FitSettings
from leadq.models.base.metrics import auc
from leadq.models.evaluation.held_out_forecasts import at_judged_moment, held_out_frame
from leadq.models.evaluation.out_of_time import try_anchor
from leadq.models.evaluation.rolling_origins import fit_origins, recent_leads
from leadq.models.evaluation.time_split import rolling_origins
from leadq.models.fit.anchor import find_anchor
from leadq.models.fit.boosting import fit_whole, make_table
from leadq.models.fit.calibration import fit_calibrator
from leadq.models.fit.fit_model import Fitted, fit_model, labels, population, rows_of, won_leads
from leadq.models.tiers.tier_offers import cut_by_tier, offer_tiers
from leadq.models.training.train_bundle import weekly_flow

BEST_SHARE = 0.05
"""The truth supports a promise where this share of the hand-offs, the truly best, has a mean of 1.2 times the promise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierOutcome:
    """What became of one promise in the next quarter: leads in the tier, their true mean, and whether truth supports it."""

    promise: float
    offered: bool
    leads: int
    true_mean: float | None
    supported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Figures of one company.

    Parameters
    ----------
    kind, seed
    leads, wins : int
        Learnt from, at hand-off.
    judged : int
        Hand-offs of the next quarter.
    auc, true_auc : float
        Rank by the model and by the truth, against the truth's own draw probabilities.
    rmse : dict of str to float
        Root mean squared difference to the true probability, per way.
    ratio : dict of str to float
        Mean probability over mean true probability, per way.
    tiers : tuple of TierOutcome
    anchored : bool
    seconds : float
        CPU time.
    """

    kind: str
    seed: int
    leads: int
    wins: int
    judged: int
    auc: float
    true_auc: float
    rmse: dict[str, float]
    ratio: dict[str, float]
    tiers: tuple[TierOutcome, ...]
    anchored: bool
    seconds: float


def run_trial(kind: Kind, seed: int) -> Trial:
    """Train at the origin of one company and judge by the truth."""
    began = time.process_time()
    world = see_world(kind, seed)
    settings = FitSettings(threads=1, seed=seed)
    learnable = population(world.data)
    data = world.data.rows(learnable)
    fitted = fit_model(data, settings)
    fits = fit_origins(world.data, learnable, rolling_origins(data, settings), settings)
    tried = try_anchor(data, fits)
    shift = 0.0
    if tried.window is not None:
        recent = recent_leads(world.data, np.flatnonzero(learnable), fitted, moment=world.origin, settings=settings)
        shift = find_anchor(recent, tried.window).shift
    held_out = at_judged_moment(held_out_frame(data, fits, tried.shifts, np.zeros(len(data.meta))))
    agreement = kind.agreement()
    cuts = offer_tiers(
        held_out["probability"].to_numpy(dtype=np.float64),
        held_out["label"].to_numpy(dtype=np.float64),
        held_out["group"].to_numpy(dtype=np.int64),
        agreement,
        period=held_out["origin"].to_numpy(dtype=np.int64),
        weekly_flow=weekly_flow(world.data, world.origin),
    )
    ways = _ways(world, data, fitted, shift, settings)
    ours = ways["leadq"]
    offered = cut_by_tier(cuts)
    draw = (np.random.default_rng(seed).random(len(world.truth)) < world.truth).astype(np.float64)
    return Trial(
        kind=kind.name,
        seed=seed,
        leads=int(data.meta["lead_id"].nunique()),
        wins=int(data.meta.loc[labels(data) == 1, "lead_id"].nunique()),
        judged=len(world.truth),
        auc=auc(draw, ours),
        true_auc=auc(draw, world.truth),
        rmse={name: float(np.sqrt(np.mean((p - world.truth) ** 2))) for name, p in ways.items()},
        ratio={name: float(p.mean() / world.truth.mean()) for name, p in ways.items()},
        tiers=_tiers(kind, ours, world.truth, offered),
        anchored=tried.kept,
        seconds=round(time.process_time() - began, 1),
    )


def _tiers(kind: Kind, probability: Floats, truth: Floats, cuts: dict[str, float | None]) -> tuple[TierOutcome, ...]:
    best = np.sort(truth)[::-1][: max(1, round(BEST_SHARE * len(truth)))]
    found = []
    ceiling = np.inf
    for tier, promise in zip(("T1", "T2"), kind.promises, strict=True):
        cut = cuts[tier]
        supported = bool(best.mean() >= 1.2 * promise)
        if cut is None:
            found.append(TierOutcome(promise=promise, offered=False, leads=0, true_mean=None, supported=supported))
            continue
        inside: Bools = (probability >= cut) & (probability < ceiling)
        ceiling = cut
        mean = float(truth[inside].mean()) if inside.any() else None
        found.append(
            TierOutcome(promise=promise, offered=True, leads=int(inside.sum()), true_mean=mean, supported=supported)
        )
    return tuple(found)


def _ways(
    world: SeenWorld, data: TrainingData, fitted: Fitted, shift: float, settings: FitSettings
) -> dict[str, Floats]:
    """Probabilities of the next quarter's hand-offs by each way; all but the last three share one booster."""
    booster = load_lightgbm().Booster(model_str=fitted.booster_text)
    margin: Floats = booster.predict(world.later.features, raw_score=True, num_threads=1)
    calibrator, label = fitted.calibration.calibrator, labels(data)
    return {
        "leadq": replace(calibrator, anchor=shift).probability(margin),
        "without anchor": calibrator.probability(margin),
        "isotonic": isotonic(fitted.margins, label, margin),
        "Venn-Abers": venn_abers(fitted.margins, label, margin),
        "beta": beta(fitted.margins, label, margin),
        "uncalibrated": sigmoid(margin),
        "latest 20 % held out": _held_out_platt(world, data, fitted, settings),
        "closed deals only": _closed_only(world, fitted, settings, days=None),
        "closed deals of half a year": _closed_only(world, fitted, settings, days=182),
    }


def _held_out_platt(world: SeenWorld, data: TrainingData, fitted: Fitted, settings: FitSettings) -> Floats:
    created = data.meta["created_at"]
    latest = (created >= created.quantile(0.8)).to_numpy(dtype=bool)
    early = data.rows(~latest)
    parameters = settings.parameters(num_leaves=fitted.num_leaves, n_rows=len(early.meta), wins=won_leads(early))
    learnt = rows_of(early)
    booster = fit_whole(make_table(learnt, parameters), learnt, parameters, fitted.rounds, settings)
    held = data.rows(latest)
    margin = booster.predict(held.features, raw_score=True, num_threads=1)
    group = held.meta["group"].to_numpy(dtype=np.int64)
    calibrator = fit_calibrator(labels(held), margin, np.ones(len(margin)), group).calibrator
    return calibrator.probability(booster.predict(world.later.features, raw_score=True, num_threads=1))


def _closed_only(world: SeenWorld, fitted: Fitted, settings: FitSettings, *, days: int | None) -> Floats:
    """Train on closed deals as most do, all of them or of leads of the last ``days``: won against lost, whenever they closed."""
    closed: Bools = (world.closed_won | world.closed_lost) & world.data.meta["worked"].to_numpy(dtype=bool)
    if days is not None:
        closed &= (world.data.meta["created_at"] >= world.origin - pd.Timedelta(days, "D")).to_numpy(dtype=bool)
    rows = world.data.rows(closed)
    rows = replace(rows, meta=rows.meta.assign(label=world.closed_won[closed].astype(np.int8)))
    parameters = settings.parameters(num_leaves=fitted.num_leaves, n_rows=len(rows.meta), wins=won_leads(rows))
    learnt = rows_of(rows)
    booster = fit_whole(make_table(learnt, parameters), learnt, parameters, fitted.rounds, settings)
    return sigmoid(booster.predict(world.later.features, raw_score=True, num_threads=1))
