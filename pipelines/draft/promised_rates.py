"""Which promise each tier could keep: today's where that is proven, else the highest that later leads prove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import floor

from leadq.agreement.schema import Agreement, Promise, Tier
from leadq.models.tiers.cuts import USUAL_FLOOR, HeldOut
from leadq.models.tiers.tier_offers import TierCut, offer_tiers, supported_promises

SIZES = (0.10, 0.30, 0.50, 0.70)
"""The best leads that the first, second, ... promise is looked for in, as a share of all."""


def with_promises(agreement: Agreement, held_out: HeldOut) -> Agreement:
    """Give each promised tier today's promise where that is proven, else the highest that is.

    The search begins with what the best leads support at a size of the tier, with drift allowed for and the confidence held over all
    sizes; since the leads of the tiers above are among those, it goes down by whole percents until the tier's own leads prove it.
    """
    base = float(held_out.label.mean())
    today = {cut.tier_id: cut for cut in offers(agreement, held_out)}
    promised = [tier for tier in agreement.tiers if tier.promise is not None]
    supported = supported_promises(held_out, agreement, SIZES[: max(len(promised), 2)])
    rates: dict[str, Promise] = {}
    above = 1.0
    for tier, best in zip(promised, [*supported, *[None] * len(promised)], strict=False):
        if tier.promise is None:
            continue
        cut = today[tier.id]
        if cut.light == "PROVEN" and base < cut.promise < above:
            rate: float | None = cut.promise
        else:
            rate = None if best is None else _highest_proven(agreement, rates, tier, best.rate, held_out)
        if rate is None or not base < rate < above:
            continue
        rates[tier.id] = tier.promise if rate == tier.promise.win_rate_at_least else _promise(rate, tier)
        above = rate
    return _put(agreement, rates)


def offers(agreement: Agreement, held_out: HeldOut) -> tuple[TierCut, ...]:
    """Return what each promised tier of ``agreement`` would get of the held-out leads."""
    return offer_tiers(held_out.probability, held_out.label, held_out.group, agreement, period=held_out.period)


def rounded_down(rate: float) -> float:
    """Return a rate in whole percents, below five in tenths of one; never 0, which promises nothing."""
    step = 100 if rate >= 0.05 else 1000
    return floor(rate * step + 1e-9) / step or rate


def _highest_proven(
    agreement: Agreement, rates: dict[str, Promise], tier: Tier, begin: float, held_out: HeldOut
) -> float | None:
    """Return the highest promise up to ``begin`` that the tier's own leads prove; None where no more than all leads win is."""
    base, rate = float(held_out.label.mean()), rounded_down(begin)
    while rate > base:
        tried = _put(agreement, {**rates, tier.id: _promise(rate, tier)})
        (cut,) = (one for one in offers(tried, held_out) if one.tier_id == tier.id)
        if cut.light == "PROVEN":
            return rate
        rate = rounded_down(rate - (0.01 if rate >= 0.06 else 0.001))
    return None


def _put(agreement: Agreement, rates: dict[str, Promise]) -> Agreement:
    tiers = (replace(tier, promise=rates.get(tier.id, tier.promise)) for tier in _falling(agreement.tiers, rates))
    return replace(agreement, tiers=tuple(tiers))


def _falling(tiers: tuple[Tier, ...], rates: dict[str, Promise]) -> Iterator[Tier]:
    """Yield tiers whose promises fall strictly, once those of ``rates`` are put in: what is not proposed gives way."""
    above = 1.0
    for tier in tiers:
        promise = rates.get(tier.id, tier.promise)
        if promise is not None and promise.win_rate_at_least >= above:
            promise = _promise(rounded_down(USUAL_FLOOR * above), tier)
        above = above if promise is None else promise.win_rate_at_least
        yield replace(tier, promise=promise)


def _promise(rate: float, tier: Tier) -> Promise:
    floor_agreed = tier.promise is not None and tier.promise.marginal_at_least is not None
    return Promise(win_rate_at_least=rate, marginal_at_least=rounded_down(USUAL_FLOOR * rate) if floor_agreed else None)
