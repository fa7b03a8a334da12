"""Terms of measuring: every key is known, typed and in range; what an agreement does not say has its usual meaning."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadq.agreement.calendar.weekly_calendar import USUAL_CALENDAR, hours_in_words
from leadq.agreement.checks import check_fields
from leadq.agreement.read import parse_agreement, stored_agreement
from leadq.agreement.schema import Agreement
from leadq.agreement.terms.measured_terms import USUAL_CLOCKS, USUAL_REVIEW, AfterRejection, Goal, Owners
from leadq.agreement.terms.read_duties import tier_duties
from leadq.foundation.problems import AgreementError, Problem
from tests.agreement.full_agreement import FULL

ProblemsOf = Callable[[str], tuple[Problem, ...]]

BROKEN = [
    # duties: what passed when they were kept as written
    (
        "follow_up_share: 0.9",
        "follow_up_share: 7.5",
        "duties of sales: follow_up_share must be a number above 0",
        "7.5",
    ),
    (
        "T1_per_month: 80",
        "T1_per_month: 80000",
        "T1_per_month must not be above what T1 has room for: 120 a week",
        "80000",
    ),
    ("T1_per_month: 80", "T1_per_month: -1", "T1_per_month must be a whole number from 0", "-1"),
    ("feedback_due_business_days", "feedback_dew_days", "duties of sales: unknown key", "feedback_dew_days"),
    ("T2_per_week: 60", "T4_per_week: 60", "duties of marketing: unknown key", "T4_per_week"),
    ("T1_counts: model_and_rules", "T1_counts: rules", "T1_counts must be one of model, model_and_rules", "rules"),
    ("share_in_time: 0.95", "share_in_time: 95", "share_in_time must be a number above 0 and up to 1", "95"),
    ("4 business hours", "4 hours", "hand_over_within_hours must be a number from 0 to 2000", "4 hours"),
    ("[source, title, account.employees]", "source", "context_fields must be a list", "source"),
    ("reject_only_on_agreed_reasons: true", "reject_only_on_agreed_reasons: yes", "must be true or false", "yes"),
    ("  sales:\n    follow", "  selling:\n    follow", "duties: unknown key", "selling"),
    (
        "20 business hours",
        "400 business days",
        "feedback_due_business_days must be a number from 0 to 250",
        "400 business",
    ),
    # tiers
    ("1 business day,", "1 week,", "first_touch_business_hours must be a number from 0 to 2000", "1 week"),
    ("attempts: 6", "attempts: 600", "attempts must be a whole number from 1 to 100", "600"),
    # calendar
    ("Europe/Berlin", "Berlin", "calendar: time_zone must be a time zone", "Berlin"),
    ("time_zone:", "timezone:", "calendar: unknown key", "timezone"),
    ("fri: ", "fryday: ", "calendar: hours must be by weekday", "fryday"),
    ("fri: ", "tue-fri: ", "calendar: hours: tue-fri gives tue a second time (first in mon-thu)", "08:00-12:00"),
    (
        'fri: "08:00-12:00"',
        'fri: "12:00-08:00"',
        "must be opening hours from an earlier to a later time",
        "12:00-08:00",
    ),
    ('fri: "08:00-12:00"', "fri: 8-12", "must be opening hours from an earlier to a later time", "8-12"),
    ("08:00-12:00, 13:00-17:00", "08:00-14:00, 13:00-17:00", "must be spans that do not overlap", "08:00-14:00"),
    ("[DE-BY, FR]", "[Bavaria]", "calendar: countries must be countries whose public holidays are known", "Bavaria"),
    ("[DE-BY, FR]", "[DE-XX]", "calendar: countries must be DE or a part of it (AUGSBURG, BB", "DE-XX"),
    ("[DE-BY, FR]", "[DE-BY, DE]", "calendar: countries must name a country once (first DE-BY)", "DE"),
    # clocks, review, goal, owners
    (
        "hand_over: owner_assigned",
        "hand_over: owner",
        "clocks: hand_over must be one of delivered, owner_assigned",
        "owner",
    ),
    (
        "counts_as_touch: [call, meeting]",
        "counts_as_touch: []",
        "counts_as_touch must be a list of at least one",
        "a list",
    ),
    ("unresponsive_after: 5", "unresponsive_after: never", "unresponsive_after must be a whole number", "never"),
    ("logged_share_at_least", "logged_share", "clocks: unknown key", "logged_share"),
    ("weekday: tue", "weekday: tuesday", "review: weekday must be one of mon, tue", "tuesday"),
    ('at: "07:30"', 'at: "7.30"', "review: at must be a time of day", "7.30"),
    ("grace_days: 5", "grace_days: 500", "review: grace_days must be a whole number from 0 to 90", "500"),
    ("window_weeks: 26", "window_weeks: 0", "review: window_weeks must be a whole number from 1 to 104", "0"),
    ("people: off", "people: nobody", "review: people must be true or false", "nobody"),
    ("period: quarter", "period: decade", "goal: period must be one of month, quarter, year", "decade"),
    (", currency: EUR", "", "goal: currency must be given beside revenue", ""),
    ("currency: EUR", "currency: Euro", "goal: currency must be a currency's code", "Euro"),
    ("revenue: 500000", "revenue: -1", "goal: revenue must be a number from 1", "-1"),
    ("{agreement: head of revenue, ", "{", "owners: agreement must be given", ""),
    # what follows a rejection
    (
        "then: nurture",
        "then: sleep",
        "rejection reason unreachable: then must be one of close, merge, nurture",
        "sleep",
    ),
    ("then: nurture, ", "", "wake_after_days must be beside then: nurture", "90"),
    (
        "needs: merged",
        "needs: nothing",
        "needs must be one of attempts, outside_ideal_customer, merged, or checks",
        "nothing",
    ),
    ("then: merge,", "then: merge, returns_on: [x],", "returns_on must not be beside then: merge", "a list"),
    ("buyer_needs: [lower", "buyer_need: [lower", "the agreement: unknown key", "buyer_need"),
    ("[lower_cost, ", "[lower cost, ", "each of buyer_needs must be a short name", "lower cost"),
    ("[lower_cost, ", "[compliance, ", "buyer_needs must be a list of at least one name, each once", "a list"),
    ("reason: merged", "reason: is merged", "rejection reason 4 must be a short name", "is merged"),
    ("{reason: merged, ", "{", "rejection reason 4: reason must be a short name", ""),
    ("reason: merged", "reason: duplicate", "rejection reason 4 must be unique", "duplicate"),
    ("ends_with: [.edu]", "ends_with: []", "rejection reason student: needs: ends_with must be a list", "a list"),
]


def _line_of(passage: str) -> int:
    return FULL[: FULL.index(passage)].count("\n") + 1


def changed(*changes: tuple[str, str]) -> str:
    text = FULL
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


@pytest.fixture(scope="module")
def full() -> Agreement:
    return parse_agreement(FULL, where="agreement.yaml")


@pytest.mark.parametrize(("old", "new", "rule", "value"), BROKEN, ids=[new for _, new, _, _ in BROKEN])
def test_a_broken_term_is_named_with_its_line(
    problems_of: ProblemsOf, old: str, new: str, rule: str, value: str
) -> None:
    (problem,) = problems_of(changed((old, new)))
    assert problem.where == f"agreement.yaml line {_line_of(old)}"
    assert rule in problem.rule
    assert problem.value.startswith(value)
    assert bool(problem.value) == bool(value)
    assert problem.remedy.endswith(".")


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("Europe/Berlin", "Berlin", "Did you mean Europe/Berlin?"),
        ("Europe/Berlin", "Europe/Berln", "Did you mean Europe/Berlin?"),
        ("feedback_due_business_days", "feedback_dew_days", "Did you mean feedback_due_business_days?"),
        ("T2_per_week", "T2_per_mont", "Did you mean T2_per_month?"),
        ("fri: ", "freitag: ", "Did you mean fri?"),
        ("weekday: tue", "weekday: tues", "Did you mean tue?"),
        ("currency: EUR", "currncy: EUR", "Did you mean currency?"),
        ("needs: merged", "needs: merge", "Did you mean merged?"),
    ],
)
def test_a_misspelt_term_is_guessed(problems_of: ProblemsOf, old: str, new: str, remedy: str) -> None:
    assert any(problem.remedy.startswith(remedy) for problem in problems_of(changed((old, new))))


def test_everything_agreed_is_kept(full: Agreement) -> None:
    assert full.owners == Owners(agreement="head of revenue", sponsor="chief executive")
    assert full.goal == Goal(period="quarter", revenue=500_000.0, currency="EUR", accepted_leads=180)
    assert hours_in_words(full.calendar.hours) == "Mon-Thu 08:00-12:00 and 13:00-17:00, Fri 08:00-12:00"
    assert (full.calendar.hours_of_a_day, full.calendar.countries) == (8.0, ("DE-BY", "FR"))
    assert full.review.people is False
    assert full.rejection_reasons == ("duplicate", "unreachable", "outside_icp", "merged", "student")
    assert full.after_rejection["unreachable"] == AfterRejection(
        then="nurture", wake_after_days=90, returns_on=("demo_request", "pricing_page"), needs="attempts"
    )
    assert full.after_rejection["student"].checks[0].operator == "ends_with"
    assert "duplicate" not in full.after_rejection
    assert full.buyer_needs == ("lower_cost", "compliance")


def test_lengths_of_time_are_hours_and_days_of_business(full: Agreement) -> None:
    sla = full.tiers[0].sla
    assert sla is not None
    assert sla.first_touch_business_hours == 8.0
    assert full.duties["marketing"]["hand_over_within_hours"] == 4
    assert full.duties["sales"]["feedback_due_business_days"] == 2.5
    assert full.on_breach is not None
    assert full.on_breach.within_business_days == 10


def test_what_is_owed_of_a_tier_is_told_by_the_month(full: Agreement) -> None:
    first, second = tier_duties(full)
    assert (first.tier_id, first.a_month, first.rules_count) == ("T1", 80.0, True)
    assert (second.tier_id, round(second.a_month, 1), second.rules_count) == ("T2", 260.9, False)


def test_what_is_not_agreed_has_its_usual_meaning() -> None:
    text = "version: 1\neffective_from: 2026-10-01\noutcome: {event: won, horizon_days: 30}\ntiers:\n"
    tiers = "  - {id: A, owner: sales, promise: {win_rate_at_least: 0.5}}\n  - {id: B, owner: x}\n"
    old = parse_agreement(text + tiers, where="x")
    assert (old.calendar, old.clocks, old.review) == (USUAL_CALENDAR, USUAL_CLOCKS, USUAL_REVIEW)
    assert (old.goal, old.owners, old.after_rejection, old.buyer_needs, old.duties) == (None, None, {}, (), {})


def test_a_model_keeps_duties_that_nobody_refused_when_they_were_signed() -> None:
    text = changed(
        ("follow_up_share: 0.9", "follow_up_share: 7.5"), ("feedback_due_business_days", "feedback_dew_days")
    )
    assert stored_agreement(text, where="x").duties["sales"]["follow_up_share"] == 7.5
    with pytest.raises(AgreementError):
        parse_agreement(text, where="x")


def test_a_model_keeps_what_was_agreed_before_there_were_limits() -> None:
    text = (
        "version: 1\neffective_from: 2026-10-01\noutcome: {event: won, horizon_days: 30}\n"
        "on_breach: {owner: x, within_business_days: 400}\ntiers:\n"
        "  - {id: A, owner: sales, promise: {win_rate_at_least: 0.5}, sla: {first_touch_business_hours: 5000, attempts: 300}}\n"
        "  - {id: B, owner: x}\n"
    )
    kept = stored_agreement(text, where="x")
    sla, on_breach = kept.tiers[0].sla, kept.on_breach
    assert sla is not None
    assert on_breach is not None
    assert (sla.first_touch_business_hours, sla.attempts, on_breach.within_business_days) == (5000, 300, 400)
    with pytest.raises(AgreementError) as stopped:
        parse_agreement(text, where="x")
    assert len(stopped.value.problems) == 3


def test_fields_of_duties_and_reasons_must_be_in_the_data(full: Agreement) -> None:
    problems = check_fields(full, {"source", "title", "email"})
    assert [(problem.where, problem.value) for problem in problems] == [
        (f"agreement.yaml line {_line_of('reason: student')}", "email_domain"),
        (f"agreement.yaml line {_line_of('context_fields')}", "account.employees"),
    ]
