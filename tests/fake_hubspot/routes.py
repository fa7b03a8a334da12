"""Which part of the fake answers which call."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable

from tests.fake_hubspot.account import Account
from tests.fake_hubspot.batches import Batches
from tests.fake_hubspot.limits import Limits
from tests.fake_hubspot.lists import Lists
from tests.fake_hubspot.messages import Refusal
from tests.fake_hubspot.property_calls import PropertyCalls
from tests.fake_salesforce.messages import Answer, Request, json_answer

Answerer = Callable[..., Answer]
ACCOUNT = {"portalId": 4711, "accountType": "DEVELOPER_TEST", "timeZone": "Europe/Berlin", "dataHostingLocation": "eu1"}
_OBJECT = r"/crm/v3/objects/([a-z_0-9-]+)"


class Routes:
    """Finds the answer to a call: the token first, then the limits, then what is asked."""

    def __init__(self, account: Account, limits: Limits, token: str) -> None:
        self._account, self._limits, self.token = account, limits, token
        batches, lists, properties = Batches(account), Lists(account), PropertyCalls(account)
        self._table: list[tuple[str, str, Answerer]] = [
            ("POST", rf"{_OBJECT}/batch/read", batches.read),
            ("POST", rf"{_OBJECT}/batch/update", batches.update),
            ("GET", _OBJECT, lists.records),
            ("GET", r"/crm/v4/objects/([a-z_]+)/(\d+)/associations/([a-z_]+)", lists.associations),
            ("GET", r"/crm/v3/pipelines/(deals)", lists.pipelines),
            ("GET", r"/account-info/v3/details", lambda _: json_answer(ACCOUNT)),
            ("GET", r"/crm/v3/properties/([a-z_]+)/groups", properties.groups),
            ("GET", r"/crm/v3/properties/([a-z_]+)/groups/(\w+)", properties.group),
            ("POST", r"/crm/v3/properties/([a-z_]+)/groups", properties.make_group),
            ("GET", r"/crm/v3/properties/([a-z_]+)", properties.all),
            ("GET", r"/crm/v3/properties/([a-z_]+)/(\w+)", properties.one),
            ("POST", r"/crm/v3/properties/([a-z_]+)", properties.make),
            ("PATCH", r"/crm/v3/properties/([a-z_]+)/(\w+)", properties.change),
        ]

    def answer(self, request: Request) -> Answer:
        """Answer a call."""
        try:
            given = request.headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
                raise Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
            with self._account.lock:
                if spent := self._limits.refuse():
                    return spent
                return self._routed(request)
        except Refusal as refusal:
            return json_answer(refusal.document(), status=refusal.status)

    def _routed(self, request: Request) -> Answer:
        for method, pattern, answerer in self._table:
            if method == request.method and (match := re.fullmatch(pattern, request.path)):
                return answerer(request, *match.groups())
        raise Refusal(404, "OBJECT_NOT_FOUND", "resource not found")
