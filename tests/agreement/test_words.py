"""Nothing agreed is lost in words, and nothing changed goes unsaid: each leaf of the agreement is changed in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from leadq.agreement.clauses import check_in_words, facts
from leadq.agreement.difference import differences
from leadq.agreement.read import parse_agreement
from leadq.agreement.render import in_words
from leadq.agreement.schema import Agreement
from leadq.foundation.problems import AgreementError
from leadq.serving.words.wording_rules import FORBIDDEN
from tests.agreement.conftest import with_signatures
from tests.agreement.full_agreement import FULL

SIGNED = replace(parse_agreement(with_signatures(), where="agreement.yaml"), sha256="")
WITH_EVERYTHING = replace(parse_agreement(FULL, where="agreement.yaml"), sha256="")
NOT_AGREED = {"line", "text", "sha256"}  # where and how it was written, not what
CHOSEN = {"subject", "operator"}  # no free text: each is tried below


def _leaf_changes(value: Any) -> Iterator[Any]:
    """Yield ``value`` with one leaf, deep inside, changed or dropped; every leaf in turn."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            inner = () if field.name in NOT_AGREED | CHOSEN else _leaf_changes(getattr(value, field.name))
            yield from (replace(value, **{field.name: other}) for other in inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield {other: kept for other, kept in value.items() if other != key}
            yield {(f"{key}_x" if other == key else other): kept for other, kept in value.items()}
            yield from ({**value, key: other} for other in _leaf_changes(inner))
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield value[:place] + value[place + 1 :]
            yield from ((*value[:place], other, *value[place + 1 :]) for other in _leaf_changes(inner))
    else:
        yield from _other(value)


def _other(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, float):
        yield value * 0.9
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif isinstance(value, str):
        yield value + "x"


CHECKS = [
    "{field: a, in: [5]}",
    '{field: a, in: ["5"]}',
    "{field: a, in: [b, c]}",
    '{field: a, in: ["b, c"]}',
    "{field: account.a, in: [b, c]}",
    "{field: a, not_in: [b, c]}",
    "{field: a, ends_with: [b, c]}",
    "{field: a, between: [1, 5]}",
    "{field: a, between: [1, 5.5]}",
    "{field: a, at_least: 5}",
    "{field: a, at_most: 5}",
    "{field: a, equals: 5}",
    '{field: a, equals: "5"}',
    "{field: a, equals: true}",
    '{field: a, equals: "yes"}',
    "{field: a_b, present: true}",
    "{field: a b, present: true}",
    "{field: a__b, present: true}",
    "{field: account.employees, present: true}",
    "{field: account.number_of_employees, present: true}",
    "{event: a_b}",
    "{event: a b}",
    '{field: a, equals: "true"}',
    "{field: a, present: true}",
    "{event: a}",
    "{event: any}",
    "{event: a, within_days: 5}",
    "{disposition: accepted}",
    "{disposition: rejected}",
]


def test_no_two_checks_read_alike(changed_text: Callable[..., str]) -> None:
    student = "when: {field: email_domain, ends_with: [.edu]}"
    texts = [changed_text((student, f"when: {check}")) for check in CHECKS]
    checks = [parse_agreement(text, where="x").rules[1].when[0] for text in texts]
    told = [check_in_words(check) for check in checks]
    assert len(set(told)) == len(CHECKS), told


def _parts_dropped_or_moved(agreement: Agreement) -> Iterator[Agreement]:
    yield replace(agreement, review_by=None)
    yield replace(agreement, on_breach=None)
    yield replace(agreement, tiers=(agreement.tiers[1], agreement.tiers[0], agreement.tiers[2]))
    yield replace(agreement, rules=agreement.rules[::-1])
    first = agreement.tiers[0]
    yield replace(agreement, tiers=(replace(first, sla=None), *agreement.tiers[1:]))
    yield replace(agreement, tiers=(replace(first, capacity_per_week=None), *agreement.tiers[1:]))
    assert first.promise is not None
    promise = replace(first.promise, marginal_at_least=None)
    yield replace(agreement, tiers=(replace(first, promise=promise), *agreement.tiers[1:]))


CHANGED = [*_leaf_changes(SIGNED), *_parts_dropped_or_moved(SIGNED)]


@pytest.mark.parametrize(
    ("agreed", "changed"), [(SIGNED, CHANGED), (WITH_EVERYTHING, list(_leaf_changes(WITH_EVERYTHING)))]
)
def test_every_leaf_of_the_agreement_is_in_the_words(agreed: Agreement, changed: list[Agreement]) -> None:
    assert len(changed) > 130
    words = in_words(agreed)
    lost = [other for other in changed if in_words(other) == words]
    assert lost == []


@pytest.mark.parametrize(
    ("agreed", "changed"), [(SIGNED, CHANGED), (WITH_EVERYTHING, list(_leaf_changes(WITH_EVERYTHING)))]
)
def test_every_change_is_told(agreed: Agreement, changed: list[Agreement]) -> None:
    untold = [
        other
        for other in changed
        if other.version == agreed.version and not differences(agreed, replace(other, version=agreed.version + 1))
    ]
    assert untold == []


def test_facts_are_told_once(signed: Agreement) -> None:
    for agreed in (signed, WITH_EVERYTHING):
        keys = [(fact.part, fact.subject, fact.about) for fact in facts(agreed)]
        assert len(keys) == len(set(keys))


def test_the_words_read_well(signed: Agreement) -> None:
    words = in_words(signed)
    for line in (
        "# What sales and marketing agreed: version 1",
        "- signed by: head of sales on 2026-09-24; head of marketing on 2026-09-25",
        "- promise: at least 30 % of the leads handed over are won",
        "- the weakest leads in it: at least two thirds of that, as is usual; nothing else is agreed",
        "- when: web domain of the account is one of rival.example, competitor.example",
        "- then: the lead is in T2 or a better tier",
        "- number of employees: between 80 and 900 (both included)",
        "- rejects a lead for an agreed reason only: yes",
        "- unreachable",
        f"Text of the file: SHA-256 `{signed.sha256}`.",
    ):
        assert line in words.splitlines()


def test_sales_reads_no_word_of_the_data_team_and_none_of_the_file(signed: Agreement) -> None:
    told = (*facts(signed), *facts(WITH_EVERYTHING))
    text = " ".join((in_words(signed) + in_words(WITH_EVERYTHING)).lower().split())
    assert [word for word in FORBIDDEN if word in text] == []
    assert [fact.about for fact in told if "_" in fact.about] == []
    assert [fact for fact in told if fact.words in ("true", "false", "1.0")] == []


DUTIES = [
    # as it is written, and as it reads
    ("T1_per_month", 80, "T1 a month: 80"),
    ("hand_over_within_hours", 1, "hands a lead over within: 1 business hour"),
    ("nurture_days_when_unresponsive", 30, "nurtures a lead that does not answer for: 30 days"),
    ("follow_up_share", 1.0, "follows up, of the leads handed over: 100 %"),
    ("follow_up_share", 12, "follows up, of the leads handed over: 12"),
    ("reject_only_on_agreed_reasons", False, "rejects a lead for an agreed reason only: no"),
    ("feedback_due_business_days", 5, "says what became of a lead within: 5 business days"),
    ("feedback_due_business_days", "soon", "says what became of a lead within: soon"),
    ("win_rate", 0.25, "win rate: 25 %"),
    ("call_within_hours", 1.5, "call within: 1.5 hours"),
    ("calls_per_week", 20, "calls a week: 20"),
    ("calls_per_hour", 2, "calls an hour: 2"),
    ("days", 3, "days: 3"),
    ("days_off", True, "days off: yes"),
    ("note to sales", "call, then write", '"note to sales": "call, then write"'),
    ("meeting", "5", 'meeting: "5"'),
]


@pytest.mark.parametrize(("key", "value", "line"), DUTIES)
def test_a_duty_reads_as_people_say_it(signed: Agreement, key: str, value: float | str, line: str) -> None:
    assert f"- {line}" in in_words(replace(signed, duties={"sales": {key: value}})).splitlines()


def test_duties_that_would_read_alike_are_told_apart(signed: Agreement) -> None:
    told = in_words(replace(signed, duties={"sales": {"call_within_days": 1, "call_within_hours": 4}})).splitlines()
    assert {'- "call_within_days": 1', '- "call_within_hours": 4'} < set(told)


@pytest.mark.parametrize(
    ("drift", "words"),
    [
        (0.0, "about 0 % more or fewer (0 in the file)"),
        (0.2, "about 22 % more or fewer (0.2 in the file)"),
        (0.1999, "about 22 % more or fewer (0.1999 in the file)"),
        (0.7, "twice as many or half as many, or more (0.7 in the file)"),
        (1e300, "twice as many or half as many, or more"),
    ],
)
def test_the_allowance_for_change_is_said_in_wins(signed: Agreement, drift: float, words: str) -> None:
    changed = replace(signed, acceptance=replace(signed.acceptance, drift_sd=drift))
    assert f"- usual change of wins between quarters: {words}" in in_words(changed)


def test_a_new_version_says_what_it_changed(signed: Agreement, changed_text: Callable[..., str]) -> None:
    text = changed_text(
        ("version: 1", "version: 2"),
        ("win_rate_at_least: 0.30", "win_rate_at_least: 0.35"),
        ("    action: Call today\n", ""),
        ("id: student", "id: pupil"),
        ("  - competitor\n", ""),
    )
    assert differences(signed, parse_agreement(text, where="new")) == (
        "Tiers: T1: promise: at least 35 % of the leads handed over are won "
        "(before: at least 30 % of the leads handed over are won).",
        "Tiers: T1: removed: what to do: Call today.",
        "Rules: these decide before the model: competitor, pupil, hand_raiser (before: competitor, student, hand_raiser).",
        "Rules: pupil was added: when: e-mail domain of the lead ends with .edu; then: the lead is disqualified.",
        "Reasons for rejecting a lead: removed: competitor.",
        "Rules: student was removed (it was: when: e-mail domain of the lead ends with .edu; then: the lead is disqualified).",
    )


@pytest.mark.parametrize("version", [1, 2])
def test_a_changed_agreement_needs_a_higher_version(signed: Agreement, version: int) -> None:
    old = replace(signed, version=2)
    new = replace(signed, version=version, rejection_reasons=())
    with pytest.raises(AgreementError, match=r"must have a higher version than 2, got .*Write version: 3"):
        differences(old, new)


def test_the_same_agreement_changes_nothing(signed: Agreement, changed_text: Callable[..., str]) -> None:
    assert differences(signed, signed) == ()
    commented = parse_agreement(changed_text(("# Best first.", "# Best tier first.")), where="x")
    assert commented.sha256 != signed.sha256
    assert differences(signed, commented) == ()
