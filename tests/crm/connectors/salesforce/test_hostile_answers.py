"""Answers that are late, cut, short or of another shape: nothing loops without bound, nothing is lost, no error is a bare traceback."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from leadq.crm.connectors.salesforce.connector import CONNECTOR as SALESFORCE
from leadq.crm.connectors.salesforce.metadata.fields import OUR_FIELDS
from leadq.crm.connectors.timed_session import TimedSession
from leadq.foundation.problems import LeadqError, TargetPausedError
from leadq.serving.delivery.deliver import Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.reporting.delivery_report import Report
from tests.crm.connectors.salesforce.delivering import chunk_of, driver, driver_over, wrong_leads
from tests.fake_salesforce.faults import Fault, too_many, unavailable
from tests.fake_salesforce.leads import TIERS
from tests.fake_salesforce.messages import Answer, json_answer
from tests.fake_salesforce.server import FakeSalesforce, running
from tests.fake_salesforce.session import ToTheFake
from tests.serving.delivery.company import Time, row, tonight, write_scores

LEADS = 40
OVER = 10_000
BULK_STEPS = {
    "create": r"POST .*/jobs/ingest$",
    "close": r"PATCH .*/jobs/ingest/750",
    "poll": r"GET .*/jobs/ingest/\w+$",
    "results": r"GET .*/successfulResults",
}
STEPS = {
    **BULK_STEPS,
    "sign-in": r"POST .*/oauth2/token",
    "describe": r"GET .*/describe",
    "query": r"GET .*/queryAll",
    "retrieve": r"POST .*/composite/sobjects/Lead",
    "collections": r"PATCH .*/composite/sobjects",
}


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    with running() as one:
        yield one


def _keys(fake: FakeSalesforce, count: int = LEADS) -> list[str]:
    return fake.organisation.add_leads(count)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n"


@contextmanager
def _dripping(first: bytes) -> Iterator[str]:
    """A server that sends ``first`` and then a byte now and then, for ever."""
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not over.is_set():
            with suppress(OSError):
                line, _ = listening.accept()
                threading.Thread(target=drip, args=(line,), daemon=True).start()

    def drip(line: socket.socket) -> None:
        with line, suppress(OSError):
            line.sendall(first)
            while not over.wait(0.05):
                line.sendall(b"x")

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        server.join()


@pytest.mark.parametrize("first", [b"", HEAD, HEAD + b"\r\n{"], ids=["status", "header", "body"])
def test_a_server_that_drips_for_ever_is_left_after_the_whole_calls_limit(first: bytes) -> None:
    begun = time.monotonic()
    with _dripping(first) as address, TimedSession(read_seconds=5, whole_seconds=0.3) as session:
        with pytest.raises(requests.Timeout, match=r"not over after 0\.3 s"):
            session.get(address)
        session.mount("https://", ToTheFake(address))
        one = driver_over(session, tries=2)
        with pytest.raises(TargetPausedError) as caught:
            one.target.check(OUR_FIELDS)
    assert caught.value.exit_code == 4
    assert time.monotonic() - begun < 4


SHAPES = [{}, [], [None], [[]], {"id": 5}, {"fields": [1]}, {"fields": None}, {"records": {"a": 1}}, {"records": [1], "done": False},
          {"id": "750000000000001AAA"}, {"id": "750000000000001AAA", "state": "InProgress", "numberRecordsProcessed": "many"},
          [{"success": "yes"}] * LEADS, {"access_token": None}, {"access_token": "t", "instance_url": 5}]  # fmt: skip


def _everything(fake: FakeSalesforce, keys: list[str], *, by_bulk: bool) -> bool:
    """Do all that a night asks for; return whether every row was acknowledged."""
    one = driver(fake, by_bulk=by_bulk, tries=2)
    one.target.check(OUR_FIELDS)
    one.target.skipped([*keys, "00QFk9999999999AAA"])
    outcomes = one.run(chunk_of(keys))
    assert outcomes is not None
    return {outcome.state for outcome in outcomes.values()} == {"ok"}


@pytest.mark.parametrize("step", STEPS)
def test_json_of_another_shape_is_no_answer(fake: FakeSalesforce, step: str) -> None:
    keys = _keys(fake)
    for shape in SHAPES:
        fake.faults.add(Fault(at=STEPS[step], count=OVER, answer=json_answer(shape)))
        with suppress(LeadqError):  # an error of ours with a remedy; anything else fails the test
            if _everything(fake, keys, by_bulk=step in BULK_STEPS):
                assert wrong_leads(fake, keys) == [], f"{shape} was taken for a success"
        fake.faults.waiting.clear()
    assert _everything(fake, keys, by_bulk=step in BULK_STEPS)
    assert wrong_leads(fake, keys) == []


IN_A_QUOTE = b'"sf__Id","sf__Created","Id","LQ_Reason_1__c"\n"00QFk0000000001AAA","false","00QFk0000000001AAA","Gr'
SHORT_ROW = b'"sf__Id","sf__Created","Id"\n"00QFk0000000001AAA","false"\n'
HALF_A_LETTER = '"sf__Id","sf__Created","Id","LQ_Reason_1__c"\n"a","b","c","Grö'.encode()[:-1]


@pytest.mark.parametrize("body", [IN_A_QUOTE, SHORT_ROW, HALF_A_LETTER], ids=["in a quote", "in a row", "in a letter"])
@pytest.mark.parametrize("kind", ["successfulResults", "failedResults", "unprocessedrecords"])
def test_a_results_file_cut_inside_a_cell_is_fetched_again(fake: FakeSalesforce, kind: str, body: bytes) -> None:
    keys = _keys(fake)
    torn = Answer(status=200, body=body, headers={"Content-Type": "text/csv"})
    fake.faults.add(Fault(at=kind, answer=torn, count=2))
    outcomes = driver(fake, by_bulk=True).run(chunk_of(keys))
    assert outcomes is not None
    assert {one.state for one in outcomes.values()} == {"ok"}
    assert len(fake.paths("GET", kind)) == 3


@pytest.mark.parametrize("kind", ["successfulResults", "failedResults"])
def test_a_results_file_that_stays_short_leaves_its_rows_unknown_never_done(fake: FakeSalesforce, kind: str) -> None:
    keys = sorted(_keys(fake))
    for key in keys[:10]:
        fake.organisation.leads.refuse(key, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    fake.faults.add(Fault(at=kind, kind="shorten", count=OVER))
    outcomes = driver(fake, by_bulk=True).run(chunk_of(keys))
    assert outcomes is not None
    assert len(fake.paths("GET", kind)) == 3
    states = [outcomes[key].state for key in keys]
    assert "unknown" in states
    written = {write.record_id for write in fake.organisation.leads.writes}
    assert {key for key, one in outcomes.items() if one.state == "ok"} <= written
    assert {key for key, one in outcomes.items() if one.state == "rejected"} == set(keys[:10]) - {
        key for key, one in outcomes.items() if one.state == "unknown"
    }


# through the delivery core


def _deliver(
    fake: FakeSalesforce,
    folder: Path,
    keys: list[str],
    *,
    by_bulk: bool,
    usage_share: float = 0.8,
    slept: list[float] | None = None,
) -> Report:
    """Deliver by the core; ``slept`` takes the waits of the core and of the connector."""
    one = driver(fake, by_bulk=by_bulk, usage_share=usage_share)
    time = Time()
    if slept is not None:
        time.slept = slept
        one.connection.patience = replace(one.connection.patience, sleep=slept.append)
    one.target.chunk_rows = 150
    scores = tonight(write_scores(folder / "scores.parquet", [row(key, 0.5) for key in keys]))
    ledger = Ledger(folder / "ledger.sqlite")
    try:
        effects = time.effects(folder)
        return deliver(
            ledger, one.target, scores, our_fields(SALESFORCE.field_name, TIERS), effects=effects, wish=Wish()
        )
    finally:
        ledger.close()


def _held(fake: FakeSalesforce) -> dict[str, set[object]]:
    held: dict[str, set[object]] = {}
    for write in fake.organisation.leads.writes:
        if write.field == "LQ_Score__c":
            held.setdefault(write.record_id, set()).add(write.after)
    return held


@pytest.mark.parametrize(
    "written", ["3600", "999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "-1", "1e9", "٣", "Sun, 99"]
)
@pytest.mark.parametrize("step", ["create", "collections", "poll", "retrieve"])
def test_a_wish_to_be_left_alone_for_long_pauses_and_is_not_slept_through(
    fake: FakeSalesforce, tmp_path: Path, step: str, written: str
) -> None:
    keys = _keys(fake)
    make = too_many if step == "poll" else unavailable
    fake.faults.add(Fault(at=STEPS[step], count=OVER, answer=make(retry_after=written.encode().decode("latin-1"))))
    slept: list[float] = []
    with pytest.raises(TargetPausedError) as caught:
        _deliver(fake, tmp_path, keys, by_bulk=step in BULK_STEPS, slept=slept)
    assert caught.value.exit_code == 4
    method, pattern = STEPS[step].split(" ")
    is_long = written in ("3600", "999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT")
    most = 1 if is_long else 5 if step == "create" else 4  # the tries of the core, or of the patience, never both
    assert len([path for path in fake.paths(method) if re.search(pattern, path)]) == most
    assert sum(slept) <= 180
    fake.faults.waiting.clear()
    assert _deliver(fake, tmp_path, keys, by_bulk=step in BULK_STEPS).facts["rows_by_state"] == {"ok": LEADS}
    assert _held(fake) == {key: {50.0} for key in keys}


@pytest.mark.parametrize("by_bulk", [False, True])
@pytest.mark.parametrize("left", [3, 5])
def test_a_quota_spent_in_the_middle_pauses_the_night_and_the_next_run_ends_it(
    fake: FakeSalesforce, tmp_path: Path, by_bulk: bool, left: int
) -> None:
    keys = _keys(fake, 450)
    fake.sign_in.daily_calls = left
    with pytest.raises(TargetPausedError, match="REQUEST_LIMIT_EXCEEDED") as caught:
        _deliver(fake, tmp_path, keys, by_bulk=by_bulk, usage_share=2.0)
    assert caught.value.exit_code == 4
    assert len(_held(fake)) < 450
    fake.sign_in.daily_calls = 100_000
    report = _deliver(fake, tmp_path, keys, by_bulk=by_bulk)
    assert report.facts["rows_by_state"] == {"ok": 450}
    assert _held(fake) == {key: {50.0} for key in keys}
    before = len(fake.organisation.leads.writes)
    _deliver(fake, tmp_path, keys, by_bulk=by_bulk)
    assert len(fake.organisation.leads.writes) == before


@pytest.mark.parametrize("by_bulk", [False, True])
def test_merged_deleted_and_converted_leads_are_skipped_with_why_and_the_survivor_gets_its_own(
    fake: FakeSalesforce, tmp_path: Path, by_bulk: bool
) -> None:
    keys = sorted(_keys(fake))
    leads = fake.organisation.leads
    leads.delete(keys[0], merged_into=keys[1])
    leads.delete(keys[2])
    leads.convert(keys[3])
    report = _deliver(fake, tmp_path, keys, by_bulk=by_bulk)
    told = {one["text"]: one["leads"] for one in report.facts["skipped"]}
    assert told == {f"merged into {keys[1]}": 1, "deleted": 1, "converted": 1}
    assert _held(fake) == {key: {50.0} for key in (keys[1], *keys[4:])}


def test_leads_that_sales_moves_on_between_the_look_and_the_write_are_rejected_alone(
    fake: FakeSalesforce, tmp_path: Path
) -> None:
    keys = sorted(_keys(fake))
    for key, code in zip(keys, ("ENTITY_IS_DELETED", "CANNOT_UPDATE_CONVERTED_LEAD"), strict=False):
        fake.organisation.leads.refuse(key, code, times=9)
    report = _deliver(fake, tmp_path, keys, by_bulk=False)
    assert report.facts["rows_by_state"] == {"ok": LEADS - 2, "rejected": 2}
    assert set(_held(fake)) == set(keys[2:])


def test_rows_that_results_never_name_are_sent_again_and_not_lost(fake: FakeSalesforce, tmp_path: Path) -> None:
    keys = _keys(fake)
    fake.faults.add(Fault(at="successfulResults", kind="shorten", count=OVER))
    first = _deliver(fake, tmp_path, keys, by_bulk=True)
    assert first.with_rejected
    assert sum(first.facts["rows_by_state"].values()) == LEADS
    assert len(fake.ingest.jobs) <= 6
    assert _held(fake) == {key: {50.0} for key in keys}


def test_rows_locked_all_night_are_given_up_and_told(fake: FakeSalesforce, tmp_path: Path) -> None:
    keys = sorted(_keys(fake))
    fake.organisation.leads.refuse(keys[0], "UNABLE_TO_LOCK_ROW", times=99)
    report = _deliver(fake, tmp_path, keys, by_bulk=True)
    assert report.facts["rows_by_state"] == {"ok": LEADS - 1, "dead": 1}
    assert "UNABLE_TO_LOCK_ROW" in json.dumps(report.facts["dead"])
    assert len(fake.ingest.jobs) == 3
