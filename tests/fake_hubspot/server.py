"""The fake as a real HTTP server on the loopback: the wire, its faults and its log are those of the fake Salesforce."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

from tests.fake_hubspot.account import Account
from tests.fake_hubspot.limits import Limits
from tests.fake_hubspot.routes import Routes
from tests.fake_salesforce.faults import Faults
from tests.fake_salesforce.server import Call, FakeSalesforce, _Server

TOKEN = "pat-fake-f00d"


class FakeHubspot(FakeSalesforce):
    """One account behind one address; of the other fake it is the server alone.

    Attributes
    ----------
    account : Account
    limits : Limits
    faults, calls, crashes, address
        As of the fake Salesforce.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.stopped = threading.Event()
        self.account = Account(now)
        self.limits = Limits(now)
        self.faults = Faults()
        self.routes = Routes(self.account, self.limits, TOKEN)
        self.calls: list[Call] = []
        self.crashes: list[Exception] = []
        self.sign_in = SimpleNamespace(usage="none")  # the server writes a header of it that HubSpot does not have
        self._server = _Server(self)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"


@contextmanager
def running(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Iterator[FakeHubspot]:
    """Run a fake and raise, at the end, what went wrong inside it."""
    fake = FakeHubspot(now)
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
    if fake.crashes:
        raise fake.crashes[0]
