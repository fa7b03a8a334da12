"""The pages over many leads: the list, and the same leads as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from leadq.agreement.schema import DISQUALIFIED
from leadq.crm.answers.answer_log import Answer
from leadq.foundation.arrays import Ints
from leadq.serving.desk.answer_form import one_click_reasons
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.followed_page import has_followed
from leadq.serving.desk.lead_columns import WITHOUT_SCORE, Texts
from leadq.serving.desk.lead_list import NOBODY, Found, find
from leadq.serving.desk.list_query import LISTS, Query
from leadq.serving.desk.night_scores import Tonight
from leadq.serving.desk.page_templates import Pages, lead_address
from leadq.serving.desk.sign_in import LISTED, Visitor
from leadq.serving.words.agreed.deadline import deadlines_of
from leadq.serving.words.text import cell, chance, clean, id_cell

NO_NIGHT = "There are no scores yet. After the first nightly run (leadq score), reload this page."
STALE_AFTER = timedelta(hours=36)
_SHOWN = 48
_CHOICES = 500  # owners or sources in a menu


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked, or wrong, about an answer that was not kept; ``form`` is what was sent."""

    sentence: str
    form: Mapping[str, str]
    may_insist: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLead:
    """A lead of the list as it is shown; texts are empty where nothing is known.

    ``key`` is its id as it stands in the table; ``waits`` whether it waits for an answer.
    """

    lead_id: str
    address: str
    tier: str
    chance: str
    percent: str
    account: str
    owner: str
    source: str
    age: int | None
    rise: str
    moved: str
    reason: str
    answer: str
    due: str
    run_id: str
    key: str
    waits: bool


def show_list(desk: Desk, pages: Pages, request: Request, visitor: Visitor, *, asked: Asked | None = None) -> Response:
    """Show a page of the list; after an answer that was not kept with what is asked."""
    tonight = desk.nights.tonight()
    if tonight is None:
        return pages.message(request, visitor, 503, "No scores yet", NO_NIGHT)
    query = Query.of(request.query_params)
    found = find(tonight.rows, query, answered=desk.answered(visitor), owner=visitor.owner, now_us=desk.now_us())
    page = min(query.page, found.pages)
    night, answers = tonight.runs[0], desk.answers.latest()
    age = desk.clock() - night.as_of
    same = night.agreement_version == desk.agreement.version
    visible = find(tonight.rows, Query(), answered=NOBODY, owner=visitor.owner).rows
    disagreed, clock = desk.answers.disagreements(), desk.reply_clock()
    waiting = {one.lead_id: clock.in_words(one) for one in desk.challenges.all() if one.reply is None}
    return pages.page(
        request,
        "leads.html.j2",
        visitor,
        status=200 if asked is None else 422,
        asked=asked,
        kept=request.session.pop(LISTED, None) if asked is None else None,
        reasons=one_click_reasons(desk.agreement) if query.answering else (),
        has_followed=has_followed(desk, tonight, visitor),
        lists=LISTS if visitor.sides else LISTS[:-1],
        night=night,
        stale=age.days if age > STALE_AFTER else 0,
        query=query,
        found=len(found.rows),
        all_scored=sum(count for tier, count in found.by_tier.items() if tier not in WITHOUT_SCORE),
        same_agreement=same,
        standing=desk.agreement_standing(),
        tiers=_tiers(desk, found, with_promise=same),
        owners=_choices(tonight.rows.owner, visible) if visitor.owner is None else (),
        sources=_choices(tonight.rows.source, visible),
        rows=_with_due(
            desk,
            tonight,
            [
                (int(row), _listed(tonight, int(row), _said_of(answers, disagreed, waiting), query, decided=answers))
                for row in found.page(page)
            ],
        ),
        page=page,
        pages=found.pages,
    )


