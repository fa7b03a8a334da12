"""What is to be sent tonight: the difference between tonight's scores and what a target confirmed last.

Both sides are streamed in order of ``lead_id``, so that a million scores need little memory. A difference is another tier, other
reasons, another status or a score moved by :data:`DEADBAND` points; a later ``scored_at``, other words for the same reason or a
smaller move are none. A lead that is no longer among the scores keeps what it has. Leaves out whether it may be sent (``guards.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from serving.delivery.ledger import Acknowledged, PlannedRow
from serving.delivery.payload import LeadScore, as_text, payload

DEADBAND = 3
"""Points a score must move to be worth a write."""
EXAMPLES = 5


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was met while planning, for the guards and the report; it grows while the plan is read."""

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
    scores: Iterable[LeadScore], held: Iterable[Acknowledged], *, names: Sequence[str], tally: Tally
) -> Iterator[PlannedRow]:
    """Yield the leads to be sent, in order.

    Parameters
    ----------
    scores : iterable of LeadScore
        Tonight's, in order of ``lead_id``.
    held : iterable of Acknowledged
        What the target confirmed last, in the same order.
    names : sequence of str
        Of the fields, in the order of :func:`serving.delivery.payload.our_fields`.
    tally : Tally
        Counted up; rows that a guard will stop for are counted and not yielded.
    """
    others = iter(held)
    other = next(others, None)
    last: str | None = None
    for score in scores:
        tally.rows += 1
        if not _is_sound(score, last, tally) or score.lead_id is None:
            continue
        last = score.lead_id
        while other is not None and other.lead_id < last:
            other = next(others, None)
        mine = other if other is not None and other.lead_id == last else None
        tally.known += mine is not None
        why = _why(score, mine)
        if not why:
            tally.unchanged += 1
            continue
        tally.why[why] = tally.why.get(why, 0) + 1
        tally.tier_changes += mine is not None and mine.tier != score.tier
        tally.changed_known += mine is not None
        text = as_text(payload(score, names))
        yield PlannedRow(
            lead_id=last, score=score.score, tier=score.tier, codes=score.codes, status=score.status, payload=text
        )


def _is_sound(score: LeadScore, last: str | None, tally: Tally) -> bool:
    """Whether a row can be sent at all; counts why not."""
    if not score.lead_id:
        tally.nameless += 1
        return False
    if last is not None and score.lead_id <= last:
        tally.twice_count += 1
        if len(tally.twice) < EXAMPLES:
            tally.twice.append(score.lead_id)
        return False
    scored = score.status == "scored"
    figures = [figure for figure in (score.probability, score.percentile) if figure is not None]
    sound = all(0.0 <= figure <= 1.0 for figure in figures) and (len(figures) == 2 or not scored)
    if not sound:
        tally.out_of_range_count += 1
        if len(tally.out_of_range) < EXAMPLES:
            tally.out_of_range.append(
                f"{score.lead_id}: probability {score.probability}, percentile {score.percentile}"
            )
    return sound


def _why(score: LeadScore, held: Acknowledged | None) -> str:
    """Why a lead is to be sent; empty where what is there still stands."""
    if held is None:
        return "new"
    if held.unsettled:
        return "not confirmed before"
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
