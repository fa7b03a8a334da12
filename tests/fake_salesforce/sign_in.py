"""Signing in by client credentials, tokens that end, and the daily number of calls."""

from __future__ import annotations

import base64
import binascii
import itertools
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from tests.fake_salesforce.ids import INTEGRATION_USER, full_id
from tests.fake_salesforce.messages import Answer, ApiError, Request, json_answer

CONSUMER_KEY = "fake-consumer-key"
CONSUMER_SECRET = "fake-consumer-secret"
INSTANCE = "https://acme.my.salesforce.example"
ORGANISATION_ID = full_id("00DFk0000000001")


class SignIn:
    """Tokens and quota.

    Parameters
    ----------
    now : callable
        Returns the present moment, aware.

    Attributes
    ----------
    lifetime : timedelta
        Of a token.
    daily_calls : int
        How many calls a day holds.
    calls : int
        Spent of them.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.lifetime = timedelta(hours=2)
        self.daily_calls = 100_000
        self.calls = 0
        self._now = now
        self._numbers = itertools.count(1)
        self._ends: dict[str, datetime] = {}
        self._lock = threading.Lock()

    @property
    def usage(self) -> str:
        """What ``Sforce-Limit-Info`` says."""
        return f"api-usage={self.calls}/{self.daily_calls}"

    def token(self, request: Request) -> Answer:
        """Answer ``POST /services/oauth2/token``; its refusals are an object, not a list."""
        form = dict(parse_qsl(request.body.decode()))
        if form.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type", "grant type not supported")
        key, secret = _credentials(request, form)
        if key != CONSUMER_KEY:
            return _refused("invalid_client_id", "client identifier invalid")
        if secret != CONSUMER_SECRET:
            return _refused("invalid_client", "invalid client credentials")
        with self._lock:
            token = f"{ORGANISATION_ID[:15]}!fake.token.{next(self._numbers)}"
            self._ends[token] = self._now() + self.lifetime
        return json_answer(
            {
                "access_token": token,
                "instance_url": INSTANCE,
                "id": f"{INSTANCE}/id/{ORGANISATION_ID}/{INTEGRATION_USER}",
                "token_type": "Bearer",
                "issued_at": str(int(self._now().timestamp() * 1000)),
                "scope": "api",
            }
        )

    def check(self, request: Request) -> None:
        """Count a call and look at its token.

        Raises
        ------
        ApiError
            401 ``INVALID_SESSION_ID`` or 403 ``REQUEST_LIMIT_EXCEEDED``.
        """
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        with self._lock:
            ends = self._ends.get(token)
            if ends is None or ends <= self._now():
                raise ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
            if self.calls >= self.daily_calls:
                raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            self.calls += 1

    def revoke_all(self) -> None:
        """End every token that was given out."""
        with self._lock:
            self._ends.clear()

    def limits(self, _request: Request) -> Answer:
        """Answer ``GET /limits``."""
        left = max(0, self.daily_calls - self.calls)
        return json_answer(
            {
                "DailyApiRequests": {"Max": self.daily_calls, "Remaining": left},
                "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
                "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            }
        )

    def person(self, _request: Request) -> Answer:
        """Answer ``GET /services/oauth2/userinfo``."""
        return json_answer({"user_id": INTEGRATION_USER, "organization_id": ORGANISATION_ID})


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def _refused(error: str, description: str) -> Answer:
    return json_answer({"error": error, "error_description": description}, status=400)
