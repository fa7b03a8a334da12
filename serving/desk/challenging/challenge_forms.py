"""Challenges and replies taken from forms of the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leadq.crm.answers.challenge import Challenge, Reply
from leadq.foundation.problems import Problem, UsageError
from leadq.serving.desk.card_page import NO_LEAD, here_of, show_card
from leadq.serving.desk.challenging.challengeable import Row, challengeable, replied
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.page_templates import Pages
from leadq.serving.desk.sign_in import KEPT, Visitor

Keep = Callable[[Desk, Visitor, Row, Mapping[str, str]], str]
_NOT_ALLOWED = "You cannot challenge or reply here. Ask whoever runs the desk if you need to."


def challenge(desk: Desk, pages: Pages, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
    """Keep a challenge, or show what is missing."""
    return _taken(desk, pages, request, visitor, form, _challenged)


def reply(desk: Desk, pages: Pages, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
    """Keep a reply, or show what is missing."""
    return _taken(desk, pages, request, visitor, form, _replied)


def _taken(
    desk: Desk, pages: Pages, request: Request, visitor: Visitor, form: Mapping[str, str], keep: Keep
) -> Response:
    found = desk.row_for(visitor, request.query_params.get("id", ""))
    if found is None:
        return pages.message(request, visitor, 404, "No such lead", NO_LEAD)
    if not visitor.sides:
        return pages.message(request, visitor, 403, "Not allowed", _NOT_ALLOWED)
    try:
        kept = keep(desk, visitor, found[2], form)
    except UsageError as error:
        return show_card(desk, pages, request, visitor, form=form, problem=error.problems[0])
    request.session[KEPT] = kept
    return RedirectResponse(f"/lead?{here_of(request)}#challenges", status_code=303)


def _challenged(desk: Desk, visitor: Visitor, row: Row, form: Mapping[str, str]) -> str:
    lead_id, about = row["lead_id"], form.get("about", "")
    may = challengeable(row, desk.answers.of(lead_id), desk.challenges.of(lead_id), desk.agreement)
    one = next((one for one in may if one.about == about and one.side in visitor.sides), None)
    if one is None:
        rule, remedy = "must be of something the other side said", "Reload the lead and look at what was said last."
        raise UsageError(Problem(where="Challenge", rule=rule, value=about[:60], remedy=remedy))
    made = Challenge(
        lead_id=lead_id,
        challenged_at=desk.clock(),
        side=one.side,
        who=visitor.name,
        about=one.about,
        of_at=one.of_at,
        reason=one.reason,
        note=form.get("note", ""),
    )
    desk.challenges.record(made)
    return "challenge"


def _replied(desk: Desk, visitor: Visitor, row: Row, form: Mapping[str, str]) -> str:
    lead_id, about = row["lead_id"], form.get("about", "")
    waiting = [one for one in desk.challenges.of(lead_id) if one.reply is None and one.replies in visitor.sides]
    one = next((one for one in waiting if one.about == about), None)
    if one is None:
        rule, remedy = "must be to a challenge that waits for one", "Reload the lead and look at its challenges."
        raise UsageError(Problem(where="Reply", rule=rule, value=about[:60], remedy=remedy))
    said: Any = form.get("said", "")
    made = Reply(replied_at=desk.clock(), who=visitor.name, said=said, note=form.get("note", ""))
    desk.challenges.reply(one, made, instead=replied(one, made, desk.answers.of(lead_id)))
    return "reply"
