"""What answers led to: of a person's rejections, and of all where everybody's leads may be seen; and the challenges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from leadq.crm.answers.challenge import Challenge, Side
from leadq.serving.desk.challenging.challengeable import in_words
from leadq.serving.desk.desk_state import Desk
from leadq.serving.desk.night_scores import Tonight
from leadq.serving.desk.page_templates import Pages, lead_address
from leadq.serving.desk.sign_in import Visitor


def has_followed(desk: Desk, tonight: Tonight, visitor: Visitor) -> bool:
    """Whether there is anything to show a visitor."""
    followed = desk.followed(tonight)
    told = any(True for _ in followed.of(None if visitor.owner is None else visitor.names))
    return told or bool(_seen(desk, tonight, visitor))


def show_followed(desk: Desk, pages: Pages, request: Request, visitor: Visitor) -> Response:
    """Show what followed answers."""
    tonight = desk.nights.tonight()
    followed, clock = desk.followed(tonight), desk.reply_clock()
    own, every = list(followed.of(visitor.names)), list(followed.of(None)) if visitor.owner is None else []
    seen = sorted(_seen(desk, tonight, visitor), key=lambda one: (not clock.overdue(one), one.reply is not None))
    known = [(one, in_words(one, clock, followed, desk.agreement)) for one in seen]
    return pages.page(
        request,
        "answers.html.j2",
        visitor,
        parts=(("Your rejections", own), ("All rejections", every)),
        said=bool(own or every),
        score=_score([followed.verdict(one, desk.agreement).right for one in seen]),
        challenges=[(one, _address(tonight, one.lead_id), said, clock.overdue(one)) for one, said in known],
    )


def _seen(desk: Desk, tonight: Tonight | None, visitor: Visitor) -> list[Challenge]:
    """Return the challenges on leads that a visitor may see."""
    every = desk.challenges.all()
    if visitor.owner is None:
        return list(every)
    return [one for one in every if tonight is not None and _owner(tonight, one.lead_id) == visitor.owner]


def _owner(tonight: Tonight, lead_id: str) -> str | None:
    place = tonight.rows.place(lead_id)
    return None if place is None else tonight.rows.owner.at(place)


def _address(tonight: Tonight | None, lead_id: str) -> str:
    there = tonight is not None and tonight.rows.place(lead_id) is not None
    return lead_address(lead_id, "") if there else ""


def _score(right: Iterable[Side | None]) -> str:
    """Say how often which side was right; empty while nobody can tell."""
    known = Counter(filter(None, right))
    if not known:
        return ""
    whose = f"marketing was right about {known['marketing']} and sales about {known['sales']}"
    return f"Of {known.total()} challenged rejections that were worked again, {whose}."
