"""From the promises of the agreement to cuts on the calibrated probability, and whether they can be kept.

A tier is cut where the probability reaches its promise: the average of the tier then lies above it and the
floor for its last lead holds by itself (method section 5). It is offered only where held-out leads do not
speak against it. Sizing by capacity and allowances for drift come later; :func:`offer_tiers` is the one
place that decides, :func:`judge` the one that tests.

References
----------
ECB instructions for reporting the validation results of internal models, 2019 (Jeffreys test).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from agreement.schema import Acceptance, Agreement
from models.arrays import Bools, Floats, Ints

MIN_TESTABLE = 30
SIZES = (0.05, 0.10, 0.20)
"""Shares of all leads for which the largest supportable promise is named."""

Light = Literal["PROVEN", "GREEN", "AMBER", "RED", "not testable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCut:
    """A promised tier, its cut, and what held-out leads at hand-off say about it.

    Parameters
    ----------
    tier_id : str
    promise : float
        Win rate the tier must keep.
    cut : float or None
        Lowest calibrated probability of the tier; None where it is not offered.
    offered : bool
    n, won : int
        Held-out leads in the tier, and how many of them were won.
    observed_rate, mean_probability : float or None
        Actual and predicted win rate of them; None where there are none.
    probability_kept : float or None
        Posterior probability that the tier's true win rate is at least the promise.
    rate_low, rate_high : float or None
        Central 90 % interval of the true win rate.
    light : {"PROVEN", "GREEN", "AMBER", "RED", "not testable"}
    why : str
        In words.
    """

    tier_id: str
    promise: float
    cut: float | None
    offered: bool
    n: int = 0
    won: int = 0
    observed_rate: float | None = None
    mean_probability: float | None = None
    probability_kept: float | None = None
    rate_low: float | None = None
    rate_high: float | None = None
    light: Light = "not testable"
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Jeffreys posterior of a win rate: Beta(won + 1/2, lost + 1/2), on the effective number of leads."""

    n: int
    won: int
    effective_n: float

    def probability_at_least(self, rate: float) -> float:
        """Posterior probability that the true win rate is at least ``rate``."""
        from scipy.stats import beta  # noqa: PLC0415 - not for the nightly scorer

        return float(beta.sf(rate, *self._shape()))

    def quantile(self, share: float) -> float:
        """Win rate below which the posterior holds ``share``."""
        from scipy.stats import beta  # noqa: PLC0415

        return float(beta.ppf(share, *self._shape()))

    def _shape(self) -> tuple[float, float]:
        scale = self.effective_n / self.n if self.n else 1.0
        return self.won * scale + 0.5, (self.n - self.won) * scale + 0.5


def judge(label: Floats, group: Ints) -> Judgement:
    """Judge the win rate of some held-out leads; leads of one account count for less where they go together.

    Parameters
    ----------
    label, group : arrays of shape (n,)
    """
    n, won = len(label), int(label.sum())
    rate = won / n if n else 0.0
    effect = 1.0
    if 0.0 < rate < 1.0:
        _, member = np.unique(group, return_inverse=True)
        between = float(np.sum(np.bincount(member, weights=label - rate) ** 2))
        effect = max(1.0, between / (n * rate * (1.0 - rate)))
    return Judgement(n=n, won=won, effective_n=n / effect)


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def largest_promises(probability: Floats, label: Floats, group: Ints, confidence: float) -> str:
    """Say which promise the data supports for the best leads, at several sizes."""
    parts = []
    for share in SIZES:
        if len(label) * share < MIN_TESTABLE:
            continue
        best: Bools = probability >= np.quantile(probability, 1.0 - share)  # leads with equal scores stay together
        rate = judge(label[best], group[best]).quantile(1.0 - confidence)
        parts.append(f"{_percent(rate)} for the best {100 * best.mean():.0f} % of leads (n = {best.sum()})")
    if not parts:
        return f"{len(label)} held-out leads are too few to support any promise"
    return "the largest promise this data supports is " + ", ".join(parts)


def _why_not(judgement: Judgement, promise: float, broken: float, rate: float) -> str:
    if judgement.n < MIN_TESTABLE:
        return f"only {judgement.n} held-out leads reach a probability of {_percent(promise)} ({MIN_TESTABLE} needed)"
    return (
        f"of {judgement.n} held-out leads with a probability of at least {_percent(promise)} {judgement.won} were won "
        f"({_percent(rate)}): the promise would be broken with probability {broken:.2f}"
    )


