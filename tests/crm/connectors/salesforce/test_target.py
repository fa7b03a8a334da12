"""Scores into the fake organisation by the real protocol: every kind of fault at every step, and nothing lost or doubled."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import requests

from leadq.crm.connectors.protocol import Chunk, Target, TargetField, TargetRow
from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError, UnansweredError
from leadq.crm.connectors.salesforce.metadata.fields import OUR_FIELDS
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.foundation.problems import ConfigError, GateStopped, LeadqError, TargetPausedError
from tests.crm.connectors.salesforce.delivering import REASON, SCORE, chunk_of, driver, values_of, wrong_leads
from tests.fake_salesforce.faults import HTML, Fault, refusal, too_many, unavailable
from tests.fake_salesforce.messages import Answer
from tests.fake_salesforce.records import HUMAN
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET, INSTANCE

LEADS = 40


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    with running() as one:
        yield one


def _keys(fake: FakeSalesforce, count: int = LEADS) -> list[str]:
    return fake.organisation.add_leads(count)


@pytest.mark.parametrize("by_bulk", [False, True])
def test_every_lead_gets_its_values_and_nothing_else_changes(fake: FakeSalesforce, by_bulk: bool) -> None:
    keys = _keys(fake, 450)
    outcomes = driver(fake, by_bulk=by_bulk).run(chunk_of(keys))
    assert outcomes is not None
    assert {one.state for one in outcomes.values()} == {"ok"}
    assert wrong_leads(fake, keys) == []
    assert {write.field for write in fake.organisation.leads.writes} == set(values_of(keys[0]))
    assert {fake.organisation.leads.rows[key]["OwnerId"] for key in keys} == {HUMAN}  # assignment rules did not run
    assert len(fake.ingest.jobs) == int(by_bulk)


STEPS = {
    "create": r"POST .*/jobs/ingest$",
    "upload": r"PUT .*/batches",
    "close": r"PATCH .*/jobs/ingest/750",
    "poll": r"GET .*/jobs/ingest/\w+$",
    "results": r"GET .*/successfulResults",
    "failed": r"GET .*/failedResults",
    "unprocessed": r"GET .*/unprocessedrecords",
    "sign-in": r"POST .*/oauth2/token",
    "collections": r"PATCH .*/composite/sobjects",
}
BREAKS = {
    "html 503 before": Fault(at="", answer=unavailable()),
    "html 503 after": Fault(at="", when="after", answer=unavailable()),
    "html 200 after": Fault(
        at="", when="after", answer=Answer(status=200, body=HTML, headers={"Content-Type": "text/html"})
    ),
    "redirect": Fault(at="", answer=Answer(status=302, headers={"Location": f"{INSTANCE}/services/data/v62.0/limits"})),
    "429": Fault(at="", answer=too_many(retry_after="7")),
    "drop before": Fault(at="", kind="drop"),
    "drop after": Fault(at="", kind="drop", when="after"),
    "hang before": Fault(at="", kind="hang", seconds=0.5),
    "hang after": Fault(at="", kind="hang", when="after", seconds=0.5),
    "truncated": Fault(at="", kind="truncate"),
    "cut at a line": Fault(at="", kind="shorten"),
    "twice": Fault(at="", kind="drop", when="after", count=2),
}


def _fault(step: str, name: str) -> Fault:
    one = BREAKS[name]
    return Fault(at=STEPS[step], kind=one.kind, when=one.when, count=one.count, answer=one.answer, seconds=one.seconds)


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_at_any_step_loses_nothing_and_doubles_nothing(fake: FakeSalesforce, step: str, name: str) -> None:
    keys = _keys(fake)
    fault = _fault(step, name)
    fake.faults.add(fault)
    outcomes = driver(fake, by_bulk=step != "collections", read_seconds=0.15).run(chunk_of(keys))
    assert outcomes is not None
    assert fault.count < BREAKS[name].count  # it did happen
    assert {one.state for one in outcomes.values()} == {"ok"}
    assert wrong_leads(fake, keys) == []


@pytest.mark.parametrize("step", list(STEPS))
def test_a_step_that_never_answers_pauses_and_can_be_taken_up(fake: FakeSalesforce, step: str) -> None:
    keys = _keys(fake)
    fake.faults.add(Fault(at=STEPS[step], count=10_000))
    first = driver(fake, by_bulk=step != "collections")
    with pytest.raises(TargetPausedError) as caught:
        first.run(chunk_of(keys))
    assert caught.value.exit_code == 4
    assert first.steps < 40
    assert sum(first.slept) < 3600
    fake.faults.waiting.clear()
    second = driver(fake, by_bulk=step != "collections")
    second.remote = first.remote
    outcomes = second.run(chunk_of(keys))
    assert outcomes is not None
    assert {one.state for one in outcomes.values()} == {"ok"}
    assert wrong_leads(fake, keys) == []


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("by_bulk", [False, True])
@pytest.mark.parametrize("steps", range(1, 5))
def test_a_run_killed_after_any_step_is_taken_up_by_another(
    fake: FakeSalesforce, steps: int, by_bulk: bool, is_kept: bool
) -> None:
    keys = _keys(fake, LEADS if by_bulk else 900)
    fake.ingest.pace.queued_seconds = 0.05
    first = driver(fake, by_bulk=by_bulk)
    assert first.run(chunk_of(keys), most_steps=steps) is None
    second = driver(fake, by_bulk=by_bulk)
    second.remote = first.remote if is_kept else first.remote_before  # killed between the step and the ledger
    outcomes = second.run(chunk_of(keys), most_steps=100_000)
    assert outcomes is not None
    assert {one.state for one in outcomes.values()} == {"ok"}
    assert wrong_leads(fake, keys) == []
    states = [job.state for job in fake.ingest.jobs.values()]
    uploads = fake.paths("PUT")
    assert len(uploads) == len(set(uploads))  # nobody knows what a second one would do
    assert states.count("JobComplete") == int(by_bulk)
    assert states.count("Open") == int(by_bulk and steps == 1 and not is_kept)  # the orphan that nobody heard of


def test_a_chunk_begun_anew_in_the_same_run_is_judged_anew(fake: FakeSalesforce) -> None:
    keys = _keys(fake, 500)
    one = driver(fake, by_bulk=False)
    assert one.run(chunk_of(keys), most_steps=2) is None
    one.remote = None
    outcomes = one.run(chunk_of(keys))
    assert outcomes is not None
    assert wrong_leads(fake, keys) == []


def test_a_silent_server_is_left_after_our_own_time_limit(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    fake.faults.add(Fault(at=STEPS["collections"], kind="hang", seconds=4.0))
    begun = time.monotonic()
    assert driver(fake, by_bulk=False, read_seconds=0.15).run(chunk_of(keys)) is not None
    assert time.monotonic() - begun < 3


def test_a_redirect_is_not_followed(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    fake.faults.add(_fault("collections", "redirect"))
    assert driver(fake, by_bulk=False).run(chunk_of(keys)) is not None
    assert fake.paths("GET", "/limits") == []


def test_a_job_that_is_gone_is_made_anew(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    first = driver(fake, by_bulk=True)
    assert first.run(chunk_of(keys), most_steps=2) is None
    fake.ingest.jobs.clear()
    outcomes = first.run(chunk_of(keys))
    assert outcomes is not None
    assert wrong_leads(fake, keys) == []


def test_a_job_of_other_rows_is_not_taken_for_ours(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    first = driver(fake, by_bulk=True)
    assert first.run(chunk_of(keys[:20]), most_steps=1) is None
    assert first.run(chunk_of(keys)) is not None
    assert wrong_leads(fake, keys) == []
    assert sorted(job.state for job in fake.ingest.jobs.values()) == ["Aborted", "JobComplete"]


@pytest.mark.parametrize("by_bulk", [False, True])
def test_a_rejected_row_takes_no_other_with_it(fake: FakeSalesforce, by_bulk: bool) -> None:
    keys = sorted(_keys(fake))
    leads = fake.organisation.leads
    leads.refuse(keys[0], "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no, é", times=9)
    leads.refuse(keys[1], "UNABLE_TO_LOCK_ROW", times=1)
    leads.delete(keys[2])
    leads.convert(keys[3])
    rows = list(chunk_of(keys).rows)
    rows[4] = TargetRow(key=keys[4], values={SCORE: float("nan")})
    rows[5] = TargetRow(key=keys[5][:15] + "!!!", values=values_of(keys[5]))
    absent = "00QFk9999999999AAA"
    rows.append(TargetRow(key=absent, values=values_of(absent)))
    outcomes = driver(fake, by_bulk=by_bulk).run(Chunk(run_id="night", number=0, rows=tuple(rows)))
    assert outcomes is not None
    codes = {one.key: (one.state, one.code) for one in outcomes.values() if one.state != "ok"}
    assert codes == {
        keys[0]: ("rejected", "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        keys[1]: ("transient", "UNABLE_TO_LOCK_ROW"),
        keys[2]: ("rejected", "ENTITY_IS_DELETED"),
        keys[3]: ("rejected", "CANNOT_UPDATE_CONVERTED_LEAD"),
        keys[4]: ("rejected", "NOT_A_NUMBER"),
        keys[5][:15] + "!!!": ("rejected", "MALFORMED_ID"),
        absent: ("rejected", "INVALID_CROSS_REFERENCE_KEY"),
    }
    assert "no, é" in outcomes[keys[0]].text
    assert wrong_leads(fake, keys[6:]) == []
    again = driver(fake, by_bulk=by_bulk).run(chunk_of([keys[1]], number=1))
    assert again is not None
    assert wrong_leads(fake, [keys[1]]) == []


def test_a_chunk_without_a_row_that_can_be_sent_makes_no_job(fake: FakeSalesforce) -> None:
    for by_bulk in (False, True):
        rows = (TargetRow(key="no id", values={SCORE: 1.0}),)
        outcomes = driver(fake, by_bulk=by_bulk).run(Chunk(run_id="night", number=0, rows=rows))
        assert outcomes is not None
        assert outcomes["no id"].state == "rejected"
    assert not fake.ingest.jobs


@pytest.mark.parametrize("by_bulk", [False, True])
def test_an_expired_token_is_renewed_once_and_a_second_time_stops(fake: FakeSalesforce, by_bulk: bool) -> None:
    keys = _keys(fake)
    one = driver(fake, by_bulk=by_bulk)
    assert one.run(chunk_of(keys), most_steps=1 if by_bulk else 0) is None
    fake.sign_in.revoke_all()
    assert one.run(chunk_of(keys)) is not None
    assert wrong_leads(fake, keys) == []
    expired = refusal(401, "INVALID_SESSION_ID")
    fake.faults.add(Fault(at="(PATCH|PUT|POST) .*/(sobjects|ingest)", count=10_000, answer=expired))
    other = driver(fake, by_bulk=by_bulk)
    with pytest.raises(LeadqError, match="INVALID_SESSION_ID") as caught:
        other.run(chunk_of(keys))
    assert not isinstance(caught.value, TargetPausedError)
    assert other.steps == 1


@pytest.mark.parametrize("step", ["create", "upload", "close", "poll", "results", "collections"])
def test_a_token_that_expires_at_any_step_is_renewed(fake: FakeSalesforce, step: str) -> None:
    keys = _keys(fake)
    fake.faults.add(Fault(at=STEPS[step], answer=refusal(401, "INVALID_SESSION_ID")))
    assert driver(fake, by_bulk=step != "collections").run(chunk_of(keys)) is not None
    assert wrong_leads(fake, keys) == []


def test_threads_that_find_a_token_expired_renew_it_once(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    one = driver(fake, by_bulk=False)
    one.connection.client()
    fake.sign_in.revoke_all()
    all_refused = Barrier(4, timeout=5)

    def wait_for_the_others(response: requests.Response, **_: object) -> None:
        if response.status_code == 401:
            all_refused.wait()

    one.connection._http.hooks["response"].append(wait_for_the_others)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda key: one.target.skipped([key]), keys[:4]))
    assert found == [{}] * 4
    assert len(fake.paths("POST", "oauth2/token")) == 2


def test_no_secret_and_no_token_is_told_or_logged(fake: FakeSalesforce, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keys = _keys(fake)
    told = []
    for answer in (unavailable(), too_many(), refusal(403, "REQUEST_LIMIT_EXCEEDED"), refusal(400, "INVALID_FIELD")):
        for step in ("create", "collections", "sign-in"):
            fake.faults.add(Fault(at=STEPS[step], count=10_000, answer=answer))
            one = driver(fake, by_bulk=step == "create")
            with pytest.raises(LeadqError) as caught:
                one.run(chunk_of(keys))
            told += [str(caught.value), repr(caught.value), repr(one.connection.who), str(one.remote)]
            fake.faults.waiting.clear()
    everything = "\n".join([*told, caplog.text])
    for hidden in (CONSUMER_KEY, CONSUMER_SECRET, "fake.token"):
        assert hidden not in everything


def test_a_wrong_secret_stops_at_once_and_is_not_shown(fake: FakeSalesforce) -> None:
    one = driver(fake, by_bulk=False)
    who = SignIn(domain="acme.my", consumer_key="fake-consumer-key", consumer_secret="wr0ng-s3cret")
    slept: list[float] = []
    connection = Connection(who, http=one.connection._http, patience=Patience(sleep=slept.append))
    with pytest.raises(ConfigError, match="invalid_client") as caught:
        connection.client()
    assert "wr0ng-s3cret" not in str(caught.value)
    assert slept == []


@pytest.mark.parametrize("by_bulk", [False, True])
def test_a_spent_quota_pauses_without_waiting(fake: FakeSalesforce, by_bulk: bool) -> None:
    keys = _keys(fake, 900)
    fake.sign_in.daily_calls = fake.sign_in.calls + 3
    one = driver(fake, by_bulk=by_bulk, usage_share=2.0)
    with pytest.raises(TargetPausedError, match="REQUEST_LIMIT_EXCEEDED"):
        one.run(chunk_of(keys))
    assert one.slept == []
    fake.sign_in.daily_calls = 100_000
    assert one.run(chunk_of(keys)) is not None
    assert wrong_leads(fake, keys) == []


def test_we_stop_by_choice_before_the_quota_is_spent(fake: FakeSalesforce) -> None:
    fake.sign_in.daily_calls = 5
    one = driver(fake, by_bulk=False)
    with pytest.raises(TargetPausedError, match="stops above 80%"):
        one.run(chunk_of(_keys(fake, 900)))
    assert fake.sign_in.calls == 5 or fake.sign_in.calls <= 5


def test_retry_after_is_honoured(fake: FakeSalesforce) -> None:
    fake.faults.add(Fault(at=STEPS["collections"], answer=unavailable(retry_after="41")))
    one = driver(fake, by_bulk=False)
    assert one.run(chunk_of(_keys(fake))) is not None
    assert max(one.slept) == 41


def test_rows_of_a_job_that_failed_or_was_aborted_are_tried_again(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    fake.ingest.pace.batch_rows, fake.ingest.pace.fails_after_batches = 10, 2
    outcomes = driver(fake, by_bulk=True).run(chunk_of(keys))
    assert outcomes is not None
    states = [one.state for one in outcomes.values()]
    assert (states.count("ok"), states.count("transient")) == (20, 20)


def test_rows_that_no_results_file_names_are_unknown(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    fake.ingest.pace.allocation_rows = 30
    outcomes = driver(fake, by_bulk=True).run(chunk_of(keys))
    assert outcomes is not None
    states = [one.state for one in outcomes.values()]
    assert (states.count("ok"), states.count("unknown")) == (30, 10)


def test_a_job_that_takes_long_is_waited_for_with_growing_waits(fake: FakeSalesforce) -> None:
    fake.ingest.pace.queued_seconds = 0.3
    keys = _keys(fake)
    assert driver(fake, by_bulk=True).run(chunk_of(keys), most_steps=100_000) is not None
    assert wrong_leads(fake, keys) == []


def test_orphans_of_our_user_are_aborted_and_no_other_job(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    for _ in range(3):
        assert driver(fake, by_bulk=True).run(chunk_of(keys), most_steps=1) is None  # killed before it was uploaded
    old, others, young = fake.ingest.jobs.values()
    for job in (old, others):
        job.created_at -= timedelta(hours=2)
    others.table = fake.organisation.tables.setdefault(
        "Contact", type(others.table)("Contact", (), fake.organisation.now)
    )
    assert driver(fake, by_bulk=True).run(chunk_of(keys), most_steps=100_000) is not None
    assert [job.state for job in (old, others, young)] == ["Aborted", "Open", "Open"]


def test_check_takes_the_fields_of_leadq_as_they_are(fake: FakeSalesforce) -> None:
    one: Target = driver(fake, by_bulk=False).target
    one.check(OUR_FIELDS)


def test_check_names_all_that_is_wrong_at_once(fake: FakeSalesforce) -> None:
    fields = fake.organisation.leads.fields
    del fields[SCORE]
    short = fields[REASON]
    fields[REASON] = type(short)(name=REASON, length=80)
    fields["LQ_Reason_2__c"] = type(short)(name="LQ_Reason_2__c", length=255, writable=False)
    fields["LQ_Scored_At__c"] = type(short)(name="LQ_Scored_At__c", kind="date")
    tier = TargetField(name="LQ_Tier__c", kind="picklist", choices=("T1", "T9"))
    wanted = [tier, *(field for field in OUR_FIELDS if field.name != "LQ_Tier__c")]
    with pytest.raises(GateStopped) as caught:
        driver(fake, by_bulk=False).target.check(wanted)
    assert {problem.where for problem in caught.value.problems} == {
        "Lead.LQ_Tier__c",
        f"Lead.{SCORE}",
        f"Lead.{REASON}",
        "Lead.LQ_Reason_2__c",
        "Lead.LQ_Scored_At__c",
    }
    assert "no T9" in str(caught.value)


@pytest.mark.parametrize("name", ["Rating", "OwnerId", "LQ_Tier_Override__c"])
def test_a_field_that_is_not_ours_is_never_sent(fake: FakeSalesforce, name: str) -> None:
    [key] = _keys(fake, 1)
    rows = (TargetRow(key=key, values={name: "T1"}),)
    for by_bulk in (False, True):
        with pytest.raises(GateStopped):
            driver(fake, by_bulk=by_bulk).run(Chunk(run_id="night", number=0, rows=rows))
    with pytest.raises(GateStopped):
        driver(fake, by_bulk=False).target.check([TargetField(name=name, kind="text")])
    assert not fake.organisation.leads.writes


def test_leads_that_must_not_be_written_are_told_with_why(fake: FakeSalesforce) -> None:
    keys = _keys(fake, 700)
    fake.organisation.leads.delete(keys[1])
    fake.organisation.leads.convert(keys[650])
    absent = "00QFk9999999999AAA"
    found = driver(fake, by_bulk=False).target.skipped([*keys, absent, "x') OR (Id != '"])
    assert found == {
        keys[1]: "deleted",
        keys[650]: "converted",
        absent: "not found",
        "x') OR (Id != '": "not a Salesforce id",
    }


def test_what_was_written_reads_back_the_same(fake: FakeSalesforce) -> None:
    keys = _keys(fake, 3)
    rows = tuple(
        TargetRow(key=key, values={**values_of(key), "LQ_Scored_At__c": "2026-11-22T02:00:00Z", "LQ_Tier__c": "T1"})
        for key in keys
    )
    target = driver(fake, by_bulk=False)
    assert target.run(Chunk(run_id="night", number=0, rows=rows)) is not None
    fake.organisation.leads.delete(keys[2])
    names = list(rows[0].values)
    assert target.target.read_back([*keys, "00QFk9999999999AAA"], names) == {
        row.key: dict(row.values) for row in rows[:2]
    }


def test_a_refused_call_is_no_pause(fake: FakeSalesforce) -> None:
    fake.faults.add(Fault(at=STEPS["create"], answer=refusal(403, "INSUFFICIENT_ACCESS", "no bulk api")))
    with pytest.raises(SalesforceRefusedError, match="no bulk api") as caught:
        driver(fake, by_bulk=True).run(chunk_of(_keys(fake)))
    assert not isinstance(caught.value, UnansweredError)


def test_one_row_that_spoils_a_call_is_found(fake: FakeSalesforce) -> None:
    keys = _keys(fake, 8)
    fake.faults.add(Fault(at=STEPS["collections"], answer=refusal(400, "JSON_PARSER_ERROR", "a row"), count=1))
    assert driver(fake, by_bulk=False).run(chunk_of(keys)) is not None
    assert wrong_leads(fake, keys) == []


def test_a_chunk_of_a_field_that_is_no_longer_ours_can_still_be_ended(fake: FakeSalesforce) -> None:
    keys = _keys(fake)
    first = driver(fake, by_bulk=True)
    assert first.run(chunk_of(keys), most_steps=1) is None
    rows = tuple(TargetRow(key=key, values={"LQ_Of_Last_Year__c": 1.0}) for key in keys)
    step = driver(fake, by_bulk=True).target.end(Chunk(run_id="night", number=0, rows=rows), first.remote)
    assert [(one.key, one.state) for one in step.outcomes or ()] == [(key, "unknown") for key in keys]
    assert [job.state for job in fake.ingest.jobs.values()] == ["Aborted"]
