"""A call to Salesforce and what its answer is: a success of the expected kind, or an error of its class.

Leaves out making it (``connection.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import requests

from leadq.crm.connectors.retries import retry_after
from leadq.crm.connectors.salesforce.errors import (
    Said,
    SalesforceRefusedError,
    UnansweredError,
    call_class,
    said,
    shown,
)
from leadq.foundation.problems import LeadqError, Problem, TargetPausedError

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Expected = Literal["json", "csv", "nothing"]
AGAIN = "Nothing was lost. Run the same command again later."
_MEND = "Nothing was lost. Fix what Salesforce says, then run the same command again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call.

    Parameters
    ----------
    method, path : str
        ``path`` stands below ``/services/data/vNN.N/``.
    content : bytes or None
    content_type : str
    expected : {"json", "csv", "nothing"}
        What a success holds; a page of HTML with status 200 is none.
    parameters : mapping of str to str
    repeatable : bool
        Whether it may be sent again when it went unanswered. Where not, the caller looks first.
    """

    method: Method
    path: str
    content: bytes | None = None
    content_type: str = "application/json"
    expected: Expected = "json"
    parameters: Mapping[str, str] | None = None
    repeatable: bool = True


def judged(call: Call, response: requests.Response, answer: Said | None, *, now: datetime) -> bytes:
    """Return the body of a success.

    Raises
    ------
    UnansweredError, TargetPausedError, SalesforceRefusedError, LeadqError
        By the class of what was said.
    """
    if response.ok and response.status_code < 300:
        if _is_expected(call, response):
            return response.content
        raise UnansweredError(problem_of(call, f"must be answered with {call.expected}", "something else"))
    value = f"{response.status_code} {answer.code} {answer.text}" if answer else str(response.status_code)
    kind = call_class(response.status_code, answer)
    if kind == "signed_out":
        remedy = "Check the session settings of leadq's user."
        raise LeadqError(problem_of(call, "must accept a token issued a moment ago", value, remedy=remedy))
    if kind == "throttled":
        raise TargetPausedError(problem_of(call, "must have calls left", value, remedy=AGAIN))
    if kind == "transient":
        wished = retry_after(response.headers.get("Retry-After"), now=now)
        raise UnansweredError(problem_of(call, "must be answered", value), retry_after_seconds=wished)
    code = answer.code if answer else ""
    problem = problem_of(call, "must be taken", value, remedy=_MEND)
    raise SalesforceRefusedError(problem, status=response.status_code, code=code)


def error_of(response: requests.Response) -> Said | None:
    """Return what Salesforce says went wrong, or None where nothing did or it says nothing that can be read."""
    return None if response.status_code < 300 else said(response.content)


def _is_expected(call: Call, response: requests.Response) -> bool:
    if call.expected == "nothing":
        return not response.content.lstrip().startswith(b"<")
    if call.expected == "csv":
        return "csv" in response.headers.get("Content-Type", "") and not response.content.lstrip().startswith(b"<")
    try:
        return isinstance(json.loads(response.content), dict | list)
    except (ValueError, RecursionError):
        return False


def problem_of(call: Call, rule: str, value: str, *, remedy: str = AGAIN) -> Problem:
    """Return a problem of a call; what stands behind its path is not shown."""
    where = f"salesforce {call.method} {call.path.split('?')[0]}"
    return Problem(where=where, rule=rule, value=shown(value), remedy=remedy)
