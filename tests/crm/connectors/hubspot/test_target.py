"""The HubSpot target against the fake: every row gets its outcome, whatever the account says, and nothing loops without bound."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from leadq.crm.connectors.hubspot.errors import HubspotRefusedError
from leadq.crm.connectors.hubspot.properties import OUR_FIELDS, TIER
from leadq.crm.connectors.protocol import Chunk, RowOutcome, TargetField, TargetRow, UnheardError
from leadq.foundation.problems import ConfigError, GateStopped, LeadqError, TargetPausedError
from tests.crm.connectors.hubspot.delivering import PEOPLES, chunk_of, ready, target_of, values_of
from tests.fake_hubspot.limits import too_many
from tests.fake_hubspot.server import FakeHubspot, running
from tests.fake_salesforce.faults import Fault, unavailable
from tests.fake_salesforce.messages import Answer, json_answer

TIERED = tuple(replace(one, choices=("T1", "T2", "disqualified")) if one.name == TIER else one for one in OUR_FIELDS)
UPDATE = "batch/update"


@pytest.fixture
def fake() -> Iterator[FakeHubspot]:
    with running() as one:
        yield one


def _step(fake: FakeHubspot, keys: list[str]) -> dict[str, RowOutcome]:
    chunk = chunk_of(keys)
    outcomes = target_of(fake).step(chunk, None).outcomes
    assert outcomes is not None
    assert [one.key for one in outcomes] == [row.key for row in chunk.rows]
    return {one.key: one for one in outcomes}


def test_values_arrive_as_they_are_and_nothing_else_is_touched(fake: FakeHubspot) -> None:
    keys = ready(fake, 3)
    target = target_of(fake)
    values = values_of(keys[0]) | {
        "lq_chance": 12.5,
        "lq_scored_at": "2026-03-01T03:00:00+01:00",
        "lq_reason_2": "a\r\n=b",
    }
    row = TargetRow(key=keys[0], values=values)
    assert target.step(Chunk(run_id="n", number=0, rows=(row,)), None).outcomes == (
        RowOutcome(key=keys[0], state="ok"),
    )
    held = fake.account.records["contacts"][keys[0]].properties
    assert held["lq_score"] == str(int(keys[0]) % 101)
    assert (held["lq_chance"], held["lq_scored_at"], held["lq_reason_2"]) == ("12.5", "2026-03-01T02:00:00Z", "a =b")
    assert {name: held[name] for name in PEOPLES} == PEOPLES
    back = target.read_back(keys, list(values))
    assert back[keys[0]] == values | {"lq_scored_at": "2026-03-01T02:00:00Z", "lq_reason_2": "a =b"}
    assert back[keys[1]] == dict.fromkeys(values)
    cleared = Chunk(run_id="n", number=1, rows=(TargetRow(key=keys[0], values=dict.fromkeys(values)),))
    target.step(cleared, None)
    assert target.read_back(keys[:1], list(values))[keys[0]] == dict.fromkeys(values)


def test_check_tells_all_that_is_wrong(fake: FakeHubspot) -> None:
    ready(fake, 0)
    target_of(fake).check(TIERED)
    definitions = fake.account.definitions["contacts"]
    del definitions["lq_status"]
    definitions["lq_score"].type = "string"
    definitions["lq_chance"].read_only = True
    definitions["lq_tier"].options = definitions["lq_tier"].options[1:]
    with pytest.raises(GateStopped) as stopped:
        target_of(fake).check(TIERED)
    assert len(stopped.value.problems) == 4
    with pytest.raises(GateStopped, match="not leadq's to write"):
        target_of(fake).check([TargetField(name="lifecyclestage", kind="text")])
    row = TargetRow(key="1001", values={"lq_decision": "accepted"})
    with pytest.raises(GateStopped, match="not leadq's to write"):
        target_of(fake).step(Chunk(run_id="n", number=0, rows=(row,)), None)
    assert not fake.account.writes


def test_archived_and_merged_leads_are_skipped_and_what_is_no_id_is_left_to_be_rejected(fake: FakeHubspot) -> None:
    keys = ready(fake, 130)
    fake.account.records["contacts"][keys[3]].archived = True
    fake.account.merge("contacts", keys[5], keys[120])
    fake.account.merge("contacts", keys[6], keys[120])
    hostile = ["1' OR 1=1", "../companies", "", "1e3", "0", "٣"]
    why = target_of(fake).skipped([*keys, *hostile, "424242"])
    assert why == {
        keys[3]: "archived or not found",
        keys[5]: f"merged into {keys[120]}",
        keys[6]: f"merged into {keys[120]}",
        "424242": "archived or not found",
    }
    rows = tuple(TargetRow(key=key, values={}) for key in hostile)
    outcomes = target_of(fake).step(Chunk(run_id="n", number=0, rows=rows), None).outcomes or ()
    assert [(one.key, one.code) for one in outcomes] == [(key, "MALFORMED_ID") for key in hostile]


@pytest.mark.parametrize("judges_rows", [False, True])
def test_one_rejected_row_takes_no_others_with_it(fake: FakeHubspot, judges_rows: bool) -> None:
    keys = ready(fake, 100)
    fake.account.judges_rows = judges_rows
    target = target_of(fake)
    target.skipped(keys)
    fake.account.records["contacts"][keys[7]].archived = True  # after the look
    rows = [
        TargetRow(key=key, values=values_of(key) | ({"lq_tier": "T9"} if key in (keys[30], keys[31]) else {}))
        for key in keys
    ]
    outcomes = target.step(Chunk(run_id="n", number=0, rows=tuple(rows)), None).outcomes or ()
    found = {one.key: one for one in outcomes}
    assert {key for key, one in found.items() if one.state != "ok"} == {keys[7], keys[30], keys[31]}
    assert found[keys[7]].code == "OBJECT_NOT_FOUND"
    assert "INVALID_OPTION" in found[keys[30]].text
    assert {write.record_id for write in fake.account.writes} == set(keys) - {keys[7], keys[30], keys[31]}
    assert len(fake.paths("POST", UPDATE)) < 30


def test_a_cause_in_no_row_stops_at_once(fake: FakeHubspot) -> None:
    keys = ready(fake, 100)
    del fake.account.definitions["contacts"]["lq_tier"]
    with pytest.raises(HubspotRefusedError, match="PROPERTY_DOESNT_EXIST"):
        _step(fake, keys)
    scopes = {"status": "error", "category": "MISSING_SCOPES", "message": "needs crm.objects.contacts.write"}
    fake.faults.add(Fault(at=UPDATE, answer=json_answer(scopes, status=403)))
    with pytest.raises(HubspotRefusedError, match=r"contacts\.write"):
        _step(fake, keys)
    assert len(fake.paths("POST", UPDATE)) == 2


def test_words_in_a_value_that_sound_like_a_cause_in_no_row_do_not_stop(fake: FakeHubspot) -> None:
    keys = ready(fake, 4)
    said = [{"message": "MISSING_SCOPES GmbH was not one of the allowed options", "error": "INVALID_OPTION"}]
    words = f"Property values were not valid: {json.dumps(said)} for READ_ONLY_VALUE Ltd"
    refused = {"status": "error", "category": "VALIDATION_ERROR", "message": words}
    fake.faults.add(Fault(at=UPDATE, answer=json_answer(refused, status=400)))
    assert {one.state for one in _step(fake, keys).values()} == {"ok"}


def test_a_row_alone_that_only_has_to_wait_is_not_rejected(fake: FakeHubspot) -> None:
    keys = ready(fake, 1)
    busy = {"status": "error", "category": "CONFLICT", "message": "busy"}
    fake.faults.add(Fault(at=UPDATE, answer=json_answer(busy, status=409)))
    assert _step(fake, keys)[keys[0]] == RowOutcome(key=keys[0], state="transient", code="CONFLICT", text="busy")


def _partly(results: list[str], errors: list[dict[str, object]]) -> Answer:
    shown = [{"id": key, "properties": {}, "objectWriteTraceId": key} for key in results]
    return json_answer({"status": "COMPLETE", "results": shown, "numErrors": len(errors), "errors": errors}, status=207)


def test_what_is_neither_confirmed_nor_named_is_unknown(fake: FakeHubspot) -> None:
    keys = ready(fake, 5)
    errors: list[dict[str, object]] = [
        {"category": "VALIDATION_ERROR", "message": "no\nway", "context": {"objectWriteTraceId": [keys[1]]}},
        {"category": "INTERNAL_ERROR", "message": "later", "context": {"ids": [keys[2]]}},
        {"category": "SOMETHING", "message": "of nobody"},
    ]
    fake.faults.add(Fault(at=UPDATE, answer=_partly([keys[0]], errors)))
    found = _step(fake, keys)
    states = [found[key].state for key in keys]
    assert states == ["ok", "rejected", "transient", "unknown", "unknown"]
    assert found[keys[1]].text == "no way"
    assert found[keys[3]].text == "SOMETHING of nobody"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(at=UPDATE, kind="drop"),
        Fault(at=UPDATE, kind="drop", when="after"),
        Fault(at=UPDATE, kind="truncate"),
        Fault(at=UPDATE, kind="hang", seconds=2.0),
        Fault(at=UPDATE, answer=unavailable(retry_after="2")),
        Fault(at=UPDATE, when="after", answer=unavailable()),
        Fault(at=UPDATE, answer=Answer(status=200, body=b"<html>", headers={"Content-Type": "text/html"})),
        Fault(at=UPDATE, answer=Answer(status=404, body=b"<html>", headers={"Content-Type": "text/html"})),
        Fault(at=UPDATE, answer=json_answer(["of another shape"])),
        Fault(at=UPDATE, answer=json_answer({}, status=500)),
        Fault(at=UPDATE, answer=json_answer({}, status=302)),
        Fault(at=UPDATE, answer=too_many("TEN_SECONDLY_ROLLING", retry_after="3")),
        Fault(at=UPDATE, answer=too_many("SECONDLY")),
    ],
    ids=lambda fault: f"{fault.kind} {fault.when} {fault.answer.status}",
)
def test_what_goes_wrong_once_is_tried_again(fake: FakeHubspot, fault: Fault) -> None:
    keys = ready(fake, 3)
    fault.count, fault.skip = 1, 0
    fake.faults.add(replace(fault))
    slept: list[float] = []
    target = target_of(fake, sleep=slept.append, read_seconds=0.5)
    outcomes = target.step(chunk_of(keys), None).outcomes or ()
    assert {one.state for one in outcomes} == {"ok"}
    assert all(fake.account.records["contacts"][key].properties["lq_tier"] == "T2" for key in keys)
    assert any(wait >= 0.4 for wait in slept)
    if fault.answer.headers.get("Retry-After"):
        assert max(slept) >= float(fault.answer.headers["Retry-After"])


def test_what_goes_wrong_for_ever_ends(fake: FakeHubspot) -> None:
    keys = ready(fake, 3)
    slept: list[float] = []
    for answer in (unavailable(), too_many("TEN_SECONDLY_ROLLING", retry_after="1"), json_answer({"results": 7})):
        fake.faults.add(Fault(at=UPDATE, answer=answer, count=50))
        before = len(fake.paths("POST", UPDATE))
        with pytest.raises(TargetPausedError):
            target_of(fake, sleep=slept.append).step(chunk_of(keys), None)
        assert len(fake.paths("POST", UPDATE)) - before <= 4
        fake.faults.waiting.clear()
    fake.faults.add(Fault(at=UPDATE, answer=too_many("TEN_SECONDLY_ROLLING", retry_after="86400")))
    with pytest.raises(TargetPausedError) as paused:
        target_of(fake, sleep=slept.append).step(chunk_of(keys), None)
    assert not isinstance(paused.value, UnheardError)  # whoever called need not try that often once more
    assert max(slept) < 200


def test_the_daily_limit_pauses_and_a_wrong_token_stops(fake: FakeHubspot) -> None:
    keys = ready(fake, 3)
    fake.limits.daily = fake.limits.used_today
    with pytest.raises(TargetPausedError, match="calls left today") as paused:
        _step(fake, keys)
    assert not isinstance(paused.value, UnheardError)
    fake.limits.daily += 100
    fake.faults.add(Fault(at=UPDATE, answer=json_answer({"message": "migration in progress"}, status=477)))
    with pytest.raises(TargetPausedError, match="between data centres"):
        _step(fake, keys)
    fake.routes.token = "another"
    with pytest.raises(ConfigError, match="access token"):
        _step(fake, keys)
    assert len(fake.paths("POST", UPDATE)) == 1
    assert len(fake.paths("POST", "batch/read")) == 3


@pytest.mark.parametrize("status", ["200 OK", "503 Busy", "401 No"])
def test_an_answer_that_drips_is_given_up(status: str) -> None:
    stopped = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 100000\r\n\r\n{{".encode())
            while not stopped.wait(0.02):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=drip, args=(server,))
        dripping.start()
        target = target_of(f"http://127.0.0.1:{server.getsockname()[1]}", tries=1, whole_seconds=0.3)
        with pytest.raises(TargetPausedError, match=r"within 0\.3 s"):
            target.check(TIERED)
        stopped.set()
        dripping.join()


def test_the_token_is_nowhere(
    fake: FakeHubspot, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ready(fake, 3)
    token = "CPq7oauthd00d"  # of a form that we do not know
    fake.routes.token = token
    monkeypatch.setattr("tests.crm.connectors.hubspot.delivering.TOKEN", token)
    quoting = {"status": "error", "category": "VALIDATION_ERROR", "message": f"Bearer {token} of {token}"}
    said = []
    with caplog.at_level(logging.DEBUG):
        for status in (400, 401, 403, 429, 500):
            fake.faults.add(Fault(at=UPDATE, answer=json_answer(quoting, status=status), count=4))
            try:
                said.append(repr(_step(fake, keys[:1])))
            except LeadqError as error:
                said.append(
                    f"{error} {error!r} {error.__cause__} {error.__context__ if not error.__suppress_context__ else ''}"
                )
            fake.faults.waiting.clear()
    assert len(said) == 5
    assert token not in json.dumps(said) + caplog.text


def test_without_the_extra_it_is_told() -> None:
    script = (
        "import sys; sys.modules['hubspot'] = None\n"
        "from leadq.foundation.problems import ConfigError\n"
        "from leadq.crm.connectors.hubspot.opening import open_target\n"
        "from leadq.crm.connectors.hubspot.settings import ToHubspot\n"
        "try: open_target('crm', ToHubspot(kind='hubspot', access_token='${T}'), {'T': 'x'})\n"
        "except ConfigError as error: print(error)\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "leadq[hubspot]" in said


def test_values_that_cannot_be_sent_are_rejected_alone(fake: FakeHubspot) -> None:
    keys = ready(fake, 4)
    early = "0001-01-01T00:00:00+14:00"
    wrong = {keys[0]: {"lq_score": float("nan")}, keys[1]: {"lq_tier": 3.0}, keys[2]: {"lq_scored_at": early}}
    rows = [TargetRow(key=key, values=wrong.get(key, values_of(key))) for key in keys]
    rows.append(TargetRow(key="abc", values={"lq_tier": "T1"}))
    outcomes = target_of(fake).step(Chunk(run_id="n", number=0, rows=tuple(rows)), None).outcomes or ()
    assert [one.code for one in outcomes] == ["NOT_A_NUMBER", "NOT_A_TEXT", "NOT_A_MOMENT", "", "MALFORMED_ID"]
    long = TargetRow(key=keys[3], values={"lq_reason_1": "é" * 400, "lq_status": "\x00\ud800  a"})
    assert (target_of(fake).step(Chunk(run_id="n", number=1, rows=(long,)), None).outcomes or ())[0].state == "ok"
    held = fake.account.records["contacts"][keys[3]].properties
    assert (len(held["lq_reason_1"]), held["lq_status"]) == (255, "\ufffd a")


def test_calls_keep_the_pace(fake: FakeHubspot) -> None:
    keys = ready(fake, 3)
    slept: list[float] = []
    target = target_of(fake, sleep=slept.append)
    for _ in range(5):
        target.skipped(keys)
    assert sum(slept) > 4 / 9.5 * 0.5  # nothing slept for real, so each call waits for what is left of its share
