"""What HubSpot says when it does not do what it was asked, and what that means for us.

Leaves out what is done about it (``session.py`` for whole calls, ``crm/connectors/hubspot/sending/batches.py`` for rows).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from leadq.foundation.problems import LeadqError, Problem

CallClass = Literal["signed_out", "spent", "moving", "transient", "refused"]

_TRANSIENT_STATUS = frozenset({408, 423, 425, 429})
_TRANSIENT_CATEGORIES = frozenset(
    {"RATE_LIMITS", "RATE_LIMIT", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT", "CONFLICT"}
)
_OF_EVERY_ROW = frozenset({"PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE", "MISSING_SCOPES"})
_CODES = ("category", "subCategory", "errorType", "code", "error")
_MIGRATING = 477
_MOST_SHOWN = 300
_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SECRET = re.compile(r"\b(pat-[a-z0-9-]+|Bearer\s+\S+)", re.IGNORECASE)


class HubspotRefusedError(LeadqError):
    """HubSpot answered that it will not do what it was asked.

    Parameters
    ----------
    problem : Problem
    status : int
        Of HTTP.
    said : mapping
        The document of the answer.
    """

    def __init__(self, problem: Problem, *, status: int, said: Mapping[str, Any]) -> None:
        super().__init__(problem)
        self.status = status
        self.said = said

    @property
    def is_of_a_row(self) -> bool:
        """Whether a single row may be the cause, so that halving the batch finds it."""
        return self.status in (400, 404, 409, 413) and not _codes(self.said) & _OF_EVERY_ROW


def said(body: bytes | str | None) -> Mapping[str, Any]:
    """Return the document of a refusal, empty where it is none."""
    try:
        document = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def call_class(status: int, document: Mapping[str, Any]) -> CallClass:
    """Return the class of an answer whose status is not a success.

    ``spent`` is the daily limit, which only time gives back; the limit of ten seconds is transient. ``moving`` is an account that
    HubSpot moves between its data centres, which takes hours.
    """
    if status == 401:
        return "signed_out"
    if status == _MIGRATING:
        return "moving"
    if status == 429 and str(document.get("policyName")).upper() == "DAILY":
        return "spent"
    if status in _TRANSIENT_STATUS or status >= 500 or not (document.get("category") or document.get("message")):
        return "transient"  # the last is a page of HTML from something in between
    return "refused"


def _codes(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the codes of a refusal: its own, and those of the errors in it; never its words, in which a value may be quoted."""
    listed = document.get("errors")
    errors = [document, *(listed if isinstance(listed, list) else []), *_embedded(document.get("message"))]
    return frozenset(str(one.get(name)) for one in errors if isinstance(one, dict) for name in _CODES)


def _embedded(message: object) -> list[Any]:
    """Return the list of errors that HubSpot writes behind the words of a message on property values."""
    text = str(message or "")
    try:
        found, _ = json.JSONDecoder().raw_decode(text, text.index("["))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def row_state(category: str) -> Literal["transient", "rejected"]:
    """Return whether a row with an error of this category is worth trying again the same night."""
    return "transient" if category.upper() in _TRANSIENT_CATEGORIES else "rejected"


def shown(value: object) -> str:
    """Return a text of the other side without control characters and tokens, short enough for a report."""
    return _SECRET.sub("***", _CONTROL.sub(" ", str(value)).strip()[: 2 * _MOST_SHOWN])[:_MOST_SHOWN]
