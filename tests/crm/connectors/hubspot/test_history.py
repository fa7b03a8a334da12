"""History out of the fake: what becomes of records, what is asked, and that a reading that fails leaves the folder as it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from leadq.crm.connectors.history_source import MARK, Extract
from leadq.crm.connectors.hubspot.history.property_versions import changes, value_at, versions
from leadq.crm.connectors.hubspot.history.queries import HistorySettings, queries
from leadq.crm.connectors.hubspot.history.reader import HubspotHistorySource
from leadq.crm.connectors.hubspot.opening import open_history
from leadq.crm.connectors.hubspot.properties import HUMAN_PROPERTIES
from leadq.crm.connectors.hubspot.sending.values import as_moment
from leadq.crm.connectors.hubspot.settings import ToHubspot
from leadq.crm.connectors.protocol import UnheardError
from leadq.crm.contract.crm_tables import TABLES
from leadq.foundation.problems import ConfigError, LeadqError
from tests.crm.connectors.hubspot.delivering import session_of
from tests.fake_hubspot.account import pipeline, stamp
from tests.fake_hubspot.server import FakeHubspot, running
from tests.fake_salesforce.faults import Fault, unavailable
from tests.fake_salesforce.messages import json_answer

DAY = datetime(2026, 1, 10, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def fake() -> Iterator[FakeHubspot]:
    with running() as one:
        yield one


def _extract(fake: FakeHubspot, folder: Path, **settings: Any) -> Extract:
    source = HubspotHistorySource(session=session_of(fake), settings=HistorySettings(**settings))
    return source.extract(folder, whole=False, progress=lambda _: None)


def _rows(folder: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return rows


def test_a_lead_its_account_and_its_changes(fake: FakeHubspot, tmp_path: Path) -> None:
    account = fake.account
    first, second = (
        account.add("companies", at=DAY, name=name, domain=f"{name}.example", numberofemployees="40") for name in "ab"
    )
    lead = account.add(
        "contacts",
        at=DAY,
        jobtitle="CTO",
        hs_email_domain="a.example",
        hubspot_owner_id="7",
        use_case="x",
        firstname="Ann",
    )
    late = account.add("contacts", at=DAY)
    account.change("contacts", lead, at=DAY + HOUR / 60, associatedcompanyid=first)
    account.change("contacts", lead, at=DAY + 5 * HOUR, associatedcompanyid=second, jobtitle="CEO", use_case="")
    account.change("contacts", late, at=DAY + 5 * HOUR, associatedcompanyid=second)
    _extract(fake, tmp_path / "extract", lead_fields=("use_case",))
    leads = {row["lead_id"]: row for row in _rows(tmp_path / "extract", "leads")}
    assert (
        leads[lead]
        | {"title": "CEO", "account_id": first, "owner": "7", "email_domain": "a.example", "created_at": DAY}
        == leads[lead]
    )
    assert leads[lead]["use_case"] is None
    assert leads[late]["account_id"] is None  # tied by hand later: it would tell who was taken seriously
    changed = [(row["field"], row["changed_at"], row["old_value"], row["new_value"]) for row in _rows(tmp_path / "extract", "field_history")
               if row["entity_id"] == lead]  # fmt: skip
    assert changed == [
        ("title", DAY, None, "CTO"),
        ("title", DAY + 5 * HOUR, "CTO", "CEO"),
        ("owner", DAY, None, "7"),
        ("use_case", DAY, None, "x"),
        ("use_case", DAY + 5 * HOUR, "x", None),
    ]
    assert [row["employees"] for row in _rows(tmp_path / "extract", "accounts")] == [40.0, 40.0]
    assert [path.name for path in (tmp_path / "extract").iterdir() if path.suffix != ".parquet"] == [MARK]


def test_an_outcome_is_dated_by_the_stage(fake: FakeHubspot, tmp_path: Path) -> None:
    account = fake.account
    account.pipelines.append(pipeline("own", {"o-1": 0.5, "o-2": 1.0, "o-3": 0.0, "o-4": 0.9}))
    lead, other, later = (account.add("contacts", at=DAY + days * 24 * HOUR) for days in (0, 1, 9))
    deal = account.add(
        "deals", at=DAY + 48 * HOUR, dealstage="o-1", amount="12.5", deal_currency_code="EUR", closedate=stamp(DAY)
    )
    for one in (later, lead, other):
        account.tie("deals", deal, "contacts", one)
    for days, stage in ((3, "o-3"), (4, "o-4"), (5, "o-2"), (6, "closedwon")):
        account.change("deals", deal, at=DAY + days * 24 * HOUR, dealstage=stage)
    gone = account.add(
        "deals",
        at=DAY,
        dealstage="of-no-pipeline",
        hs_is_closed="true",
        closedate=stamp(DAY + HOUR),
        closed_lost_reason="price",
    )
    extract = _extract(fake, tmp_path / "extract")
    deals = {row["opportunity_id"]: row for row in _rows(tmp_path / "extract", "opportunities")}
    won = {"lead_id": other, "outcome": "won", "closed_at": DAY + 5 * 24 * HOUR, "amount": 12.5, "currency": "EUR"}
    assert deals[deal] | won == deals[deal]
    lost = {"lead_id": None, "outcome": "lost", "closed_at": DAY + HOUR, "loss_reason": "price"}
    assert deals[gone] | lost == deals[gone]
    assert extract.notes == ("opportunities without a contact: 1", "stages that do not belong to a pipeline: 1")


def test_what_a_buyer_did_and_what_sales_did(fake: FakeHubspot, tmp_path: Path) -> None:
    account = fake.account
    account.inline = 2
    leads = [account.add("contacts", at=DAY) for _ in range(5)]
    account.change(
        "contacts",
        leads[0],
        at=DAY + HOUR,
        recent_conversion_date=str(int((DAY + HOUR).timestamp() * 1000)),
        recent_conversion_event_name="Demo",
    )
    account.change(
        "contacts",
        leads[0],
        at=DAY + 9 * HOUR,
        recent_conversion_date=stamp(DAY + 8 * HOUR),
        recent_conversion_event_name="Paper",
    )
    account.change(
        "contacts", leads[0], at=DAY + 9 * HOUR, first_conversion_date=stamp(DAY), first_conversion_event_name="Old"
    )
    call = account.add("calls", at=DAY + 3 * HOUR, hs_timestamp=stamp(DAY + 2 * HOUR), hs_call_direction="INBOUND")
    mail = account.add(
        "emails",
        at=DAY + 4 * HOUR,
        hs_timestamp=stamp(DAY + 5 * HOUR),
        hs_email_direction="EMAIL",
        hubspot_owner_id="7",
    )
    for lead in leads:
        account.tie("calls", call, "contacts", lead)
    account.tie("emails", mail, "contacts", leads[1])
    _extract(fake, tmp_path / "extract")
    events = [
        (row["lead_id"], row["kind"], row["occurred_at"], row["known_at"], row["topic"])
        for row in _rows(tmp_path / "extract", "events")
    ]
    assert events == [
        (leads[0], "form_submission", DAY + HOUR, DAY + HOUR, "Demo"),
        (leads[0], "form_submission", DAY + 8 * HOUR, DAY + 9 * HOUR, "Paper"),
        (leads[0], "form_submission", DAY, DAY + 9 * HOUR, "Old"),
        *((lead, "inbound_call", DAY + 2 * HOUR, DAY + 3 * HOUR, None) for lead in leads),  # those beyond the page too
    ]
    touches = [
        (row["lead_id"], row["kind"], row["occurred_at"], row["direction"], row["rep"])
        for row in _rows(tmp_path / "extract", "touches")
    ]
    assert touches == [(leads[1], "email", DAY + 4 * HOUR, "out", "7")]


def test_answers_of_sales_and_merges(fake: FakeHubspot, tmp_path: Path) -> None:
    account = fake.account
    lead, old, older = (account.add("contacts", at=DAY) for _ in range(3))
    account.change("contacts", lead, at=DAY + HOUR, lq_decision="rejected")
    account.change("contacts", lead, at=DAY + HOUR + HOUR / 30, lq_rejection_reason="no_budget")
    account.change("contacts", lead, at=DAY + 9 * HOUR, lq_decision="accepted")
    account.change("contacts", lead, at=DAY + 20 * HOUR, lq_rejection_reason="student")
    account.merge("contacts", older, lead, at=DAY + 30 * HOUR)
    account.merge("contacts", old, lead, at=DAY + 40 * HOUR)
    _extract(fake, tmp_path / "extract")
    answers = [
        (row["decided_at"], row["decision"], row["reason"], row["rep"], row["channel"])
        for row in _rows(tmp_path / "extract", "dispositions")
    ]
    assert answers == [
        (DAY + HOUR, "rejected", "no_budget", "77", "crm"),
        (DAY + 9 * HOUR, "accepted", None, "77", "crm"),
        (DAY + 20 * HOUR, "rejected", "student", "77", "crm"),
    ]
    aliases = {
        row["old_lead_id"]: (row["lead_id"], row["merged_at"]) for row in _rows(tmp_path / "extract", "lead_aliases")
    }
    assert aliases == {older: (lead, DAY + 30 * HOUR), old: (lead, DAY + 40 * HOUR)}
    assert [row["lead_id"] for row in _rows(tmp_path / "extract", "leads")] == [lead]


def test_more_than_a_page_is_read_once_each(fake: FakeHubspot, tmp_path: Path) -> None:
    keys = [fake.account.add("contacts", at=DAY) for _ in range(120)]
    fake.account.records["contacts"][keys[5]].archived = True
    fake.faults.add(
        Fault(at=r"GET .*/objects/contacts", kind="truncate", skip=1), Fault(at=r"GET .*/objects", answer=unavailable())
    )
    _extract(fake, tmp_path / "extract")
    assert [row["lead_id"] for row in _rows(tmp_path / "extract", "leads")] == [key for key in keys if key != keys[5]]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(at=r"GET .*/objects/notes", answer=unavailable(), count=99),
        Fault(at=r"GET .*/pipelines", answer=json_answer({"message": "no", "category": "MISSING_SCOPES"}, status=403)),
        Fault(at=r"GET .*/objects/deals", answer=json_answer({"results": [1]}), count=99),
    ],
)
def test_a_reading_that_fails_leaves_the_folder_as_it_was(fake: FakeHubspot, tmp_path: Path, fault: Fault) -> None:
    fake.account.add("contacts", at=DAY)
    _extract(fake, tmp_path / "extract")
    before = {path.name: path.read_bytes() for path in (tmp_path / "extract").iterdir()}
    fake.account.add("contacts", at=DAY)
    fake.faults.add(fault)
    with pytest.raises(LeadqError):
        _extract(fake, tmp_path / "extract")
    assert {path.name: path.read_bytes() for path in (tmp_path / "extract").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["extract"]


def test_pages_that_lead_in_a_circle_are_no_whole_reading(fake: FakeHubspot, tmp_path: Path) -> None:
    page = json_answer({"results": [{"id": "1", "createdAt": stamp(DAY)}], "paging": {"next": {"after": "7"}}})
    fake.faults.add(Fault(at=r"GET .*/objects/contacts", answer=page, count=50))
    with pytest.raises(UnheardError, match="address of the next page"):
        _extract(fake, tmp_path / "extract")
    assert not (tmp_path / "extract").exists()
    assert len(fake.paths("GET", "objects/contacts")) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"results": [{"id": "1", "propertiesWithHistory": {"country": {"value": "DE"}}}]},
        {"results": [{"id": "1", "propertiesWithHistory": {"country": ["DE"]}}]},
        {"results": [{"id": "1", "properties": ["DE"]}]},
        {"results": [{"id": "1", "associations": [7]}]},
        {"results": [{"id": "1", "associations": {"contacts": {"results": {"id": "1"}}}}]},
        {"results": [], "paging": "x"},
    ],
)
def test_an_answer_of_another_shape_is_told(fake: FakeHubspot, tmp_path: Path, wrong: dict[str, Any]) -> None:
    fake.faults.add(Fault(at=r"GET .*/objects/(contacts|deals)", answer=json_answer(wrong), count=9))
    with pytest.raises(UnheardError, match="as documented"):
        _extract(fake, tmp_path / "extract")


def test_what_is_tied_to_nobody_is_told(fake: FakeHubspot, tmp_path: Path) -> None:
    account = fake.account
    lead, archived = (account.add("contacts", at=DAY) for _ in range(2))
    for who in (lead, archived, ""):
        call = account.add("calls", at=DAY, hs_timestamp=stamp(DAY))
        if who:
            account.tie("calls", call, "contacts", who)
    account.records["contacts"][archived].archived = True
    extract = _extract(fake, tmp_path / "extract")
    assert extract.rows["touches"] == 1
    assert [
        note
        for note in extract.notes
        if note.startswith("calls without a date, or without a contact") and note.endswith(": 2")
    ]


def test_a_history_that_is_cut_begins_with_no_change_from_empty(fake: FakeHubspot, tmp_path: Path) -> None:
    lead, other = (fake.account.add("contacts", at=DAY, hs_lead_status="NEW") for _ in range(2))
    for one in range(50):
        fake.account.change("contacts", lead, at=DAY + HOUR * (one + 1), hs_lead_status=f"S{one}")
    fake.account.change("contacts", other, at=DAY + HOUR, hs_lead_status="OPEN")
    extract = _extract(fake, tmp_path / "extract")
    found = _rows(tmp_path / "extract", "field_history")
    first = {row["entity_id"]: (row["old_value"], row["new_value"]) for row in reversed(found)}
    assert first == {lead: ("S5", "S6"), other: (None, "NEW")}
    assert extract.notes == ("histories whose beginning HubSpot no longer has: 1",)


@pytest.mark.parametrize("table", ["leads", "accounts"])
def test_a_property_may_not_take_a_column_that_holds_something_else(table: str) -> None:
    read = HistorySettings()
    filled = {*read.lead_names.values(), "authority", "budget", "need", "timeline"}
    for name in set(TABLES[table].names) - filled:
        with pytest.raises(ConfigError, match=name):
            HistorySettings(**{"lead_fields" if table == "leads" else "account_fields": (name,)})
    HistorySettings(lead_fields=("authority", "budget", "need", "timeline"))


def test_nothing_personal_and_nothing_of_ours_is_asked() -> None:
    asked = {name for query in queries(HistorySettings()) for name in (*query.properties, *query.with_history)}
    assert not asked & {
        "email",
        "firstname",
        "lastname",
        "phone",
        "mobilephone",
        "address",
        "lifecyclestage",
        "hs_email_subject",
    }
    assert {name for name in asked if name.startswith("lq_")} == set(HUMAN_PROPERTIES) - {"lq_tier_override"}
    with pytest.raises(ConfigError, match="not supported yet"):
        open_history(ToHubspot(kind="hubspot", access_token="${T}", object="leads"), {"T": "x"})


def test_versions_are_ordered_and_looked_up() -> None:
    written = [
        {"value": "c", "timestamp": stamp(DAY + HOUR)},
        {"value": "b", "timestamp": stamp(DAY + HOUR)},  # of the same moment: the first given is the newer one
        {"value": "", "timestamp": str(int(DAY.timestamp() * 1000))},
        {"value": "x", "timestamp": "never"},
        {"value": "a", "timestamp": stamp(DAY - HOUR)},
    ]
    found = versions(written)
    assert [one.value for one in found] == ["a", None, "b", "c"]
    assert [value_at(found, DAY + hours * HOUR) for hours in (-2, -1, 0, 1)] == [None, "a", None, "c"]
    assert [(old, new) for _, old, new in changes(found)] == [(None, "a"), ("a", None), (None, "b"), ("b", "c")]
    assert list(changes([])) == []
    assert as_moment("0001-01-01T00:00:00+14:00") is None
