"""What answers led to, and the challenges with what is owed: as lines and as data. Writes nothing."""

from __future__ import annotations

from typing import Any

from leadq.crm.answers.challenge import Challenge, Side
from leadq.foundation.plurals import counted
from leadq.pipelines.console.command_result import Told
from leadq.pipelines.desk import make_desk
from leadq.pipelines.project.project import Project
from leadq.serving.desk.challenging.challengeable import in_words
from leadq.serving.desk.desk_state import Desk
from leadq.serving.words.text import clean

_NOTE = 200


def read_desk(project: Project) -> Desk:
    """Open what the desk knows of a project, without anybody signing in."""
    return make_desk(project, environment={}, local_name="", clock=lambda: project.now, with_tokens=False)


def show_answers(project: Project, *, to_reply: Side | None = None) -> Told:
    """Say what followed the rejections of the last year, and the challenges: overdue replies first.

    Parameters
    ----------
    project : Project
    to_reply : {"marketing", "sales"}, optional
        Only challenges to which this side must still reply.
    """
    desk = read_desk(project)
    followed, clock = desk.followed(desk.nights.tonight()), desk.reply_clock()
    known = [
        one for one in desk.challenges.all() if to_reply is None or (one.reply is None and one.replies == to_reply)
    ]
    known.sort(key=lambda one: (not clock.overdue(one), one.reply is not None))
    said = [(one, in_words(one, clock, followed, desk.agreement)) for one in known]
    by_reason = list(followed.of(None)) if to_reply is None else []
    if by_reason:
        by_reason.insert(0, f"Rejections of the last 12 months, as known at {followed.as_of:%Y-%m-%d %H:%M} UTC")
    lines = [_line(one, words) for one, words in said]
    owed = sum(one.reply is None for one in known)
    late = sum(clock.overdue(one) for one in known)
    total = f"{counted(len(known), 'challenge')}, {owed} to reply to, {late} overdue"
    facts = {
        "by_reason": list(followed.by_reason) if to_reply is None else [],
        "challenges": [_fact(one, words, overdue=clock.overdue(one)) for one, words in said],
    }
    challenges = [*([""] if by_reason else []), total, *lines] if lines else []
    return Told(facts=facts, words="\n".join([*by_reason, *challenges] or [_nothing(to_reply)]))


def _nothing(to_reply: Side | None) -> str:
    return (
        f"No challenge waits for a reply of {to_reply}."
        if to_reply
        else "Nobody has rejected or challenged anything yet."
    )


def _line(challenge: Challenge, said: str) -> str:
    note, reply = clean(challenge.note, _NOTE), challenge.reply
    replied = f' Reply: "{clean(reply.note, _NOTE)}".' if reply is not None and reply.note else ""
    return f'- {clean(challenge.lead_id)}: {said} Note: "{note}".{replied}'


def _fact(challenge: Challenge, words: str, *, overdue: bool) -> dict[str, Any]:
    reply = challenge.reply
    return {
        "lead_id": challenge.lead_id,
        "side": challenge.side,
        "about": challenge.about,
        "reason": challenge.reason,
        "challenged_at": challenge.challenged_at.isoformat(),
        "note": challenge.note,
        "worked_again": challenge.picked,
        "reply": None if reply is None else reply.said,
        "reply_note": None if reply is None else reply.note,
        "overdue": overdue,
        "said": words,
    }
