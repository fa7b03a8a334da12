"""What was agreed on measuring, in words: clocks, review, goal, owners, what follows a rejection; a part and its lines each.

Leaves out how a line looks (``agreement/render.py``) and checks, whose words are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadq.agreement.calendar.weekly_calendar import WEEKDAYS, clock
from leadq.agreement.condition import Check
from leadq.agreement.plain_words import name_in_words, percent_in_words, value_in_words
from leadq.agreement.terms.measured_terms import AfterRejection, Clocks, Goal, Owners, Review
from leadq.foundation.plurals import counted

Line = tuple[str, str]
"""What about, and what was agreed of it."""

_HAND_OVERS = {
    "delivered": "when its score was delivered to sales, and that was confirmed",
    "owner_assigned": "when it got an owner who is a salesperson",
    "handed_off_at": "at the time in the mapped column",
    "created": "when it was created",
}
_THEN = {"close": "the lead is closed", "merge": "it is merged into another lead", "nurture": "marketing nurtures it"}
_NEEDS = {
    "attempts": "as many attempts as its tier agrees",
    "outside_ideal_customer": "a mark of the ideal customer that is known and not met",
    "merged": "the other lead that it was merged into",
}


def owners_in_words(owners: Owners | None) -> Iterator[Line]:
    """Yield who keeps the agreement."""
    if owners is not None:
        yield "who keeps this agreement", value_in_words(owners.agreement)
        if owners.sponsor:
            yield "who decides where the sides do not agree", value_in_words(owners.sponsor)


def goal_in_words(goal: Goal | None) -> Iterator[Line]:
    """Yield what both sides want to reach."""
    if goal is not None:
        if goal.revenue is not None:
            yield f"revenue a {goal.period}", f"{value_in_words(goal.revenue)} {goal.currency}"
        if goal.accepted_leads is not None:
            yield f"leads that sales accepts a {goal.period}", str(goal.accepted_leads)


def clocks_in_words(clocks: Clocks) -> Iterator[Line]:
    """Yield when clocks start and what stops them."""
    usual = "by the first of these that is recorded: delivery, an owner in sales, the mapped column, creation"
    yield (
        "a lead is handed over",
        _HAND_OVERS.get(clocks.hand_over, value_in_words(clocks.hand_over)) if clocks.hand_over else usual,
    )
    kinds = ", ".join(name_in_words(kind) for kind in clocks.counts_as_touch)
    yield "counts as a touch by sales", kinds or "every touch that a person made"
    after = clocks.unresponsive_after
    words = "the attempts of its tier" if after is None else counted(after, "attempt")
    yield "a lead does not answer", f"after {words} without an answer"
    if clocks.logged_share_at_least is not None:
        share = percent_in_words(clocks.logged_share_at_least)
        yield "duties of sales are judged", f"where at least {share} of the leads that were won show a touch"


def review_in_words(review: Review) -> Iterator[Line]:
    """Yield when the review is read, and over what."""
    weekday = WEEKDAYS[review.weekday % 7].title()
    yield "read", f"each {weekday} at {clock(review.at)}"
    yield "late entries have", counted(review.grace_days, "day")
    yield "looks at", counted(review.window_weeks, "week")
    yield "owners see their own figures", value_in_words(review.people)


def after_rejection_in_words(after: AfterRejection, checks: Callable[[tuple[Check, ...]], str]) -> Iterator[Line]:
    """Yield what follows a rejection, and what the records must show for it."""
    if after.then:
        yield "then", _THEN.get(after.then, value_in_words(after.then))
    if after.wake_after_days is not None:
        yield "open again after", counted(after.wake_after_days, "day")
    if after.returns_on:
        yield "open again on", " or ".join(f"the event {name_in_words(kind)}" for kind in after.returns_on)
    if after.needs:
        yield "the records must show", _NEEDS.get(after.needs, value_in_words(after.needs))
    if after.checks:
        yield "the records must show that", checks(after.checks)
    if not (after.then or after.needs or after.checks or after.returns_on):
        yield "nothing more agreed", ""
