"""What can be promised: a horizon that covers the wins, a promise a tier by tested forecasts, how many leads of the best tier come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import floor

import numpy as np

from leadq.agreement.plain_words import percent_in_words
from leadq.agreement.schema import Agreement, Promise, Tier
from leadq.agreement.terms.tier_duties import weeks_in
from leadq.features.readiness.history_figures import COVERED, WinTimes
from leadq.foundation.plurals import counted
from leadq.models.evaluation.first_look import FirstLook
from leadq.models.tiers.cuts import USUAL_FLOOR, HeldOut
from leadq.models.tiers.promise_test import MIN_TESTABLE, Judgement
from leadq.models.tiers.tier_offers import TierCut, offer_tiers, supported_promises
from leadq.models.tiers.tier_supply import tier_supply
from leadq.pipelines.draft.draft_line import DraftLine, between_words, interval_words, share_words

HORIZONS = (30, 60, 90, 120, 180, 270, 365)
SIZES = (0.10, 0.30, 0.50, 0.70)
"""The best leads that the first, second, ... promise is looked for in, as a share of all."""


def propose_horizon(agreement: Agreement, times: WinTimes, *, dated: bool) -> tuple[Agreement, DraftLine]:
    """Return the agreement with the smallest round horizon that covers 95 % of the wins, and its line."""
    today = agreement.outcome.horizon_days
    line = DraftLine(
        key="outcome.horizon_days",
        about="a win counts within",
        today=counted(today, "day"),
        proposed=counted(today, "day"),
        evidence="Not recorded: the source has no dates, so nobody knows how long wins take.",
        basis="not recorded",
    )
    if not dated:
        return agreement, line
    wins = int(times.wins)
    if wins < MIN_TESTABLE:
        evidence = f"Too few to say: {counted(wins, 'win')} on record, {MIN_TESTABLE} are needed."
        return agreement, replace(line, evidence=evidence, basis="too few", n=wins)
    days = next((one for one in HORIZONS if times.delays.covered_by(one) >= COVERED), HORIZONS[-1])
    share = times.delays.covered_by(days)
    covered = Judgement(n=wins, won=round(share * wins), effective_n=float(wins))
    since = "the hand-off" if times.handed_off else "creation"
    evidence = (
        f"{share_words(share)} ({interval_words(covered)}) of {counted(wins, 'win')} came within {counted(days, 'day')} from {since}; half "
        f"within {counted(round(times.delays.quantile(0.5)), 'day')}."
    )
    if times.delays.seen_up_to_days < days:
        evidence += (
            f" The history shows no wins that take longer than {counted(round(times.delays.seen_up_to_days), 'day')}."
        )
    changed = replace(agreement, outcome=replace(agreement.outcome, horizon_days=days))
    return changed, replace(
        line,
        proposed=counted(days, "day"),
        evidence=evidence,
        basis="measured",
        n=wins,
        low=covered.quantile(0.05),
        high=covered.quantile(0.95),
    )


def propose_promises(
    agreement: Agreement, first: FirstLook | None, source: str
) -> tuple[Agreement, tuple[DraftLine, ...]]:
    """Return the agreement with promises that later leads support, and a line a promised tier.

    A promise of today that is proven stays. Else it is the highest that the best leads support with drift until the next quarter
    allowed for, rounded down; where that is no more than what all leads win, nothing can be promised and today's line stays.
    """
    if first is None or not len(first.probability):
        why = "Too few to say: there is not enough history to test a forecast on later leads."
        return agreement, tuple(_kept(tier, why) for tier in agreement.tiers if tier.promise is not None)
    held_out = HeldOut(probability=first.probability, label=first.label, group=first.group, period=first.period)
    changed = _with_promises(agreement, held_out)
    cuts = {cut.tier_id: cut for cut in _offers(changed, held_out)}
    shown = {name for name, cut in cuts.items() if cut.offered and cut.promise > float(first.label.mean())}
    kept = tuple(
        new if new.id in shown or new.promise is None else replace(new, promise=_below(old, new, changed))
        for old, new in zip(agreement.tiers, changed.tiers, strict=True)
    )
    changed = replace(changed, tiers=kept)
    today = {cut.tier_id: cut for cut in _offers(agreement, held_out)}
    pairs = zip(agreement.tiers, changed.tiers, strict=True)
    lines = [
        _line(old, new, cuts[new.id], today[old.id], held_out, source) for old, new in pairs if old.promise is not None
    ]
    return changed, tuple(lines)


def propose_supply(agreement: Agreement, first: FirstLook | None, source: str) -> tuple[Agreement, DraftLine | None]:
    """Return the agreement with as many leads of the best tier a month as came, and the line; None where no such duty is agreed."""
    best, duties = agreement.tiers[0], agreement.duties.get("marketing", {})
    key = f"{best.id}_per_month"
    if key not in duties:
        return agreement, None
    today = f"{duties[key]} a month"
    line = DraftLine(
        key=f"duties.marketing.{key}",
        about=f"leads of {best.id} that marketing owes",
        today=today,
        proposed=today,
        evidence="Too few to say: how many come is not known before a forecast is tested on later leads of full months.",
        basis="too few",
    )
    if first is None or first.as_of is None or not len(first.probability):
        return agreement, line
    held_out = HeldOut(probability=first.probability, label=first.label, group=first.group, period=first.period)
    supply = tier_supply(first.probability, first.label, first.as_of, _offers(agreement, held_out))[0]
    if supply.a_month is None or len(supply.months) < 3:
        return agreement, line
    low, high = _a_month(sum(supply.months), len(supply.months))
    leads = floor(supply.a_month)
    if best.capacity_per_week is not None:
        leads = min(leads, floor(best.capacity_per_week * weeks_in("month")))
    months = counted(len(supply.months), "full month")
    evidence = (
        f"{counted(sum(supply.months), 'lead')} of {best.id} came in {months} of the test ({source}): {min(supply.months):,} to "
        f"{max(supply.months):,} a month, mean {supply.a_month:.1f} ({low:.1f} to {high:.1f}), rounded down. Only leads that sales "
        "worked are among them."
    )
    marketing = {**duties, key: leads}
    changed = replace(agreement, duties={**agreement.duties, "marketing": marketing})
    return changed, replace(
        line,
        proposed=f"{leads} a month",
        evidence=evidence,
        basis="measured",
        n=sum(supply.months),
        low=low,
        high=high,
    )


def _offers(agreement: Agreement, held_out: HeldOut) -> tuple[TierCut, ...]:
    return offer_tiers(held_out.probability, held_out.label, held_out.group, agreement, period=held_out.period)


def _with_promises(agreement: Agreement, held_out: HeldOut) -> Agreement:
    """Give each promised tier today's promise where that is proven, else the highest that is supported."""
    base = float(held_out.label.mean())
    today = {cut.tier_id: cut for cut in _offers(agreement, held_out)}
    promised = [tier for tier in agreement.tiers if tier.promise is not None]
    supported = supported_promises(held_out, agreement, SIZES[: max(len(promised), 2)])
    rates: dict[str, Promise] = {}
    above = 1.0
    for tier, best in zip(promised, [*supported, *[None] * len(promised)], strict=False):
        if tier.promise is None:
            continue
        cut = today[tier.id]
        if cut.light == "PROVEN" and base < cut.promise < above:
            rate = cut.promise
        elif best is None or not base < (rate := _rounded_down(best.rate)) < above:
            continue
        rates[tier.id] = tier.promise if rate == tier.promise.win_rate_at_least else _promise(rate, tier)
        above = rate
    return replace(
        agreement,
        tiers=tuple(
            replace(tier, promise=rates.get(tier.id, tier.promise)) for tier in _falling(agreement.tiers, rates)
        ),
    )


