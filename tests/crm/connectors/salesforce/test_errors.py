"""The table of error classes, waits, reconciling by key, secrets: parts that need no server."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from leadq.crm.connectors.protocol import UnheardError
from leadq.crm.connectors.retries import Patience, retry_after
from leadq.crm.connectors.salesforce.errors import UnansweredError, call_class, row_error, row_state, said
from leadq.crm.connectors.salesforce.sending.bulk_protocol import Job
from leadq.crm.connectors.salesforce.sending.job_results import reconciled
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.connectors.timed_session import TimedSession
from leadq.foundation.problems import ConfigError, Problem, TargetPausedError
from leadq.foundation.secret import secret

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)


def _body(code: str, message: str = "words") -> bytes:
    return json.dumps([{"errorCode": code, "message": message}]).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, _body("INVALID_SESSION_ID"), "signed_out"),
        (401, b"<html>", "signed_out"),
        (403, _body("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), "throttled"),
        (
            403,
            _body("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
            "transient",
        ),
        (503, b"<html><body>maintenance</body></html>", "transient"),
        (500, b"", "transient"),
        (429, b"{}", "transient"),
        (400, _body("UNABLE_TO_LOCK_ROW"), "transient"),
        (403, b"<html>a proxy</html>", "transient"),
        (302, b"", "transient"),
        (400, _body("INVALID_FIELD"), "refused"),
        (404, _body("NOT_FOUND"), "refused"),
        (400, b'{"error": "invalid_grant", "error_description": "no"}', "refused"),
    ],
)
def test_each_answer_has_its_class(status: int, body: bytes, expected: str) -> None:
    assert call_class(status, said(body)) == expected


@pytest.mark.parametrize("body", [b"", b"[]", b"[1]", b'"text"', b"null", b"\xff\xfe", b"[" * 2000])
def test_a_body_of_any_shape_is_no_surprise(body: bytes) -> None:
    assert said(body) is None


def test_errors_of_rows_are_split_and_safe_to_show() -> None:
    error = row_error("UNABLE_TO_LOCK_ROW:unable\n to \x1b[31mobtain:Id --")
    assert (error.code, error.text) == ("UNABLE_TO_LOCK_ROW", "unable to [31mobtain:Id --")
    assert row_error("no code at all").code == "UNKNOWN_ERROR"
    assert len(row_error("A_CODE:" + "x" * 9000).text) == 300
    assert row_state("UNABLE_TO_LOCK_ROW") == "transient"
    assert {row_state(code) for code in ("ENTITY_IS_DELETED", "CANNOT_UPDATE_CONVERTED_LEAD", "NEW_ONE")} == {
        "rejected"
    }


def _unanswered(after: float | None = None) -> UnansweredError:
    return UnansweredError(Problem(where="x", rule="y", remedy="z"), retry_after_seconds=after)


def _waits(patience: dict[str, float], after: float | None = None) -> list[float]:
    slept: list[float] = []

    def call() -> None:
        raise _unanswered(after)

    with pytest.raises(UnansweredError):
        Patience(**patience, sleep=slept.append, chance=random.Random(1)).through(call)  # type: ignore[arg-type]
    return slept


def test_waits_grow_with_jitter_and_end() -> None:
    slept = _waits({"tries": 6, "longest_seconds": 4})
    assert len(slept) == 5
    assert all(half <= wait <= 2 * half for wait, half in zip(slept, (0.5, 1, 2, 2, 2), strict=True))
    assert len(set(slept)) == 5


def test_a_wish_to_wait_is_honoured_within_the_budget_only() -> None:
    assert _waits({"tries": 3, "budget_seconds": 100}, after=40) == [40, 40]
    assert _waits({"tries": 9, "budget_seconds": 100}, after=40) == [40, 40]
    assert _waits({"budget_seconds": 100}, after=3600) == []


@pytest.mark.parametrize(("hangs", "tries"), [(120.0, 2), (900.0, 1), (10.0, 6)])
def test_time_spent_in_calls_counts_and_spent_patience_pauses(hangs: float, tries: int) -> None:
    clock = [0.0]

    def call() -> None:
        clock[0] += hangs
        raise _unanswered()

    patience = Patience(sleep=lambda _: None, seconds=lambda: clock[0], chance=random.Random(1))
    with pytest.raises(TargetPausedError) as caught:
        patience.or_pause(call)
    assert not isinstance(caught.value, UnheardError)  # which the core would take five times more
    assert clock[0] == tries * hangs


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("7", 7),
        ("Sun, 22 Nov 2026 02:00:30 GMT", 30),
        ("Sun, 22 Nov 2026 01:00:00 GMT", 0),
        ("soon", None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 2026 23:59:59 +99999999999999", None),
        (None, None),
        ("-3", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(written: str | None, seconds: float | None) -> None:
    assert retry_after(written, now=NOW) == seconds


def _job(state: str, message: str = "") -> Job:
    return Job(
        id="750000000000001AAA",
        state=state,
        processed=2,
        failed=1,
        message=message,
        created_by="",
        created_at="",
        is_ours=True,
    )


def _lead(number: int) -> str:
    return f"00Q0x0000000{number:03d}AAA"


def test_each_key_gets_one_outcome_and_silence_is_unknown() -> None:
    keys = [_lead(number) for number in range(6)]
    found = reconciled(
        _job("Aborted"),
        [*keys[:5], keys[5][:15]],
        succeeded=[{"sf__Id": keys[0], "Id": keys[0]}, {"sf__Id": keys[5]}, {"Id": keys[1]}, {"Id": "another"}],
        failed=[
            {"Id": keys[1], "sf__Error": "ENTITY_IS_DELETED:gone:--"},
            {"sf__Id": keys[2], "sf__Error": "UNABLE_TO_LOCK_ROW:x"},
        ],
        unprocessed=[{"Id": keys[3]}],
    )
    assert [one.state for one in found] == ["ok", "rejected", "transient", "transient", "unknown", "ok"]
    assert [one.code for one in found][1:5] == [
        "ENTITY_IS_DELETED",
        "UNABLE_TO_LOCK_ROW",
        "JOB_ABORTED",
        "NOT_IN_RESULTS",
    ]


def test_a_job_that_failed_for_its_header_is_not_tried_again() -> None:
    message = "InvalidBatch : Field name not found : X__c"
    [one] = reconciled(_job("Failed", message), [_lead(1)], succeeded=[], failed=[], unprocessed=[{"Id": _lead(1)}])
    assert (one.state, one.code, one.text) == ("rejected", "InvalidBatch", message)
    [other] = reconciled(
        _job("Failed", "TooManyLockFailure"), [_lead(1)], succeeded=[], failed=[], unprocessed=[{"Id": _lead(1)}]
    )
    assert other.state == "transient"


def test_secrets_come_from_the_environment_or_a_private_file_only(tmp_path: Path) -> None:
    assert secret("consumer secret", "${KEY}", environment={"KEY": "s3cret "}) == "s3cret"
    path = tmp_path / "key"
    path.write_text("s3cret\n", encoding="utf-8")
    path.chmod(0o600)
    assert secret("consumer secret", str(path), environment={}) == "s3cret"
    path.chmod(0o640)
    for written in (str(path), "s3cret", "${ABSENT}", str(tmp_path), "\0"):
        with pytest.raises(ConfigError) as caught:
            secret("consumer secret", written, environment={})
        assert "s3cret" not in str(caught.value)


def test_a_sign_in_shows_no_secret_and_goes_to_no_other_host() -> None:
    who = SignIn(domain="acme.my", consumer_key="key-k", consumer_secret="sec-s")
    assert "key-k" not in repr(who)
    assert "sec-s" not in repr(who)
    for domain in ("evil.example/", "login", "acme.my#", "a@b", ""):
        with pytest.raises(ConfigError):
            SignIn(domain=domain, consumer_key="k", consumer_secret="s")


def test_a_netrc_file_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "netrc"
    path.write_text("machine acme.my.example login a password b\n", encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    with TimedSession() as session:
        request = requests.Request("GET", "https://acme.my.example/x", headers={"Authorization": "Bearer t"})
        assert session.prepare_request(request).headers["Authorization"] == "Bearer t"
        with requests.Session() as plain:
            assert plain.prepare_request(request).headers["Authorization"] != "Bearer t"


def test_going_unanswered_is_a_pause() -> None:
    assert issubclass(UnansweredError, TargetPausedError)
    assert _unanswered().exit_code == 4
    assert timedelta(seconds=Patience().budget_seconds) <= timedelta(minutes=5)
