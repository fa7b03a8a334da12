"""Which promised tiers can be offered, decided in one place, and what can be promised where they cannot.

``cuts.py`` says where a tier begins, ``promise_test.py`` tests the leads in it. A tier is offered unless held-out leads speak
against it: not on AMBER or RED, nor with fewer than 30 leads. What rules of the agreement add or take away is judged elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leadq.agreement.schema import Agreement
from leadq.foundation.arrays import Bools, Floats, Ints
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.tiers.cuts import Bound, Cut, HeldOut, choose_cut, deviations, supported_rate
from leadq.models.tiers.promise_test import MIN_TESTABLE, Judgement, Light, Verdict, judge_tiers, percent
from leadq.models.tiers.promise_test import judge as judge  # noqa: PLC0414 - review_figures.py still takes it from here

SIZES = (0.05, 0.10, 0.20)
"""Shares of all leads for which the largest supportable promise is named."""

CLEARLY_LESS = 0.95
"""Below this share of effective leads it is said in words."""


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
    bound : {"promise", "capacity", "lower bound"}
        What the cut comes from.
    effective_n : float
        So many leads without common accounts or periods would say as much as the ``n``.
    detectable_rate : float or None
        True win rate at which so many leads turn red with 80 % probability; None where they could not at any rate.
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
    bound: Bound = "promise"
    effective_n: float = 0.0
    detectable_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A tier as it would be, before all are judged together."""

    tier_id: str
    promise: float
    cut: Cut
    judgement: Judgement
    mean: float


def offer_tiers(
    probability: Floats,
    label: Floats,
    group: Ints,
    agreement: Agreement,
    *,
    period: Ints | None = None,
    weekly_flow: float | None = None,
) -> tuple[TierCut, ...]:
    """Decide which promised tiers can be offered.

    Parameters
    ----------
    probability, label, group : arrays of shape (n,)
        Calibrated probability, outcome and account of held-out (out-of-time) leads at hand-off.
    agreement : Agreement
        Its promises, capacities and acceptance rules; the last tier has no promise and gets no cut.
    period : array of shape (n,), optional
        Index of the test period of each lead; from four periods on shocks between them count.
    weekly_flow : float, optional
        All new hand-offs a week; without it capacity bounds nothing.

    Returns
    -------
    tuple of TierCut
        One per promised tier, best first; cuts fall strictly. A tier that is not offered leaves its leads to the next one.
    """
    held_out = HeldOut(probability=probability, label=label, group=group, period=period)
    candidates = _candidates(held_out, agreement, weekly_flow)
    verdicts = judge_tiers(
        [one.judgement for one in candidates], [one.promise for one in candidates], agreement.acceptance
    )
    return tuple(
        _tier_cut(one, verdict, held_out, agreement) for one, verdict in zip(candidates, verdicts, strict=True)
    )


def _candidates(held_out: HeldOut, agreement: Agreement, flow: float | None) -> list[_Candidate]:
    rules = agreement.acceptance
    promised = [(tier, tier.promise.win_rate_at_least) for tier in agreement.tiers if tier.promise is not None]
    below = [promise for _, promise in promised[1:]] + [0.0]
    found: list[_Candidate] = []
    ceiling = np.inf
    for (tier, promise), next_promise in zip(promised, below, strict=True):
        cut = choose_cut(tier, held_out, rules, ceiling=ceiling, next_promise=next_promise, flow=flow)
        inside: Bools = (held_out.probability >= cut.at) & (held_out.probability < ceiling)
        judgement = held_out.judge(inside)
        mean = float(held_out.probability[inside].mean()) if judgement.n else 0.0
        found.append(_Candidate(tier_id=tier.id, promise=promise, cut=cut, judgement=judgement, mean=mean))
        if judgement.n >= MIN_TESTABLE and 1.0 - judgement.probability_at_least(promise) < rules.amber_at:
            ceiling = cut.at  # offered; else its leads fall to the next tier
    return found


