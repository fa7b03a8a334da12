"""Every rule of the agreement is broken once: one problem, its line, the rule, the value, a remedy."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadq.agreement.read import parse_agreement, read_agreement
from leadq.agreement.schema import Acceptance, Agreement, OnBreach, Outcome, Signature
from leadq.foundation.problems import AgreementError, Problem
from tests.agreement.conftest import with_signatures

ProblemsOf = Callable[[str], tuple[Problem, ...]]
ChangedText = Callable[..., str]

T1_PROMISE = "{win_rate_at_least: 0.30, marginal_at_least: 0.20}"
T2_PROMISE = "    promise: {win_rate_at_least: 0.10}\n"
T3_OWNER = "label: Nurture\n    owner: marketing"
STUDENT = "when: {field: email_domain, ends_with: [.edu]}"
HAND_RAISER = "when: {event: demo_request, within_days: 14}"

BROKEN = [
    # version and dates
    ("version: 1", "version: 0", "version must be a whole number of at least 1", "0"),
    ("version: 1", "version: 1.5", "version must be a whole number", "1.5"),
    ("version: 1", 'version: "1"', "version must be a whole number", "1"),
    ("version: 1", "version: [1]", "version must be a whole number", "a list"),
    ("version: 1", "version:", "version must be given", ""),
    ("effective_from: 2026-10-01", "effective_from: 2026-02-30", "effective_from must be a date", "2026-02-30"),
    ("effective_from: 2026-10-01", "effective_from: 1.10.2026", "effective_from must be a date", "1.10.2026"),
    ("review_by: 2027-01-10", "review_by: 2026-10-01", "review_by must be later than effective_from", "2026-10-01"),
    ("{role: head of sales, on: 2026-09-24}", "{role: head of sales}", "signature 1: on must be given", ""),
    ("- {role: head of sales, on: 2026-09-24}", "- head of sales", "signature 1 must be a group", "head of sales"),
    # unknown keys
    ("review_by:", "reviewed_by:", "unknown key", "reviewed_by"),
    ("marginal_at_least: 0.20", "marginal: 0.20", "tier T1: promise: unknown key", "marginal"),
    ("attempts: 6", "atempts: 6", "tier T1: sla: unknown key", "atempts"),
    ("within_days: 14", "in_days: 14", "rule hand_raiser: unknown key", "in_days"),
    ("drift_sd: 0.2", "drift: 0.2", "acceptance: unknown key", "drift"),
    # outcome
    ("horizon_days: 90", "horizon_days: 0", "horizon_days must be a whole number from 1 to 730", "0"),
    ("horizon_days: 90", "horizon_days: 731", "horizon_days must be a whole number from 1 to 730", "731"),
    (", horizon_days: 90", "", "outcome: horizon_days must be given", ""),
    ("outcome: {event: opportunity won, horizon_days: 90}", "outcome: won", "outcome must be a group of keys", "won"),
    # tiers
    ("id: T3", "id: T2", "tier T2: id must be unique", "T2"),
    ("id: T3", "id: disqualified", "tier disqualified: id is reserved", "disqualified"),
    ("id: T3", "id: T 3", "tier 3: id must be a short name", "T 3"),
    ("win_rate_at_least: 0.10", "win_rate_at_least: 0.30", "tier T2 must promise less than tier T1", "0.3"),
    ("win_rate_at_least: 0.10", "win_rate_at_least: 0.40", "tier T2 must promise less than tier T1", "0.4"),
    ("marginal_at_least: 0.20", "marginal_at_least: 0.31", "marginal_at_least must not be above", "0.31"),
    ("win_rate_at_least: 0.30", "win_rate_at_least: 1.0", "above 0 and below 1", "1.0"),
    ("win_rate_at_least: 0.30", "win_rate_at_least: 30 %", "above 0 and below 1", "30 %"),
    ("win_rate_at_least: 0.30", "win_rate_at_least: .nan", "above 0 and below 1", ".nan"),
    ("marginal_at_least: 0.20", "marginal_at_least: 0", "above 0 and below 1", "0"),
    ("capacity_per_week: 120", "capacity_per_week: many", "capacity_per_week must be a whole number", "many"),
    ("first_touch_business_hours: 4,", "first_touch_business_hours: -4,", "must be a number from 0 to 2000", "-4"),
    ("label: Sales-ready", "label: [Sales-ready]", "tier T1: label must be a text", "a list"),
    # rules
    ("id: student", "id: competitor", "rule competitor: id must be unique", "competitor"),
    ("id: student", "id: model", "rule model: id is reserved", "model"),
    ("then: {at_least: T2}", "then: {at_least: T4}", "at_least must name a tier of this agreement", "T4"),
    ("then: {at_least: T2}", "then: {at_least: T2, at: x}", "rule hand_raiser: then: unknown key", "at"),
    ("then: {at_least: T2}", "then: T2", "then must be disqualify or", "T2"),
    (STUDENT, "when: []", "rule student must hold at least one check", ""),
    (STUDENT, "when: email_domain", "rule student: a check must be a group of keys", "email_domain"),
    # checks
    (STUDENT, "when: {ends_with: [.edu]}", "must have exactly one of field, event, disposition", "ends_with"),
    (STUDENT, "when: {field: a, event: b}", "must have exactly one of field, event, disposition", "field, event"),
    (STUDENT, "when: {field: a}", "must have exactly one of in, not_in", ""),
    (STUDENT, "when: {field: a, in: [b], at_least: 1}", "must have exactly one of in", "in, at_least"),
    (STUDENT, "when: {field: a, in: []}", "in must be a list of at least one value", "a list"),
    (STUDENT, "when: {field: a, in: b}", "in must be a list of at least one value", "b"),
    (STUDENT, "when: {field: a, not_in: [[b]]}", "not_in must be a list of at least one value", "a list"),
    (STUDENT, "when: {field: a, ends_with: [5]}", "ends_with must be a list of texts", "a list"),
    (STUDENT, "when: {field: a, between: [5, 1]}", "between must be two numbers, the smaller one first", "a list"),
    (STUDENT, "when: {field: a, between: [1, b]}", "between must be two numbers", "a list"),
    (STUDENT, "when: {field: a, at_least: b}", "at_least must be a number", "b"),
    (STUDENT, "when: {field: a, at_most: [1]}", "at_most must be a number", "a list"),
    (STUDENT, "when: {field: a, equals: [1]}", "equals must be one value", "a list"),
    (STUDENT, "when: {field: a, present: false}", "present must be true", "false"),
    (STUDENT, "when: {field: a, present: true, within_days: 3}", "unknown key", "within_days"),
    (HAND_RAISER, "when: {event: demo_request, within_days: 0}", "within_days must be a whole number", "0"),
    ("{disposition: accepted}", "{disposition: acepted}", "stage SAL: disposition must be one of", "acepted"),
    ("industry: [software, logistics]", "industry: software", "industry must be a list", "software"),
    ("employees: [80, 900]", "employees: [900, 80]", "employees must be two numbers, the smaller one first", "a list"),
    # acceptance, breach, duties, reasons
    ("red_at: 0.95", "red_at: 0.70", "amber_at (0.8) must be below red_at (0.7)", ""),
    ("amber_at: 0.80", "amber_at: 0.95", "amber_at (0.95) must be below red_at (0.95)", ""),
    ("confidence: 0.90", "confidence: 90", "confidence must be a number above 0 and below 1", "90"),
    ("drift_sd: 0.2", "drift_sd: -0.2", "drift_sd must be a number of at least 0", "-0.2"),
    ("random_worked_share: 0.03", "random_worked_share: 3", "must be a number from 0 to 1", "3"),
    ("within_business_days: 10", "within_business_days: soon", "within_business_days must be a whole number", "soon"),
    (
        "follow_up_share: 1.0",
        "follow_up_share: [1.0]",
        "duties of sales: follow_up_share must be a number above 0 and up to 1",
        "a list",
    ),
    ("  - competitor", "  - no budget", "rejection reason 5 must be a short name", "no budget"),
    ("  - competitor", "  - no_budget", "rejection reason 5 must be unique", "no_budget"),
    # YAML itself
    ("review_by: 2027-01-10", "version: 2", "must not be given twice (first on line 5)", "version"),
    ("horizon_days: 90", "horizon_days: !!int 90", "must not use tags", "tag:yaml.org,2002:int"),
]


BROKEN_IN_A_BLOCK = [
    # the last column is a passage on the line that is named: of the group where a key is missing
    (T3_OWNER, "label: Nurture", "tier T3: owner must be given", "id: T3"),
    (
        T2_PROMISE,
        "",
        "tier T2: promise must be given: only the last tier has no promise, or there would be a gap",
        "id: T2",
    ),
    (T3_OWNER, T3_OWNER + "\n    promise: {win_rate_at_least: 0.05}", "tier T3: promise must not be given", "0.05"),
    ("industry: [software", "account.employees: [software", "which must not be given twice", "employees: [80"),
    ("label: Nurture", "label: Nurture\n    ? [a]\n    : b", "a key must be a word", "? [a]"),
]


def _line_of(text: str, passage: str) -> int:
    return text[: text.index(passage)].count("\n") + 1


@pytest.mark.parametrize(("old", "new", "rule", "value"), BROKEN, ids=[new for _, new, _, _ in BROKEN])
def test_a_broken_rule_is_named_with_its_line(
    signed_text: str, changed_text: ChangedText, problems_of: ProblemsOf, old: str, new: str, rule: str, value: str
) -> None:
    (problem,) = problems_of(changed_text((old, new)))
    assert problem.where == f"agreement.yaml line {_line_of(signed_text, old)}"
    assert rule in problem.rule
    assert problem.value.startswith(value)
    assert bool(problem.value) == bool(value)
    assert problem.remedy.endswith(".")


@pytest.mark.parametrize(("old", "new", "rule", "at"), BROKEN_IN_A_BLOCK)
def test_a_broken_group_is_named_with_its_line(
    changed_text: ChangedText, problems_of: ProblemsOf, old: str, new: str, rule: str, at: str
) -> None:
    text = changed_text((old, new))
    (problem,) = problems_of(text)
    assert problem.where == f"agreement.yaml line {_line_of(text, at)}"
    assert rule in problem.rule
    assert problem.remedy.endswith(".")


def test_what_is_missing_at_the_top_is_named(problems_of: ProblemsOf) -> None:
    problems = problems_of("signed: []\n")
    rules = [problem.rule for problem in problems]
    assert rules == [f"{key} must be given" for key in ("version", "effective_from", "outcome", "tiers")]


def test_one_tier_is_not_enough(problems_of: ProblemsOf) -> None:
    text = "version: 1\neffective_from: 2026-10-01\noutcome: {event: won, horizon_days: 30}\ntiers:\n"
    for too_few in (text + "  - {id: T1, owner: sales}\n", text.replace("tiers:", "tiers: []")):
        (problem,) = problems_of(too_few)
        assert (problem.where, problem.rule) == ("agreement.yaml line 4", "tiers must be at least two")
    two = text + "  - {id: T1, owner: sales, promise: {win_rate_at_least: 0.5}}\n  - {id: T2, owner: sales}\n"
    assert problems_of(two) == ()
    assert parse_agreement(two, where="x").tiers[1].label == "T2"


def test_all_problems_come_at_once_in_the_order_of_the_lines(
    changed_text: ChangedText, problems_of: ProblemsOf
) -> None:
    text = changed_text(
        ("reason: no_budget", "reason: no budget"),
        ("version: 1", "version: one"),
        ("id: T2\n", "id: T1\n"),
        (STUDENT, "when: {field: a, in: []}"),
        ("horizon_days: 90", "horizon_days: 9000"),
    )
    problems = problems_of(text)
    lines = [int(problem.where.rsplit(" ", 1)[1]) for problem in problems]
    assert lines == sorted(lines)
    assert [problem.value for problem in problems] == ["one", "9000", "T1", "a list", "T2", "no budget"]
    assert [problem.rule.split(" ")[0] for problem in problems] == [
        "version",
        "outcome:",
        "tier",
        "rule",
        "rule",
        "rejection",
    ]


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("review_by:", "reviewed_by:", "Did you mean review_by? "),
        ("capacity_per_week", "capacity_per_weak", "Did you mean capacity_per_week? "),
        ("then: {at_least: T2}", "then: {at_least: T22}", "Did you mean T2? "),
        ("{disposition: accepted}", "{disposition: acepted}", "Did you mean accepted? "),
    ],
)
def test_a_misspelt_word_is_guessed(
    changed_text: ChangedText, problems_of: ProblemsOf, old: str, new: str, hint: str
) -> None:
    problems = problems_of(changed_text((old, new)))
    assert [problem.remedy.startswith(hint) for problem in problems] == [True]


def test_everything_in_the_file_is_kept(signed: Agreement, signed_text: str) -> None:
    assert signed.version == 1
    assert signed.effective_from == date(2026, 10, 1)
    assert signed.review_by == date(2027, 1, 10)
    assert signed.signed[0] == Signature(role="head of sales", on=date(2026, 9, 24))
    assert signed.outcome == Outcome(event="opportunity won", horizon_days=90)
    assert [tier.id for tier in signed.tiers] == ["T1", "T2", "T3"]
    assert [check.name for check in signed.stages["MQL"]] == ["account.employees", "any"]
    assert signed.stages["SAL"][0].subject == "disposition"
    ideal = {check.name: (check.operator, check.values) for check in signed.ideal_customer}
    assert ideal["account.industry"] == ("in", ("software", "logistics"))
    assert ideal["account.employees"] == ("between", (80.0, 900.0))
    assert ideal["account.country"] == ("in", ("DE", "FR", "NL"))
    assert [(rule.disqualify, rule.at_least) for rule in signed.rules] == [(True, None), (True, None), (False, "T2")]
    assert signed.acceptance == Acceptance(random_worked_share=0.03)
    assert signed.on_breach == OnBreach(owner="head of marketing", within_business_days=10)
    assert signed.duties["sales"] == {
        "follow_up_share": 1.0,
        "share_in_time": 0.9,
        "reject_only_on_agreed_reasons": True,
        "feedback_due_business_days": 5,
    }
    assert len(signed.rejection_reasons) == 8
    assert signed.text == signed_text
    assert signed.sha256 == hashlib.sha256(signed_text.encode()).hexdigest()
    lines = signed_text.splitlines()
    assert all("field:" in lines[check.line - 1] for rule in signed.rules[:2] for check in rule.when)


def test_norway_is_no_false(changed_text: ChangedText, problems_of: ProblemsOf) -> None:
    flow = "when: [{event: demo_request, within_days: 14}, {field: account.country, in: [DE, NO]}]"
    text = changed_text((HAND_RAISER, flow))
    assert problems_of(text) == ()
    checks = parse_agreement(text, where="x").rules[2].when
    assert checks[1].values == ("DE", "NO"), "YAML 1.1 would read Norway as false"


def test_values_keep_their_type(changed_text: ChangedText) -> None:
    text = changed_text((STUDENT, 'when: {field: a, in: [5, "5", true, yes, 1e3, x]}'))
    values = parse_agreement(text, where="x").rules[1].when[0].values
    assert [repr(value) for value in values] == ["5", "'5'", "True", "'yes'", "1000.0", "'x'"]


def test_an_empty_part_is_as_good_as_absent(problems_of: ProblemsOf) -> None:
    text = "version: 1\neffective_from: 2026-10-01\noutcome: {event: won, horizon_days: 30}\nrules:\nsigned: []\n"
    tiers = "tiers:\n  - {id: A, owner: sales, promise: {win_rate_at_least: 0.5}, sla: }\n  - {id: B, owner: x}\n"
    assert problems_of(text + tiers + "stages: {}\nduties:\nacceptance:\n") == ()


def test_read_names_the_file_and_keeps_its_bytes(tmp_path: Path, signed_text: str) -> None:
    path = tmp_path / "agreement.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + signed_text.replace("\n", "\r\n").encode())
    agreement = read_agreement(path)
    assert agreement.version == 1
    assert agreement.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert agreement.rules[0].line == _line_of(signed_text, "- id: competitor")


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(
        AgreementError, match=r"must be a file that can be read, got No such file.*Name a file that is there"
    ):
        read_agreement(tmp_path / "agreement.yaml")


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "agreement.yaml"
    path.write_bytes("version: 1\nlabel: für\n".encode("latin-1"))
    with pytest.raises(AgreementError, match=r"agreement.yaml line 2: must be UTF-8 text, got b'\\xfc'"):
        read_agreement(path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_the_file_gives_anything_but_problems(problems_of: ProblemsOf, data: st.DataObject) -> None:
    """Lines dropped, doubled or overwritten: an agreement or an AgreementError, never another exception."""
    lines = with_signatures().splitlines()
    bits = st.sampled_from(
        ["", "null", "[]", "{}", "- x", "a: b", "[", '"', "*a", "&a b", "!x", "-1", "1e999", "\t", "é"]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        bit = data.draw(bits)
        key = lines[place].split(":")[0]
        lines[place] = data.draw(st.sampled_from([bit, f"{key}: {bit}", lines[place] + bit, ""]))
    text = "\n".join(lines)
    problems = problems_of(text)
    for problem in problems:
        assert problem.where.startswith("agreement.yaml line ")
        assert problem.rule
        assert problem.remedy
    if not problems:
        kept = parse_agreement(text, where="agreement.yaml")
        assert kept.version >= 1
        assert 1 <= kept.outcome.horizon_days <= 730
        promises = [tier.promise.win_rate_at_least for tier in kept.tiers if tier.promise is not None]
        assert len(promises) == len(kept.tiers) - 1 >= 1
        assert promises == sorted(set(promises), reverse=True)
        assert all(rule.when and (rule.disqualify or rule.at_least) for rule in kept.rules)
