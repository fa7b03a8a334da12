"""How many leads of each tier come: their share, and how many in each full month.

Counted on hand-overs by their frozen tier, worked or not, once whole months of them were scored; before that by tested forecasts at
hand-off, on leads that no fit had seen, so that the share of a tier is the one that a model gives it and no guess. Leads that nobody
worked have no hand-off and are not among the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_any_dtype

from leadq.foundation.arrays import Floats, Ints
from leadq.models.tiers.tier_offers import TierCut

MONTHS = 12
"""So many full months, the newest, are told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSupply:
    """Leads of a tier.

    Parameters
    ----------
    tier_id : str
    share : float
        Of all leads handed over, in [0, 1].
    won : float
        Win rate of them; 0 where there are none.
    months : tuple of int
        How many came in each full month, oldest first; empty where there are no dates or no full month.
    """

    tier_id: str
    share: float
    won: float
    months: tuple[int, ...] = ()

    @property
    def a_month(self) -> float | None:
        """Mean a month; None where no full month is known."""
        return sum(self.months) / len(self.months) if self.months else None


def tier_supply(
    probability: Floats, label: Floats, as_of: pd.Series | None, cuts: Sequence[TierCut]
) -> tuple[TierSupply, ...]:
    """Count leads by tier.

    Parameters
    ----------
    probability, label : arrays of shape (n,)
        Of leads at hand-off that the forecast had not seen.
    as_of : Series of shape (n,) or None
        When each was handed over; None for a source without dates.
    cuts : sequence of TierCut
        Of the promised tiers, best first. A tier that is not offered begins where the chance reaches its promise.

    Returns
    -------
    tuple of TierSupply
        One a promised tier.
    """
    tier = _tiers(probability, cuts)
    month, full = _months(as_of)
    found: list[TierSupply] = []
    for place, cut in enumerate(cuts):
        inside = tier == place
        months = tuple(int((inside & (month == one)).sum()) for one in full)
        share = float(inside.mean()) if len(inside) else 0.0
        won = float(label[inside].mean()) if inside.any() else 0.0
        found.append(TierSupply(tier_id=cut.tier_id, share=share, won=won, months=months))
    return tuple(found)


def months_of(moments: pd.Series) -> tuple[int, ...]:
    """Return how many of these moments lie in each full month, the newest :data:`MONTHS` of them, oldest first."""
    month, full = _months(moments)
    return tuple(int((month == one).sum()) for one in full)


def handed_over_supply(hand_overs: pd.DataFrame, tier_ids: Sequence[str]) -> tuple[TierSupply, ...]:
    """Count hand-overs by the tier that was frozen then.

    Parameters
    ----------
    hand_overs : DataFrame
        ``tier`` (missing where none was frozen) ``, won, mature, handed_over_at`` (UTC), a row a hand-over of one version of the agreement.
    tier_ids : sequence of str
        Of the promised tiers, best first.

    Returns
    -------
    tuple of TierSupply
        One a tier, the win rate of those old enough to judge; none where no full month of frozen tiers is there.
    """
    scored = hand_overs[hand_overs["tier"].notna()]
    month, full = _months(scored["handed_over_at"])
    if not full:
        return ()
    tier, mature = scored["tier"].to_numpy(), scored["mature"].to_numpy(dtype=bool)
    label = scored["won"].to_numpy(dtype=np.float64)
    found: list[TierSupply] = []
    for name in tier_ids:
        inside = tier == name
        judged = label[inside & mature]
        months = tuple(int((inside & (month == one)).sum()) for one in full)
        won = float(judged.mean()) if len(judged) else 0.0
        found.append(TierSupply(tier_id=name, share=float(inside.mean()), won=won, months=months))
    return tuple(found)


def _tiers(probability: Floats, cuts: Sequence[TierCut]) -> Ints:
    """Return the place of each lead's tier; that of the rest is one more than the last."""
    begins = [cut.promise if cut.cut is None else cut.cut for cut in cuts]
    tier = np.full(len(probability), len(cuts), np.int64)
    for place in reversed(range(len(cuts))):
        tier[probability >= begins[place]] = place
    return tier


def _months(as_of: pd.Series | None) -> tuple[Ints, list[int]]:
    """Return the month of each lead, counted from the year 0, and the newest months that are there from their first to their last day."""
    if as_of is None or not len(as_of):
        return np.zeros(0 if as_of is None else len(as_of), np.int64), []
    moments = pd.to_datetime(as_of, utc=True, format=None if is_datetime64_any_dtype(as_of) else "ISO8601")
    month = np.asarray(moments.dt.year * 12 + moments.dt.month, np.int64)
    return month, list(range(int(month.min()) + 1, int(month.max())))[-MONTHS:]