def _tier_cut(one: _Candidate, verdict: Verdict, held_out: HeldOut, agreement: Agreement) -> TierCut:
    judgement, offered = one.judgement, verdict.light in {"GREEN", "PROVEN"}
    empty = TierCut(
        tier_id=one.tier_id,
        promise=one.promise,
        cut=one.cut.at if offered else None,
        offered=offered,
        n=judgement.n,
        won=judgement.won,
        light=verdict.light,
        why=_why(one, verdict) if offered else _why_not(one, verdict, largest_promises(held_out, agreement)),
        bound=one.cut.bound,
        effective_n=judgement.effective_n,
        detectable_rate=verdict.detectable_rate,
    )
    if judgement.n == 0:
        return empty
    return replace(
        empty,
        observed_rate=judgement.rate,
        mean_probability=one.mean,
        probability_kept=verdict.probability_kept,
        rate_low=judgement.quantile(0.05),
        rate_high=judgement.quantile(0.95),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportedPromise:
    """The highest promise (``rate``) that the data supports for the best leads: a ``share`` of all, so many of them, so many won."""

    share: float
    leads: int
    won: int
    rate: float


def supported_promises(
    held_out: HeldOut, agreement: Agreement, sizes: tuple[float, ...] = SIZES
) -> tuple[SupportedPromise, ...]:
    """Return which promise the data supports for the best leads, at several sizes, with drift until the next quarter allowed for.

    The confidence of the agreement holds for all sizes together, since the best looking one will be chosen. Sizes with fewer than 30
    leads are left out.
    """
    rules = agreement.acceptance
    z, drift_sd = deviations(1.0 - (1.0 - rules.confidence) / len(sizes)), held_out.drift_sd(rules)
    found: list[SupportedPromise] = []
    for share in sizes:
        if len(held_out.label) * share < MIN_TESTABLE:
            continue
        # leads with equal scores stay together
        best: Bools = held_out.probability >= np.quantile(held_out.probability, 1.0 - share)
        judgement = held_out.judge(best)
        rate = supported_rate(judgement.rate * judgement.effective_n, judgement.effective_n, z, drift_sd)
        found.append(SupportedPromise(share=float(best.mean()), leads=judgement.n, won=judgement.won, rate=rate))
    return tuple(found)


def largest_promises(held_out: HeldOut, agreement: Agreement) -> str:
    """Say which promise the data supports for the best leads, at several sizes (:func:`supported_promises`)."""
    parts = [
        f"{percent(one.rate)} for the best {100 * one.share:.0f} % of leads ({counted(one.leads, 'lead')})"
        for one in supported_promises(held_out, agreement)
    ]
    if not parts:
        return f"{counted(len(held_out.label), 'test lead')} are too few to support any promise"
    return "the highest promise this data supports is " + ", ".join(parts)


def _why(one: _Candidate, verdict: Verdict) -> str:
    judgement = one.judgement
    return (
        f"{judgement.won} of {counted(judgement.n, 'test lead')} {one_or_many(judgement.won, 'was', 'were')} won "
        f"({percent(judgement.rate)}, {percent(one.mean)} predicted):"
        f" the promise of {percent(one.promise)} is kept with probability {verdict.probability_kept:.2f}"
        f"{_weight(verdict)}; {one.cut.words}"
    )


def _why_not(one: _Candidate, verdict: Verdict, largest: str) -> str:
    judgement, at = one.judgement, percent(one.cut.at)
    if judgement.n < MIN_TESTABLE:
        reach = one_or_many(judgement.n, "reaches", "reach")
        why = f"only {counted(judgement.n, 'test lead')} {reach} a probability of {at} ({MIN_TESTABLE} needed)"
    else:
        why = (
            f"of {counted(judgement.n, 'test lead')} with a probability of at least {at}, {judgement.won} "
            f"{one_or_many(judgement.won, 'was', 'were')} won ({percent(judgement.rate)}): the promise would be broken with"
            " probability"
            f" {1.0 - verdict.probability_kept:.2f}{_weight(verdict)}"
        )
    return f"{one.tier_id} cannot be promised at {percent(one.promise)}: {why}; {largest}"


def _weight(verdict: Verdict) -> str:
    """Say what so many leads could have shown."""
    judgement, rate = verdict.judgement, verdict.detectable_rate
    together = f"they count as {judgement.effective_n:.0f}, because leads of one account or period are alike; "
    words = "with so few leads no win rate could prove the promise broken"
    if rate is not None:
        words = f"a true rate of {percent(rate)} or less would have been noticed"
    return f" ({together if judgement.effective_n < CLEARLY_LESS * judgement.n else ''}{words})"


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
    """Cuts as :func:`leadq.agreement.decide.model_tiers` takes them; None where a tier is not offered."""
    return {cut.tier_id: cut.cut for cut in cuts}
