"""The pages over many leads: the list, and the same leads as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from agreement.schema import DISQUALIFIED
from crm.answers import Answer
from serving.desk.desk import Desk
from serving.desk.listing import Found, find
from serving.desk.nights import Tonight
from serving.desk.pages import Pages, lead_address
from serving.desk.query import Query
from serving.desk.rows import NOT_SCORED, LeadRows, Texts
from serving.desk.who import Visitor
from serving.words.text import cell, chance, clean

NO_NIGHT = "No night has been scored yet. Run leadq score, then load this page again."
STALE_AFTER = timedelta(hours=36)
_SHOWN = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLead:
    """A lead of the list as it is shown; texts are empty where nothing is known."""

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


def show_list(desk: Desk, pages: Pages, request: Request, visitor: Visitor) -> Response:
    """Show a page of the list."""
    tonight = desk.nights.tonight()
    if tonight is None:
        return pages.message(request, visitor, 503, "No scores yet", NO_NIGHT)
    query = Query.of(request.query_params)
    found = find(tonight.rows, query, answered=desk.answered(), owner=visitor.owner)
    page = min(query.page, found.pages)
    night, answers = tonight.runs[0], desk.answers.latest()
    age = desk.clock() - tonight.runs[-1].as_of
    return pages.page(
        request,
        "leads.html.j2",
        visitor,
        night=night,
        stale=age.days if age > STALE_AFTER else 0,
        query=query,
        found=len(found.rows),
        all_scored=sum(count for tier, count in found.by_tier.items() if tier != NOT_SCORED),
        tiers=_tiers(desk, found),
        owners=_choices(tonight.rows.owner) if visitor.owner is None else (),
        sources=_choices(tonight.rows.source),
        rows=[_listed(tonight.rows, int(row), answers, query) for row in found.page(page)],
        page=page,
        pages=found.pages,
    )


def save_csv(desk: Desk, pages: Pages, request: Request, visitor: Visitor) -> Response:
    """Send all leads of a query as CSV that no spreadsheet takes for formulas."""
    tonight = desk.nights.tonight()
    if tonight is None:
        return pages.message(request, visitor, 503, "No scores yet", NO_NIGHT)
    query = Query.of(request.query_params)
    found = find(tonight.rows, query, answered=desk.answered(), owner=visitor.owner)
    desk.answers.note_audit(desk.clock(), visitor.name, "saved as CSV", {"leads": len(found.rows)})
    name = f"leads-{tonight.runs[0].as_of:%Y-%m-%d}.csv"
    return Response(
        _csv(tonight, found, desk),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _csv(tonight: Tonight, found: Found, desk: Desk) -> str:
    leads, answers, written = tonight.rows, desk.answers.latest(), io.StringIO()
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
        answer = answers.get(lead_id)
        texts = [leads.account_id, leads.owner, leads.source, leads.campaign]
        writer.writerow(
            [
                cell(lead_id),
                leads.tier.at(row),
                "" if np.isnan(probability) else f"{probability:.4f}",
                *(cell(column.at(row)) for column in texts),
                "" if np.isnan(leads.age_days[row]) else f"{leads.age_days[row]:.0f}",
                cell(leads.moved.at(row)),
                cell(leads.reason.at(row)),
                "" if answer is None else str(answer.decision),
            ]
        )
    return written.getvalue()


def _choices(column: Texts) -> list[str]:
    """Values to choose from; one that cannot be shown as it is, is found by searching only."""
    return sorted((value for value in column.values if clean(value, _SHOWN) == value), key=str.casefold)


def _tiers(desk: Desk, found: Found) -> list[tuple[str, str, float | None, int]]:
    """Tiers to choose from: name, label, promise, leads."""
    agreed = [
        (tier.id, tier.label, tier.promise.win_rate_at_least if tier.promise else None, found.by_tier.get(tier.id, 0))
        for tier in desk.agreement.tiers
    ]
    names = {tier.id for tier in desk.agreement.tiers}
    order = [DISQUALIFIED, *sorted(set(found.by_tier) - names - {DISQUALIFIED, NOT_SCORED}), NOT_SCORED]
    return [*agreed, *((name, "", None, found.by_tier[name]) for name in order if found.by_tier.get(name))]


def _listed(leads: LeadRows, row: int, answers: Mapping[str, Answer], query: Query) -> ListedLead:
    lead_id, probability, before = leads.lead_id[row].as_py(), float(leads.probability[row]), float(leads.before[row])
    scored, age = not np.isnan(probability), float(leads.age_days[row])
    points = (probability - before) * 100
    answer = answers.get(lead_id)
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
        answer="" if answer is None else str(answer.decision),
    )
