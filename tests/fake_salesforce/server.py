"""The fake as a real HTTP server on the loopback; faults are carried out here, on the wire."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.fake_salesforce.faults import Fault, Faults
from tests.fake_salesforce.ingest_jobs import IngestJobs
from tests.fake_salesforce.ingest_work import Pace
from tests.fake_salesforce.messages import Answer, Request, json_answer
from tests.fake_salesforce.query import Queries
from tests.fake_salesforce.records import Organisation
from tests.fake_salesforce.routes import Routes
from tests.fake_salesforce.sign_in import SignIn

LONGEST_ADDRESS = 16_384


class Call(NamedTuple):
    """A call that arrived; status 0 where the client was told nothing (dropped, hung, cut off)."""

    method: str
    path: str
    status: int


class FakeSalesforce:
    """One organisation behind one address.

    Parameters
    ----------
    now : callable
        Returns the present moment, aware.

    Attributes
    ----------
    organisation : Organisation
    sign_in : SignIn
    ingest : IngestJobs
    queries : Queries
    faults : Faults
    calls : list of Call
        In the order of their ends.
    crashes : list of Exception
        Faults of the fake itself; :func:`running` raises the first.
    address : str
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.stopped = threading.Event()
        self.organisation = Organisation(now)
        self.sign_in = SignIn(now)
        self.ingest = IngestJobs(self.organisation, Pace(), self.stopped)
        self.queries = Queries(self.organisation)
        self.faults = Faults()
        self.routes = Routes(self.organisation, self.sign_in, self.ingest, self.queries)
        self.calls: list[Call] = []
        self.crashes = self.ingest.crashes
        self._server = _Server(self)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Listen, in a thread."""
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Let go of hung calls and workers, and close every connection."""
        self.stopped.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()

    def paths(self, method: str, pattern: str = "") -> list[str]:
        """Return paths of the calls of a method in which ``pattern`` is found."""
        return [call.path for call in self.calls if call.method == method and re.search(pattern, call.path)]


@contextmanager
def running(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[FakeSalesforce]:
    """Run a fake and raise, at the end, what went wrong inside it."""
    fake = FakeSalesforce(now)
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
    if fake.crashes:
        raise fake.crashes[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, fake: FakeSalesforce) -> None:
        self.fake = fake
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients come and go; what goes wrong in the fake itself is kept in ``crashes``."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""

    def _serve(self) -> None:
        fake, parts = self.server.fake, urlsplit(self.path)
        path = parts.path.rstrip("/")
        if "Transfer-Encoding" in self.headers:
            fake.crashes.append(NotImplementedError(f"{self.command} {path}: the fake reads no body in pieces"))
            self._drop()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        version = re.match(r"/services/data/v(\d+\.\d)", path)
        request = Request(
            method=self.command,
            path=path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            version=version[1] if version else "",
        )
        fault = fake.faults.take(f"{self.command} {path}")
        answer = Answer() if fault and fault.when == "before" else self._answer(request)
        if fault:
            self._spoil(fault, answer)
        else:
            self._send(answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _answer(self, request: Request) -> Answer:
        if len(self.path) > LONGEST_ADDRESS:
            return Answer(status=414, body=b"<h1>Bad Message 414</h1>", headers={"Content-Type": "text/html"})
        try:
            return self.server.fake.routes.answer(request)
        except Exception as error:
            self.server.fake.crashes.append(error)
            return json_answer([{"message": f"the fake is at fault: {error!r}", "errorCode": "UNKNOWN"}], status=500)

    def _spoil(self, fault: Fault, answer: Answer) -> None:
        if fault.kind == "answer":
            self._send(fault.answer)
        elif fault.kind == "shorten":
            half = answer.body[: len(answer.body) // 2]
            self._send(Answer(status=answer.status, body=half[: half.rfind(b"\n") + 1], headers=answer.headers))
        else:
            if fault.kind == "truncate":
                self._send(answer, whole=False)
            elif fault.kind == "hang":
                self.server.fake.stopped.wait(fault.seconds)
            self._note(0)
            self._drop()

    def _drop(self) -> None:
        # close() alone leaves a client without timeout hanging: other references keep the socket open.
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _note(self, status: int) -> None:
        self.server.fake.calls.append(Call(self.command, urlsplit(self.path).path, status))

    def _send(self, answer: Answer, *, whole: bool = True) -> None:
        if whole:
            self._note(answer.status)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Sforce-Limit-Info", self.server.fake.sign_in.usage)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body if whole else answer.body[: len(answer.body) // 2])
