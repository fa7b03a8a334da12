"""Which share of the leads each tier gets, and how many come: hand-overs, a model's tested forecasts, else a first look at the data."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import median

import numpy as np

from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.evaluation.first_look import FirstLook
from leadq.models.live.live_models import bundle_folder, read_live
from leadq.models.tiers.tier_supply import TierSupply, tier_supply
from leadq.pipelines.measures.measure import Measured
from leadq.pipelines.project.project import Project
from leadq.pipelines.training.feasibility.kept_agreement import EarlierSupply, Supply

NO_MODEL = "there is no model, and nothing could be tested on later leads"
_RUNS = 15


def supply_of(project: Project, first: FirstLook | None, *, touches_recorded: bool) -> Supply:
    """Return how many leads of each tier come.

    Parameters
    ----------
    project : Project
        Whose live model tells it, or the one that waits; only where its tiers are those of the agreement.
    first : FirstLook or None
        What tells it while there is none.
    touches_recorded : bool
        Otherwise nobody knows which leads sales worked, and all are among them.
    """
    leads = "leads that sales worked" if touches_recorded else "all leads"
    live = read_live(project.store.folder)
    for named, standing in (("live", live.scoring), ("waiting", live.challenger)):
        if standing is not None:
            bundle = read_bundle(bundle_folder(project.store.folder, standing.version))
            if _fits(bundle, project) and len(bundle.out_of_time):
                return Supply(tiers=supply_by(bundle), source=f"{leads}, by tested forecasts of the {named} model")
    if first is None or not len(first.probability):
        return Supply(tiers=(), source=NO_MODEL)
    tiers = tier_supply(first.probability, first.label, first.as_of, first.tiers)
    return Supply(tiers=tiers, source=f"{leads}, at first look: there is no model yet")


def with_hand_overs(supply: Supply, measured: Measured | None) -> Supply:
    """Return what comes as hand-overs, worked or not, once a full month of them has a frozen tier.

    Before that the tiers stay those of tested forecasts, and all hand-overs of a month are told beside them.

    Parameters
    ----------
    supply : Supply
        As :func:`supply_of` gives it.
    measured : Measured or None
        None for a source without dates.
    """
    if measured is None or not measured.counts:
        return supply
    if not measured.supply:
        return replace(supply, all_months=measured.months) if supply.tiers else supply
    earlier = tuple(EarlierSupply(version=one.number, tiers=one.supply) for one in measured.earlier if one.supply)
    return Supply(tiers=measured.supply, source="all leads handed over, by their tier at that moment", earlier=earlier)


def _fits(bundle: Bundle, project: Project) -> bool:
    promised = {tier.id: tier.promise.win_rate_at_least for tier in project.agreement.tiers if tier.promise is not None}
    return bundle.kind == "booster" and {cut.tier_id: cut.promise for cut in bundle.tiers} == promised


def supply_by(bundle: Bundle) -> tuple[TierSupply, ...]:
    """Return how many leads of each promised tier came, by a model's tested forecasts; none where it has none."""
    frame = bundle.out_of_time
    if bundle.kind != "booster" or not len(frame):
        return ()
    dated = bool(bundle.evaluation.get("dated", True))
    probability, label = (frame[name].to_numpy(dtype=np.float64) for name in ("probability", "label"))
    return tier_supply(probability, label, frame["as_of"] if dated else None, bundle.tiers)


def shares_by(bundle: Bundle) -> dict[str, float] | None:
    """Return the share of each promised tier by a model's tested forecasts, in [0, 1]; None where it has none."""
    return {tier.tier_id: tier.share for tier in supply_by(bundle)} or None


def hours_between_runs(project: Project) -> float | None:
    """Return the usual time between two runs that scored more than one lead, in hours; None before there are two."""
    moments = sorted(run.inputs.as_of for run in project.store.runs() if run.inputs.kind != "lead")[-_RUNS:]
    between = [later - earlier for earlier, later in pairwise(moments)]
    between = [one for one in between if one > timedelta(minutes=1)]
    return median(one / timedelta(hours=1) for one in between) if between else None
