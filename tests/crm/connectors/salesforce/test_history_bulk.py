"""Bulk queries against the fake: whole, past expiry and faults, and refused where they should be."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import requests

from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError
from leadq.crm.connectors.salesforce.history.bulk_query import SalesforceReader
from leadq.crm.connectors.salesforce.history.queries import HistorySettings, queries
from leadq.crm.connectors.salesforce.history.reader import Extract, read_history
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.connectors.timed_session import TimedSession
from leadq.foundation.problems import TargetPausedError
from tests.fake_salesforce.faults import Fault
from tests.fake_salesforce.fields import Field
from tests.fake_salesforce.messages import Answer, json_answer
from tests.fake_salesforce.records import INTEGRATION_USER
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import ToTheFake
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET

SETTINGS = HistorySettings()
LEADS = 7


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    with running() as fake:
        for query in queries(SETTINGS):
            fake.organisation.put(query.name, [], [Field(name=name) for name in query.fields])
        leads = fake.organisation.add_leads(LEADS)
        lead = fake.organisation.leads
        lead.rows[leads[0]].update(Email="zoë@büro.example", Title='Head,\n"of" all', ConvertedContactId="003A")
        lead.delete(leads[6], merged_into=leads[1])
        fake.organisation.put("Task", [{"WhoId": "003A", "TaskSubtype": "Call", "OwnerId": "005REP"}])
        yield fake


def connection_to(fake: FakeSalesforce) -> Connection:
    http = TimedSession(connect_seconds=2, read_seconds=0.5)
    http.mount("https://", ToTheFake(fake.address))
    who = SignIn(domain="acme.my", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
    patience = Patience(tries=4, sleep=lambda _: None, now=fake.organisation.now, chance=random.Random(1))
    return Connection(who, http=http, patience=patience)


def extract(fake: FakeSalesforce, folder: Path) -> Extract:
    return read_history(SalesforceReader(connection_to(fake), rows_a_page=3), folder, SETTINGS)


def test_every_page_arrives(fake: FakeSalesforce, tmp_path: Path) -> None:
    read = extract(fake, tmp_path / "extract")
    assert read.read["Lead"] == LEADS
    leads = pq.read_table(tmp_path / "extract" / "leads.parquet").to_pylist()
    assert len(leads) == LEADS
    assert leads[0]["email_domain"] == "büro.example"
    assert leads[0]["title"] == 'Head,\n"of" all'
    assert leads[0]["created_at"] is not None
    assert read.rows["lead_aliases"] == 1
    assert pq.read_table(tmp_path / "extract" / "touches.parquet").column("lead_id").to_pylist() == [
        leads[0]["lead_id"]
    ]
    assert len(fake.paths("GET", "/results")) == 3 + len(queries(SETTINGS)) - 1
    kept = repr(leads)
    assert "zoë" not in kept
    assert "Person" not in kept


FAULTS = {
    "page of HTML": Fault(at="GET .*/results"),
    "HTML with status 200": Fault(at="GET .*/results", answer=json_answer([{"message": "no list of rows"}])),
    "dropped": Fault(at="GET .*/results", kind="drop", when="after"),
    "hung": Fault(at="GET .*/results", kind="hang", skip=1),
    "torn": Fault(at="GET .*/results", kind="truncate", skip=2),
    "cut at a line end": Fault(at="GET .*/results", kind="shorten"),
    "created, never heard": Fault(at="POST .*/jobs/query", kind="drop", when="after"),
    "not UTF-8": Fault(
        at="GET .*/results",
        answer=Answer(status=200, body=b"Id\n\xff\n", headers={"Content-Type": "text/csv"}),
        count=2,
    ),
    "busy while polling": Fault(at="GET .*/jobs/query/\\w+$", count=2),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_costs_time_and_no_row(fake: FakeSalesforce, tmp_path: Path, fault: Fault) -> None:
    fake.faults.add(fault)
    read = extract(fake, tmp_path / "extract")
    assert not [waiting for waiting in fake.faults.waiting if waiting.count > 0]
    assert (read.read["Lead"], read.read["Task"], read.rows["leads"], read.rows["touches"]) == (LEADS, 1, LEADS, 1)


def test_an_expired_token_is_renewed_between_pages(fake: FakeSalesforce, tmp_path: Path) -> None:
    expired = json_answer([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}], status=401)
    fake.faults.add(Fault(at="GET .*/results", answer=expired, skip=1))
    assert extract(fake, tmp_path / "extract").rows["leads"] == LEADS


def test_what_never_answers_ends(fake: FakeSalesforce, tmp_path: Path) -> None:
    fake.faults.add(Fault(at="GET .*/results", count=1000))
    with pytest.raises(TargetPausedError, match="must be answered"):
        extract(fake, tmp_path / "extract")
    assert len(fake.paths("GET", "/results")) == 4  # the tries of one call, not those of the whole reading times these
    assert not (tmp_path / "extract").exists()


def test_a_spent_quota_pauses(fake: FakeSalesforce, tmp_path: Path) -> None:
    spent = json_answer(
        [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}], status=403
    )
    fake.faults.add(Fault(at="GET .*/results", answer=spent, count=1000))
    with pytest.raises(TargetPausedError):
        extract(fake, tmp_path / "extract")


def test_a_field_that_is_not_there_is_said(fake: FakeSalesforce, tmp_path: Path) -> None:
    reader = SalesforceReader(connection_to(fake))
    with pytest.raises(SalesforceRefusedError, match="Missing__c"):
        read_history(reader, tmp_path / "extract", HistorySettings(lead_fields=("Missing__c",)))


def test_a_query_that_fails_is_said(fake: FakeSalesforce, tmp_path: Path) -> None:
    failed = json_answer({"id": "750", "state": "Failed", "errorMessage": "QUERY_TIMEOUT: too wide"})
    fake.faults.add(Fault(at="GET .*/jobs/query/\\w+$", answer=failed))
    with pytest.raises(SalesforceRefusedError, match="Failed: QUERY_TIMEOUT"):
        extract(fake, tmp_path / "extract")


def test_it_knows_who_it_is(fake: FakeSalesforce) -> None:
    assert SalesforceReader(connection_to(fake)).our_user() == INTEGRATION_USER


@pytest.mark.parametrize("locators", [["MTA", "MTB"], [f"M{number}" for number in range(999)]], ids=["again", "new"])
def test_pages_that_never_end_are_left(fake: FakeSalesforce, tmp_path: Path, locators: list[str]) -> None:
    connection = connection_to(fake)
    pages = itertools.cycle(locators)
    header = ",".join(queries(SETTINGS)[0].fields).encode() + b"\n"
    page = Answer(status=200, body=header, headers={"Content-Type": "text/csv", "Sforce-Locator": "M"})
    fake.faults.add(Fault(at="GET .*/results", answer=page, count=10_000))

    def go_on(response: requests.Response, **_: object) -> None:
        if "Sforce-Locator" in response.headers:
            response.headers["Sforce-Locator"] = next(pages)

    connection._http.hooks["response"].append(go_on)
    with pytest.raises(TargetPausedError, match=r"a new page each time|no more pages than rows"):
        read_history(SalesforceReader(connection), tmp_path / "extract", SETTINGS)
    assert len(fake.paths("GET", "/results")) <= 3 * LEADS


def test_a_query_that_runs_too_long_pauses_and_is_ended(fake: FakeSalesforce, tmp_path: Path) -> None:
    fake.queries.polls = 10_000
    reader = SalesforceReader(connection_to(fake), most_seconds=5)
    with pytest.raises(TargetPausedError, match=r"must be done within 5 s") as caught:
        read_history(reader, tmp_path / "extract", SETTINGS)
    assert caught.value.exit_code == 4
    assert len(fake.paths("POST", "/jobs/query")) == 1
    assert [job.state for job in fake.queries._jobs.values()] == ["Aborted"]
