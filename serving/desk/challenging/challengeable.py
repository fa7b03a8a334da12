"""What may be challenged of a lead, by whom, and what takes the place of an answer that is taken back.

Leaves out the forms (``challenge_forms.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadq.agreement.schema import Agreement
from leadq.crm.answers.answer import Answer
from leadq.crm.answers.challenge import About, Challenge, Reply, Side
from leadq.crm.contract.score_table import REJECTED
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.sign_in import Visitor
from leadq.serving.words.agreed.challenge_words import ReplyClock, challenge_sentences
from leadq.serving.words.agreed.followed_words import FollowedAnswers

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Challengeable:
    """Something that one side said of a lead and the other may challenge."""

    side: Side
    about: About
    of_at: datetime
    reason: str | None = None


def challengeable(
    row: Row, answers: Sequence[Answer], challenges: Sequence[Challenge], agreement: Agreement
) -> tuple[Challengeable, ...]:
    """Return what may be challenged of a lead now, each once.

    Parameters
    ----------
    row : mapping
        The lead's row of the score table.
    answers : sequence of Answer
        Of the desk on this lead, oldest first.
    challenges : sequence of Challenge
        On this lead.
    agreement : Agreement
        Says which tiers sales owns.
    """
    decided = [answer for answer in answers if answer.decision is not None]
    found = [one for one in (_answer_of(row, decided[-1] if decided else None), _hand_over(row, agreement)) if one]
    done = {(one.about, one.of_at) for one in challenges}
    return tuple(one for one in found if (one.about, one.of_at) not in done)


def _answer_of(row: Row, last: Answer | None) -> Challengeable | None:
    """Return the answer of sales that stands: the desk's last one, or the CRM's that the score table tells of."""
    recorded, back = row.get("rejected_at"), row.get("returned_at")
    if last is not None and (recorded is None or last.decided_at >= recorded):
        if back is not None and last.decided_at < back:
            return None  # it came back since, and nobody has answered
        about: About = "rejection" if last.decision == "rejected" else "acceptance"
        return Challengeable(side="marketing", about=about, of_at=last.decided_at, reason=last.reason)
    if row["status"] == REJECTED and recorded is not None:
        return Challengeable(side="marketing", about="rejection", of_at=recorded, reason=row["status_reason"])
    return None


def _hand_over(row: Row, agreement: Agreement) -> Challengeable | None:
    of_sales = {tier.id for tier in agreement.tiers if tier.owner == "sales"}
    entered = row.get("returned_at") or row["created_at"]
    if entered is None or (row["tier"] or row["tier_at_handoff"]) not in of_sales:
        return None
    return Challengeable(side="sales", about="hand_over", of_at=entered)


def replied(challenge: Challenge, reply: Reply, answers: Sequence[Answer]) -> Answer | None:
    """Return the acceptance that takes the place of a challenged rejection where sales agrees; None where nothing is taken back."""
    later = [one for one in answers if one.decision is not None and one.decided_at > challenge.of_at]
    if challenge.about != "rejection" or reply.said != "agreed" or later:
        return None
    return Answer(
        lead_id=challenge.lead_id,
        decided_at=reply.replied_at,
        rep=reply.who,
        decision="accepted",
        note="rejection taken back after a challenge",
    )


def in_words(challenge: Challenge, clock: ReplyClock, followed: FollowedAnswers, agreement: Agreement) -> str:
    """Return all that is to be said of a challenge but its notes."""
    return " ".join((*challenge_sentences(challenge, clock), followed.verdict(challenge, agreement).words)).strip()


def shown(desk: Desk, visitor: Visitor, row: Row) -> dict[str, Any]:
    """Return what a card shows of challenges: those there are, in words, and what this person may challenge or must reply to."""
    lead_id = row["lead_id"]
    known, answers = desk.challenges.of(lead_id), desk.answers.of(lead_id)
    clock, followed = desk.reply_clock(), desk.followed(desk.nights.tonight())
    may = [one for one in challengeable(row, answers, known, desk.agreement) if one.side in visitor.sides]
    if len(visitor.sides) > 1 and not answers and not known and row["status"] != REJECTED:
        may = []  # nobody has said anything yet: the page is as it always was
    return {
        "challenges": [
            (one, in_words(one, clock, followed, desk.agreement), one.reply is None and one.replies in visitor.sides)
            for one in known
        ],
        "challengeable": may,
    }
