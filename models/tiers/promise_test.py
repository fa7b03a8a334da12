"""The acceptance test: do leads that were judged keep a tier's promise? One test for held-out leads and for a matured quarter.

The win rate's Jeffreys posterior stands on the *effective* number of leads: leads of one account, and of one period, go
together, so that many leads can say as little as few. Where a cut comes from is ``cuts.py``'s matter, whether a tier is
offered ``tier_offers.py``'s.

References
----------
ECB instructions for reporting the validation results of internal models, 2019 (Jeffreys test).
Kish, Survey Sampling, 1965 (design effect). Holm, Scandinavian Journal of Statistics 6, 1979.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from leadq.agreement.schema import Acceptance
from leadq.foundation.arrays import Floats, Ints

MIN_TESTABLE = 30
"""Under so many leads nothing is said about a promise."""

MIN_PERIODS = 4
"""From so many periods on, evidence can tell shocks between periods from chance."""

POWER = 0.80
"""Probability of turning red that the detectable rate is named for."""

Light = Literal["PROVEN", "GREEN", "AMBER", "RED", "not testable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Jeffreys posterior of a win rate, Beta(won + 1/2, lost + 1/2), on the effective number of leads.

    Parameters
    ----------
    n, won : int
        Leads, and how many of them were won.
    effective_n : float
        So many leads that have nothing to do with each other would say as much.
    """

    n: int
    won: int
    effective_n: float

    @property
    def rate(self) -> float:
        """Observed win rate; 0 without leads."""
        return self.won / self.n if self.n else 0.0

    def probability_at_least(self, rate: float) -> float:
        """Posterior probability that the true win rate is at least ``rate``."""
        from scipy.special import betaincc  # noqa: PLC0415 - not for the nightly scorer

        return float(betaincc(*self._shape(), rate))

    def quantile(self, share: float) -> float:
        """Win rate below which the posterior holds ``share``."""
        from scipy.special import betaincinv  # noqa: PLC0415

        return float(betaincinv(*self._shape(), share))

    def _shape(self) -> tuple[float, float]:
        return self.effective_n * self.rate + 0.5, self.effective_n * (1.0 - self.rate) + 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the test says of one tier.

    Parameters
    ----------
    judgement : Judgement
    promise : float
        Win rate the tier must keep.
    light : {"PROVEN", "GREEN", "AMBER", "RED", "not testable"}
    probability_kept : float
        Posterior probability that the true win rate is at least the promise.
    detectable_rate : float or None
        True win rate at which so many leads turn red with 80 % probability; None where they could not at any rate.
    """

    judgement: Judgement
    promise: float
    light: Light
    probability_kept: float
    detectable_rate: float | None


def judge(label: Floats, group: Ints, period: Ints | None = None) -> Judgement:
    """Judge the win rate of some leads.

    Parameters
    ----------
    label, group : arrays of shape (n,)
        1 won, 0 not; the account.
    period : array of shape (n,), optional
        The period a lead was handed over in; shocks between periods count from four periods on.
    """
    rate = float(label.mean()) if len(label) else 0.0
    effect = 1.0
    if 0.0 < rate < 1.0:
        residual = (label - rate) / np.sqrt(rate * (1.0 - rate))
        effect += _excess(residual, group)
        if period is not None and len(np.unique(period)) >= MIN_PERIODS:
            effect += _excess(residual, period)
    return Judgement(n=len(label), won=int(label.sum()), effective_n=len(label) / effect)


def percent(rate: float) -> str:
    """Write a share as people read it."""
    return f"{100 * rate:.3g} %"


def _excess(residual: Floats, member: Ints) -> float:
    """By how much leads that belong together inflate the variance of the win rate (design effect - 1), at least 0.

    From the products of standardised residuals over all pairs of one cluster: Kish's sum(m^2) / n - 1 times the
    correlation within clusters, both at once.
    """
    _, place, size = np.unique(member, return_inverse=True, return_counts=True)
    n = len(residual)
    together = float(np.sum(np.bincount(place, weights=residual) ** 2)) / n - 1.0
    return max(0.0, together + float(np.sum(size * (size - 1))) / n**2)  # the rate was estimated from the same leads


def detectable_rate(effective_n: float, promise: float, red_at: float) -> float | None:
    """Return the true win rate at which so many leads turn red with 80 % probability; None where not even no win is red.

    Parameters
    ----------
    effective_n : float
    promise, red_at : float
        In (0, 1); red where the promise is broken with probability ``red_at`` or more.
    """
    from scipy.optimize import brentq  # noqa: PLC0415
    from scipy.special import betainc, betaincinv  # noqa: PLC0415

    def beyond_red(won: float) -> float:
        return float(betainc(won + 0.5, effective_n - won + 0.5, promise)) - red_at

    if effective_n <= 0.0 or beyond_red(0.0) < 0.0:
        return None
    most = brentq(beyond_red, 0.0, effective_n)  # won at most: red
    return float(betaincinv(most + 1.0, effective_n - most, 1.0 - POWER))


def judge_tiers(judgements: Sequence[Judgement], promises: Sequence[float], rules: Acceptance) -> tuple[Verdict, ...]:
    """Hold judged tiers against their promises, red by Holm's step-down test over those that are testable.

    Parameters
    ----------
    judgements, promises : sequences of the same length
    rules : Acceptance

    Returns
    -------
    tuple of Verdict
        In the same order. Detectable rates are named for the first, strictest step of Holm.
    """
    kept = [one.probability_at_least(promise) for one, promise in zip(judgements, promises, strict=True)]
    testable = [at for at, one in enumerate(judgements) if one.n >= MIN_TESTABLE]
    red: set[int] = set()
    for rank, at in enumerate(sorted(testable, key=lambda at: kept[at])):
        if kept[at] > (1.0 - rules.red_at) / (len(testable) - rank):
            break
        red.add(at)
    strictest = 1.0 - (1.0 - rules.red_at) / max(len(testable), 1)
    return tuple(
        Verdict(
            judgement=one,
            promise=promise,
            light=_light(kept[at], rules, testable=at in testable, red=at in red),
            probability_kept=kept[at],
            detectable_rate=detectable_rate(one.effective_n, promise, strictest) if at in testable else None,
        )
        for at, (one, promise) in enumerate(zip(judgements, promises, strict=True))
    )


def _light(kept: float, rules: Acceptance, *, testable: bool, red: bool) -> Light:
    if not testable:
        return "not testable"
    if red:
        return "RED"
    if 1.0 - kept >= rules.amber_at:
        return "AMBER"
    return "PROVEN" if kept >= rules.confidence else "GREEN"