def _falling(tiers: tuple[Tier, ...], rates: dict[str, Promise]) -> Iterator[Tier]:
    """Yield tiers whose promises fall strictly, once those of ``rates`` are put in: what is not proposed gives way."""
    above = 1.0
    for tier in tiers:
        promise = rates.get(tier.id, tier.promise)
        if promise is not None and promise.win_rate_at_least >= above:
            promise = _promise(_rounded_down(USUAL_FLOOR * above), tier)
        above = above if promise is None else promise.win_rate_at_least
        yield replace(tier, promise=promise)


def _below(old: Tier, new: Tier, agreement: Agreement) -> Promise | None:
    """Return today's promise where it still lies below the tier above, else what was made of it."""
    place = [tier.id for tier in agreement.tiers].index(new.id)
    above = agreement.tiers[place - 1].promise if place else None
    later = agreement.tiers[place + 1].promise if place + 1 < len(agreement.tiers) else None
    fits = old.promise is not None and (
        (above is None or old.promise.win_rate_at_least < above.win_rate_at_least)
        and (later is None or old.promise.win_rate_at_least > later.win_rate_at_least)
    )
    return old.promise if fits else new.promise


def _promise(rate: float, tier: Tier) -> Promise:
    floor_agreed = tier.promise is not None and tier.promise.marginal_at_least is not None
    return Promise(
        win_rate_at_least=rate, marginal_at_least=_rounded_down(USUAL_FLOOR * rate) if floor_agreed else None
    )


