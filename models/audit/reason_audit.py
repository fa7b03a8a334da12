"""The audit of reasons: 200 leads, their contributions against interventional SHAP and against deletion, as figures and in words.

Contributions are path-dependent TreeSHAP, measured against the mean of the reference leads; both answers that they are compared
with replace facts by those of reference leads. Where facts go together, path-dependent SHAP shares between their families what
deletion finds in one of them: that is seen by family. How reasons change between refits stands in
``models/evaluation/stability.py``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadq.foundation.arrays import Bools, Floats
from leadq.models.audit.replaced_facts import asking, deletion_effects, interventional
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.evaluation.stability import rank_correlation, strongest_kept
from leadq.models.fit.contributions import family_places
from leadq.models.pictures.quarterly_figures import contributions_by_shap

LEADS = 200
BACKGROUND = 100
LEAST = 0.15
"""Log-odds from which a contribution is audited: the least that a reason needs to be shown."""
MIN_CORRELATION = 0.9
RATIO = (0.8, 1.25)
"""Within these the median of effect over contribution must lie."""
_FEW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyAudit:
    """One family over the leads where it holds at least :data:`LEAST`: means of absolute log-odds, and the median ratio of the effect."""

    family: str
    leads: int
    contribution: float
    interventional: float
    effect: float
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the audit of one model's reasons found.

    Parameters
    ----------
    leads, background : int
    pairs : int
        Leads and families with a contribution of at least :data:`LEAST`.
    largest_difference : float
        Of any feature's contribution from that of ``shap`` itself, calibrated log-odds.
    interventional_rank : float or None
        Mean over leads of Spearman's correlation with interventional SHAP, over the families that hold at least :data:`LEAST` by either
        (leads with two such families and more).
    interventional_strongest : float
        Share of leads whose strongest family, with its direction, is the same, in [0, 1].
    interventional_ratio : float or None
        Median of interventional SHAP over contribution.
    correlation : float or None
        Of the effect of deletion with the contribution, over all pairs; None where they do not vary.
    ratio, ratio_low, ratio_high : float or None
        Effect over contribution: median, 5 % and 95 % of the pairs.
    families : tuple of FamilyAudit
        Strongest first.
    """

    leads: int
    background: int
    pairs: int
    largest_difference: float
    interventional_rank: float | None
    interventional_strongest: float
    interventional_ratio: float | None
    correlation: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    families: tuple[FamilyAudit, ...]

    @property
    def faithful(self) -> bool:
        """Whether deletion confirms the reasons: :data:`MIN_CORRELATION` and :data:`RATIO`."""
        if self.correlation is None or self.ratio is None:
            return False
        return self.correlation >= MIN_CORRELATION and RATIO[0] <= self.ratio <= RATIO[1]

    @property
    def shared(self) -> tuple[FamilyAudit, ...]:
        """Families (of ten leads and more) whose own ratio lies outside :data:`RATIO`: they share their credit with others."""
        return tuple(one for one in self.families if one.leads >= _FEW and not RATIO[0] <= one.ratio <= RATIO[1])

    def to_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "faithful": self.faithful}


def audit_reasons(bundle: Bundle, rows: Floats, *, seed: int, threads: int = 1) -> Audit | None:
    """Audit the reasons that a bundle gives.

    Parameters
    ----------
    bundle : Bundle
    rows : array of shape (n, n_features)
        Encoded reference leads (:func:`leadq.models.fit.contributions.reference_rows`), in any order; leads and background
        are drawn from them, none for both.
    seed : int
    threads : int
        The figures do not depend on it.

    Returns
    -------
    Audit or None
        None for a base-rate bundle, which gives no reasons, and where there are fewer than two rows.
    """
    if bundle.kind != "booster" or len(rows) < 2:
        return None
    order = np.random.default_rng(seed).permutation(len(rows))
    n_leads = min(LEADS, len(rows) * 2 // 3)  # of few rows two thirds: no lead is its own background
    leads, background = rows[order[:n_leads]], rows[order[n_leads:][-BACKGROUND:]]
    scored = MatrixScorer(bundle, threads=threads).score(leads)
    ask, looked_at = asking(bundle, threads=threads)
    places, families = family_places(bundle.catalogue), scored.families
    players = np.where(looked_at, places, -1)
    swapped = interventional(ask, leads, background, players, len(families), seed=seed)
    told: Bools = np.abs(scored.contributions) >= LEAST
    effects = deletion_effects(ask, leads, background, places, told)
    difference = np.abs(contributions_by_shap(bundle, leads) - scored.feature_contributions).max()
    return compare_answers(
        scored.contributions,
        swapped,
        effects,
        families,
        background=len(background),
        largest_difference=float(difference),
    )


def compare_answers(
    contributions: Floats,
    swapped: Floats,
    effects: Floats,
    families: tuple[str, ...],
    *,
    background: int,
    largest_difference: float = 0.0,
) -> Audit:
    """Hold contributions against both answers.

    Parameters
    ----------
    contributions, swapped, effects : arrays of shape (n, n_families)
        Of the nightly scorer, of interventional SHAP, of deletion (NaN where not asked), calibrated log-odds.
    families : tuple of str
    background : int
        Background leads that the answers are means over.
    largest_difference : float
    """
    told: Bools = np.abs(contributions) >= LEAST
    said, effect = contributions[told], effects[told]
    ratio = effect / said
    varies = len(said) > 1 and bool(np.ptp(said) > 0) and bool(np.ptp(effect) > 0)
    low, middle, high = (float(np.quantile(ratio, at)) if len(ratio) else None for at in (0.05, 0.5, 0.95))
    return Audit(
        leads=len(contributions),
        background=background,
        pairs=len(said),
        largest_difference=largest_difference,
        interventional_rank=_mean_rank(contributions, swapped),
        interventional_strongest=strongest_kept(contributions, swapped),
        interventional_ratio=float(np.median(swapped[told] / said)) if len(said) else None,
        correlation=float(np.corrcoef(effect, said)[0, 1]) if varies else None,
        ratio=middle,
        ratio_low=low,
        ratio_high=high,
        families=_by_family(contributions, swapped, effects, families),
    )


def _mean_rank(first: Floats, second: Floats) -> float | None:
    counted: Bools = (np.abs(first) >= LEAST) | (np.abs(second) >= LEAST)
    found = [
        rank_correlation(first[row, shown], second[row, shown]) for row, shown in enumerate(counted) if shown.sum() >= 2
    ]
    return float(np.mean(found)) if found else None


def _by_family(
    contributions: Floats, swapped: Floats, effects: Floats, names: tuple[str, ...]
) -> tuple[FamilyAudit, ...]:
    found = []
    for at, name in enumerate(names):
        told = np.abs(contributions[:, at]) >= LEAST
        if told.any():
            said, other, effect = (part[told, at] for part in (contributions, swapped, effects))
            found.append(
                FamilyAudit(
                    family=name,
                    leads=int(told.sum()),
                    contribution=float(np.abs(said).mean()),
                    interventional=float(np.abs(other).mean()),
                    effect=float(np.abs(effect).mean()),
                    ratio=float(np.median(effect / said)),
                )
            )
    return tuple(sorted(found, key=lambda one: -one.contribution * one.leads))
