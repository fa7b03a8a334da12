"""Champion against challenger on the same most recent mature leads.

Evidence in this order, the first that has 200 leads: *shadow* (both scored the same leads on the same nights), *held-out* (the
challenger's out-of-time forecasts against the champion applied to the same looks, none of whose labels it knew), *shared* (leads
that both held out, as of the same moment). The first two need data and are gathered in ``pipelines/challenger/gather_evidence.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadq.agreement.read import stored_agreement
from leadq.agreement.schema import Agreement
from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.plurals import counted
from leadq.models.base.metrics import log_losses
from leadq.models.bundle.bundle import Bundle
from leadq.models.evaluation.paired_bootstrap import (
    REPEATS,
    Difference,
    auc_difference,
    captured_difference,
    paired_difference,
)
from leadq.models.live.comparison_result import USUAL_SHARE, Comparison, EvidenceKind
from leadq.models.tiers.tier_migration import migrate
from leadq.models.tiers.tier_offers import TierCut

MIN_LEADS = 200


def compare_bundles(champion: Bundle, challenger: Bundle, *, why_not: str = "", seed: int = 7) -> Comparison:
    """Compare two bundles by what they carry with them: forecasts of leads that both held out.

    Parameters
    ----------
    champion, challenger : Bundle
    why_not : str
        Why no better evidence was used.
    seed : int
    """
    if reason := cannot_be_compared(champion, challenger):
        return no_comparison(champion, challenger, reason)
    ours, theirs = challenger.out_of_time, champion.out_of_time[["lead_id", "as_of", "probability"]]
    shared = pd.merge(ours, theirs, on=["lead_id", "as_of"], suffixes=("", "_champion"))
    if len(shared) < MIN_LEADS:
        few = f"both held out only {counted(len(shared), 'lead')} ({MIN_LEADS} needed)"
        return no_comparison(champion, challenger, f"{why_not}; {few}" if why_not else few)
    forecasts = shared.rename(columns={"probability": "challenger", "probability_champion": "champion"})
    return compare_forecasts(
        forecasts, champion=champion, challenger=challenger, evidence="shared", why_not=why_not, seed=seed
    )


def cannot_be_compared(champion: Bundle, challenger: Bundle) -> str:
    """Say why no evidence could compare the two; empty where some could."""
    theirs, ours = champion.catalogue.horizon_days, challenger.catalogue.horizon_days
    if theirs != ours:
        return f"the champion forecasts wins within {counted(theirs, 'day')}, the challenger within {ours}"
    return ""


def no_comparison(champion: Bundle, challenger: Bundle, why_not: str) -> Comparison:
    """Return the comparison of two that cannot be compared."""
    return Comparison(champion=champion.version, challenger=challenger.version, evidence="none", why_not=why_not)


def compare_forecasts(
    forecasts: pd.DataFrame,
    *,
    champion: Bundle,
    challenger: Bundle,
    evidence: EvidenceKind,
    why_not: str = "",
    seed: int = 7,
    repeats: int = REPEATS,
) -> Comparison:
    """Judge two bundles' forecasts for the same leads.

    Parameters
    ----------
    forecasts : DataFrame
        One row a lead: ``group`` (int64), ``as_of`` (datetime), ``label`` (0/1), ``champion`` and ``challenger`` (probabilities).
    champion, challenger : Bundle
        Their versions and cuts, and the capacity in the challenger's agreement.
    evidence : str
    why_not : str
        Why no better evidence was used.
    seed, repeats : int
    """
    label = forecasts["label"].to_numpy(dtype=np.float64)
    group = forecasts["group"].to_numpy(dtype=np.int64)
    old = forecasts["champion"].to_numpy(dtype=np.float64)
    new = forecasts["challenger"].to_numpy(dtype=np.float64)
    agreement = stored_agreement(challenger.agreement_text, where="agreement.yaml of the challenger")
    share = capacity_share(forecasts["as_of"], agreement)
    order = [tier.id for tier in agreement.tiers]
    migration = migrate(_tiers(old, champion.tiers, order[-1]), _tiers(new, challenger.tiers, order[-1]), order)
    return Comparison(
        champion=champion.version,
        challenger=challenger.version,
        evidence=evidence,
        n=len(label),
        wins=int(label.sum()),
        log_loss=compare_log_loss(label, new, old, group, seed=seed, repeats=repeats),
        auc=auc_difference(label, new, old, group, seed=seed, repeats=repeats),
        captured=captured_difference(label, new, old, group, share=share, seed=seed, repeats=repeats),
        share=share,
        tiers=migration.tiers,
        moved=tuple(tuple(row) for row in migration.counts.tolist()),
        why_not=why_not,
    )


def compare_log_loss(
    label: Floats, challenger: Floats, champion: Floats, group: Ints, *, seed: int, repeats: int = REPEATS
) -> Difference:
    """Log-loss of the challenger minus the champion's: the figure that the gate decides on."""
    return paired_difference(
        log_losses(label, challenger), log_losses(label, champion), group, seed=seed, repeats=repeats
    )


def capacity_share(as_of: pd.Series[Any], agreement: Agreement) -> float:
    """Share of these leads that the best tier has capacity for; :data:`USUAL_SHARE` where none is agreed or it takes all."""
    capacity = next((tier.capacity_per_week for tier in agreement.tiers if tier.capacity_per_week), None)
    moments = pd.to_datetime(as_of, utc=True, format="ISO8601")
    if capacity is None or not len(moments):
        return USUAL_SHARE
    weeks = max((moments.max() - moments.min()).total_seconds() / (7 * 86_400), 1.0)
    share = capacity * weeks / len(moments)
    return share if share < 1.0 else USUAL_SHARE


def _tiers(probability: Floats, cuts: tuple[TierCut, ...], rest: str) -> npt.NDArray[np.object_]:
    """Model tier of each lead; ``rest`` for leads that no offered tier takes."""
    tier = np.full(len(probability), rest, dtype=object)
    for cut in reversed([cut for cut in cuts if cut.cut is not None]):  # the best tier is written last and wins
        tier[probability >= float(cut.cut or 0.0)] = cut.tier_id
    return tier
