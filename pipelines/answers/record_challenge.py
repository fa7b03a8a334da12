"""A challenge or a reply from the command line, for whoever has no desk: the same rules, the same log."""

from __future__ import annotations

from collections.abc import Sequence

from leadq.crm.answers.challenge import Challenge, Reply, Said, Side
from leadq.foundation.problems import Problem, UsageError
from leadq.pipelines.answers.show_answers import read_desk
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.project.project import Project
from leadq.serving.desk.challenging.challengeable import Row, challengeable, in_words, replied
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.night_scores import read_row
from leadq.serving.words.text import clean

_NO_ROW = dict.fromkeys(("status", "status_reason", "tier", "tier_at_handoff", "created_at"))


def record_challenge(project: Project, lead_id: str, *, side: Side, because: str, who: str) -> Told:
    """Challenge what the other side said last of a lead.

    Raises
    ------
    UsageError
        There is nothing to challenge, it was challenged before, or it is not said why.
    """
    desk = read_desk(project)
    may = challengeable(_row(desk, lead_id), desk.answers.of(lead_id), desk.challenges.of(lead_id), desk.agreement)
    one = next((one for one in may if one.side == side), None)
    if one is None:
        said = "sales has answered" if side == "marketing" else "is in a tier of sales in the last night"
        remedy = "Look at what was said and challenged: leadq answers, leadq explain."
        rule = f"must be a lead that {said} and that was not challenged before"
        raise UsageError(Problem(where="leadq answers challenge", rule=rule, value=clean(lead_id), remedy=remedy))
    made = Challenge(
        lead_id=lead_id,
        challenged_at=project.now,
        side=side,
        who=who or side,
        about=one.about,
        of_at=one.of_at,
        reason=one.reason,
        note=because,
    )
    return _told(desk, desk.challenges.record(made))


def record_reply(project: Project, lead_id: str, *, side: Side, said: Said, because: str, who: str) -> Told:
    """Reply to the oldest challenge of the other side on a lead.

    Raises
    ------
    UsageError
        No challenge waits for this side's reply, or it is not said why it stands.
    """
    desk = read_desk(project)
    waiting = _waiting(desk.challenges.of(lead_id), side)
    if waiting is None:
        rule, remedy = (
            f"must be a lead with a challenge that {side} must reply to",
            f"See leadq answers --to-reply {side}.",
        )
        raise UsageError(Problem(where="leadq answers reply", rule=rule, value=clean(lead_id), remedy=remedy))
    reply = Reply(replied_at=project.now, who=who or side, said=said, note=because)
    desk.challenges.reply(waiting, reply, instead=replied(waiting, reply, desk.answers.of(lead_id)))
    return _told(desk, next(one for one in desk.challenges.of(lead_id) if one.of_at == waiting.of_at))


def _waiting(challenges: Sequence[Challenge], side: Side) -> Challenge | None:
    return next((one for one in challenges if one.reply is None and one.replies == side), None)


def _row(desk: Desk, lead_id: str) -> Row:
    """Return the lead's row of the last night; an empty one of a lead that the night does not know."""
    tonight = desk.nights.tonight()
    run = None if tonight is None else tonight.run_of(lead_id)
    row = None if run is None else read_row(run, lead_id)
    return {"lead_id": lead_id, **_NO_ROW} if row is None else row


def _told(desk: Desk, one: Challenge) -> Told:
    words = in_words(one, desk.reply_clock(), desk.followed(desk.nights.tonight()), desk.agreement)
    facts = {"lead_id": one.lead_id, "about": one.about, "worked_again": one.picked, "said": words}
    return Told(facts=facts, words=f"{clean(one.lead_id)}: {words}")
