"""What Salesforce says when it does not do what it was asked, and what that means for us: the table of error classes as data.

Codes are Salesforce's own. Leaves out what is done about a class (``connection.py`` for whole calls, the delivery core for rows).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal

from leadq.crm.connectors.protocol import UnheardError
from leadq.foundation.problems import LeadqError, Problem

CallClass = Literal["signed_out", "throttled", "transient", "refused"]

SIGNED_OUT = frozenset({"INVALID_SESSION_ID", "InvalidSessionId"})
THROTTLED = frozenset({"REQUEST_LIMIT_EXCEEDED", "API_CURRENTLY_DISABLED", "EXCEEDED_MAX_SIZE_REQUEST_QUOTA"})
TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})
TRANSIENT_CODES = frozenset(
    {
        "UNABLE_TO_LOCK_ROW",
        "QUERY_TIMEOUT",
        "SERVER_UNAVAILABLE",
        "REQUEST_RUNNING_TOO_LONG",
        "REQUEST_LIMIT_EXCEEDED",  # of a row: the call itself was taken
    }
)
"""Rows worth trying again the same night; every other code of a row is a rejection until payload or lead changes."""
_CONCURRENT = "ConcurrentRequests"
"""Opening words of the limit that passes by itself within seconds, unlike the daily one [recall]."""
UNKNOWN_ERROR = "UNKNOWN_ERROR"
"""Code of a row whose error does not begin with one."""
_MOST_SHOWN = 300
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,79}")
_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class SalesforceRefusedError(LeadqError):
    """Salesforce answered that it will not do what it was asked.

    Parameters
    ----------
    problem : Problem
    status : int
        Of HTTP.
    code : str
        Salesforce's own.
    """

    def __init__(self, problem: Problem, *, status: int, code: str) -> None:
        super().__init__(problem)
        self.status = status
        self.code = code


class UnansweredError(UnheardError):
    """No answer that can be read came: whether the call took effect is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A code and a text, both safe to show."""

    code: str
    text: str


def said(body: bytes) -> Said | None:
    """Read the first error of a body: a list of objects, or one object of the sign-in; None where it is neither."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict):
        return None
    code = first.get("errorCode") or first.get("statusCode") or first.get("error") or ""
    return Said(code=shown(code), text=shown(first.get("message") or first.get("error_description") or ""))


def call_class(status: int, answer: Said | None) -> CallClass:
    """Return the class of an answer whose status is not a success."""
    code = answer.code if answer else ""
    if status == 401 or code in SIGNED_OUT:
        return "signed_out"
    if status != 429 and code in THROTTLED and not (answer and answer.text.startswith(_CONCURRENT)):
        return "throttled"
    if status in TRANSIENT_STATUS or code in TRANSIENT_CODES:
        return "transient"
    return "refused" if answer and code else "transient"  # a page of HTML from something in between


def row_state(code: str) -> Literal["transient", "rejected"]:
    """Return whether a row with this code is worth trying again the same night."""
    return "transient" if code in TRANSIENT_CODES else "rejected"


def row_error(text: str) -> Said:
    """Split ``CODE:message:fields --`` of a results file; what does not look so becomes the text."""
    code, colon, rest = text.partition(":")
    if not colon or not _CODE.fullmatch(code.strip()):
        return Said(code=UNKNOWN_ERROR, text=shown(text))
    return Said(code=code.strip(), text=shown(rest))


def shown(value: object) -> str:
    """Return a text of the other side without control characters, short enough for a report."""
    return _CONTROL.sub(" ", str(value)).strip()[:_MOST_SHOWN]
