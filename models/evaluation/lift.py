"""What the score is worth to people who can work only some of the leads: wins among the best ones, beside points and no score.

Everything is counted at hand-off on leads that no fit had seen. Leads with equal scores at the border count in part, so that ties
favour nobody; without any score every lead is as good as the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadq.agreement.schema import Agreement
from leadq.foundation.arrays import Floats
from leadq.models.evaluation.paired_bootstrap import Gain, captured_difference

SHARES = (0.05, 0.10, 0.20, 0.30, 0.50)
"""Shares of the leads, best first, that the lift is told for."""
ENOUGH_FOR_ALL = 0.90
"""From so large a capacity on, a ranking changes hardly anything and the example is told for :data:`EXAMPLE_SHARE`."""
EXAMPLE_SHARE = 0.20
WEEK = pd.Timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workable:
    """How many of the leads can be worked.

    Parameters
    ----------
    share : float
        Of the leads handed over, in (0, 1].
    capacity_per_week : int or None
        Of the tiers with a promise, together; None where none is agreed.
    leads_per_week : float or None
        Held-out leads handed over; None for a source without dates.
    agreed : bool
        The share is the capacity; False where none is agreed or it is enough for nearly all.
    """

    share: float
    capacity_per_week: int | None
    leads_per_week: float | None
    agreed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftRow:
    """Wins among the best ``share`` of the leads.

    Parameters
    ----------
    share : float
    leads : float
        How many leads that is.
    model, points : float
        Share of all wins among them, by the model and by the points score.
    lift : float
        Their win rate over the overall one.
    versus_points : Gain or None
        ``model - points`` with its interval.
    """

    share: float
    leads: float
    model: float
    points: float
    lift: float
    versus_points: Gain | None


def captured(label: Floats, score: Floats, shares: Floats) -> Floats:
    """Share of all wins among the best leads.

    Parameters
    ----------
    label, score : arrays of shape (n,)
        0 or 1, at least one win; anything that ranks, higher is better.
    shares : array of shape (k,)
        Of the leads, in [0, 1].

    Returns
    -------
    array of shape (k,)
    """
    values, member = np.unique(-score, return_inverse=True)
    size = np.bincount(member, minlength=len(values))
    won = np.bincount(member, weights=label, minlength=len(values))
    leads = np.concatenate([[0.0], np.cumsum(size) / len(label)])
    wins = np.concatenate([[0.0], np.cumsum(won) / won.sum()])
    found: Floats = np.interp(shares, leads, wins)
    return found


def workable(as_of: pd.Series, agreement: Agreement, *, dated: bool) -> Workable:
    """Say how many of the leads handed over at ``as_of`` (shape (n,)) the agreed capacity is enough for."""
    agreed = [tier.capacity_per_week for tier in agreement.tiers if tier.promise and tier.capacity_per_week]
    capacity = sum(agreed) or None
    if not dated or len(as_of) < 2:
        return Workable(share=EXAMPLE_SHARE, capacity_per_week=capacity, leads_per_week=None, agreed=False)
    per_week = len(as_of) / max((as_of.max() - as_of.min()) / WEEK, 1.0)
    share = EXAMPLE_SHARE if capacity is None else capacity / per_week
    binding = capacity is not None and share < ENOUGH_FOR_ALL
    return Workable(
        share=share if binding else EXAMPLE_SHARE,
        capacity_per_week=capacity,
        leads_per_week=per_week,
        agreed=binding,
    )


def lift_rows(judged: pd.DataFrame, shares: tuple[float, ...], *, seed: int, repeats: int) -> tuple[LiftRow, ...]:
    """Lift of the model beside the points score at several sizes; empty where nothing was won.

    Parameters
    ----------
    judged : DataFrame
        Held-out leads at hand-off: ``label, probability, points, group``.
    """
    label = judged["label"].to_numpy(dtype=np.float64)
    if not label.any():
        return ()
    model, points = (judged[name].to_numpy(dtype=np.float64) for name in ("probability", "points"))
    at = np.asarray(shares)
    by_model, by_points = captured(label, model, at), captured(label, points, at)
    group = judged["group"].to_numpy(dtype=np.int64)
    return tuple(
        LiftRow(
            share=share,
            leads=share * len(label),
            model=float(by_model[row]),
            points=float(by_points[row]),
            lift=float(by_model[row] / share),
            versus_points=captured_difference(label, model, points, group, share=share, seed=seed, repeats=repeats),
        )
        for row, share in enumerate(shares)
    )