def _rounded_down(rate: float) -> float:
    step = 100 if rate >= 0.05 else 1000
    return floor(rate * step + 1e-9) / step or rate  # never to 0, which promises nothing


def _line(old: Tier, new: Tier, cut: TierCut, today: TierCut, held_out: HeldOut, source: str) -> DraftLine:
    base = float(held_out.label.mean())
    every = f"all {counted(len(held_out.label), 'lead')} of the test won {share_words(base)}"
    same = new.promise is not None and new.promise.win_rate_at_least == cut.promise
    if not cut.offered or not same or cut.promise <= base:
        why = f"Cannot be shown: {cut.why}; {every}."
        if cut.offered:
            why = f"Cannot be shown: {every}, so leads picked at random would keep it, and no higher promise is supported for these leads."
        return replace(_kept(old, why), proposed=_words(new), n=cut.n, low=cut.rate_low, high=cut.rate_high)
    between = between_words(cut.rate_low or 0.0, cut.rate_high or 0.0)
    evidence = (
        f"Of {counted(cut.n, 'later lead')} with the highest forecasts ({source}) {cut.won:,} were won: "
        f"{share_words(cut.observed_rate or 0.0)} ({between}); {every}. The promise is kept with probability "
        f"{cut.probability_kept or 0.0:.2f}.{_not_proven(today, cut)}"
    )
    return DraftLine(
        key=f"tiers.{new.id}.promise",
        about=f"{new.label} ({new.id}) promises",
        today=_words(old),
        proposed=_words(new),
        evidence=evidence,
        basis="measured",
        n=cut.n,
        low=cut.rate_low,
        high=cut.rate_high,
    )


def _not_proven(today: TierCut, proposed: TierCut) -> str:
    if today.promise == proposed.promise:
        return ""
    if today.probability_kept is None or today.n < MIN_TESTABLE:
        return f" Today's {share_words(today.promise)} cannot be tested: {counted(today.n, 'lead')} reach it."
    leads = counted(today.n, "lead")
    return (
        f" Today's {share_words(today.promise)} would be kept with probability {today.probability_kept:.2f} ({leads})."
    )


def _kept(tier: Tier, why: str) -> DraftLine:
    return DraftLine(
        key=f"tiers.{tier.id}.promise",
        about=f"{tier.label} ({tier.id}) promises",
        today=_words(tier),
        proposed=_words(tier),
        evidence=why,
        basis="too few",
    )


def _words(tier: Tier) -> str:
    if tier.promise is None:
        return "nothing"
    marginal = tier.promise.marginal_at_least
    weakest = "" if marginal is None else f", {percent_in_words(marginal)} of the weakest"
    return f"{percent_in_words(tier.promise.win_rate_at_least)} of its leads are won{weakest}"


def _a_month(leads: int, months: int) -> tuple[float, float]:
    """Return the 90 % interval of a mean count a month (Jeffreys, of a Poisson count)."""
    from scipy.special import gammaincinv  # noqa: PLC0415 - not for the nightly scorer

    low, high = (float(np.asarray(gammaincinv(leads + 0.5, share))) / months for share in (0.05, 0.95))
    return low, high
