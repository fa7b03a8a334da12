"""The report's first page: what a head of sales needs to know, in sentences and three drawings."""

from __future__ import annotations

from dataclasses import dataclass

from leadq.agreement.schema import Agreement
from leadq.models.bundle.bundle import Bundle
from leadq.models.tiers.tier_offers import TierCut
from leadq.pipelines.report.figure_words import hundred, together
from leadq.pipelines.report.figures import Held
from leadq.pipelines.report.svg_geometry import Scale

LIGHTS = {
    "PROVEN": ("good", "kept: proven"),
    "GREEN": ("good", "kept so far"),
    "AMBER": ("warn", "probably broken"),
    "RED": ("bad", "broken"),
    "not testable": ("open", "too few leads to say"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """One promised tier: words, and places of its marks in percent."""

    tier: str
    label: str
    tone: str
    light: str
    sentence: str
    why: str
    promised_at: float
    observed_at: float | None
    low_at: float | None
    high_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: words, its length in percent, and what it says at its end."""

    words: str
    length: float
    value: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPage:
    """What the first page says.

    Parameters
    ----------
    meaning, tried : str
        What the score is; what it was tried on.
    verdict, tone : str
    tiers : tuple of PromiseRow
    wins : tuple of Bar
        Wins in the leads one can work: this score, points, no score.
    wins_words : str
        The same in a sentence; empty where nothing can be said.
    """

    meaning: str
    tried: str
    verdict: str
    tone: str
    tiers: tuple[PromiseRow, ...]
    wins: tuple[Bar, ...]
    wins_words: str


def first_page(bundle: Bundle, agreement: Agreement, held: Held | None) -> FirstPage:
    """Say what a head of sales needs to know."""
    verdict, tone = _verdict(bundle)
    wins, wins_words = ((), "") if held is None else _wins(held)
    return FirstPage(
        meaning=meaning_of(bundle, agreement),
        tried=_tried(bundle, held),
        verdict=verdict,
        tone=tone,
        tiers=_promises(bundle, agreement),
        wins=wins,
        wins_words=wins_words,
    )


def meaning_of(bundle: Bundle, agreement: Agreement) -> str:
    """Say what the score is."""
    days = bundle.catalogue.horizon_days
    when = f" within {days} days" if bundle.evaluation.get("dated", True) else ""
    return f"The score is the chance that a lead ends in “{agreement.outcome.event}”{when}, if it is worked as you work leads today."


def _tried(bundle: Bundle, held: Held | None) -> str:
    learnt = f"It learnt from {bundle.trained.get('leads', 0):,} leads"
    if held is None:
        return f"{learnt}. There were no later leads to try it on."
    periods = f" in {len(held.periods)} periods, one after the other" if len(held.periods) > 1 else ""
    return f"{learnt}. It was tried on {len(held.judged):,} later leads that it had not seen{periods}; all figures below are of those."


def _verdict(bundle: Bundle) -> tuple[str, str]:
    if bundle.kind == "base_rate":
        return (
            "Do not rely on it: nothing that was learnt tells winners from others better than their average does.",
            "bad",
        )
    kept = [tier.tier_id for tier in bundle.tiers if tier.offered]
    missing = [tier.tier_id for tier in bundle.tiers if not tier.offered]
    if not missing:
        return f"You can rely on it: {together(kept)} can be promised as agreed.", "good"
    if not kept:
        return f"It tells likelier leads from others, but {together(missing)} cannot be promised as agreed.", "warn"
    return f"You can rely on it for {together(kept)}; {together(missing)} cannot be promised as agreed.", "warn"


def _promises(bundle: Bundle, agreement: Agreement) -> tuple[PromiseRow, ...]:
    labels = {tier.id: tier.label for tier in agreement.tiers}
    reach = [
        rate for tier in bundle.tiers for rate in (tier.promise, tier.rate_high, tier.observed_rate) if rate is not None
    ]
    scale = Scale(low=0.0, high=min(1.0, 1.1 * max(reach, default=0.9)))
    return tuple(_promise(tier, labels.get(tier.tier_id, ""), scale) for tier in bundle.tiers)


def _promise(tier: TierCut, label: str, scale: Scale) -> PromiseRow:
    tone, light = LIGHTS[tier.light]
    if not tier.offered:
        light = f"not offered ({light})"
    sentence = f"{hundred(tier.promise)} of 100 were promised."
    if tier.observed_rate is not None:
        sentence = f"Of 100 leads in {tier.tier_id} about {hundred(tier.observed_rate)} are won; {hundred(tier.promise)} were promised."
        if tier.rate_low is not None and tier.rate_high is not None:
            sentence += f" It could be between {hundred(tier.rate_low)} and {hundred(tier.rate_high)} ({tier.won:,} of {tier.n:,} seen)."

    def place(rate: float | None) -> float | None:
        return None if rate is None else scale.percent(rate)

    return PromiseRow(
        tier=tier.tier_id,
        label=label,
        tone=tone,
        light=light,
        sentence=sentence,
        why="" if tier.offered else tier.why,
        promised_at=scale.percent(tier.promise),
        observed_at=place(tier.observed_rate),
        low_at=place(tier.rate_low),
        high_at=place(tier.rate_high),
    )


def _wins(held: Held) -> tuple[tuple[Bar, ...], str]:
    row, work = held.at_capacity, held.work
    if row is None:
        return (), ""
    rates = (
        ("this score", row.model, "model"),
        ("points for facts, as most do today", row.points, "rival"),
        ("no score", row.share, "rival"),
    )
    bars = tuple(
        Bar(words=words, length=round(100 * rate, 1), value=f"{hundred(rate)} of 100 wins", tone=tone)
        for words, rate, tone in rates
    )
    if work.agreed and work.leads_per_week is not None:
        room = f"Sales can take {work.capacity_per_week:,} of about {work.leads_per_week:,.0f} leads a week."
    else:
        enough = work.capacity_per_week is not None and work.leads_per_week is not None
        why = "the agreed capacity is enough for nearly all leads" if enough else "no capacity is agreed"
        room = f"For example, if sales could work only {hundred(row.share)} of 100 leads ({why})."
    words = f"{room} Taken by this score, likeliest first, those leads hold {hundred(row.model)} of every 100 wins,"
    words += f" taken by points {hundred(row.points)}, taken as they come {hundred(row.share)}."
    gain = row.versus_points
    if gain is not None:
        told = (
            "better than luck explains"
            if gain.better
            else "worse than luck explains"
            if gain.worse
            else "that may be luck"
        )
        likely = f"likely between {100 * gain.low:+.0f} and {100 * gain.high:+.0f}"
        words += f" The difference to points is {100 * gain.mean:+.0f} of 100 wins ({likely}): {told}."
    return bars, words
