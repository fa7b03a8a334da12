"""Limits of calls: so many in ten seconds, so many a day; over them 429 with the policy's name."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime

from tests.fake_salesforce.messages import Answer, json_answer


class Limits:
    """Counts calls; both limits may be changed while it runs."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.ten_secondly = 100_000
        self.daily = 650_000
        self.used_today = 0
        self._window: deque[float] = deque()

    def refuse(self) -> Answer | None:
        """Count a call and return the refusal where it is one too many."""
        moment = self.now().timestamp()
        while self._window and self._window[0] <= moment - 10:
            self._window.popleft()
        if self.used_today >= self.daily:
            return too_many("DAILY")
        if len(self._window) >= self.ten_secondly:
            return too_many("TEN_SECONDLY_ROLLING", retry_after="1")
        self.used_today += 1
        self._window.append(moment)
        return None


def too_many(policy: str, *, retry_after: str | None = None) -> Answer:
    """Return a 429 of a policy."""
    document = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": "c0ffee",
        "policyName": policy,
    }
    answer = json_answer(document, status=429)
    if retry_after is None:
        return answer
    return Answer(status=429, body=answer.body, headers={**answer.headers, "Retry-After": retry_after})
