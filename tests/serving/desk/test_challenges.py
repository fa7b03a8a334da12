"""Challenges at the desk: who may challenge what, the reply that is owed, and what a list or page says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leadq.agreement.read import parse_agreement
from leadq.agreement.schema import Agreement
from leadq.crm.answers.answer import Answer
from leadq.crm.answers.challenge import Challenge, Reply
from leadq.foundation.epoch_microseconds import microseconds
from leadq.serving.desk.challenging.challengeable import Challengeable, challengeable, replied
from leadq.serving.desk.desk_state import Desk
from leadq.serving.words.agreed.challenge_words import challenge_sentences
from leadq.serving.words.agreed.followed_words import FollowedAnswers
from tests.serving.desk.conftest import NOW, Browser, Company
from tests.serving.desk.test_app import lead, sign_in

HOUR = timedelta(hours=1)
CAME = datetime(2026, 9, 1, tzinfo=UTC)
SIDES = [
    {"name": "Ann", "role": "answerer", "side": "marketing", "token": "${ANN}"},
    {"name": "Ray", "role": "reader", "token": "${RAY}"},
    {"name": "Sue", "role": "answerer", "side": "sales", "owner": "Sue S", "token": "${SUE}"},
]


def rejected(at: datetime, decision: Any = "rejected") -> Answer:
    reason = "no_budget" if decision == "rejected" else None
    return Answer(lead_id="L", decided_at=at, rep="Sue", decision=decision, reason=reason)


def challenged(at: datetime = NOW + HOUR, lead_id: str = "L", about: Any = "rejection") -> Challenge:
    side: Any = "sales" if about == "hand_over" else "marketing"
    return Challenge(
        lead_id=lead_id, challenged_at=at, side=side, who="Ann", about=about, of_at=NOW, reason="no_budget", note="no"
    )


def row(status: str = "scored", tier: str | None = "T1", **columns: Any) -> dict[str, Any]:
    told = {"lead_id": "L", "status": status, "status_reason": None, "tier": tier, "tier_at_handoff": None}
    return {**told, "created_at": CAME, **columns}


HAND_OVER = Challengeable(side="sales", about="hand_over", of_at=CAME)


@pytest.mark.parametrize(
    ("row", "answers", "known", "expected"),
    [
        (row(), (), (), [HAND_OVER]),
        (row(tier="T3"), (), (), []),  # marketing's own tier: nothing was handed over
        (row(), (rejected(NOW),), (), [("rejection", NOW), ("hand_over", CAME)]),
        (row(), (rejected(NOW),), (challenged(),), [("hand_over", CAME)]),
        (row(), (rejected(NOW), rejected(NOW + HOUR, "accepted")), (challenged(),), [("acceptance", NOW + HOUR), HAND_OVER]),
        (row("rejected", None, rejected_at=NOW, status_reason="x"), (), (), [("rejection", NOW)]),  # by the CRM
        (row("rejected", None, rejected_at=NOW + HOUR), (rejected(NOW),), (), [("rejection", NOW + HOUR)]),
        (
            row("rejected", None, rejected_at=NOW, tier_at_handoff="T1"),
            (rejected(NOW + HOUR, "accepted"),),
            (),
            [("acceptance", NOW + HOUR), HAND_OVER],
        ),
        (row(rejected_at=NOW, returned_at=NOW + 9 * HOUR), (rejected(NOW),), (), [("hand_over", NOW + 9 * HOUR)]),
    ],
)  # fmt: skip
def test_what_stands_is_challenged_once_by_the_other_side(
    agreed: Agreement, row: dict[str, Any], answers: Any, known: Any, expected: list[Any]
) -> None:
    found = [(one.about, one.of_at) for one in challengeable(row, answers, known, agreed)]
    assert found == [(one.about, one.of_at) if isinstance(one, Challengeable) else one for one in expected]


def test_a_rejection_is_taken_back_only_where_it_still_stands() -> None:
    agrees = Reply(replied_at=NOW + 2 * HOUR, who="Sue", said="agreed")
    back = replied(challenged(), agrees, (rejected(NOW),))
    assert back is not None
    assert (back.decision, back.rep, back.decided_at) == ("accepted", "Sue", NOW + 2 * HOUR)
    assert replied(challenged(), agrees, (rejected(NOW), rejected(NOW + HOUR))) is None
    assert replied(challenged(), replace(agrees, said="stands", note="no"), (rejected(NOW),)) is None
    assert replied(challenged(about="hand_over"), agrees, ()) is None


@pytest.fixture
def due(agreed: Agreement) -> Agreement:
    """Feedback within two business days."""
    sales = {**agreed.duties.get("sales", {}), "feedback_due_business_days": 2}
    return replace(agreed, duties={**agreed.duties, "sales": sales})


def test_both_sides_challenge_reply_and_see_what_is_owed(
    make_desk: Callable[..., Desk], serve: Callable[[Desk], Browser], company: Company, due: Agreement, tmp_path: Path
) -> None:
    now = [NOW]
    desk = replace(make_desk({"people": SIDES}), agreement=due, clock=lambda: now[0])
    marketing = serve(desk)
    sales, reader = Browser(address=marketing.address), Browser(address=marketing.address)
    for browser, name in ((marketing, "Ann"), (sales, "Sue"), (reader, "Ray")):
        sign_in(browser, name)
    at = lead("L000007")
    assert "Challenges" not in marketing.get(at)[1]
    assert "Your answer" not in marketing.get(at)[1]  # marketing does not answer leads
    sales.post(at, {"csrf": sales.csrf(at), "answer": "reject", "reason": "no_budget"})
    now[0] += HOUR
    form, to = {"csrf": marketing.csrf(at), "about": "rejection"}, at.replace("lead", "challenge", 1)
    status, page, _ = marketing.post(to, form)
    assert (status, desk.challenges.all()) == (422, ())
    assert "Nothing was saved. Challenge: must say why." in page
    assert marketing.post(to, {**form, "note": "they <b>asked</b> for a price"})[0] == 303
    assert marketing.post(to, {**form, "note": "again"})[0] == 422
    assert reader.post(to, {"csrf": reader.csrf(at), "about": "rejection", "note": "no"})[0] == 403
    (made,) = desk.challenges.all()
    assert (made.of_at, made.who, made.reason) == (NOW, "Ann", "no_budget")
    listed = sales.get("/?list=to_reply")[1]
    assert "<strong>1</strong> lead," in listed
    assert "rejected; challenged, sales is to reply by Tue 10:00" in listed
    assert "No leads match your filters" in marketing.get("/?list=to_reply")[1]
    now[0] += timedelta(days=6)
    assert "overdue: sales was to reply by" in sales.get("/?list=to_reply")[1]
    assert '<strong class="warning">Overdue.</strong>' in reader.get("/answers")[1]
    page = sales.get(at)[1]
    assert "they &lt;b&gt;asked&lt;/b&gt; for a price" in page
    reply, to = {"csrf": sales.csrf(at), "about": "rejection"}, at.replace("lead", "reply", 1)
    assert (
        marketing.post(to, {**reply, "csrf": form["csrf"], "said": "agreed"})[0] == 422
    )  # nobody replies to their own
    assert sales.post(to, {**reply, "said": "stands"})[0] == 422
    assert desk.challenges.all()[0].reply is None
    assert sales.post(to, {**reply, "said": "agreed"})[0] == 303
    assert desk.answers.latest()["L000007"].decision == "accepted"
    assert "Sales agrees." in marketing.get(at)[1]
    assert "No leads match your filters" in sales.get("/?list=to_reply")[1]

    reasons = [
        {"rep": name, "reason": "no_budget", "given": 14, "came_back": 3, "won": 1, "against": 2}
        for name in ("Sue S", "Bo")
    ]
    (tmp_path / "followed.json").write_text(json.dumps({"as_of_us": 0, "by_reason": reasons, "worked_again": []}))
    company.runs[-1] = replace(company.runs[-1], followed=tmp_path / "followed.json")
    desk.nights._seen = None
    page = sales.get("/answers")[1]
    assert "Of your 14 rejections as no budget, 3 came back and 1 was won; the records spoke against 2." in page
    assert "Of 28 rejections as no budget, 6 came back and 2 were won; the records spoke against 4." in page
    assert "Your rejections" not in reader.get("/answers")[1]


def test_only_a_lead_that_was_worked_again_says_who_was_right(due: Agreement, make_desk: Callable[..., Desk]) -> None:
    not_drawn, drawn = challenged(), replace(challenged(), picked=True)
    again, day = microseconds(drawn.challenged_at), 86_400_000_000
    over = again + (due.outcome.horizon_days + due.review.grace_days) * day

    def verdict(one: Challenge, as_of: int, **found: Any) -> str:
        key = (one.lead_id, microseconds(one.challenged_at))
        told = FollowedAnswers(as_of_us=as_of, worked_again={key: found} if found else {}).verdict(one, due)
        assert told.words.endswith(f"{told.right} was right.") is (told.right is not None)
        return told.words

    assert "cannot be told" in verdict(not_drawn, over, again_us=again, won_us=again + day)
    assert "comes back with the next night" in verdict(drawn, again - 1)
    assert "no longer among the leads" in verdict(drawn, again)
    assert "CRM has closed" in verdict(drawn, over, again_us=None, won_us=None)
    assert "marketing was right" in verdict(drawn, again + 2 * day, again_us=again, won_us=again + day)
    assert "known by" in verdict(drawn, over - 1, again_us=again, won_us=None)
    assert "sales was right" in verdict(drawn, over, again_us=again, won_us=None)
    late = again + (due.outcome.horizon_days + 1) * day
    assert "sales was right" in verdict(drawn, over, again_us=again, won_us=late)
    assert "sales was right" in verdict(drawn, over, again_us=again, won_us=None, touched=True)
    left = verdict(
        drawn, over, again_us=again, won_us=None, touched=False
    )  # or who works nothing would always be right
    assert "not touched by sales within 90 days: who was right cannot be told" in left
    assert "marketing was right" in verdict(drawn, over, again_us=again, won_us=again + day, touched=False)
    assert verdict(challenged(about="hand_over"), over) == ""
    none_agreed = parse_agreement(make_desk().agreement.text, where="agreement")
    clock = replace(replace(make_desk(), agreement=none_agreed).reply_clock())
    assert "Sales is to reply." in " ".join(challenge_sentences(drawn, clock))
