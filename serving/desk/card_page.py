"""The pages over one lead: its card, the answer to it, and the card as a file or short text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from leadq.foundation.problems import LeadqError, Problem
from leadq.serving.desk.answer_form import AgainstTheRecordError, answer_of, reasons_offered
from leadq.serving.desk.challenging.challengeable import shown
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.lead_list import find
from leadq.serving.desk.list_query import Query
from leadq.serving.desk.night_scores import Tonight, read_records
from leadq.serving.desk.page_templates import Pages, lead_address
from leadq.serving.desk.sign_in import KEPT, Visitor
from leadq.serving.words.card import Card
from leadq.serving.words.card_page import card_file
from leadq.serving.words.card_text import short_text

_KEPT_WORDS = {
    "accept": "Accepted. Thank you.",
    "reject": "Rejected, with your reason.",
    "disagree": "Thank you. Your disagreement with the tier is saved.",
    "challenge": "Your challenge is saved. The other side must reply.",
    "reply": "Your reply is saved.",
}
_EMPTY_FORM = dict.fromkeys(("reason", "note", "suggested_tier", "answer", "fits_profile", "need", "about"), "")
NOT_ALLOWED = "You can read leads but not answer them. Ask whoever runs the desk if you need to."
NO_LEAD = "No open lead with this id was scored tonight, or you are not allowed to see it."


def show_card(
    desk: Desk,
    pages: Pages,
    request: Request,
    visitor: Visitor,
    *,
    form: Mapping[str, str] | None = None,
    problem: Problem | None = None,
    asked: str = "",
) -> Response:
    """Show a lead's card; after an answer that was not kept with what was filled in and what is wrong, or what is asked."""
    lead_id = request.query_params.get("id", "")
    found = desk.row_for(visitor, lead_id)
    if found is None:
        return pages.message(request, visitor, 404, "No such lead", NO_LEAD)
    tonight, run, row = found
    query = _back(request)
    return pages.page(
        request,
        "lead.html.j2",
        visitor,
        status=200 if problem is None and not asked else 422,
        card=desk.card(tonight, run, row),
        answers=desk.answers.of(lead_id)[::-1],
        reasons=reasons_offered(desk.agreement),
        form={**_EMPTY_FORM, **(form or {})},
        problem=problem,
        asked=asked,
        kept=_KEPT_WORDS.get(request.session.pop(KEPT, "")) if problem is None and not asked else None,
        run_id=row["run_id"],
        back=query.address(),
        here=here_of(request),
        **shown(desk, visitor, row),
        next=_next(tonight, desk, visitor, query, lead_id),
        crm_url=desk.settings.lead_url and desk.settings.lead_url.replace("{lead_id}", quote(lead_id, safe="")),
    )


def answer(desk: Desk, pages: Pages, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
    """Keep an answer and show the card again; or show what is missing, with nothing kept."""
    lead_id = request.query_params.get("id", "")
    found = desk.row_for(visitor, lead_id)
    if found is None:
        return pages.message(request, visitor, 404, "No such lead", NO_LEAD)
    if not visitor.may_answer:
        return pages.message(request, visitor, 403, "Not allowed", NOT_ALLOWED)
    try:
        records = read_records(found[1], lead_id)
        given = answer_of(form, found[2], desk.agreement, name=visitor.name, now=desk.clock(), records=records)
    except AgainstTheRecordError as asked:
        return show_card(desk, pages, request, visitor, form=form, asked=asked.problems[0].rule)
    except LeadqError as error:
        return show_card(desk, pages, request, visitor, form=form, problem=error.problems[0])
    desk.answers.record(given)
    request.session[KEPT] = form["answer"]
    return RedirectResponse(f"/lead?{here_of(request)}#main", status_code=303)


def here_of(request: Request) -> str:
    """Return the part of an address that names the lead of a request, and the list one came from."""
    return lead_address(request.query_params.get("id", ""), _back(request).address())


def save_file(desk: Desk, pages: Pages, request: Request, visitor: Visitor) -> Response:
    """Send a lead's card as one offline HTML file."""
    card = _saved(desk, request, visitor, "html")
    if card is None:
        return pages.message(request, visitor, 404, "No such lead", NO_LEAD)
    named = "".join(letter for letter in card.lead_id if letter.isascii() and letter.isalnum())[:40]
    return Response(
        card_file(card, [tier.id for tier in desk.agreement.tiers]),
        media_type="text/html; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="lead-{named}.html"'},
    )


def save_text(desk: Desk, pages: Pages, request: Request, visitor: Visitor) -> Response:
    """Send a lead's card as the short text of a CRM field."""
    card = _saved(desk, request, visitor, "text")
    if card is None:
        return pages.message(request, visitor, 404, "No such lead", NO_LEAD)
    return PlainTextResponse(short_text(card) + "\n")


def _saved(desk: Desk, request: Request, visitor: Visitor, kind: str) -> Card | None:
    lead_id = request.query_params.get("id", "")
    found = desk.row_for(visitor, lead_id)
    if found is None:
        return None
    desk.answers.note_audit(desk.clock(), visitor.name, "saved a card", {"as": kind}, lead_id=lead_id)
    return desk.card(*found)


def _back(request: Request) -> Query:
    """Return the list one came from; a list that cannot be read is the whole one."""
    try:
        return Query.of(dict(parse_qsl(request.query_params.get("back", ""))))
    except LeadqError:
        return Query()


def _next(tonight: Tonight, desk: Desk, visitor: Visitor, query: Query, lead_id: str) -> str:
    """Return the address of the lead after this one in the list one came from, empty at its end."""
    answered, place = desk.answered(visitor), tonight.rows.place(lead_id)
    seen = find(tonight.rows, query, answered=answered, owner=visitor.owner, now_us=desk.now_us()).rows
    order = find(
        tonight.rows, replace(query, answered=""), answered=answered, owner=visitor.owner, now_us=desk.now_us()
    ).rows
    at = np.flatnonzero(order == place)  # a lead just answered may have left the list, but not this one
    after = order[int(at[0]) + 1 :] if len(at) else order
    following = after[np.isin(after, seen)]
    return lead_address(tonight.rows.lead_id[int(following[0])].as_py(), query.address()) if len(following) else ""
