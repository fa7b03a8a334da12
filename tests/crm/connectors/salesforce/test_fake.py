"""The fake Salesforce, driven by the unmodified simple-salesforce: an independent check of it, and of its faults."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceOperationError,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from leadq.crm.connectors.salesforce.metadata.fields import OUR_FIELDS
from tests.fake_salesforce.faults import Fault, refusal, too_many
from tests.fake_salesforce.ids import HUMAN, INTEGRATION_USER, RULE_OWNER, full_id
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import session_to
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET

Client = Any
"""``Salesforce``; the library's own types leave its Bulk 2.0 half out."""
NO_RULES = {"Sforce-Auto-Assign": "FALSE"}


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeSalesforce]:
    with running(clock) as one:
        yield one


@pytest.fixture
def session(fake: FakeSalesforce) -> Iterator[requests.Session]:
    with session_to(fake.address) as one:
        yield one


@pytest.fixture
def client(session: requests.Session) -> Client:
    return sign_in(session)


def sign_in(session: requests.Session, secret: str = CONSUMER_SECRET) -> Client:
    return Salesforce(session=session, consumer_key=CONSUMER_KEY, consumer_secret=secret, domain="acme.my")


def collect(client: Client, records: list[dict[str, Any]], *, all_or_none: bool = False, **headers: str) -> Any:
    typed = [{"attributes": {"type": "Lead"}, **record} for record in records]
    body = {"allOrNone": all_or_none, "records": typed}
    return client.restful("composite/sobjects", method="PATCH", json=body, headers=headers or NO_RULES)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def refused(call: Callable[[], object], kind: type[Exception], code: str) -> None:
    with pytest.raises(kind, match=code):
        call()


class Job:
    """A Bulk 2.0 job step by step, through the private client of simple-salesforce."""

    def __init__(self, client: Client) -> None:
        self.api = client.bulk2.Lead
        self.steps = self.api._client
        self.id = self.steps.create_job("update")["id"]

    def fill(self, text: str) -> Job:
        self.steps.upload_job_data(self.id, text)
        return self

    def close(self) -> Job:
        self.steps.close_job(self.id)
        return self

    def run(self, text: str) -> Job:
        self.fill(text).close().steps.wait_for_job(self.id, False, 0.01)
        return self

    def info(self) -> dict[str, Any]:
        return dict(self.steps.get_job(self.id, False))

    def until(self, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for _ in range(500):
            if ready(info := self.info()):
                return info
            time.sleep(0.01)
        raise AssertionError(info)

    def errors(self) -> dict[str, str]:
        return {row["Id"]: row["sf__Error"].split(":")[0] for row in rows_of(self.api.get_failed_records(self.id))}


# signing in, tokens, quota


def test_signs_in_and_refuses_a_wrong_secret(session: requests.Session) -> None:
    assert sign_in(session).sf_instance == "acme.my.salesforce.example"
    refused(lambda: sign_in(session, "wrong"), SalesforceAuthenticationFailed, "invalid_client")


def test_a_token_ends_and_is_refreshed_by_rest_but_not_by_bulk(
    fake: FakeSalesforce, client: Client, clock: Clock
) -> None:
    fake.organisation.add_leads(1)
    clock.moment += timedelta(hours=3)
    refused(lambda: client.bulk2.Lead._client.create_job("update"), SalesforceExpiredSession, "INVALID_SESSION_ID")
    assert client.query("SELECT Id FROM Lead")["totalSize"] == 1
    assert len(fake.paths("POST", "oauth2/token")) == 2


def test_a_spent_quota_refuses_and_says_so_in_a_header(fake: FakeSalesforce, client: Client) -> None:
    fake.sign_in.daily_calls = 2
    assert client.limits()["DailyApiRequests"] == {"Max": 2, "Remaining": 1}
    client.limits()
    assert client.api_usage["api-usage"].used == 2
    refused(client.limits, SalesforceRefusedRequest, "REQUEST_LIMIT_EXCEEDED")


# queries


def test_queries_in_pages_without_deleted_leads(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(5)
    fake.organisation.leads.delete(ids[1], merged_into=ids[0])
    fake.queries.page_rows = 2
    query = "SELECT Id, MasterRecordId, CreatedDate FROM Lead ORDER BY Id"
    assert [row["Id"] for row in client.query_all(query)["records"]] == [ids[0], *ids[2:]]
    everything = client.query_all(query, include_deleted=True)["records"]
    assert everything[1]["MasterRecordId"] == ids[0]
    assert everything[0]["CreatedDate"] == "2026-11-21T02:00:00.000+0000"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Status = 'O\\'Brien'", [1]),
        ("IsConverted = true", [2]),
        ("NumberOfEmployees >= 50 AND LastModifiedDate < 2027-01-01T00:00:00Z", [0, 1]),
        ("NumberOfEmployees = null", [2]),
        ("Status NOT IN ('Open', 'O\\'Brien')", [2]),
    ],
)
def test_conditions(fake: FakeSalesforce, client: Client, where: str, found: list[int]) -> None:
    add = fake.organisation.leads.add
    ids = [
        add(Status="Open", NumberOfEmployees=50, IsConverted=False),
        add(Status="O'Brien", NumberOfEmployees=51, IsConverted=False),
        add(Status="Closed", IsConverted=True),
    ]
    rows = client.query(f"SELECT Id FROM Lead WHERE {where} ORDER BY Id")["records"]
    assert [ids.index(row["Id"]) for row in rows] == found


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Nothing__c FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE Status = 'a' OR Status = 'b'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Status IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Status = 'a' AND", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE IsConverted = 'false'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT count() FROM Lead", "MALFORMED_QUERY"),
    ],
)
def test_queries_it_does_not_understand_are_refused(client: Client, query: str, code: str) -> None:
    refused(lambda: client.query(query), SalesforceMalformedRequest, code)


