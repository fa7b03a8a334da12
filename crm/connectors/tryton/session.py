"""Calls to a Tryton server by JSON-RPC: signed in, in a session with time limits, errors told apart by what helps.

A server's error comes with HTTP 200. Leaves out what is called.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from leadq.crm.connectors.protocol import UnheardError
from leadq.crm.connectors.retries import Patience, retry_after
from leadq.crm.connectors.timed_session import TimedSession
from leadq.foundation.problems import ConfigError, LeadqError, Problem

_REFUSED = frozenset({"UserError", "UserWarning"})
_CHANGED = "ConcurrencyException"
_CONTEXT = ("company", "employee", "language")
_MOST_WORDS = 300
_QUOTES = re.compile(r"\n|\bDETAIL\b|:\s*['\"(]")
"""Where a plain exception begins to quote what stands in a record: PostgreSQL tells the whole row that it refuses."""


class RefusedError(LeadqError):
    """The server refuses a call for what is in it; ``code`` and ``text`` are its own words."""

    def __init__(self, problem: Problem, *, code: str, text: str) -> None:
        super().__init__(problem)
        self.code = code
        self.text = text


class ChangedMeanwhileError(LeadqError):
    """A record was changed by somebody since its timestamp was read."""


class ServerFailedError(LeadqError):
    """The server broke down over a call; another call may do better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a server is and who signs in; the password is in no representation of it."""

    address: str
    database: str
    user: str
    password: str = field(repr=False)

    @property
    def title(self) -> str:
        """What a person calls it."""
        return f"Tryton at {self.address}, database {self.database}"


class TrytonSession:
    """A session of one user, signed in when it is first needed and again where it has run out.

    Parameters
    ----------
    account : Account
    http : requests.Session, optional
        One with time limits.
    patience : Patience, optional
        Of calls that only read.
    """

    def __init__(
        self, account: Account, *, http: requests.Session | None = None, patience: Patience | None = None
    ) -> None:
        self.account = account
        self._http = http or TimedSession()
        self._patience = patience or Patience()
        self._token = ""
        self._context: dict[str, Any] = {}
        self.user_id = 0

    def read(self, method: str, *arguments: Any) -> Any:
        """Call a method that changes nothing, again while it goes unanswered or the server breaks down over it.

        Raises
        ------
        TargetPausedError
            It went unanswered to the end, and only time helps.
        LeadqError
            See :meth:`call`.
        """

        def once() -> Any:
            try:
                return self.call(method, *arguments)
            except ServerFailedError as error:
                raise UnheardError(error.problems[0]) from None

        return self._patience.or_pause(once)

    def call(self, method: str, *arguments: Any, timestamps: dict[str, str] | None = None) -> Any:
        """Call a method of a model once and return its result.

        Parameters
        ----------
        method : str
            ``sale.opportunity.write``.
        *arguments
        timestamps : dict of str to str, optional
            When records were last changed as far as the caller knows; Tryton refuses to write one that was changed since.

        Raises
        ------
        RefusedError, ChangedMeanwhileError, ServerFailedError
        UnheardError
            Nothing usable was heard; the call may have had its effect.
        ConfigError
            The server does not let us in.
        """
        if not self._token:
            self._sign_in()
        extra = {"_timestamp": timestamps} if timestamps else {}
        answer = self._post(f"model.{method}", [*arguments, {**self._context, **extra}])
        if answer.status_code == 401:
            self._sign_in()
            answer = self._post(f"model.{method}", [*arguments, {**self._context, **extra}])
        if answer.status_code == 401:
            raise ConfigError(self._problem("must let leadq's user in", "Check the user's sessions in Tryton."))
        return self._result(method, answer)

    def _sign_in(self) -> None:
        """Get a new token and the user's own context, both or none; the old token is not sent along."""
        self._token = ""
        answer = self._post("common.db.login", [self.account.user, {"password": self.account.password}, "en"])
        if answer.status_code == 401:
            remedy = "Check the user's name and password; Tryton does not say which of the two is wrong."
            raise ConfigError(self._problem("must let leadq's user in", remedy, self.account.user))
        if answer.status_code == 404:
            raise ConfigError(self._problem("must be there", "Check the name of the database."))
        found = self._result("login", answer)
        if not isinstance(found, list) or len(found) < 2:
            raise self._unheard("must answer a sign-in with a session")
        written = f"{self.account.user}:{found[0]}:{found[1]}".encode()
        token = base64.b64encode(written).decode("ascii")
        asked = self._post("model.res.user.get_preferences", [True, {}], token=token)
        preferences = self._result("preferences", asked)
        self._context = {key: preferences[key] for key in _CONTEXT if preferences.get(key)}
        self.user_id, self._token = int(found[0]), token

    def _post(self, method: str, parameters: list[Any], *, token: str = "") -> requests.Response:
        held = token or self._token
        headers = {"Authorization": f"Session {held}"} if held else {}
        document: Any = {"id": 0, "method": method, "params": parameters}
        address = f"{self.account.address}/{self.account.database}/rpc/"
        try:
            return self._http.post(address, json=document, headers=headers, allow_redirects=False)
        except requests.RequestException as error:
            raise self._unheard("must answer", type(error).__name__) from None

    def _result(self, method: str, answer: requests.Response) -> Any:
        status = answer.status_code
        if status == 429 or status >= 500:
            wait = retry_after(answer.headers.get("Retry-After"), now=datetime.now(UTC))
            raise self._unheard("must be available", f"status {status}", wait)
        if status != 200:
            raise ConfigError(self._problem(f"must know the call {method}", "Check the address.", f"status {status}"))
        try:
            document = answer.json()
        except ValueError:
            raise self._unheard("must answer in JSON") from None
        if not isinstance(document, dict) or not document.keys() & {"result", "error"}:
            raise self._unheard("must answer with a result or an error")
        if "error" in document:
            raise self._error(method, document["error"])
        return document["result"]

    def _error(self, method: str, told: Any) -> LeadqError:
        parts = told if isinstance(told, list) and told else ["", ""]
        code, said = str(parts[0]), parts[1] if len(parts) > 1 else ""
        words = [str(word) for word in (said if isinstance(said, list) else [said])[:2] if word]
        text = " ".join(words)[:_MOST_WORDS]
        if code == _CHANGED:
            return ChangedMeanwhileError(self._problem("must not have changed in the meantime", "Read it again."))
        if code in _REFUSED:
            problem = self._problem(f"refuses {method}", "Fix what it says.", text)
            return RefusedError(problem, code=code, text=text)
        # the exception's own words may quote a record, and what follows is a traceback, which may quote anything
        words_of_its_own = _QUOTES.split(code, maxsplit=1)[0].strip()[:_MOST_WORDS]
        problem = self._problem(f"failed at {method}", "See its own log for the cause.", words_of_its_own)
        return ServerFailedError(problem)

    def _unheard(self, rule: str, value: str = "", wait: float | None = None) -> UnheardError:
        return UnheardError(self._problem(rule, "Run again later.", value), retry_after_seconds=wait)

    def _problem(self, rule: str, remedy: str, value: str = "") -> Problem:
        return Problem(where=self.account.title, rule=rule, value=value, remedy=remedy)