def save_csv(desk: Desk, pages: Pages, request: Request, visitor: Visitor) -> Response:
    """Send all leads of a query as CSV that no spreadsheet takes for formulas."""
    tonight = desk.nights.tonight()
    if tonight is None:
        return pages.message(request, visitor, 503, "No scores yet", NO_NIGHT)
    query = Query.of(request.query_params)
    found = find(tonight.rows, query, answered=desk.answered(visitor), owner=visitor.owner, now_us=desk.now_us())
    desk.answers.note_audit(desk.clock(), visitor.name, "saved as CSV", {"leads": len(found.rows)})
    name = f"leads-{tonight.runs[0].as_of:%Y-%m-%d}.csv"
    return Response(
        _csv(tonight, found, desk),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _csv(tonight: Tonight, found: Found, desk: Desk) -> str:
    leads, written = tonight.rows, io.StringIO()
    answer_of = _said_of(desk.answers.latest(), desk.answers.disagreements())
    writer = csv.writer(written)
    writer.writerow(
        [
            "lead_id",
            "tier",
            "probability",
            "account",
            "owner",
            "source",
            "campaign",
            "age_days",
            "moved",
            "reason",
            "answer",
        ]
    )
    for row in found.rows.tolist():
        lead_id, probability = leads.lead_id[row].as_py(), float(leads.probability[row])
        texts = [leads.account_id, leads.owner, leads.source, leads.campaign]
        writer.writerow(
            [
                id_cell(lead_id),
                leads.tier.at(row),
                "" if np.isnan(probability) else f"{probability:.4f}",
                *(cell(column.at(row)) for column in texts),
                "" if np.isnan(leads.age_days[row]) else f"{leads.age_days[row]:.0f}",
                cell(leads.moved.at(row)),
                cell(leads.reason.at(row)),
                answer_of(lead_id, bool(leads.returned[row])),
            ]
        )
    return written.getvalue()


def _choices(column: Texts, visible: Ints) -> list[str]:
    """Values of the visible leads, the most frequent ones; one that cannot be shown as it is, is found by searching only."""
    codes = column.codes[visible]
    counts = np.bincount(codes[codes >= 0], minlength=len(column.values))
    most = [column.values[code] for code in np.argsort(-counts, kind="stable")[:_CHOICES].tolist() if counts[code]]
    return sorted((value for value in most if clean(value, _SHOWN) == value), key=str.casefold)


def _said_of(
    answers: Mapping[str, Answer], disagreed: Mapping[str, Answer], waiting: Mapping[str, str] | None = None
) -> Callable[[str, bool], str]:
    """Return how the answers on a lead, which may have come back since, are told, and until when a reply to a challenge is due."""

    def said(lead_id: str, returned: bool) -> str:
        answer = answers.get(lead_id)
        told = str(answer.decision) if answer is not None else "disagreed" if lead_id in disagreed else ""
        told = "came back" if returned else told
        reply = (waiting or {}).get(lead_id, "")
        return f"{told}; challenged, {reply}".removeprefix("; ") if reply else told

    return said


def _tiers(desk: Desk, found: Found, *, with_promise: bool) -> list[tuple[str, str, float | None, int]]:
    """Tiers to choose from: name, label, promise, leads; no promise where the leads were scored under another agreement."""
    agreed = [
        (
            tier.id,
            tier.label,
            tier.promise.win_rate_at_least if tier.promise and with_promise else None,
            found.by_tier.get(tier.id, 0),
        )
        for tier in desk.agreement.tiers
    ]
    names = {tier.id for tier in desk.agreement.tiers}
    order = [DISQUALIFIED, *sorted(set(found.by_tier) - names - {DISQUALIFIED, *WITHOUT_SCORE}), *WITHOUT_SCORE]
    return [*agreed, *((name, "", None, found.by_tier[name]) for name in order if found.by_tier.get(name))]


def _listed(
    tonight: Tonight, row: int, answer_of: Callable[[str, bool], str], query: Query, *, decided: Collection[str]
) -> ListedLead:
    leads = tonight.rows
    lead_id, probability, before = leads.lead_id[row].as_py(), float(leads.probability[row]), float(leads.before[row])
    scored, age = not np.isnan(probability), float(leads.age_days[row])
    points = (probability - before) * 100
    return ListedLead(
        lead_id=clean(lead_id, _SHOWN),
        address=lead_address(lead_id, query.address()),
        tier=leads.tier.at(row),
        chance=chance(probability) if scored else "",
        percent=f"{probability * 100:.1f} %" if scored else "",
        account=clean(leads.account_id.at(row), _SHOWN),
        owner=clean(leads.owner.at(row), _SHOWN),
        source=clean(leads.source.at(row).replace("_", " "), _SHOWN),
        age=None if np.isnan(age) else int(age),
        rise=f"{points:+.1f} points" if abs(points) >= 0.05 else "",
        moved=leads.moved.at(row),
        reason=leads.reason.at(row),
        answer=answer_of(lead_id, bool(leads.returned[row])),
        due="",
        run_id=tonight.runs[int(leads.run[row])].run_id,
        key=lead_id,
        waits=bool(leads.returned[row]) or lead_id not in decided,
    )


def _with_due(desk: Desk, tonight: Tonight, listed: list[tuple[int, ListedLead]]) -> list[ListedLead]:
    """Say when the first touch is due of leads that nobody has touched yet, where their agreement states a calendar."""
    calendar, leads = desk.agreement.calendar, tonight.rows
    if not calendar.stated:
        return [one for _, one in listed]
    said: dict[int, str] = {}
    for place, run in enumerate(tonight.runs):
        ids = {leads.lead_id[row].as_py(): row for row, _ in listed if leads.run[row] == place}
        if run.agreement_version == desk.agreement.version:
            for lead_id, deadline in deadlines_of(run.deadlines, list(ids), now=desk.read_at or desk.clock()).items():
                if deadline.touched_us is None:
                    said[ids[lead_id]] = deadline.in_words(calendar, tier=leads.tier.at(ids[lead_id]))
    return [replace(one, due=said.get(row, "")) for row, one in listed]
