"""Calls to HubSpot by its own client: paced, timed, tried again where that helps, and stopped where it does not.

Answers are read as plain JSON: the client's typed objects cost more than all else of a call. Leaves out what is asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

from urllib3.exceptions import HTTPError

from leadq.crm.connectors.hubspot.client import ApiException, TooLateError, api_client
from leadq.crm.connectors.hubspot.errors import HubspotRefusedError, call_class, said, shown
from leadq.crm.connectors.protocol import UnheardError
from leadq.crm.connectors.retries import Patience, retry_after
from leadq.foundation.problems import ConfigError, Problem, TargetPausedError

CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5.0, 60.0, 300.0
CALLS_PER_SECOND = 9.5
"""Half of the 190 in ten seconds that HubSpot grants a private app of the larger editions, all but all of the smaller ones' 100."""
_AGAIN = "Nothing was lost. Run the same command again later."
_MEND = "Nothing was lost. Fix what HubSpot says, then run the same command again."
_PAUSES = {"spent": "must have calls left today", "moving": "must not be moving between data centres"}

P = TypeVar("P", str, dict[str, Any], list[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: ``path`` stands behind the host, ``query`` and ``body`` are plain values."""

    method: Literal["GET", "POST", "PATCH"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


class Session:
    """One account.

    Parameters
    ----------
    access_token : str
        Of a private app; shown nowhere.
    host : str
        HubSpot's own where empty.
    patience : Patience
    calls_per_second : float
    read_seconds, whole_seconds : float
        Between two pieces of an answer; for an answer as a whole.
    """

    def __init__(
        self,
        access_token: str,
        *,
        host: str = "",
        patience: Patience,
        calls_per_second: float = CALLS_PER_SECOND,
        read_seconds: float = READ_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._api = api_client(access_token, host=host, whole_seconds=whole_seconds)
        self._patience = patience
        self._limits = (CONNECT_SECONDS, read_seconds)
        self._whole_seconds = whole_seconds
        self._apart = 1.0 / calls_per_second
        self._next_at = 0.0

    def ask(self, call: Call) -> Mapping[str, Any]:
        """Make a call and return its document; every call of ours may be made twice.

        Raises
        ------
        TargetPausedError
            No readable answer came within the patience, or the calls of the day are spent.
        HubspotRefusedError
            HubSpot will not do it.
        ConfigError
            The token is refused.
        """
        return self._patience.or_pause(partial(self._once, call))

    def results(self, call: Call) -> list[Mapping[str, Any]]:
        """Make a call and return its list of results, each an object."""
        return results_of(call, self.ask(call))

    def _once(self, call: Call) -> Mapping[str, Any]:
        self._pace()
        try:
            response = self._api.call_api(
                call.path,
                call.method,
                query_params=list(call.query.items()),
                header_params={"Accept": "application/json", "Content-Type": "application/json"},
                body=call.body,
                auth_settings=["oauth2"],
                _preload_content=False,
                _request_timeout=self._limits,
            )
            document = json.loads(response.data or b"")
        except ApiException as error:
            raise self._judged(call, error) from None
        except TooLateError:
            raise UnheardError(_problem(call, f"must be answered within {self._whole_seconds:g} s", "a part")) from None
        except (HTTPError, UnicodeDecodeError, RecursionError, ValueError) as error:
            raise UnheardError(_problem(call, "must be answered", type(error).__name__)) from None
        if not isinstance(document, dict):
            raise UnheardError(_problem(call, "must be answered with an object", "something else"))
        return document

    def _judged(self, call: Call, error: ApiException) -> Exception:
        """Return what an answer that is no success means."""
        document, status = said(error.body), int(error.status or 0)
        text = f"{status} {document.get('category') or ''} {document.get('message') or ''}"
        kind = call_class(status, document)
        if kind == "signed_out":
            remedy = "Check the access token of the private app, and the environment variable or file that holds it."
            return ConfigError(_problem(call, "must accept the access token", text, remedy=remedy))
        if kind in _PAUSES:
            return TargetPausedError(_problem(call, _PAUSES[kind], text))
        if kind == "transient":
            wished = retry_after((error.headers or {}).get("Retry-After"), now=self._patience.now())
            return UnheardError(_problem(call, "must be answered", text), retry_after_seconds=wished)
        return HubspotRefusedError(_problem(call, "must be taken", text, remedy=_MEND), status=status, said=document)

    def _pace(self) -> None:
        """Wait until the next call is due; calls that went unused are not saved up."""
        now = self._patience.now().timestamp()
        wait = min(self._next_at - now, self._apart)  # a clock set back must not hold us
        if wait > 0:
            self._patience.sleep(wait)
        self._next_at = max(now, now + wait) + self._apart


def results_of(call: Call, document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the results of a document.

    Raises
    ------
    UnheardError
        It is of another shape.
    """
    if "results" not in document:
        raise UnheardError(_problem(call, "must be answered with results", "something else"))
    return objects(call, document, "results")


def part(call: Call, document: Mapping[str, Any], name: str, kind: type[P]) -> P:
    """Return what stands under a name, an empty one where nothing does.

    Raises
    ------
    UnheardError
        It is of another kind.
    """
    found = document.get(name)
    if found is None:
        return kind()
    if not isinstance(found, kind):
        raise UnheardError(_problem(call, f"must be answered with {name} as documented", type(found).__name__))
    return found


def objects(call: Call, document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects that stand in a list under a name.

    Raises
    ------
    UnheardError
        It holds something else.
    """
    found = part(call, document, name, list)
    if not all(isinstance(one, dict) for one in found):
        raise UnheardError(_problem(call, f"must be answered with {name} as documented", "something else"))
    return found


def _problem(call: Call, rule: str, value: str, *, remedy: str = _AGAIN) -> Problem:
    return Problem(where=f"hubspot {call.method} {call.path}", rule=rule, value=shown(value), remedy=remedy)