def test_a_bulk_query_in_pages_of_any_table(fake: FakeSalesforce, client: Client) -> None:
    rows = [{"StageName": f"Stage, é\n{number}", "Amount": 1.5 if number else None} for number in range(5)]
    fake.organisation.put("OpportunityHistory", rows)
    pages = list(
        client.bulk2.OpportunityHistory.query(
            "SELECT StageName, Amount, CreatedDate FROM OpportunityHistory", max_records=2, wait=0.01
        )
    )
    found = [rows_of(page) for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert found[0] == [
        {"StageName": "Stage, é\n0", "Amount": "", "CreatedDate": "2026-11-21T02:00:00.000Z"},
        {"StageName": "Stage, é\n1", "Amount": "1.5", "CreatedDate": "2026-11-21T02:00:00.000Z"},
    ]


def test_describes_fields(client: Client) -> None:
    fields = {field["name"]: field for field in client.Lead.describe()["fields"]}
    assert fields["LQ_Reason_1__c"]["length"] == 255
    assert [one["value"] for one in fields["LQ_Tier__c"]["picklistValues"]] == ["T1", "T2", "T3", "disqualified"]
    assert not fields["LQ_Effective_Tier__c"]["updateable"]


def test_has_every_field_that_we_write(client: Client) -> None:
    kinds = {"number": {"double", "percent"}, "text": {"string"}, "picklist": {"picklist"}, "moment": {"datetime"}}
    fields = {field["name"]: field for field in client.Lead.describe()["fields"]}
    for ours in OUR_FIELDS:
        theirs = fields[ours.name]
        assert theirs["updateable"], ours
        assert theirs["type"] in kinds[ours.kind], ours
        assert not ours.length or theirs["length"] == ours.length, ours


# collections


def test_collections_answer_row_by_row_in_order(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(7)
    fake.organisation.leads.delete(ids[1])
    fake.organisation.leads.convert(ids[2])
    fake.organisation.leads.refuse(ids[3], "UNABLE_TO_LOCK_ROW")
    answers = collect(
        client,
        [
            {"id": ids[0], "LQ_Score__c": 71, "LQ_Tier__c": "T1"},
            *({"id": record_id, "LQ_Score__c": 5} for record_id in ids[1:4]),
            {"id": ids[4], "LQ_Tier__c": "T9"},
            {"id": ids[5], "LQ_Reason_1__c": "x" * 256},
            {"id": full_id("00QFk0000009999"), "LQ_Score__c": 5},
            {"id": "not an id", "LQ_Score__c": 5},
            {"id": ids[6], "LQ_Score__c": 1000},
        ],
    )
    assert answers[0] == {"id": ids[0], "success": True, "errors": []}
    assert [answer["errors"][0]["statusCode"] for answer in answers[1:]] == [
        "ENTITY_IS_DELETED",
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "UNABLE_TO_LOCK_ROW",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "STRING_TOO_LONG",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "NUMBER_OUTSIDE_VALID_RANGE",
    ]
    assert {write.record_id for write in fake.organisation.leads.writes} == {ids[0]}
    assert collect(client, [{"id": ids[3], "LQ_Score__c": 5}])[0]["success"], "the lock is gone"


def test_all_or_none_and_its_limits(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(2)
    rows = [{"id": ids[0], "LQ_Score__c": 1}, {"id": ids[1], "LQ_Tier__c": "T9"}]
    answers = collect(client, rows, all_or_none=True)
    assert answers[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert not fake.organisation.leads.writes
    wrong = [{"id": ids[0], "LQ_Score__c": 1}, {"id": ids[1], "LQ_Score__c": "many"}]
    refused(lambda: collect(client, wrong), SalesforceMalformedRequest, "JSON_PARSER_ERROR")
    refused(lambda: collect(client, rows * 101), SalesforceMalformedRequest, "EXCEEDED_ID_LIMIT")
    assert not fake.organisation.leads.writes


def test_rules_change_the_owner_unless_the_header_says_no(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(2)
    collect(client, [{"id": ids[0], "LQ_Score__c": 1}])
    collect(client, [{"id": ids[1], "LQ_Score__c": 1}], Accept="application/json")
    leads = fake.organisation.leads
    assert [leads.rows[record_id]["OwnerId"] for record_id in ids] == [HUMAN, RULE_OWNER]
    assert [write.record_id for write in leads.writes if write.by_rule] == [ids[1]]


def test_reads_records_by_id(fake: FakeSalesforce, client: Client) -> None:
    (lead,) = fake.organisation.add_leads(1)
    body = {"ids": [full_id("00QFk0000009999"), lead], "fields": ["Rating"]}
    assert client.restful("composite/sobjects/Lead", method="POST", json=body) == [
        None,
        {"attributes": {"type": "Lead"}, "Id": lead, "Rating": "Warm"},
    ]


# bulk ingest


def test_the_unmodified_bulk2_updates_leads(fake: FakeSalesforce, client: Client, clock: Clock) -> None:
    ids = fake.organisation.add_leads(5)
    fake.organisation.leads.convert(ids[4])
    clock.moment += timedelta(hours=1)
    records = [{"Id": record_id, "LQ_Score__c": "7", "LQ_Reason_1__c": "Asked, é\ntwice"} for record_id in ids]
    (result,) = client.bulk2.Lead.update(records=records, wait=0.01)
    assert (result["numberRecordsProcessed"], result["numberRecordsFailed"]) == (5, 1)
    row = fake.organisation.leads.rows[ids[0]]
    assert (row["LQ_Score__c"], row["LQ_Reason_1__c"]) == (7.0, "Asked, é\ntwice")
    assert (row["LastModifiedById"], row["LastModifiedDate"]) == (INTEGRATION_USER, "2026-11-21T03:00:00.000Z")
    assert row["OwnerId"] == HUMAN, "no rule without assignmentRuleId"
    assert fake.organisation.leads.written(ids[0], "LQ_Score__c") == [7.0]
    assert not fake.organisation.leads.written(ids[4], "LQ_Score__c")
    assert all(not fake.organisation.leads.written(record_id, "Rating") for record_id in ids)


def test_results_are_shuffled_and_name_no_charset(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(50)
    lines = "".join(f'{record_id},"é"\n' for record_id in ids)
    job = Job(client).run(f"Id,LQ_Reason_1__c\n{lines}")
    answer = client._call_salesforce("GET", f"{client.bulk2_url}ingest/{job.id}/successfulResults")
    assert answer.headers["Content-Type"] == "text/csv"
    rows = rows_of(answer.content.decode())
    assert {row["LQ_Reason_1__c"] for row in rows} == {"é"}
    assert [row["sf__Id"] for row in rows] != ids
    assert sorted(row["sf__Id"] for row in rows) == ids
    assert job.api.get_unprocessed_records(job.id) == '"Id","LQ_Reason_1__c"\n'


def test_cells_are_ignored_nulled_or_refused(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(7)
    fake.organisation.leads.rows[ids[0]]["Rating"] = "Hot"
    job = Job(client).run(
        "Id,Rating,LQ_Scored_At__c,LQ_Score__c\n"
        f"{ids[0]},,2026-11-21T02:00:00Z,1\n"
        f"{ids[1]},#N/A,2026-11-21T04:00:00+02:00,1\n"
        f"{ids[2]},,yesterday,1\n"
        f"{ids[3]},,,many\n"
        f'{ids[4]},"x" ,,1\n'
        f"{ids[5]},,,1\n{ids[5]},,,2\n"
    )
    rows = fake.organisation.leads.rows
    assert (rows[ids[0]]["Rating"], rows[ids[1]]["Rating"]) == ("Hot", None)
    assert rows[ids[0]]["LQ_Scored_At__c"] == rows[ids[1]]["LQ_Scored_At__c"] == "2026-11-21T02:00:00.000Z"
    assert job.errors() == {
        ids[2]: "INVALID_TYPE_ON_FIELD_IN_RECORD",
        ids[3]: "INVALID_TYPE_ON_FIELD_IN_RECORD",
        ids[4]: "INVALID_CSV",
        ids[5]: "DUPLICATE_VALUE",
    }
    assert job.info()["numberRecordsFailed"] == 5


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Id,Nothing__c\n{id},1\n", "InvalidBatch : Field name not found : Nothing__c"),
        ("Id,LQ_Score__c\r\n{id},1\r\n", "LineEnding is invalid"),
        ('Id,LQ_Score__c\n{id},"1\n', "Failed to parse CSV"),
        ("Id,LQ_Score__c\n{id}\n", "number of columns"),
    ],
)
def test_a_file_that_fails_the_whole_job(fake: FakeSalesforce, client: Client, text: str, error: str) -> None:
    (lead,) = fake.organisation.add_leads(1)
    job = Job(client)
    refused(lambda: job.run(text.format(id=lead)), SalesforceOperationError, error)
    assert job.info()["state"] == "Failed"
    assert not fake.organisation.leads.writes


def test_every_rule_of_states(fake: FakeSalesforce, client: Client) -> None:
    fake.ingest.pace.queued_seconds = 0.1
    (lead,) = fake.organisation.add_leads(1)
    text = f"Id,LQ_Score__c\n{lead},1\n"
    job = Job(client)

    def wrong_state(call: Callable[[], object]) -> None:
        refused(call, SalesforceMalformedRequest, "INVALIDJOBSTATE")

    wrong_state(lambda: job.api.get_failed_records(job.id))
    wrong_state(lambda: job.steps.delete_job(job.id, False))
    job.fill(text)
    wrong_state(lambda: job.fill(text))
    assert job.close().info()["state"] == "UploadComplete"
    wrong_state(job.close)
    wrong_state(lambda: job.api.get_failed_records(job.id))
    job.until(lambda info: info["state"] == "JobComplete")
    wrong_state(lambda: job.steps.abort_job(job.id, False))
    wrong_state(lambda: job.fill(text))
    with pytest.raises(requests.exceptions.JSONDecodeError):
        job.steps.delete_job(job.id, False)  # simple-salesforce reads JSON from a 204: the job is gone all the same
    refused(job.info, SalesforceResourceNotFound, "NOT_FOUND")


def test_creation_is_checked_and_large_uploads_are_refused(fake: FakeSalesforce, client: Client) -> None:
    def create(**wanted: str) -> object:
        return client.restful("jobs/ingest", method="POST", json={"object": "Lead", "operation": "update", **wanted})

    for wrong in (
        {"object": "Nothing"},
        {"operation": "destroy"},
        {"operation": "upsert", "externalIdFieldName": "Status"},
        {"columnDelimiter": "HASH"},
    ):
        refused(lambda wrong=wrong: create(**wrong), SalesforceMalformedRequest, "INVALIDJOB")  # type: ignore[misc]
    fake.ingest.most_bytes = 10
    refused(lambda: Job(client).fill("Id,LQ_Score__c\n"), SalesforceMalformedRequest, "FILE_SIZE_EXCEEDED")


def test_an_aborted_job_keeps_what_was_applied(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(30)
    fake.ingest.pace.batch_rows, fake.ingest.pace.batch_seconds = 10, 0.3
    job = Job(client).fill("Id,LQ_Score__c\n" + "".join(f"{one},1\n" for one in ids)).close()
    running_info = job.until(lambda info: info["numberRecordsProcessed"] == 10)
    assert running_info["state"] == "InProgress"
    job.steps.abort_job(job.id, False)
    time.sleep(0.5)  # the next batch would have come
    applied = {row["sf__Id"] for row in rows_of(job.api.get_successful_records(job.id))}
    left = {row["Id"] for row in rows_of(job.api.get_unprocessed_records(job.id))}
    assert applied == {write.record_id for write in fake.organisation.leads.writes} == set(ids[:10])
    assert left == set(ids[10:])


def test_a_job_that_fails_half_way_and_rows_recorded_nowhere(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(30)
    text = "Id,LQ_Score__c\n" + "".join(f"{one},1\n" for one in ids)
    fake.ingest.pace.batch_rows, fake.ingest.pace.fails_after_batches = 10, 2
    job = Job(client)
    refused(lambda: job.run(text), SalesforceOperationError, "Too many retries")
    assert len(rows_of(job.api.get_unprocessed_records(job.id))) == 10
    fake.ingest.pace.fails_after_batches, fake.ingest.pace.allocation_rows = None, 25
    job = Job(client).run(text)
    assert len(rows_of(job.api.get_successful_records(job.id))) == 25
    assert rows_of(job.api.get_unprocessed_records(job.id)) == []


def test_upsert_makes_what_it_does_not_find(fake: FakeSalesforce, client: Client) -> None:
    lead = fake.organisation.leads.add(LastName="A", Company="B", LQ_External_Id__c="one")
    records = [
        {"LQ_External_Id__c": "one", "LastName": "A", "Company": "C"},
        {"LQ_External_Id__c": "two", "LastName": "New", "Company": "D"},
        {"LQ_External_Id__c": "three", "LastName": "", "Company": "E"},
    ]
    (result,) = client.bulk2.Lead.upsert(records=records, external_id_field="LQ_External_Id__c", wait=0.01)
    assert fake.organisation.leads.rows[lead]["Company"] == "C"
    created = rows_of(client.bulk2.Lead.get_successful_records(result["job_id"]))
    assert {row["LQ_External_Id__c"]: row["sf__Created"] for row in created} == {"one": "false", "two": "true"}
    (failed,) = rows_of(client.bulk2.Lead.get_failed_records(result["job_id"]))
    assert failed["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")


def test_jobs_are_listed_in_pages_and_forgotten_after_seven_days(
    fake: FakeSalesforce, client: Client, clock: Clock
) -> None:
    jobs = [Job(client) for _ in range(3)]
    jobs[0].steps.abort_job(jobs[0].id, False)
    fake.ingest.page_rows = 2
    first = client.restful("jobs/ingest")
    assert not first["done"]
    second = client.restful("jobs/ingest?" + first["nextRecordsUrl"].partition("?")[2])
    listed = first["records"] + second["records"]
    assert [job["id"] for job in listed] == [job.id for job in jobs]
    assert {job["createdById"] for job in listed} == {INTEGRATION_USER}
    clock.moment += timedelta(days=7)
    client._refresh_session()
    assert client.restful("jobs/ingest")["done"], "the aborted one is gone, open ones stay"
    with pytest.raises(SalesforceResourceNotFound):
        client.restful(f"jobs/ingest/{jobs[0].id}")


# faults


CREATE = r"POST .*/jobs/ingest$"


@pytest.mark.parametrize("kind", ["drop", "hang", "answer"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_comes_before_or_after_the_effect(fake: FakeSalesforce, kind: Any, when: Any) -> None:
    fake.faults.add(Fault(at=CREATE, kind=kind, when=when, skip=1))
    with session_to(fake.address, timeout=0.3) as session:
        client = sign_in(session)
        Job(client)
        with pytest.raises(Exception, match=r"aborted|timed out|503"):
            Job(client)
        assert len(fake.ingest.jobs) == (2 if when == "after" else 1)
        Job(client)
    assert not fake.faults.waiting


def test_a_put_and_a_close_that_took_effect_unheard(fake: FakeSalesforce, client: Client) -> None:
    (lead,) = fake.organisation.add_leads(1)
    job = Job(client)
    for at, call in (("PUT ", lambda: job.fill(f"Id,LQ_Score__c\n{lead},1\n")), ("PATCH ", job.close)):
        fake.faults.add(Fault(at=at, kind="drop", when="after"))
        with pytest.raises(requests.ConnectionError):
            call()
        refused(call, SalesforceMalformedRequest, "INVALIDJOBSTATE")
    job.until(lambda info: info["state"] == "JobComplete")
    assert fake.organisation.leads.written(lead, "LQ_Score__c") == [1.0]


def test_a_result_file_that_is_cut_off_or_short(fake: FakeSalesforce, client: Client) -> None:
    ids = fake.organisation.add_leads(40)
    job = Job(client).run("Id,LQ_Score__c\n" + "".join(f"{one},1\n" for one in ids))
    fake.faults.add(Fault(at="successfulResults", kind="truncate"), Fault(at="successfulResults", kind="shorten"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        job.api.get_successful_records(job.id)
    short = rows_of(job.api.get_successful_records(job.id))
    assert 0 < len(short) < 40, "looks whole"
    assert len(rows_of(job.api.get_successful_records(job.id))) == 40


def test_scripted_answers_name_a_time_and_repeat(fake: FakeSalesforce, client: Client) -> None:
    fake.faults.add(
        Fault(at="GET .*/limits", answer=too_many(retry_after="7"), count=2),
        Fault(at="GET .*/limits", answer=refusal(500, "SERVER_UNAVAILABLE")),
    )
    answers = [client.session.get(f"{client.base_url}limits", headers=client.headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 500, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[2].json() == [{"message": "scripted", "errorCode": "SERVER_UNAVAILABLE"}]
    assert [call.status for call in fake.calls[-4:]] == [429, 429, 500, 200]


def test_a_hostile_or_unknown_call_is_an_answer_and_never_a_crash(fake: FakeSalesforce, client: Client) -> None:
    def status(method: str, path: str, **more: Any) -> int:
        url = f"{client.base_url}{path}"
        return int(client.session.request(method, url, headers=client.headers, **more).status_code)

    assert status("GET", "nothing") == 404
    assert status("PUT", "limits") == 405
    assert status("PATCH", "composite/sobjects", data=b"{no json") == 400
    assert status("PATCH", "composite/sobjects", data=b'{"records": [{"id": NaN}]}') == 400
    assert status("GET", "query", params={"q": "x" * 17_000}) == 414
    assert status("GET", "limits") == 200
    assert not fake.crashes
