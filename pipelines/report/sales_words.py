"""The report's first page: what a head of sales needs to know, in sentences and three drawings."""

from __future__ import annotations

from dataclasses import dataclass

from leadq.agreement.schema import Agreement
from leadq.foundation.plurals import counted, one_or_many
from leadq.models.bundle.bundle import Bundle
from leadq.models.tiers.tier_offers import TierCut
from leadq.pipelines.report.figure_words import hundred, together
from leadq.pipelines.report.figures import Held
from leadq.pipelines.report.svg_geometry import Scale

LIGHTS = {
    "PROVEN": ("good", "promise kept: proven"),
    "GREEN": ("good", "promise kept so far"),
    "AMBER": ("warn", "promise probably broken"),
    "RED": ("bad", "promise broken"),
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
    when = f" within {counted(days, 'day')}" if bundle.evaluation.get("dated", True) else ""
    return f"The score is the chance that a lead ends in “{agreement.outcome.event}”{when}, if sales works it the way it works leads today."


def _tried(bundle: Bundle, held: Held | None) -> str:
    learnt = f"It learnt from {counted(bundle.trained.get('leads', 0), 'lead')}"
    if held is None:
        return f"{learnt}. There were no later leads to test it on."
    periods = f" in {counted(len(held.periods), 'period')}, one after the other" if len(held.periods) > 1 else ""
    return (
        f"{learnt}. It was tested on {counted(len(held.judged), 'later lead')} that it had not seen{periods}. "
        "The figures on tiers and wins below come from that test."
    )


def _verdict(bundle: Bundle) -> tuple[str, str]:
    if bundle.kind == "base_rate":
        return (
            "Do not rely on it: this data does not show which leads win more often than the average.",
            "bad",
        )
    kept = [tier.tier_id for tier in bundle.tiers if tier.offered]
    missing = [tier.tier_id for tier in bundle.tiers if not tier.offered]
    if not missing:
        return f"You can rely on it: {together(kept)} can be promised as agreed.", "good"
    if not kept:
        return f"It ranks leads better than chance, but {together(missing)} cannot be promised as agreed.", "warn"
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
    sentence = f"{hundred(tier.promise)} of 100 leads were promised."
    if tier.observed_rate is not None:
        sentence = (
            f"Of 100 leads in {tier.tier_id}, about {hundred(tier.observed_rate)} are won; "
            f"{hundred(tier.promise)} were promised."
        )
        if tier.rate_low is not None and tier.rate_high is not None:
            sentence += (
                f" The true figure is likely between {hundred(tier.rate_low)} and {hundred(tier.rate_high)} "
                f"({tier.won:,} of {counted(tier.n, 'lead')} in the test {one_or_many(tier.won, 'was', 'were')} won)."
            )

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
        ("a points score (fixed points for each fact)", row.points, "rival"),
        ("no score", row.share, "rival"),
    )
    bars = tuple(
        Bar(words=words, length=round(100 * rate, 1), value=f"{hundred(rate)} of 100 wins", tone=tone)
        for words, rate, tone in rates
    )
    if work.agreed and work.leads_per_week is not None:
        week = counted(round(work.leads_per_week), "lead")
        room = f"Sales can work {work.capacity_per_week:,} of about {week} a week."
    else:
        enough = work.capacity_per_week is not None and work.leads_per_week is not None
        why = "the agreed capacity is enough for nearly all leads" if enough else "no capacity is agreed"
        room = f"Suppose sales could work only {hundred(row.share)} of 100 leads ({why})."
    words = f"{room} If it picks the leads with the highest scores, it gets {hundred(row.model)} of every 100 wins."
    words += f" With the points score it gets {hundred(row.points)}, and without any score {hundred(row.share)}."
    gain = row.versus_points
    if gain is not None:
        told = (
            "more than chance can explain"
            if gain.better
            else "worse than chance can explain"
            if gain.worse
            else "this may be chance"
        )
        likely = f"likely between {100 * gain.low:+.0f} and {100 * gain.high:+.0f}"
        words += f" Compared with points, that is {100 * gain.mean:+.0f} of every 100 wins ({likely}): {told}."
    return bars, words
