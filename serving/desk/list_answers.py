"""Leads answered in the list, one click each; the question where the records say otherwise is asked at once, in the list."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leadq.foundation.problems import LeadqError, Problem
from leadq.serving.desk.answer_form import AgainstTheRecordError, answer_of
from leadq.serving.desk.card_page import NO_LEAD, NOT_ALLOWED
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.list_page import Asked, show_list
from leadq.serving.desk.list_query import PAGE_ROWS, Query
from leadq.serving.desk.night_scores import read_records
from leadq.serving.desk.page_templates import Pages, said
from leadq.serving.desk.sign_in import LISTED, Visitor


def answer_in_list(desk: Desk, pages: Pages, request: Request, visitor: Visitor, form: Mapping[str, str]) -> Response:
    """Keep an answer and show the list again where the lead stood; or ask in the list, with nothing kept."""
    lead_id, query = form.get("lead", ""), Query.of(request.query_params)
    found = desk.row_for(visitor, lead_id)
    if found is None:
        return pages.message(request, visitor, 404, "No such lead", NO_LEAD)
    if not visitor.may_answer:
        return pages.message(request, visitor, 403, "Not allowed", NOT_ALLOWED)
    meant = {**form, "answer": "reject" if form.get("reason") else "accept"}
    try:
        records = read_records(found[1], lead_id)
        given = answer_of(meant, found[2], desk.agreement, name=visitor.name, now=desk.clock(), records=records)
    except AgainstTheRecordError as error:
        asked = Asked(sentence=error.problems[0].rule, form=form, may_insist=True)
    except LeadqError as error:
        asked = Asked(sentence=_in_words(error.problems[0]), form=form, may_insist=False)
    else:
        desk.answers.record(given)
        request.session[LISTED] = [lead_id, str(given.decision), given.reason or ""]
        return RedirectResponse(f"/?{query.address()}#row-{_place(form)}", status_code=303)
    return show_list(desk, pages, request, visitor, asked=asked)


def _in_words(problem: Problem) -> str:
    return f"Your answer was not saved. {said(problem)}"


def _place(form: Mapping[str, str]) -> int:
    text = form.get("place", "")
    return min(int(text), PAGE_ROWS) if text.isascii() and text.isdigit() and len(text) <= 3 else 1
