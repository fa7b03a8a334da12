"""A lead's card as text: whole for the command line, short for one field of a CRM."""

from __future__ import annotations

from collections.abc import Iterator

from leadq.foundation.plurals import counted
from leadq.serving.words.bars import Bars
from leadq.serving.words.card import NOTE, Card, SaidReason, TierSaid
from leadq.serving.words.score_change import Change
from leadq.serving.words.text import capitalised, shorten

SHORT_AT_MOST = 255
"""Characters of the short text: what a text field of the common CRMs holds."""


def card_text(card: Card) -> str:
    """Return the whole card, a line a statement."""
    lines = [f"Lead {card.lead_id}, as of {card.as_of:%Y-%m-%d %H:%M} UTC"]
    if card.not_scored:
        return "\n".join([*lines, f"{card.without_score}: {card.not_scored}."]) + "\n"
    if card.tier is None:
        lines += _without_model(card)
    else:
        lines += [chance_line(card), *_tier_lines(card.tier), *(f"{warning}." for warning in card.warnings)]
        lines += _listed("Speaks for it:", [_reason(reason) for reason in card.reasons_for])
        lines += _listed("Speaks against it:", [_reason(reason) for reason in card.reasons_against])
        lines += _listed("Worth adding:", card.unknowns)
        lines += _listed("Possible next steps:", card.beside.steps)
        lines += _change_lines(card.change, card.beside.moved)
        lines += _listed("Leads like this one:", card.similar)
        lines += ["", *(_bar_lines(card.bars) if card.bars is not None else ()), "", NOTE]
    return "\n".join([*lines, "", card.made_by]) + "\n"


def short_text(card: Card) -> str:
    """Return the card in at most :data:`SHORT_AT_MOST` characters: tier, chance, the strongest reasons, when and under what."""
    if card.not_scored:
        return shorten(f"{card.without_score} on {card.as_of:%Y-%m-%d}: {card.not_scored}", SHORT_AT_MOST)
    name = "No tier" if card.tier is None else card.tier.name
    start = f"{name}: {card.chance} won within {counted(card.horizon_days, 'day')} ({card.overall} overall)"
    end = f" [{card.as_of:%Y-%m-%d}]"
    text = start + "." + end
    for sign, reasons in (("+", card.reasons_for[:1]), ("-", card.reasons_against[:1]), ("+", card.reasons_for[1:])):
        for reason in reasons:
            start += f"; ({sign}) {reason.fact}"
            if len(start) + 1 + len(end) > SHORT_AT_MOST:
                return text
            text = start + "." + end
    return text


def chance_line(card: Card) -> str:
    """Return how often such leads are won, as it can be said aloud."""
    return (
        f"{capitalised(card.chance)} leads like this are won within {counted(card.horizon_days, 'day')} "
        f"({card.percent}; overall {card.overall} are won)."
    )


def _without_model(card: Card) -> list[str]:
    return [
        f"{capitalised(card.chance)} leads are won within {counted(card.horizon_days, 'day')} ({card.percent}). "
        "This is the win rate of all leads: no model has done better yet,",
        "so there are no tiers and no reasons.",
    ]


def tier_line(tier: TierSaid) -> str:
    """Return tier, promise and who decided."""
    name = f"{tier.name} ({tier.label}; {tier.promise})" if tier.label else tier.name
    model = f"; the model alone says {tier.model_tier}" if tier.model_tier else ""
    return f"{name}, {tier.decided}{model}."


def _tier_lines(tier: TierSaid) -> Iterator[str]:
    yield tier_line(tier)
    if tier.step:
        yield f"Agreed next step: {tier.step}{f'; {tier.sla}' if tier.sla else ''}."
    if tier.at_handoff:
        yield f"Tier when it was handed to sales: {tier.at_handoff}."


def _reason(reason: SaidReason) -> str:
    return f"{reason.strength:<9} {reason.sentence}"


def _listed(heading: str, lines: tuple[str, ...] | list[str]) -> list[str]:
    return ["", heading, *(f"  {line}" for line in lines)] if lines else []


def _change_lines(change: Change | None, moved: str) -> list[str]:
    if change is None:
        return []
    line = f"Since the last score: {change.before:.1f} % then, {change.now:.1f} % now"
    causes = ", ".join(f"{words} {points:+.1f}" for words, points in change.causes)
    lines = ["", f"{line} (points: {causes})." if causes else f"{line}."]
    if change.causes and change.families:
        lines.append(f"  Mainly in: {', '.join(label for label, _ in change.families[:3])}.")
    return [*lines, f"  {moved}."] if moved else lines


def _bar_lines(bars: Bars) -> Iterator[str]:
    yield "How the figure adds up (percentage points):"
    yield f"  {'typical lead':<44} {bars.base:7.1f}"
    for bar in bars.parts:
        yield f"  {bar.label:<44.44} {bar.points:+7.1f}"
    yield f"  {'this lead':<44} {bars.result:7.1f}"
