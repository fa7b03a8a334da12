"""Small nights: leads updated by id, 200 a call, each row by itself (sObject Collections).

Values are absolute, so a call that went unanswered is made again. Leaves out which rows and when.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from leadq.crm.connectors.protocol import RowOutcome, Value
from leadq.crm.connectors.salesforce.calls import Call
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.errors import SalesforceRefusedError, row_state, shown
from leadq.crm.connectors.salesforce.sending.values import same_lead

ROWS_PER_CALL = 200
_OF_THE_CALL = frozenset(
    {"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND", "METHOD_NOT_ALLOWED", "INSUFFICIENT_ACCESS", "API_DISABLED_FOR_ORG"}
)
"""Refusals that no row of its own causes; another may come from one row, which is looked for by halving."""

Sendable = tuple[str, Mapping[str, Value]]
"""Id and values."""


def update(connection: Connection, rows: Sequence[Sendable]) -> list[RowOutcome]:
    """Update at most 200 leads and return one outcome a row.

    Raises
    ------
    SalesforceRefusedError
        The whole call is refused for a cause that is in no single row.
    """
    records = [{"attributes": {"type": "Lead"}, "id": key, **values} for key, values in rows]
    content = json.dumps({"allOrNone": False, "records": records}, sort_keys=True, allow_nan=False).encode()
    try:
        call = Call(method="PATCH", path="composite/sobjects", content=content)
        return connection.read(call, partial(_outcomes, rows))
    except SalesforceRefusedError as error:
        if error.code in _OF_THE_CALL or error.status in (401, 403, 404, 405):
            raise
        if len(rows) == 1:
            text = shown(error.problems[0].value)
            return [RowOutcome(key=rows[0][0], state="rejected", code=error.code or "REFUSED", text=text)]
        half = len(rows) // 2
        return [*update(connection, rows[:half]), *update(connection, rows[half:])]


def _outcomes(rows: Sequence[Sendable], answers: Any) -> list[RowOutcome]:
    if not isinstance(answers, list) or len(answers) != len(rows):
        return [
            RowOutcome(key=key, state="unknown", code="NO_ANSWER", text="the answer has a different number of rows")
            for key, _ in rows
        ]
    return [_outcome(key, answer) for (key, _), answer in zip(rows, answers, strict=True)]


def _outcome(key: str, answer: Any) -> RowOutcome:
    """Judge a row's answer; they come in the order of the request."""
    if not isinstance(answer, dict):
        return RowOutcome(key=key, state="unknown", code="NO_ANSWER", text="the answer cannot be read")
    named = answer.get("id")
    if isinstance(named, str) and same_lead(named) != same_lead(key):
        return RowOutcome(key=key, state="unknown", code="NO_ANSWER", text="the answer names another lead")
    if answer.get("success") is True:
        return RowOutcome(key=key, state="ok")
    errors = answer.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    code = shown(first.get("statusCode") or "UNKNOWN_ERROR")
    return RowOutcome(key=key, state=row_state(code), code=code, text=shown(first.get("message") or ""))
