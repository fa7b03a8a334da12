"""``clocks``, ``review``, ``goal`` and ``owners`` of the agreement, read and checked."""

from __future__ import annotations

import re

from leadq.agreement.calendar.weekly_calendar import WEEKDAYS
from leadq.agreement.sections import Section
from leadq.agreement.terms.measured_terms import (
    HAND_OVERS,
    PERIODS,
    USUAL_CLOCKS,
    USUAL_REVIEW,
    Clocks,
    Goal,
    Owners,
    Review,
)
from leadq.foundation.yaml_tree import Scalar

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ATTEMPTS = "attempts"
_LARGEST = 1e13


def read_clocks(top: Section) -> Clocks:
    """Read ``clocks``; what is wrong goes to the findings of ``top``."""
    section = top.section("clocks", "clocks")
    usual = USUAL_CLOCKS
    if section is None:
        return usual
    clocks = Clocks(
        hand_over=section.choice("hand_over", HAND_OVERS, usual.hand_over),
        counts_as_touch=section.names("counts_as_touch", usual.counts_as_touch),
        unresponsive_after=_attempts(section),
        logged_share_at_least=section.share("logged_share_at_least", usual.logged_share_at_least),
    )
    section.close()
    return clocks


def _attempts(section: Section) -> int | None:
    node = section.node("unresponsive_after")
    if isinstance(node, Scalar) and node.text == _ATTEMPTS:
        return None
    return section.whole_number("unresponsive_after", None, low=1, high=100)


def read_review(top: Section) -> Review:
    """Read ``review``; what is wrong goes to the findings of ``top``."""
    section = top.section("review", "review")
    usual = USUAL_REVIEW
    if section is None:
        return usual
    review = Review(
        weekday=WEEKDAYS.index(section.choice("weekday", WEEKDAYS, WEEKDAYS[usual.weekday])),
        at=_time_of_day(section, "at", usual.at),
        grace_days=section.whole_number("grace_days", usual.grace_days, low=0, high=90),
        window_weeks=section.whole_number("window_weeks", usual.window_weeks, low=1, high=104),
        people=_on_or_off(section, "people", usual.people),
    )
    section.close()
    return review


def _time_of_day(section: Section, key: str, usual: int) -> int:
    text = section.text(key, None)
    found = None if text is None else _TIME.fullmatch(text.strip())
    if text is not None and found is None:
        section.note(key, "must be a time of day", 'Write it as "06:00".')
    return usual if found is None else int(found[1]) * 60 + int(found[2])


def _on_or_off(section: Section, key: str, usual: bool) -> bool:
    node = section.node(key)
    if isinstance(node, Scalar) and node.text in ("on", "off"):
        return node.text == "on"
    return section.flag(key, usual)


def read_goal(top: Section) -> Goal | None:
    """Read ``goal``; what is wrong goes to the findings of ``top``."""
    section = top.section("goal", "goal")
    if section is None:
        return None
    section.require("period")
    goal = Goal(
        period=section.choice("period", PERIODS, "quarter"),
        revenue=section.number("revenue", None, low=1.0, high=_LARGEST),
        currency=section.text("currency", ""),
        accepted_leads=section.whole_number("accepted_leads", None, low=1, high=1_000_000),
    )
    if section.node("revenue") is None and section.node("accepted_leads") is None:
        rule = "goal must have revenue or accepted_leads"
        section.findings.note(section.line, rule, "Write revenue: 500000 and currency: EUR, or accepted_leads: 180.")
    if section.node("revenue") is not None and section.node("currency") is None:
        section.note("currency", "must be given beside revenue", "Write its code, such as EUR.")
    elif section.node("currency") is not None and not _CURRENCY.fullmatch(goal.currency):
        section.note("currency", "must be a currency's code of three capitals", "Write it like EUR.")
    section.close()
    return goal


def read_owners(top: Section) -> Owners | None:
    """Read ``owners``; what is wrong goes to the findings of ``top``."""
    section = top.section("owners", "owners")
    if section is None:
        return None
    section.require("agreement")
    owners = Owners(agreement=section.text("agreement", ""), sponsor=section.text("sponsor", ""))
    section.close()
    return owners
