"""Values of a lead as Salesforce takes and gives them: cut to the field, one line, numbers and moments in one spelling.

What Salesforce would take as a command is made harmless: ``#N/A`` as a text would clear the field, an empty text would be
left as it is. Formulas of spreadsheets are no concern here: a CRM field evaluates nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from leadq.crm.connectors.protocol import RowOutcome, TargetRow, Value
from leadq.crm.connectors.salesforce.sending.held_fields import HeldField, must_be_allowed
from leadq.foundation.problems import GateStopped, Problem

CLEARED = "#N/A"
"""What clears a field in a CSV; an empty cell would leave it."""
_ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONE = re.compile(r"[\ud800-\udfff]")
_CUT = "\u2026"
_PLAIN = 1e15


class NotSendableError(ValueError):
    """A value that the field cannot hold; ``code`` says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def is_id(key: str) -> bool:
    """Return whether a key can be an id of Salesforce; nothing else is put into a query."""
    return _ID.fullmatch(key) is not None


def same_lead(key: str) -> str:
    """Return the part of an id that tells leads apart: of 18 characters three are a checksum."""
    return key[:15]


def sendable(row: TargetRow, held: Mapping[str, HeldField]) -> dict[str, Value] | RowOutcome:
    """Return a row's values as Salesforce takes them, or why the row cannot be sent.

    Raises
    ------
    GateStopped
        A field is not ours, or the organisation does not have it.
    """
    must_be_allowed(row.values)
    values: dict[str, Value] = {}
    try:
        if not is_id(row.key):
            raise NotSendableError("MALFORMED_ID", "is not a Salesforce id")
        for name, value in row.values.items():
            if name not in held:
                remedy = "Deploy the fields that leadq crm setup salesforce writes."
                raise GateStopped(Problem(where=f"Lead.{name}", rule="must be there", remedy=remedy))
            values[name] = _value(name, value, held[name])
    except NotSendableError as error:
        return RowOutcome(key=row.key, state="rejected", code=error.code, text=str(error))
    return values


def _value(name: str, value: Value, held: HeldField) -> Value:
    if value is None:
        return None
    if held.kind == "number":
        if isinstance(value, str) or not math.isfinite(value):
            raise NotSendableError("NOT_A_NUMBER", f"{name} must be a finite number")
        return value
    if not isinstance(value, str):
        raise NotSendableError("NOT_A_TEXT", f"{name} must be a text")
    return _moment(name, value) if held.kind == "moment" else _one_line(value, held.length)


@lru_cache(maxsize=256)  # a night has one
def _moment(name: str, value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise NotSendableError("NOT_A_MOMENT", f"{name} must be a moment with its time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _one_line(value: str, length: int) -> str | None:
    """Return a text on one line, cut to the field, or None where nothing is left: Salesforce keeps no blank texts."""
    text = value.strip()
    if not text.isprintable() or "  " in text:
        text = _SPACES.sub(" ", _LONE.sub("\ufffd", text)).strip()
    if text.upper() == CLEARED:
        text = text.replace("#", "# ")
    if length < 2 * len(text) and length and _units(text) > length:
        text = text[:length]
        while _units(text) > length - 1:
            text = text[:-1]
        text = text.rstrip() + _CUT
    return text or None


def _units(text: str) -> int:
    """Length as Salesforce counts, two for a character outside the basic plane [recall]; the safe side if it does not."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def cell(value: Value) -> str:
    """Return the cell of a CSV that sets a value; None clears the field."""
    if isinstance(value, str):
        return value
    if value is None:
        return CLEARED
    number = float(value)
    if number.is_integer() and abs(number) < _PLAIN:
        return str(int(number))
    return format(Decimal(repr(number)).normalize(), "f")


def as_read(value: object, held: HeldField) -> Value:
    """Return a value of Salesforce's JSON in our spelling."""
    if value is None or isinstance(value, bool):
        return None if value is None else str(value)
    if isinstance(value, int | float):
        return value
    text = str(value)
    if held.kind != "moment":
        return text
    try:
        return _moment("", text)
    except NotSendableError:
        return text
