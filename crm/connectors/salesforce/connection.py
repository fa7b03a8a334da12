"""Calls to Salesforce: signed in, timed, tried again where that helps, and stopped where it does not.

An expired token is renewed once a call, under a lock; a spent quota pauses the run. Leaves out what is asked.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.calls import AGAIN, Call, error_of, judged, problem_of
from leadq.crm.connectors.salesforce.errors import Said, UnansweredError, call_class
from leadq.crm.connectors.salesforce.sign_in import SignIn, signed_in
from leadq.foundation.problems import Problem, TargetPausedError

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce

T = TypeVar("T")
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


class Connection:
    """One organisation, signed in when first asked something.

    Parameters
    ----------
    who : SignIn
    http : requests.Session
        A :class:`leadq.crm.connectors.timed_session.TimedSession`.
    patience : Patience
    usage_share : float
        Share of the organisation's daily calls, in [0, 1], above which we leave the rest to others.
    """

    def __init__(self, who: SignIn, *, http: requests.Session, patience: Patience, usage_share: float = 0.8) -> None:
        self.who = who
        self.patience = patience
        self._http = http
        self._usage_share = usage_share
        self._used: tuple[int, int] | None = None
        self._client: Salesforce | None = None
        self._lock = threading.Lock()

    def client(self) -> Salesforce:
        """Return simple-salesforce's client with the token of now, for reading."""
        with self._lock:
            if self._client is None:
                self._client = self._sign_in()
            return self._client

    def read(self, call: Call, reader: Callable[[Any], T]) -> T:
        """Make a call and return what ``reader`` finds in its document; one of another shape is no answer."""
        return self._made(call, partial(self._document, call, reader))

    def ask(self, call: Call) -> bytes:
        """Make a call and return the body of its success.

        Raises
        ------
        UnansweredError
            No readable answer came to a call that is not repeatable, which is made once: whoever made it must look.
        TargetPausedError
            No readable answer came within the patience, or the quota is spent.
        SalesforceRefusedError
            Salesforce will not do it.
        LeadqError
            The sign-in is refused, or a fresh token is.
        """
        return self._made(call, partial(self._once, call))

    def raw(self, call: Call, *, token: str = "") -> requests.Response:
        """Make a call once and return whatever is answered, for who looks at the answer itself.

        Parameters
        ----------
        call : Call
        token : str
            In place of ours.

        Raises
        ------
        UnansweredError
            Nothing was heard.
        """
        return self._sent(call, self.client(), token=token) if token else self._answered(call)[0]

    def _made(self, call: Call, once: Callable[[], T]) -> T:
        if call.repeatable:
            return self.patience.or_pause(once)
        self.patience.or_pause(self.client)  # only the call itself is made once
        return once()

    def _document(self, call: Call, reader: Callable[[Any], T]) -> T:
        document = json.loads(self._once(call))
        try:
            return reader(document)
        except (TypeError, KeyError, ValueError, AttributeError, IndexError):
            raise UnansweredError(problem_of(call, "must be answered as documented", "something else")) from None

    def _once(self, call: Call) -> bytes:
        response, answer = self._answered(call)
        return judged(call, response, answer, now=self.patience.now())

    def _answered(self, call: Call) -> tuple[requests.Response, Said | None]:
        """Make one attempt; a token that has expired is renewed and the attempt made again, once."""
        client = self.client()
        response = self._sent(call, client)
        answer = error_of(response)
        if response.status_code == 401 or (answer and call_class(response.status_code, answer) == "signed_out"):
            response = self._sent(call, self._renewed(client))
            answer = error_of(response)
        return response, answer

    def _sent(self, call: Call, client: Salesforce, *, token: str = "") -> requests.Response:
        self._stop_where_spent()
        headers = {
            "Authorization": f"Bearer {token or client.session_id}",
            "Content-Type": call.content_type,
            "Sforce-Auto-Assign": "FALSE",  # the default runs assignment rules and may change the owner
        }
        try:
            response = self._http.request(
                call.method,
                client.base_url + call.path,
                data=call.content,
                params=dict(call.parameters or {}),
                headers=headers,
                allow_redirects=False,  # a redirected PATCH becomes a GET that seems to succeed
            )
        except requests.RequestException as error:
            raise UnansweredError(problem_of(call, "must be answered", type(error).__name__)) from None
        if usage := _USAGE.search(response.headers.get("Sforce-Limit-Info", "")):
            self._used = (int(usage[1]), int(usage[2]))
        return response

    def _renewed(self, stale: Salesforce) -> Salesforce:
        with self._lock:
            if self._client is stale:  # else another thread was quicker
                self._client = self._sign_in()
            return self._client or stale

    def _sign_in(self) -> Salesforce:
        return signed_in(self.who, http=self._http)

    def _stop_where_spent(self) -> None:
        if self._used is None or self._used[0] <= self._used[1] * self._usage_share:
            return
        used, most = self._used
        rule = f"leadq stops above {self._usage_share:.0%} of the organisation's daily calls"
        raise TargetPausedError(Problem(where=self.who.domain, rule=rule, value=f"{used} of {most}", remedy=AGAIN))
