"""Own fields against those at training: what must warn warns, what chance does is quiet, and nothing passes unsaid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from leadq.crm.contract.history import History, OwnField
from leadq.crm.gate.field_drift import FieldDrift, compare_fields
from leadq.crm.gate.field_profiles import CREATED, FieldProfile, profiles_from_json, profiles_to_json
from leadq.crm.gate.profile_fields import profile_fields

READ_AT = datetime(2026, 9, 1, tzinfo=UTC)
TYPES = {
    "leads": {"plan": pa.string(), "seats": pa.float64(), "trial": pa.bool_(), "renewal": pa.timestamp("us", tz="UTC")},
    "accounts": {"region": pa.string()},
}
OWN = (
    OwnField(entity="lead", name="plan", type="category"),
    OwnField(entity="lead", name="seats", type="number"),
    OwnField(entity="lead", name="trial", type="flag"),
    OwnField(entity="lead", name="renewal", type="date"),
    OwnField(entity="account", name="region", type="category"),
)
USED = {"leads.plan", "leads.seats", "leads.trial", "leads.renewal", "accounts.region"}
Rows = dict[str, list[dict[str, Any]]]
MadeHistory = Callable[..., History]


def company(seed: int, read_at: datetime = READ_AT, newest: int = 400) -> Rows:
    """Old leads with other values than the newest ones, which alone are looked at; all of it by chance."""
    draw = np.random.default_rng(seed)
    leads: list[dict[str, Any]] = []
    for n in range(newest + 300):
        old = n >= newest
        created = read_at - timedelta(days=float(draw.uniform(40, 400) if old else draw.uniform(0, 29)))
        leads.append(
            {
                "lead_id": f"L{n:05d}",
                "created_at": created,
                "account_id": f"A{n % 50}",
                "plan": "legacy" if old else str(draw.choice(["basic", "pro", "team"], p=[0.6, 0.3, 0.1])),
                "seats": None if old or draw.random() < 0.2 else float(draw.integers(1, 60)),
                "trial": bool(draw.random() < 0.3),
                "renewal": read_at + timedelta(days=float(draw.uniform(-100, 100))),
            }
        )
    return {
        "leads": leads,
        "accounts": [{"account_id": f"A{n}", "region": "north" if n % 2 else "south"} for n in range(50)],
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, write_history: MadeHistory) -> MadeHistory:
    def make(rows: Rows, read_at: datetime = READ_AT, **manifest: Any) -> History:
        given = {"read_at": read_at, "own_fields": OWN, "own_types": TYPES, **manifest}
        return write_history(tmp_path_factory.mktemp("history"), rows, **given)

    return make


@pytest.fixture(scope="module")
def profiles(made: MadeHistory) -> tuple[FieldProfile, ...]:
    return profiles_from_json(profiles_to_json(profile_fields(made(company(1)))))


def drift_of(rows: Rows, profiles: tuple[FieldProfile, ...], made: MadeHistory, **manifest: Any) -> FieldDrift:
    return compare_fields(made(rows, **manifest), profiles, used=USED)


def test_a_profile_is_of_the_newest_leads_and_survives_its_file(profiles: tuple[FieldProfile, ...]) -> None:
    by_name = {profile.column: profile for profile in profiles}
    assert by_name.keys() == {*USED, CREATED}
    assert {profile.rows for profile in profiles} == {400}
    assert by_name["leads.plan"].known == ("basic", "legacy", "pro", "team")
    assert "legacy" not in dict(by_name["leads.plan"].shares)
    assert 0.1 < by_name["leads.seats"].missing_share < 0.3
    assert [round(share, 1) for _, share in by_name["leads.seats"].up_to] == [
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
    ]
    assert set(dict(by_name["leads.trial"].shares)) == {"yes", "no"}
    assert by_name["leads.renewal"].up_to[0][0] < -50 < 50 < by_name["leads.renewal"].up_to[-1][0]


@pytest.mark.parametrize("seed", range(2, 6))
def test_another_month_of_the_same_company_does_not_warn(
    profiles: tuple[FieldProfile, ...], made: MadeHistory, seed: int
) -> None:
    later = READ_AT + timedelta(days=90)
    found = drift_of(company(seed, later), profiles, made, read_at=later)
    assert found.recorded
    assert set(found.compared) == USED
    assert found.warnings == ()
    assert "5 fields compared" in found.in_words()


def _fewer_seats(lead: dict[str, Any]) -> None:
    lead["seats"] = None if lead["lead_id"][-1] in "012345" else lead["seats"]


def _no_seats_unknown(lead: dict[str, Any]) -> None:
    lead["seats"] = 1.0 if lead["seats"] is None else lead["seats"]


def _seats_by_the_dozen(lead: dict[str, Any]) -> None:
    lead["seats"] = lead["seats"] and lead["seats"] / 12


def _a_new_plan(lead: dict[str, Any]) -> None:
    lead["plan"] = "enterprise" if lead["lead_id"][-1] == "7" else lead["plan"]


def _everybody_pro(lead: dict[str, Any]) -> None:
    lead["plan"] = "pro" if lead["lead_id"][-1] in "01234" else lead["plan"]


def _trial_by_default(lead: dict[str, Any]) -> None:
    lead["trial"] = True


def _renewed_late(lead: dict[str, Any]) -> None:
    lead["renewal"] += timedelta(days=80)


@pytest.mark.parametrize(
    ("change", "column", "rule"),
    [
        (_fewer_seats, "leads.seats", "must be missing about as often"),
        (_no_seats_unknown, "leads.seats", "must be missing about as often"),
        (_seats_by_the_dozen, "leads.seats", "must be at most"),
        (_a_new_plan, "leads.plan", "must have values known from training"),
        (_everybody_pro, "leads.plan", "about as often as when the model was trained"),
        (_trial_by_default, "leads.trial", "about as often as when the model was trained"),
        (_renewed_late, "leads.renewal", "days before the reading about as often"),
    ],
)
def test_a_field_that_is_filled_in_otherwise_warns(
    profiles: tuple[FieldProfile, ...],
    made: MadeHistory,
    change: Callable[[dict[str, Any]], None],
    column: str,
    rule: str,
) -> None:
    rows = company(2)
    for lead in rows["leads"]:
        change(lead)
    found = drift_of(rows, profiles, made)
    assert {problem.where for problem in found.warnings} == {column}
    assert any(rule in problem.rule for problem in found.warnings)
    assert all(problem.remedy and str(problem) in found.in_words() for problem in found.warnings)


def _seldom_unknown(seed: int, words: tuple[str | None, float | None, str | None]) -> Rows:
    """A company in which one lead or account in thirty has no plan, seats or region; ``words`` stand there instead."""
    rows, draw = company(seed), np.random.default_rng(seed + 50)
    plan, seats, region = words
    for lead in rows["leads"]:
        lead["seats"] = seats if draw.random() < 1 / 30 else float(draw.integers(1, 60))
        lead["plan"] = plan if draw.random() < 1 / 30 else lead["plan"]
    rows["accounts"] = [{"account_id": f"A{n}", "region": region if n % 30 == 1 else "north"} for n in range(600)]
    return rows


def test_something_written_for_what_is_seldom_unknown_is_told(made: MadeHistory) -> None:
    """Too few of the newest leads to tell it from chance: all rows tell."""
    then = profile_fields(made(_seldom_unknown(1, (None, None, None))))
    assert drift_of(_seldom_unknown(2, (None, None, None)), then, made).warnings == ()
    found = drift_of(_seldom_unknown(3, ("pro", 0.0, "south")), then, made)
    rules = {problem.where: problem.rule for problem in found.warnings}
    assert rules.keys() == {"leads.plan", "leads.seats", "accounts.region"}
    assert rules["leads.seats"].startswith("must be at least 1, as in all")
    assert all(rules[column].startswith("must be missing") for column in ("leads.plan", "accounts.region"))


@pytest.mark.parametrize(("seats", "side"), [(-1.0, "at least 1"), (99999.0, "at most 59")])
def test_numbers_beyond_all_of_training_are_told(
    profiles: tuple[FieldProfile, ...], made: MadeHistory, seats: float, side: str
) -> None:
    rows = company(2)
    for lead in rows["leads"][:12]:
        lead["seats"] = seats
    (problem,) = drift_of(rows, profiles, made).warnings
    assert problem.where == "leads.seats"
    assert problem.rule == f"must be {side}, as in all {_known_seats(profiles)} rows when the model was trained"


def _known_seats(profiles: tuple[FieldProfile, ...]) -> int:
    (seats,) = (one for one in profiles if one.column == "leads.seats")
    return seats.all_rows - seats.all_missing


def _of_equal_values(many: int, first: int = 0) -> Rows:
    """Newest leads alone, with plans P0, P1, ... in equal parts."""
    rows = company(1)
    rows["leads"] = rows["leads"][:400]
    for n, lead in enumerate(rows["leads"]):
        lead["plan"] = f"P{first + n % many}"
    return rows


@pytest.mark.parametrize(
    ("then", "now", "share"),
    [
        (_of_equal_values(20), _of_equal_values(10), "100% of the newest 400, and 50% with other values than then"),
        (
            _of_equal_values(70),
            _of_equal_values(70, first=70),
            "0% of the newest 400, and 30% with other values than then",
        ),
    ],
)
def test_many_values_that_each_change_a_little_warn_together(
    made: MadeHistory, then: Rows, now: Rows, share: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadq.crm.gate.profile_fields.MAX_VALUES", 50)  # then 70 are too many for a list of known ones
    (problem,) = drift_of(now, profile_fields(made(then)), made).warnings
    assert (problem.where, problem.value) == ("leads.plan", share)
    assert "must have its 20 most frequent values about as often" in problem.rule


def test_values_that_are_frequent_by_chance_alone_do_not_warn(made: MadeHistory) -> None:
    def by_chance(seed: int, many: int) -> Rows:
        rows, draw = _of_equal_values(1), np.random.default_rng(seed)
        for lead in rows["leads"]:
            lead["plan"] = f"P{draw.integers(many)}"
        return rows

    for many in (20, 150, 1000):
        profile = profile_fields(made(by_chance(1, many)))
        assert drift_of(by_chance(2, many), profile, made).warnings == ()


def test_a_field_that_no_lead_could_have_is_said_to_be_not_compared(
    profiles: tuple[FieldProfile, ...], made: MadeHistory
) -> None:
    rows = company(2)
    for lead in rows["leads"]:
        lead["account_id"] = None
    found = compare_fields(made(rows), profiles, used={"accounts.region"})
    assert (found.compared, found.not_compared, found.warnings) == ((), ("accounts.region",), ())
    assert found.in_words() == "Fields: not compared, for none of the newest leads could have a value: accounts.region."


def test_an_account_s_field_is_looked_at_through_its_leads(
    profiles: tuple[FieldProfile, ...], made: MadeHistory
) -> None:
    rows = company(2)
    for account in rows["accounts"]:
        account["region"] = "north"
    assert [problem.where for problem in drift_of(rows, profiles, made).warnings] == ["accounts.region"]


def test_few_new_leads_do_not_warn_by_chance_and_old_ones_fill_up(
    profiles: tuple[FieldProfile, ...], made: MadeHistory
) -> None:
    """Five new leads are no month: the last 200 are looked at, old ones among them."""
    rows = company(3)
    rows["leads"] = [lead for lead in rows["leads"] if lead["plan"] != "legacy"][:205]
    for lead in rows["leads"][5:]:
        lead["created_at"] -= timedelta(days=300)
    assert drift_of(rows, profiles, made).warnings == ()


def test_a_field_that_is_gone_or_of_another_type_warns(profiles: tuple[FieldProfile, ...], made: MadeHistory) -> None:
    own = (*OWN[:1], OwnField(entity="lead", name="seats", type="category"), *OWN[2:4])
    types = {**TYPES, "leads": {**TYPES["leads"], "seats": pa.string()}, "accounts": {}}
    rows = company(2)
    for lead in rows["leads"]:
        lead["seats"] = "many"
    found = drift_of(rows, profiles, made, own_fields=own, own_types=types)
    assert {(problem.where, problem.value) for problem in found.warnings} == {
        ("leads.seats", "a category"),
        ("accounts.region", "no such field"),
    }


def test_a_field_the_model_does_not_use_is_left_out(profiles: tuple[FieldProfile, ...], made: MadeHistory) -> None:
    rows = company(2)
    for lead in rows["leads"]:
        _a_new_plan(lead)
    found = compare_fields(made(rows), profiles, used={"leads.seats"})
    assert (found.compared, found.warnings) == (("leads.seats",), ())


def test_a_model_without_profiles_says_so(made: MadeHistory) -> None:
    found = compare_fields(made(company(2)), None, used=USED)
    assert not found.recorded
    assert "not recorded" in found.in_words()
    document = found.to_document()
    assert not document.pop("recorded")
    assert document
    assert not any(document.values())


def test_a_company_without_own_fields_has_nothing_to_compare(made: MadeHistory, tmp_path: Path) -> None:
    history = made(company(2), own_fields=())
    assert {one.column for one in profile_fields(history)} == {CREATED}
    assert compare_fields(history, (), used=set()).in_words() == ""


def test_a_source_without_dates_is_looked_at_whole(made: MadeHistory) -> None:
    assert {profile.rows for profile in profile_fields(made(company(2), dated=False))} == {700}


def sourced(seed: int, words: dict[str, str], read_at: datetime = READ_AT, *, campaigns: str = "spring") -> Rows:
    """A company whose leads have a source and a campaign of the contract, and accounts an industry."""
    rows, draw = company(seed, read_at), np.random.default_rng(seed + 100)
    for lead in rows["leads"]:
        word = str(draw.choice(["Webinar", "Referral", "Cold call"], p=[0.5, 0.3, 0.2]))
        lead["source"] = words.get(word, word)
        lead["campaign"] = f"{campaigns} {draw.integers(3)}"
    for account in rows["accounts"]:
        account["industry"] = "Handel"
    return rows


CONTRACT = {"leads.source", "leads.campaign", "accounts.industry"}
VOCABULARY = {"leads.source": ("Webinar", "Referral"), "accounts.industry": ("Handel",), "leads.campaign": ()}


@pytest.mark.parametrize("recorded", [True, False], ids=["with profiles", "of a model without them"])
def test_words_of_the_contract_that_were_renamed_are_told(made: MadeHistory, *, recorded: bool) -> None:
    then = profile_fields(made(sourced(1, {}))) if recorded else None
    renamed = {"Webinar": "WEBINAR", "Referral": "REFERRAL", "Cold call": "COLD CALL"}
    quiet = compare_fields(made(sourced(2, {})), then, used=CONTRACT, words=VOCABULARY)
    assert quiet.warnings == ()
    found = compare_fields(made(sourced(2, renamed)), then, used=CONTRACT, words=VOCABULARY)
    assert {problem.where for problem in found.warnings} == {"leads.source"}
    assert "100% of the newest 400" in found.in_words()
    assert found.recorded is recorded


def test_new_campaigns_are_told_only_where_most_leads_have_one(made: MadeHistory) -> None:
    then = profile_fields(made(sourced(1, {})))
    assert {profile.column for profile in then} >= CONTRACT
    some = sourced(2, {})
    for lead in some["leads"][:150]:
        lead["campaign"] = "autumn 1"
    assert compare_fields(made(some), then, used=CONTRACT).warnings == ()
    (problem,) = compare_fields(made(sourced(2, {}, campaigns="autumn")), then, used=CONTRACT).warnings
    assert problem.where == "leads.campaign"


def test_columns_of_the_contract_that_no_feature_uses_are_left_out(made: MadeHistory) -> None:
    then = profile_fields(made(sourced(1, {})))
    assert (
        compare_fields(made(sourced(2, {"Webinar": "W", "Referral": "R"})), then, used={"leads.campaign"}).warnings
        == ()
    )
