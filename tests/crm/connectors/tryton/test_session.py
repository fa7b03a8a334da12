"""What a server may answer instead of a result: a real HTTP server that a test tells what to say."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

from leadq.crm.connectors.protocol import Chunk, TargetField, TargetRow, UnheardError
from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.timed_session import TimedSession
from leadq.crm.connectors.tryton.history.tables import READ
from leadq.crm.connectors.tryton.sending.batches import Batch
from leadq.crm.connectors.tryton.sending.target import TrytonTarget
from leadq.crm.connectors.tryton.session import Account, RefusedError, ServerFailedError, TrytonSession
from leadq.crm.connectors.tryton.settings import ToTryton
from leadq.foundation.problems import ConfigError, LeadqError, TargetPausedError

PASSWORD = "s3cret-passw0rd"
SIGNED_IN = (200, {"result": [7, "t0ken", None]})
PREFERENCES = (200, {"result": {"company": 1, "language": "en", "employee.rec_name": "Sam"}})

_HTTPS = "https:"  # apart from the host: no address stands in the sources
_WHO = ("id", "create_date", "create_uid", "write_date", "write_uid")


@dataclass(slots=True, kw_only=True)
class Script:
    """Answers in order, and what was asked."""

    answers: list[tuple[int, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""


@contextmanager
def saying(
    *answers: tuple[int, Any], signed_in: bool = True, answered: Sequence[tuple[int, Any]] = ()
) -> Iterator[Script]:
    before = answered or ([SIGNED_IN, PREFERENCES] if signed_in else [])
    script = Script(answers=[*before, *answers])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            script.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, said = script.answers.pop(0)
            if status == 0:
                time.sleep(1.0)
                return
            content = said if isinstance(said, bytes) else json.dumps({"id": 0, **said}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


def session_of(script: Script) -> TrytonSession:
    account = Account(address=script.address, database="crm", user="leadq", password=PASSWORD)
    http = TimedSession(connect_seconds=1, read_seconds=0.3)
    return TrytonSession(account, http=http, patience=Patience(tries=3, sleep=lambda _: None))


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((200, b"<html>Down for maintenance</html>"), UnheardError, "must answer in JSON"),
        ((200, b"[1, 2"), UnheardError, "must answer in JSON"),
        ((200, b"[1, 2]"), UnheardError, "a result or an error"),
        ((503, b""), UnheardError, "status 503"),
        ((504, b""), UnheardError, "status 504"),
        ((429, b""), UnheardError, "status 429"),
        ((0, b""), UnheardError, "ReadTimeout"),
        ((302, b""), ConfigError, "status 302"),
        ((403, b""), ConfigError, "status 403"),
        ((200, {"error": ["UserError", ["No.", "Because.", None]]}), RefusedError, "No. Because."),
        (
            (200, {"error": ["database is locked", "Traceback: values (s3cret-values)"]}),
            ServerFailedError,
            "database is locked",
        ),
        (
            (200, {"error": ['null value in "party"\nDETAIL:  Failing row contains (s3cret-words)', ""]}),
            ServerFailedError,
            'null value in "party"',
        ),
        ((200, {"error": ["invalid input syntax for integer: 's3cret'", ""]}), ServerFailedError, "input syntax"),
        ((200, {"error": ["no row DETAIL: s3cret", ""]}), ServerFailedError, "no row"),
        ((200, {"error": None}), ServerFailedError, "failed at"),
    ],
)
def test_each_answer_is_told_apart(answer: tuple[int, Any], kind: type[LeadqError], words: str) -> None:
    with saying(answer) as script, pytest.raises(kind, match=words) as told:
        session_of(script).call("sale.opportunity.write", [1], {"lq_score": 1})
    assert not {"s3cret", "t0ken", PASSWORD} & set(str(told.value).replace("(", " ").split())
    assert "s3cret" not in str(told.value)
    if isinstance(told.value, UnheardError) and answer[0] in (429, 503, 504):
        assert told.value.retry_after_seconds == 7


def test_reading_is_tried_again_and_no_longer_than_patience_lasts() -> None:
    with saying((503, b""), (200, b"<html>"), (200, {"result": 3})) as script:
        assert session_of(script).read("sale.opportunity.search_count", []) == 3
    broken: tuple[int, Any] = (200, {"error": ["database is locked", ""]})
    with saying(broken, (200, {"result": 3})) as script:
        assert session_of(script).read("sale.opportunity.search_count", []) == 3
    for answer in ((503, b""), broken):
        with saying(*[answer] * 4) as script, pytest.raises(TargetPausedError):
            session_of(script).read("sale.opportunity.search_count", [])
        assert len(script.answers) == 1


def test_a_sign_in_is_whole_or_none() -> None:
    down: tuple[int, Any] = (503, b"")
    with saying(down, SIGNED_IN, PREFERENCES, (200, {"result": 3}), answered=[SIGNED_IN]) as script:
        session = session_of(script)
        with pytest.raises(UnheardError):
            session.call("sale.opportunity.search_count", [])
        assert session.user_id == 0
        assert session.call("sale.opportunity.search_count", []) == 3
    assert script.asked[-1]["params"][-1] == {"company": 1, "language": "en"}


def test_one_signing_in_again_and_no_second() -> None:
    with saying((401, b""), SIGNED_IN, PREFERENCES, (200, {"result": 3})) as script:
        assert session_of(script).call("sale.opportunity.search_count", []) == 3
    with (
        saying((401, b""), SIGNED_IN, PREFERENCES, (401, b"")) as script,
        pytest.raises(ConfigError, match="let leadq's user in"),
    ):
        session_of(script).call("sale.opportunity.search_count", [])


def test_a_database_that_is_not_there_is_told() -> None:
    with (
        saying((404, b""), signed_in=False) as script,
        pytest.raises(ConfigError, match="Check the name of the database"),
    ):
        session_of(script).call("sale.opportunity.search_count", [])


def test_the_context_is_the_users_and_holds_no_name() -> None:
    with saying((200, {"result": 3})) as script:
        session_of(script).call("sale.opportunity.search_count", [])
    assert script.asked[-1]["params"][-1] == {"company": 1, "language": "en"}


def test_a_row_that_breaks_the_server_takes_no_other_with_it() -> None:
    kinds = {"result": {"lq_score": {"type": "integer"}}}
    looked = {"result": [{"id": one, "_timestamp": "1", "state": "lead"} for one in (1, 2)]}
    broken: tuple[int, Any] = (200, {"error": ["division by zero", "Traceback"]})
    with saying((200, looked), (200, kinds), broken, broken, (200, {"result": None}), broken) as script:
        target = TrytonTarget("crm", session_of(script))
        rows = tuple(TargetRow(key=key, values={"lq_score": 1}) for key in ("1", "2"))
        chunk, remote, outcomes = Chunk(run_id="r", number=0, rows=rows), None, None
        while outcomes is None:
            step = target.step(chunk, remote)
            remote, outcomes = step.remote, step.outcomes
    assert [(one.key, one.state) for one in outcomes] == [("1", "ok"), ("2", "transient")]
    assert outcomes[1].text == "division by zero"


def test_a_server_that_breaks_over_every_row_is_left_alone() -> None:
    broken: tuple[int, Any] = (200, {"error": ["division by zero", "Traceback"]})
    rows = {one: {"lq_score": 1} for one in range(1, 501)}
    with saying(*[broken] * 2_000) as script:
        batch = Batch(session=session_of(script), rows=rows, changed=dict.fromkeys(rows, "1"))
        with pytest.raises(UnheardError, match="on every lead"):
            batch.write(apart=True)
    assert len(script.asked) < 40


def test_a_server_that_breaks_where_it_shall_say_what_it_holds_is_away() -> None:
    changed: tuple[int, Any] = (200, {"error": ["ConcurrencyException", "sale.opportunity"]})
    broken: tuple[int, Any] = (200, {"error": ["division by zero", ""]})
    remote = {"changed": '{"1":["1",""]}'}
    chunk = Chunk(run_id="r", number=0, rows=(TargetRow(key="1", values={"lq_score": 1}),))
    kinds = (200, {"result": {"lq_score": {"type": "integer"}}})
    with saying(kinds, changed, *[broken] * 3) as script, pytest.raises(TargetPausedError, match="division"):
        TrytonTarget("crm", session_of(script)).step(chunk, remote)
    with saying(*[broken] * 3) as script, pytest.raises(TargetPausedError, match="division"):
        TrytonTarget("crm", session_of(script)).skipped(["1"])
    with saying(*[broken] * 3) as script, pytest.raises(TargetPausedError, match="division"):
        TrytonTarget("crm", session_of(script)).check([TargetField(name="lq_score", kind="number")])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"address": "http://crm.example"}, "with https"),
        ({"address": f"{_HTTPS}//leadq:pw@crm.example"}, "without user or password"),
        ({"database": "crm/rpc"}, "name of a database"),
        ({"password": "s3cret-itself"}, "must come from the environment"),
        ({"history": {"lead_fields": ["lq_score"]}}, "written by leadq"),
        ({"history": {"lead_fields": ["comment"]}}, "text about people"),
        ({"history": {"lead_fields": ["x; DROP"]}}, "field's name"),
        *(({"history": {"lead_fields": [name]}}, "is read anyway|written by leadq") for name in (*READ, *_WHO)),
        ({"history": {"lead_fields": ["lead_source"], "columns": {"job_title": "title"}}}, "fields of lead_fields"),
        ({"history": {"lead_fields": ["lead_source"], "columns": {"lead_source": "lead_id"}}}, "become lead_id"),
        ({"history": {"lead_fields": ["status"]}}, "become status"),
        ({"history": {"lead_fields": ["one", "two"], "columns": {"one": "two"}}}, "got two twice"),
        ({"history": {"lead_fields": ["one"], "columns": {"one": "No column"}}}, "column's name"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, Any], words: str) -> None:
    usual = {"kind": "tryton", "address": "https://crm.example", "database": "crm", "user": "leadq", "password": "${P}"}
    with pytest.raises(ValidationError, match=words):
        ToTryton(**{**usual, **wrong})  # type: ignore[arg-type]
