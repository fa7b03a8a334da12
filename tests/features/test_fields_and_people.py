"""Fields rebuilt as of a moment, people out of titles and domains, agreed checks on what is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadq.agreement.schema import Check, Rule
from leadq.features.engine.duckdb_engine import microseconds, moment, open_engine, open_tables
from leadq.features.field_values import Field, fields_as_of, known_fields
from leadq.features.groups.column_names import plain_names
from leadq.features.groups.person import PersonGroup
from leadq.features.groups.protocol import FeatureContext
from leadq.features.landmarks import tonight_points
from leadq.features.predicates import operand_problems, rule_hits

START = datetime(2025, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
EMPLOYEES = "field:account.employees"


def change(day: float, old: str | None) -> dict[str, object]:
    return {
        "entity": "account",
        "entity_id": "A1",
        "field": "employees",
        "changed_at": START + day * DAY,
        "old_value": old,
    }


@pytest.mark.parametrize(
    ("day", "expected"),
    [(1, None), (4.999999, None), (5, 100.0), (9, 100.0), (10, 200.0), (99, 200.0)],
    ids=["before the first change", "just before", "at the change", "between", "at the last change", "long after"],
)
def test_a_field_holds_what_it_held_then(tmp_path, write_history, day, expected):
    rows = {
        "leads": [{"lead_id": "L1", "created_at": START, "account_id": "A1"}],
        "accounts": [{"account_id": "A1", "employees": 200.0}],
        "field_history": [change(5, None), change(10, "100.0")],
    }
    since = {"account.employees": START - DAY}
    history = write_history(tmp_path / "h", rows, tracked_since=since)
    with open_engine() as backend:
        tables = open_tables(backend, history)
        points = tonight_points(tables, microseconds(START + day * DAY))
        table = fields_as_of(tables, points, known_fields(history), since)
        assert table[EMPLOYEES].to_pyarrow().to_pylist() == [expected]


def test_before_tracking_began_a_field_is_unknown(tmp_path, write_history):
    rows = {
        "leads": [{"lead_id": "L1", "created_at": START, "account_id": "A1"}],
        "accounts": [{"account_id": "A1", "employees": 200.0}],
    }
    since = {"account.employees": START + 2 * DAY}
    history = write_history(tmp_path / "h", rows, tracked_since=since)
    with open_engine() as backend:
        tables = open_tables(backend, history)
        values = []
        for day in (1, 2):
            points = tonight_points(tables, microseconds(START + day * DAY))
            values += fields_as_of(tables, points, known_fields(history), since)[EMPLOYEES].to_pyarrow().to_pylist()
    assert values == [None, 200.0]


def test_people_are_read_from_whole_words(tmp_path, write_history, agreement):
    titles = {
        "Vice President, Sales": ("vice president", "sales"),
        "CEO": ("executive", "management"),
        "Head of IT": ("director", "it"),
        "HR-Manager": ("manager", "people"),
        "Student": ("student", "other"),
        "Capital Markets": ("other", "other"),  # holds "it" only inside a word
        "<script>alert(1)</script>": ("other", "other"),
        "": (None, None),
        None: (None, None),
    }
    leads = [{"lead_id": f"L{n}", "created_at": START, "title": title} for n, title in enumerate(titles)]
    domains = ["gmail.com", "mit.edu", "state.gov", "acme.example", "other.example", None]
    kinds = ["free mail", "education", "public body", "company", "other", None]
    leads += [
        {"lead_id": f"M{n}", "created_at": START, "email_domain": domain, "account_id": "A1"}
        for n, domain in enumerate(domains)
    ]
    history = write_history(
        tmp_path / "h", {"leads": leads, "accounts": [{"account_id": "A1", "domain": "acme.example"}]}
    )
    with open_engine() as backend:
        tables = open_tables(backend, history)
        points = tonight_points(tables, microseconds(START + DAY))
        context = FeatureContext(
            tables=tables, points=points, agreement=agreement, fields=known_fields(history), tracked_since={}
        )
        rows = (
            points.select("point_id", "lead_id")
            .inner_join(PersonGroup().compute(context), "point_id")
            .order_by("lead_id")
            .to_pyarrow()
            .to_pylist()
        )
    found = [(row["person_seniority"], row["person_function"]) for row in rows if row["lead_id"].startswith("L")]
    assert found == list(titles.values())
    assert [row["person_email_kind"] for row in rows if row["lead_id"].startswith("M")] == kinds


def test_rules_hit_only_on_what_is_known(tmp_path, write_history, agreement):
    as_of = START + 20 * DAY
    rows = {
        "leads": [
            {"lead_id": "L1", "created_at": START, "email_domain": "MIT.EDU", "account_id": "A1"},
            {"lead_id": "L2", "created_at": START, "account_id": "A2"},
            {"lead_id": "L3", "created_at": START},
        ],
        "accounts": [{"account_id": "A1", "domain": "Rival.example"}, {"account_id": "A2", "domain": "fine.example"}],
        "events": [
            {"lead_id": "L2", "kind": "demo_request", "occurred_at": as_of - 14 * DAY},
            {"lead_id": "L3", "kind": "demo_request", "occurred_at": as_of - 14 * DAY - timedelta(microseconds=1)},
            {"lead_id": "L1", "kind": "demo_request", "occurred_at": as_of - DAY, "known_at": as_of + DAY},
        ],
        "dispositions": [{"lead_id": "L3", "decided_at": as_of, "decision": "accepted"}],
    }
    history = write_history(tmp_path / "h", rows)
    with open_engine() as backend:
        tables = open_tables(backend, history)
        points = tonight_points(tables, microseconds(as_of))
        fields = fields_as_of(tables, points, known_fields(history), {})
        hits = points.select("point_id", "lead_id").inner_join(rule_hits(tables, points, fields, agreement), "point_id")
        table = {row.pop("lead_id"): row for row in hits.drop("point_id").to_pyarrow().to_pylist()}
    rules = ("competitor", "student", "hand_raiser", "accepted")
    assert {lead: [row[f"rule:{rule}"] for rule in rules] for lead, row in table.items()} == {
        "L1": [True, True, False, False],
        "L2": [False, False, True, False],
        "L3": [False, False, False, True],
    }


def test_words_against_a_number_are_named(agreement):
    import dataclasses  # noqa: PLC0415

    check = Check(subject="field", name="account.employees", operator="in", values=("small",), line=12)
    wrong = dataclasses.replace(agreement, rules=(Rule(id="size", when=(check,), disqualify=True),))
    fields = (Field(entity="account", name="employees", type="number"),)
    (problem,) = operand_problems(wrong, fields)
    assert str(problem).startswith("agreement.yaml line 12: account.employees is a number")
    assert operand_problems(agreement, fields) == ()


def test_names_are_plain_and_unique():
    assert plain_names(["page view", "page-view", "", "<b>"]) == {
        "": "unnamed",
        "<b>": "b",
        "page view": "page_view",
        "page-view": "page_view_2",
    }


def test_moments_survive_to_the_microsecond():
    for when in (START, START + timedelta(microseconds=1), datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)):
        assert moment(microseconds(when)) == when
