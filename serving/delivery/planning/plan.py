"""What is to be sent tonight: the difference between tonight's scores and what a target confirmed last.

Both sides are streamed in order of ``lead_id``, so that a million scores need little memory. A difference is another tier, other
reasons, another status or a score moved by :data:`DEADBAND` points; a later ``scored_at``, other words for the same reason or a
smaller move are none. What was rejected or not confirmed before is sent whatever it holds. A lead that is no longer among the scores
keeps what it has, unless clearing is asked for. Leaves out whether it may be sent (``guards.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from leadq.crm.connectors.delivered_fields import REASONS
from leadq.serving.delivery.ledger.ledger_records import Acknowledged, PlannedRow
from leadq.serving.delivery.planning.payload import SCORED, LeadScore, payload

DEADBAND = 3
"""Points a score must move to be worth a write."""
EXAMPLES = 5
NO_LONGER = "not_scored: not among the scores any more"
_NO_REASONS = "/"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was met while planning, for the guards and the report; it grows while the plan is read.

    ``known`` are leads that were delivered before, ``changed_known`` those of them that differ.
    """

    rows: int = 0
    unchanged: int = 0
    known: int = 0
    tier_changes: int = 0
    changed_known: int = 0
    why: dict[str, int] = field(default_factory=dict)
    nameless: int = 0
    twice: list[str] = field(default_factory=list)
    twice_count: int = 0
    out_of_range: list[str] = field(default_factory=list)
    out_of_range_count: int = 0

    @property
    def planned(self) -> int:
        """Rows to be sent."""
        return sum(self.why.values())


def differences(
    scores: Iterable[LeadScore],
    held: Iterable[Acknowledged],
    *,
    tally: Tally,
    everything: bool = False,
    rejections: bool = False,
) -> Iterator[PlannedRow]:
    """Yield the leads to be sent, in order.

    Parameters
    ----------
    scores : iterable of LeadScore
        Tonight's, in order of ``lead_id``.
    held : iterable of Acknowledged
        What the target confirmed last, in the same order.
    tally : Tally
        Counted up; rows that a guard will stop for are counted and not yielded.
    everything : bool
        Whether leads without a difference are sent too.
    rejections : bool
        Whether the target takes what follows a rejection.
    """
    others = iter(held)
    other = next(others, None)
    for last, score in _sound(scores, tally):
        while other is not None and other.lead_id < last:
            other = next(others, None)
        mine = other if other is not None and other.lead_id == last else None
        differs = _difference(score, mine)
        why = differs or ("not confirmed before" if mine is not None and mine.unsettled else "")
        if mine is not None:
            tally.known += 1
            tally.changed_known += bool(differs)
            tally.tier_changes += mine.tier != score.tier
        if not why and not everything:
            tally.unchanged += 1
            continue
        yield _planned(score, last, why or "refreshed", tally, rejections)


def unscored(
    scores: Iterable[LeadScore], held: Iterable[Acknowledged], *, as_of_us: int, tally: Tally, rejections: bool = False
) -> Iterator[PlannedRow]:
    """Yield the leads that were delivered and have no score tonight, with every field of ours empty but the moment and why.

    A lead that stands in tonight's table as not scored gets the very values that the night's own delivery gives it.

    Parameters
    ----------
    as_of_us : int
        Moment for leads that the table does not name, in microseconds since 1970.
    """
    rest = iter(_sound(scores, tally))
    lead, score = next(rest, ("", None))
    for mine in held:
        while score is not None and lead < mine.lead_id:
            lead, score = next(rest, ("", None))
        tally.known += 1
        tonight = score if score is not None and lead == mine.lead_id else _nothing(mine.lead_id, as_of_us)
        differs = tonight.status != SCORED and _difference(tonight, mine)
        tally.changed_known += bool(differs)
        if differs or (tonight.status != SCORED and mine.unsettled):
            why = "no longer among the scores" if tonight.status == NO_LONGER else "not scored"
            yield _planned(tonight, mine.lead_id, why, tally, rejections)
        else:
            tally.unchanged += 1
    for _ in rest:
        pass  # counted for the guards


def _planned(score: LeadScore, lead_id: str, why: str, tally: Tally, rejections: bool) -> PlannedRow:
    tally.why[why] = tally.why.get(why, 0) + 1
    return PlannedRow(
        lead_id=lead_id,
        score=score.score,
        tier=score.tier,
        codes=score.codes,
        status=score.status,
        payload=payload(score, rejections=rejections),
    )


def _nothing(lead_id: str, as_of_us: int) -> LeadScore:
    return LeadScore(
        lead_id=lead_id,
        probability=None,
        percentile=None,
        tier="",
        codes=_NO_REASONS,
        status=NO_LONGER,
        sentences=(None,) * (2 * REASONS),
        scored_at_us=as_of_us,
        model_version="",
    )


def _sound(scores: Iterable[LeadScore], tally: Tally) -> Iterator[tuple[str, LeadScore]]:
    """Yield rows that can be sent at all, with their lead; counts the others."""
    last: str | None = None
    for score in scores:
        tally.rows += 1
        lead = score.lead_id
        if not lead:
            tally.nameless += 1
        elif last is not None and lead <= last:
            tally.twice_count += 1
            if len(tally.twice) < EXAMPLES:
                tally.twice.append(lead)
        else:
            last = lead
            if _is_in_range(score):
                yield lead, score
                continue
            tally.out_of_range_count += 1
            if len(tally.out_of_range) < EXAMPLES:
                found = f"{lead}: probability {score.probability}, percentile {score.percentile}"
                tally.out_of_range.append(found)


def _is_in_range(score: LeadScore) -> bool:
    if score.probability is None or score.percentile is None:
        there = score.probability if score.percentile is None else score.percentile
        return score.status != SCORED and (there is None or 0.0 <= there <= 1.0)
    return 0.0 <= score.probability <= 1.0 and 0.0 <= score.percentile <= 1.0


def _difference(score: LeadScore, held: Acknowledged | None) -> str:
    """Why a lead is to be sent; empty where what is there still stands."""
    if held is None:
        return "new"
    if held.status != score.status:
        return "status"
    if held.tier != score.tier:
        return "tier"
    if held.codes != score.codes:
        return "reasons"
    now = score.score
    if (now is None) != (held.score is None):
        return "score"
    moved = 0 if now is None or held.score is None else abs(now - held.score)
    return "score" if moved >= DEADBAND else ""
