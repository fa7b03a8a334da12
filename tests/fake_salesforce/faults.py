"""The script of faults: what goes wrong at which call, before or after the call took effect."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Literal

from tests.fake_salesforce.messages import Answer, json_answer

HTML = b"<html><head><title>Service Unavailable</title></head><body><h1>We are down for maintenance</h1></body></html>"

Kind = Literal["answer", "drop", "hang", "truncate", "shorten"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Parameters
    ----------
    at : str
        Searched as a regular expression in ``"METHOD /path"``.
    kind : {"answer", "drop", "hang", "truncate", "shorten"}
        Answer with ``answer``; drop the connection; say nothing for ``seconds`` and then drop; send half of the true answer and drop;
        send half of it as if it were whole (at a line end).
    when : {"before", "after"}
        Before the call takes effect (it never does) or after (the client never hears). The last two kinds are always after.
    count : int
        How many calls it spoils.
    skip : int
        How many calls pass first.
    """

    at: str
    kind: Kind = "answer"
    when: Literal["before", "after"] = "before"
    count: int = 1
    skip: int = 0
    answer: Answer = field(default_factory=lambda: Answer(status=503, body=HTML, headers={"Content-Type": "text/html"}))
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.kind in {"truncate", "shorten"}:
            self.when = "after"


class Faults:
    """Faults that still wait for their call."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Script faults; of several that match a call the first counts."""
        with self._lock:
            self.waiting.extend(faults)

    def take(self, call: str) -> Fault | None:
        """Return the fault of a call, if any, and count it."""
        with self._lock:
            for fault in self.waiting:
                if not re.search(fault.at, call):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.count -= 1
                if not fault.count:
                    self.waiting.remove(fault)
                return fault
        return None


def unavailable(*, retry_after: str | None = None) -> Answer:
    """Return a 503 with HTML instead of JSON, with ``Retry-After`` (seconds or a date) where given."""
    return with_retry_after(Answer(status=503, body=HTML, headers={"Content-Type": "text/html"}), retry_after)


def too_many(*, retry_after: str | None = None) -> Answer:
    """Return a 429 with ``Retry-After`` where given."""
    body = [{"message": "Too many requests", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    return with_retry_after(json_answer(body, status=429), retry_after)


def refusal(status: int, code: str, message: str = "scripted") -> Answer:
    """Return a refusal in Salesforce's own form."""
    return json_answer([{"message": message, "errorCode": code}], status=status)


def with_retry_after(answer: Answer, seconds: str | None) -> Answer:
    """Return an answer with a ``Retry-After`` header."""
    if seconds is None:
        return answer
    return Answer(status=answer.status, body=answer.body, headers={**answer.headers, "Retry-After": seconds})