def _test_tier(
    tier_id: str, promise: float, inside: Bools, probability: Floats, label: Floats, group: Ints, rules: Acceptance
) -> TierCut:
    judgement = judge(label[inside], group[inside])
    empty = TierCut(tier_id=tier_id, promise=promise, cut=None, offered=False, n=judgement.n, won=judgement.won)
    if judgement.n == 0:
        return replace(empty, why=_why_not(judgement, promise, 0.0, 0.0))
    rate, mean = judgement.won / judgement.n, float(probability[inside].mean())
    kept = judgement.probability_at_least(promise)
    seen = replace(
        empty,
        observed_rate=rate,
        mean_probability=mean,
        probability_kept=kept,
        rate_low=judgement.quantile(0.05),
        rate_high=judgement.quantile(0.95),
    )
    if judgement.n < MIN_TESTABLE:
        return replace(seen, why=_why_not(judgement, promise, 1.0 - kept, rate))
    if 1.0 - kept >= rules.amber_at:
        return replace(seen, light="AMBER", why=_why_not(judgement, promise, 1.0 - kept, rate))
    light: Light = "PROVEN" if kept >= rules.confidence else "GREEN"
    why = (
        f"{judgement.won} of {judgement.n} held-out leads were won ({_percent(rate)}, {_percent(mean)} predicted): "
        f"the promise of {_percent(promise)} is kept with probability {kept:.2f}"
    )
    return replace(seen, offered=True, light=light, why=why)


def _mark_red(cuts: list[TierCut], red_at: float) -> list[TierCut]:
    """Turn AMBER into RED where Holm's step-down test over all testable tiers rejects that the promise is kept."""
    tested = sorted(
        (cut.probability_kept, at)
        for at, cut in enumerate(cuts)
        if cut.light != "not testable" and cut.probability_kept is not None
    )
    for rank, (kept, at) in enumerate(tested):
        if kept > (1.0 - red_at) / (len(tested) - rank):
            break
        cuts[at] = replace(cuts[at], light="RED")
    return cuts


def offer_tiers(probability: Floats, label: Floats, group: Ints, agreement: Agreement) -> tuple[TierCut, ...]:
    """Decide which promised tiers can be offered.

    Parameters
    ----------
    probability, label, group : arrays of shape (n,)
        Calibrated probability, outcome and account of held-out (out-of-time) leads at hand-off.
    agreement : Agreement
        Its promises and acceptance rules; the last tier has no promise and gets no cut.

    Returns
    -------
    tuple of TierCut
        One per promised tier, best first. A tier that is not offered leaves its leads to the next one.
    """
    rules = agreement.acceptance
    cuts: list[TierCut] = []
    ceiling = np.inf
    for tier in agreement.tiers:
        if tier.promise is None:
            continue
        promise = tier.promise.win_rate_at_least
        cut = max(promise, tier.promise.marginal_at_least or 0.0)
        inside: Bools = (probability >= cut) & (probability < ceiling)
        found = _test_tier(tier.id, promise, inside, probability, label, group, rules)
        if found.offered:
            found = replace(found, cut=cut)
            ceiling = cut
        else:
            largest = largest_promises(probability, label, group, rules.confidence)
            found = replace(found, why=f"no {tier.id} can be promised at {_percent(promise)}: {found.why}; {largest}")
        cuts.append(found)
    return tuple(_mark_red(cuts, rules.red_at))


def no_tiers(agreement: Agreement, why: str) -> tuple[TierCut, ...]:
    """Return the agreement's promised tiers, none of them offered."""
    return tuple(
        TierCut(
            tier_id=tier.id, promise=tier.promise.win_rate_at_least, cut=None, offered=False, why=f"not offered: {why}"
        )
        for tier in agreement.tiers
        if tier.promise is not None
    )


def cut_by_tier(cuts: tuple[TierCut, ...]) -> dict[str, float | None]:
    """Cuts as :func:`agreement.decide.model_tiers` takes them; None where a tier is not offered."""
    return {cut.tier_id: cut.cut for cut in cuts}
