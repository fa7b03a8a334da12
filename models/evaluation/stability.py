"""How much of the order, the tiers and the reasons stays when the model is fitted again a period later.

Two fits look at the same leads. Some churn between refits is normal (a fifth of the tiers, two of the three top families the same);
more says that the data is too thin for what is asked of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadq.agreement.schema import Agreement
from leadq.features.catalogue import Catalogue
from leadq.features.training_data import TrainingData
from leadq.foundation.arrays import Floats, Ints
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.evaluation.rolling_origins import OriginFit, judged_landmark
from leadq.models.fit.calibration import Calibrator
from leadq.models.fit.contributions import explain, sum_by_family

TOP_FAMILIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """One of the two fits: LightGBM's text, and its calibrator."""

    booster_text: str
    calibrator: Calibrator


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """Two fits on the same leads.

    Parameters
    ----------
    n : int
    rank_correlation : float
        Spearman's; 1 is the same order.
    tiers : tuple of str
        Best first, the last one takes the rest.
    moved : tuple of tuple of int
        Leads by tier under the earlier fit (rows) and the later one (columns).
    families_kept : float
        Mean share of a lead's three strongest families that are the same under both, in [0, 1].
    strongest_before, strongest_after : tuple of str
        The three families that move scores most overall.
    strongest_kept : float or None
        Share of the leads whose strongest family is the same and speaks in the same direction, in [0, 1]; None in bundles of before.
    """

    n: int
    rank_correlation: float
    tiers: tuple[str, ...]
    moved: tuple[tuple[int, ...], ...]
    families_kept: float
    strongest_before: tuple[str, ...]
    strongest_after: tuple[str, ...]
    strongest_kept: float | None = None

    @property
    def churn(self) -> float:
        """Share of the leads whose tier is another one."""
        return 1.0 - sum(row[at] for at, row in enumerate(self.moved)) / self.n

    @staticmethod
    def from_document(document: dict[str, Any]) -> Stability:
        """Read what ``dataclasses.asdict`` and JSON made of one."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
        }
        given["moved"] = tuple(tuple(row) for row in document["moved"])
        return Stability(**given)


def rank_correlation(first: Floats, second: Floats) -> float:
    """Spearman's correlation of two scores of the same leads (ties share their mean rank)."""
    from scipy.stats import rankdata  # noqa: PLC0415 - only for reports

    ranks = np.vstack([rankdata(first), rankdata(second)])
    if np.ptp(ranks[0]) == 0 or np.ptp(ranks[1]) == 0:
        return float(np.array_equal(ranks[0], ranks[1]))
    return float(np.corrcoef(ranks)[0, 1])


def strongest_kept(first: Floats, second: Floats) -> float:
    """Share of leads whose strongest family, with its direction, is the same in two arrays of contributions, shape (n, n_families)."""
    at, other = np.abs(first).argmax(axis=1), np.abs(second).argmax(axis=1)
    row = np.arange(len(first))
    same = (at == other) & (np.sign(first[row, at]) == np.sign(second[row, other]))
    return float(same.mean())


def between_origins(data: TrainingData, fits: Sequence[OriginFit], agreement: Agreement) -> Stability | None:
    """Let the fits of the last two origins look at the leads held out after both, at hand-off.

    Parameters
    ----------
    data : TrainingData
        The training population that the fits' splits are over.
    fits : sequence of OriginFit
    agreement : Agreement
        Its promises are the cuts.

    Returns
    -------
    Stability or None
        None where there are not two usable fits, or no lead to look at.
    """
    usable = [fit for fit in fits if fit.usable][-2:]
    if len(usable) < 2:
        return None
    landmark = data.meta["landmark"].to_numpy(dtype=np.int64)
    rows = usable[1].split.test & (landmark == judged_landmark(landmark))
    if not rows.any():
        return None
    earlier, later = (
        Refit(booster_text=fit.fitted.booster_text, calibrator=fit.fitted.calibration.calibrator) for fit in usable
    )
    cuts = [(tier.id, tier.promise.win_rate_at_least) for tier in agreement.tiers if tier.promise]
    return compare_refits(earlier, later, data.features[rows], data.catalogue, cuts, agreement.tiers[-1].id)


def compare_refits(
    earlier: Refit, later: Refit, rows: Floats, catalogue: Catalogue, cuts: Sequence[tuple[str, float]], rest: str
) -> Stability:
    """Let two fits look at the same leads.

    Parameters
    ----------
    earlier, later : Refit
    rows : array of shape (n, n_features)
        Leads that neither has learnt from; n at least 1.
    catalogue : Catalogue
    cuts : sequence of (str, float)
        Tiers and their lowest probability, best first.
    rest : str
        The tier that takes the others.
    """
    before, families_before = _look(earlier, rows, catalogue)
    after, families_after = _look(later, rows, catalogue)
    tiers = (*(name for name, _ in cuts), rest)
    moved = np.zeros((len(tiers), len(tiers)), dtype=np.int64)
    np.add.at(moved, (_tier_at(before, cuts), _tier_at(after, cuts)), 1)
    top = min(TOP_FAMILIES, families_before.shape[1])
    first, second = (
        np.argsort(-np.abs(found), axis=1, kind="stable")[:, :top] for found in (families_before, families_after)
    )
    kept = (first[:, :, None] == second[:, None, :]).any(axis=2).mean()
    return Stability(
        n=len(rows),
        rank_correlation=rank_correlation(before, after),
        tiers=tiers,
        moved=tuple(tuple(int(count) for count in row) for row in moved),
        families_kept=float(kept),
        strongest_before=_strongest(families_before, catalogue),
        strongest_after=_strongest(families_after, catalogue),
        strongest_kept=strongest_kept(families_before, families_after),
    )


def _look(fit: Refit, rows: Floats, catalogue: Catalogue) -> tuple[Floats, Floats]:
    """Return calibrated probabilities (n,) and contributions by family (n, n_families), against the mean of these leads."""
    margin, parts = explain(load_lightgbm().Booster(model_str=fit.booster_text), rows)
    contributions = fit.calibrator.slope * (parts[:, :-1] - parts[:, :-1].mean(axis=0))
    return fit.calibrator.probability(margin), sum_by_family(contributions, catalogue)


def _tier_at(probability: Floats, cuts: Sequence[tuple[str, float]]) -> Ints:
    at = np.full(len(probability), len(cuts), dtype=np.int64)
    for position in reversed(range(len(cuts))):
        at[probability >= cuts[position][1]] = position
    return at


def _strongest(by_family: Floats, catalogue: Catalogue) -> tuple[str, ...]:
    order = np.argsort(-np.abs(by_family).mean(axis=0), kind="stable")[:TOP_FAMILIES]
    return tuple(catalogue.families[at] for at in order)
