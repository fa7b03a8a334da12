"""The kept figures: what came of hand-overs, per tier frozen at hand-over, all of them beside those that sales worked.

Reported only. The acceptance test (``promise_test.py``) judges leads that sales worked; no tier is offered, and no cut is made, by these.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from leadq.agreement.schema import BY_MODEL, DISQUALIFIED, Agreement
from leadq.models.tiers.promise_test import Judgement, judge

ALL_TIERS = ""
"""``tier`` of the figures of all hand-overs, with and without a frozen tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Won leads of some, with a central 90 % interval of the true win rate; no interval where there is no lead."""

    n: int
    won: int
    low: float | None = None
    high: float | None = None

    @property
    def rate(self) -> float | None:
        """Share won; None where there is no lead."""
        return self.won / self.n if self.n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFigures:
    """What came of the hand-overs of one tier.

    Parameters
    ----------
    tier : str
        Frozen at hand-over; :data:`ALL_TIERS` for all.
    promise : float or None
        Win rate that the tier must keep.
    handed_over : int
        All, mature or not.
    everyone : Kept
        Mature hand-overs.
    worked : Kept or None
        Those of them that sales ever worked; None where touches are not recorded.
    rose : int
        Hand-overs that a later score put in a better tier; it changes nothing.
    by_rule : int
        Hand-overs whose tier came from a rule.
    """

    tier: str
    promise: float | None
    handed_over: int
    everyone: Kept
    worked: Kept | None
    rose: int
    by_rule: int

    @property
    def never_worked(self) -> int | None:
        """Mature hand-overs that sales never worked; None where touches are not recorded."""
        return None if self.worked is None else self.everyone.n - self.worked.n

    @property
    def never_worked_share(self) -> float | None:
        """Their share of the mature ones; None where it cannot be said."""
        return None if self.never_worked is None or not self.everyone.n else self.never_worked / self.everyone.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """How fully sales' touches are on record, by the leads that were won: nearly all of those were spoken to.

    Parameters
    ----------
    won : int
        Mature hand-overs that were won.
    touched : int
        Those of them with a touch that counts.
    least : float or None
        The share that was agreed, in (0, 1]; None where none was, or no touch is recorded at all.
    """

    won: int
    touched: int
    least: float | None = None

    @property
    def share(self) -> float | None:
        """Share with a touch; None where none was won."""
        return self.touched / self.won if self.won else None

    @property
    def enough(self) -> bool:
        """Whether it can be said which leads sales worked."""
        return self.least is None or self.share is None or self.share >= self.least


NOTHING_LOGGED = Logged(won=0, touched=0)


def logged_touches(hand_overs: pd.DataFrame, least: float | None) -> Logged:
    """Count the won hand-overs that show a touch.

    Parameters
    ----------
    hand_overs : DataFrame
        ``won, touched, mature``, a row a hand-over.
    least : float or None
    """
    won = hand_overs[hand_overs["mature"].astype(bool) & hand_overs["won"].astype(bool)]
    return Logged(won=len(won), touched=int(won["touched"].eq(True).sum()), least=least)


def kept_figures(hand_overs: pd.DataFrame, agreement: Agreement, *, touches_recorded: bool) -> tuple[KeptFigures, ...]:
    """Count what came of hand-overs: all of them first, then each agreed tier, best first, then disqualified ones if there are any.

    Parameters
    ----------
    hand_overs : DataFrame
        ``account, tier, tier_by, rose, won, worked, mature``, a row a hand-over.
    agreement : Agreement
    touches_recorded : bool
        Otherwise nothing is said of who was worked.
    """
    return tuple(_figures(hand_overs, agreement, touches_recorded))


def _figures(hand_overs: pd.DataFrame, agreement: Agreement, recorded: bool) -> Iterator[KeptFigures]:
    yield _of(hand_overs, ALL_TIERS, None, recorded)
    for tier in agreement.tiers:
        promise = None if tier.promise is None else tier.promise.win_rate_at_least
        yield _of(hand_overs[hand_overs["tier"] == tier.id], tier.id, promise, recorded)
    disqualified = hand_overs[hand_overs["tier"] == DISQUALIFIED]
    if len(disqualified):
        yield _of(disqualified, DISQUALIFIED, None, recorded)


def _of(rows: pd.DataFrame, tier: str, promise: float | None, recorded: bool) -> KeptFigures:
    mature = rows[rows["mature"]]
    return KeptFigures(
        tier=tier,
        promise=promise,
        handed_over=len(rows),
        everyone=_kept(mature),
        worked=_kept(mature[mature["worked"].astype(bool)]) if recorded else None,
        rose=int(rows["rose"].sum()),
        by_rule=int((rows["tier_by"].notna() & (rows["tier_by"] != BY_MODEL)).sum()),
    )


def _kept(rows: pd.DataFrame) -> Kept:
    if not len(rows):
        return Kept(n=0, won=0)
    group = pd.factorize(rows["account"])[0].astype("int64")
    judgement: Judgement = judge(rows["won"].to_numpy(dtype=float), group)
    return Kept(n=judgement.n, won=judgement.won, low=judgement.quantile(0.05), high=judgement.quantile(0.95))
