"""A session of ``requests`` whose every call has a time limit, as a whole and between two pieces of an answer.

``requests`` itself only limits the silence between two pieces: a server that sends a byte a minute would hold it for ever. Leaves
out trying again (``crm/connectors/retries.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import requests
from requests.models import PreparedRequest, Response


class TimedSession(requests.Session):
    """A session whose every call has a time limit, also those that libraries make.

    Parameters
    ----------
    connect_seconds, read_seconds : float
        To open a connection; between two pieces of an answer.
    whole_seconds : float
        For a call as a whole, sending and reading included.
    """

    def __init__(self, *, connect_seconds: float = 10, read_seconds: float = 120, whole_seconds: float = 900) -> None:
        super().__init__()
        self._limits = (connect_seconds, read_seconds)
        self._whole_seconds = whole_seconds
        self.auth = _as_it_is

    def send(self, request: PreparedRequest, **settings: Any) -> Response:
        """Send with our limits unless the caller has set its own.

        Raises
        ------
        requests.Timeout
            A limit is over; whether the call took effect is unknown.
        """
        if settings.get("timeout") is None:
            settings["timeout"] = self._limits
        return _within(self._whole_seconds, lambda: super(TimedSession, self).send(request, **settings))


def _within(seconds: float, call: Callable[[], Response]) -> Response:
    """Return what ``call`` returns. Nothing ends a thread that reads, so one that is too late is left to itself."""
    answers: SimpleQueue[Response | BaseException] = SimpleQueue()

    def work() -> None:
        try:
            answers.put(call())
        except BaseException as error:
            answers.put(error)

    Thread(target=work, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise requests.Timeout(f"the call was not over after {seconds:g} s") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    """Keep the header that is there: without this a .netrc file would replace it."""
    return request
