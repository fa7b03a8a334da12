"""The card of a lead: all that is said of its score, as plain values. Pages, files and the command line only lay it out.

Reads a row of the score table, the agreement and what stands in the bundle about the model, so any past score is said as it was
said then. Texts from the CRM are cleaned here; escaping for HTML or CSV is left to whoever writes HTML or CSV.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadq.agreement.schema import BY_MODEL, DISQUALIFIED, Agreement, Tier
from leadq.crm.contract.score_table import REJECTED
from leadq.foundation.plurals import counted
from leadq.models.bundle.bundle import Bundle
from leadq.models.bundle.past_leads import PastLead
from leadq.serving.words.agreed.deadline import Deadline
from leadq.serving.words.bars import Bars, bars_of
from leadq.serving.words.percentage_points import probability_of
from leadq.serving.words.playbook import Playbook
from leadq.serving.words.score_change import Change, change_of
from leadq.serving.words.sentences import Sentences
from leadq.serving.words.text import capitalised, chance, clean, words

Row = Mapping[str, Any]

CAN_CHANGE = ("intent_", "engagement", "account", "qualification", "completeness")
"""Families, or how their names begin, that a buyer or a rep can still change; all others describe who the lead is."""
NOTE = "Facts that are not listed also count. Reasons say how leads like this one did, not what makes a lead win."
_NOT_SCORED = {
    "no date": "it has no usable creation date; add it and it is scored the next night",
    "too old": "it is older than any lead whose outcome the history shows",
}
_ID, _FACT = 80, 60
_FACTS_TO_ADD = ("qualification", "completeness")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the model: win rate of all leads in [0, 1], and why a tier is not offered."""

    overall: float | None
    not_offered: tuple[str, ...]

    @staticmethod
    def of(bundle: Bundle) -> Standing:
        """Take it from a bundle."""
        evidence = bundle.evidence
        return Standing(
            overall=evidence.wins / evidence.n if evidence.n else None,
            not_offered=tuple(capitalised(cut.why) for cut in bundle.tiers if not cut.offered and cut.why),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidReason:
    """A reason: how strong, in which words with and without evidence, and whether it is a fact that can still change."""

    strength: str
    sentence: str
    fact: str
    can_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSaid:
    """The tier in words; texts are empty where there is nothing to say."""

    id: str
    name: str
    label: str
    promise: str
    decided: str
    model_tier: str
    step: str
    sla: str
    at_handoff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPoint:
    """An earlier score of the lead: probability in [0, 1] or None, and the tier."""

    as_of: datetime
    probability: float | None
    tier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a card says beside the row itself, each part empty where it is not known."""

    similar: tuple[PastLead, ...] = ()
    history: tuple[HistoryPoint, ...] = ()
    steps: tuple[str, ...] = ()
    moved: str = ""
    deadline: Deadline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A lead's card. ``facts`` are (name, value) pairs; percentages have one decimal; ``bars`` is None without a model."""

    lead_id: str
    as_of: datetime
    horizon_days: int
    facts: tuple[tuple[str, str], ...]
    not_scored: str
    without_score: str
    chance: str
    percent: str
    overall: str
    tier: TierSaid | None
    warnings: tuple[str, ...]
    reasons_for: tuple[SaidReason, ...]
    reasons_against: tuple[SaidReason, ...]
    unknowns: tuple[str, ...]
    change: Change | None
    bars: Bars | None
    beside: Beside
    similar: tuple[str, ...]
    made_by: str


def card_of(row: Row, agreement: Agreement, standing: Standing, said: Sentences, beside: Beside | None = None) -> Card:
    """Say a row of the score table.

    Parameters
    ----------
    row : mapping
        A row of :data:`leadq.crm.contract.score_table.SCORES` as Python values.
    agreement : Agreement
        The one the score was made under.
    standing : Standing
        Of the model that made the score.
    said : Sentences
    beside : Beside, optional
    """
    beside = beside or Beside()
    scored = row["status"] == "scored"
    with_model = scored and row["tier"] is not None
    bars = _bars(row, said) if with_model else None
    return Card(
        lead_id=clean(row["lead_id"], _ID),
        as_of=row["as_of"],
        horizon_days=row["horizon_days"],
        facts=tuple(_facts(row)),
        not_scored="" if scored else why_not_scored(row),
        without_score="" if scored else "Rejected" if row["status"] == REJECTED else "Not scored",
        chance=chance(row["probability"]) if scored else "",
        percent=percent(row["probability"]) if scored else "",
        overall=percent(probability_of(row["base"]) if standing.overall is None else standing.overall)
        if scored
        else "",
        tier=tier_of(row, agreement, beside.deadline) if with_model else None,
        warnings=standing.not_offered if with_model else (),
        reasons_for=_reasons(row, "reasons_for", said) if with_model else (),
        reasons_against=_reasons(row, "reasons_against", said) if with_model else (),
        unknowns=tuple(row["unknowns"] or ()) if with_model else (),
        change=change_of(row, said) if with_model else None,
        bars=bars,
        beside=beside,
        similar=tuple(similar_words(lead, said) for lead in beside.similar),
        made_by=f"Model {row['model_version']}, agreement version {row['agreement_version']}, run {row['run_id']}",
    )


def percent(probability: float) -> str:
    """Return a probability in [0, 1] in per cent with one decimal."""
    return f"{probability * 100:.1f} %"


def not_scored(reason: str | None) -> str:
    """Say why a lead has no score."""
    return _NOT_SCORED.get(reason or "", clean(reason or "no reason recorded", _ID))


def why_not_scored(row: Row) -> str:
    """Say why a row has no score: what is missing, or for which reason sales rejected the lead, when, and what follows."""
    if row["status"] != REJECTED:
        return not_scored(row["status_reason"])
    said = words(row["status_reason"] or "no reason given")
    when = row.get("rejected_at")
    parts = [said if when is None else f"{said} ({when:%Y-%m-%d})", *what_follows(row)]
    return "; ".join(parts)


def what_follows(row: Row) -> list[str]:
    """Say what was agreed to follow a rejection: the track, whose turn it is, and until when the lead sleeps."""
    track, owner, wakes = (row.get(name) for name in ("track", "next_owner", "wakes_at"))
    parts = []
    if track:
        parts.append(f"next: {words(track)} by {clean(owner)}" if owner else f"next: {words(track)}")
    return [*parts, f"wakes on {wakes:%Y-%m-%d}"] if wakes is not None else parts


def tier_of(row: Row, agreement: Agreement, deadline: Deadline | None = None) -> TierSaid:
    """Say the tier of a scored row, what it promises, who decided it, and what was agreed to do."""
    tier = next((one for one in agreement.tiers if one.id == row["tier"]), None)
    promise = tier.promise.win_rate_at_least if tier is not None and tier.promise is not None else None
    by_rule = row["tier_by"] != BY_MODEL
    return TierSaid(
        id=row["tier"],
        name="Disqualified" if row["tier"] == DISQUALIFIED else f"Tier {row['tier']}",
        label="" if tier is None else clean(tier.label),
        promise="no promise" if promise is None else f"promise: at least {promise * 100:.3g} % are won",
        decided=f"by the agreed rule {words(row['tier_by'])!r}" if by_rule else "by the model",
        model_tier=str(row["model_tier"]) if by_rule else "",
        step=f"{clean(tier.action, _ID)} ({clean(tier.owner)})" if tier is not None and tier.action else "",
        sla="" if tier is None else _sla(tier, agreement, deadline),
        at_handoff=row["tier_at_handoff"] or "",
    )


def _sla(tier: Tier, agreement: Agreement, deadline: Deadline | None) -> str:
    if tier.sla is None:
        return ""
    hours, attempts = tier.sla.first_touch_business_hours, tier.sla.attempts
    if deadline is not None and agreement.calendar.stated:
        parts = [deadline.in_words(agreement.calendar, tier=tier.id)]
    else:
        parts = [f"first touch within {counted(hours, 'business hour')}"] if hours is not None else []
    parts += [counted(attempts, "attempt")] if attempts is not None else []
    return ", ".join(parts)


def _facts(row: Row) -> list[tuple[str, str]]:
    named = {"Account": "account_id", "Owner": "owner", "Source": "source", "Campaign": "campaign"}
    found = [(name, clean(row[column], _FACT)) for name, column in named.items() if row[column] is not None]
    found = [(name, text.replace("_", " ") if name == "Source" else text) for name, text in found]
    if row["created_at"] is not None:
        back = row.get("returned_at") is not None  # its age counts from then
        age = "" if row["age_days"] is None or back else f", {counted(round(row['age_days']), 'day')} ago"
        found.append(("Came in", f"{row['created_at']:%Y-%m-%d}{age}"))
    if row.get("returned_at") is not None:
        why = " because the rejection was challenged and picked at random" if row.get("track") == "challenged" else ""
        found.append(("Came back", f"{row['returned_at']:%Y-%m-%d}{why}, rejected on {row['rejected_at']:%Y-%m-%d}"))
    worked = "not recorded" if row["worked"] is None else "yes" if row["worked"] else "no"
    return [*found, ("Worked by sales", worked)]


def _bars(row: Row, said: Sentences) -> Bars:
    parts = [(said.family_label(part["family"]), part["contribution"]) for part in row["contributions"] or ()]
    return bars_of(row["probability"], row["base"], parts)


def _reasons(row: Row, side: str, said: Sentences) -> tuple[SaidReason, ...]:
    return tuple(
        SaidReason(
            strength=said.strength(reason["strength"]),
            sentence=reason["sentence"],
            fact=said.fact_of(reason["sentence"]),
            can_change=reason["family"].startswith(CAN_CHANGE),
        )
        for reason in row[side] or ()
    )


def similar_words(lead: PastLead, said: Sentences) -> str:
    """Say what became of a past lead, without who it was."""
    outcome = {"won": "won", "lost": "lost", "open": "not won"}[lead.outcome]
    when = " within the agreed time" if lead.outcome == "open" else ""
    if lead.days is not None:
        when = f" after {counted(max(round(lead.days), 1), 'day')}"
    came_in = f"Came in {lead.came_in}" if lead.came_in else "Came in earlier"
    source = f" from {clean(said.renamed('source_name', lead.source))}" if lead.source else ""
    alike = ", ".join(said.family_label(family) for family in lead.alike)
    sentence = f"{came_in}{source}: {outcome}{when}"
    return f"{sentence}. Alike in: {alike}" if alike else sentence


def steps_for(row: Row, playbook: Playbook, *, stop: str | None = None) -> tuple[str, ...]:
    """Return the playbook's steps for the families of a row's reasons, and for facts about it that are missing.

    A stop comes before every step: of a lead that asked not to be contacted (``stop`` is the kind of that event), or that a rule
    disqualifies, nothing else is said.
    """
    if row["tier"] is None:
        return ()
    if row["tier"] == DISQUALIFIED:
        return (f"Nothing to do: disqualified by the agreed rule {words(row['tier_by'])!r}.",)
    if stop:
        return playbook.steps((), (f"intent_{stop}",), ()) or (f"Nothing to sell: the lead said no ({words(stop)}).",)
    known = {part["family"] for part in row["contributions"] or ()}
    lacking = tuple(family for family in _FACTS_TO_ADD if family in known) if row["unknowns"] else ()
    speaking = [[reason["family"] for reason in row[side] or ()] for side in ("reasons_for", "reasons_against")]
    return playbook.steps(speaking[0], speaking[1], lacking)
