"""Values of a record as HubSpot takes and gives them: texts all of them, an empty one clears.

Formulas of spreadsheets are no concern here: a property evaluates nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from leadq.crm.connectors.hubspot.properties import ALLOWED, must_be_allowed
from leadq.crm.connectors.protocol import RowOutcome, TargetField, TargetRow, Value

_ID = re.compile(r"[1-9]\d{0,18}")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONE = re.compile(r"[\ud800-\udfff]")


class NotSendableError(ValueError):
    """A value that the property cannot hold; ``code`` says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def is_id(key: str) -> bool:
    """Return whether a key can be an id of HubSpot; nothing else is put into a call."""
    return _ID.fullmatch(key) is not None and key.isascii()


def sendable(row: TargetRow) -> dict[str, str] | RowOutcome:
    """Return a row's values as HubSpot takes them, or why the row cannot be sent.

    Raises
    ------
    GateStopped
        A property is not ours.
    """
    must_be_allowed(row.values)
    if not is_id(row.key):
        return RowOutcome(key=row.key, state="rejected", code="MALFORMED_ID", text="is not a HubSpot id")
    try:
        return {name: _text(ALLOWED[name], value) for name, value in row.values.items()}
    except NotSendableError as error:
        return RowOutcome(key=row.key, state="rejected", code=error.code, text=str(error))


def _text(field: TargetField, value: Value) -> str:
    if value is None:
        return ""
    if field.kind == "number":
        if isinstance(value, str) or not math.isfinite(value):
            raise NotSendableError("NOT_A_NUMBER", f"{field.name} must be a finite number")
        return _number(float(value))
    if not isinstance(value, str):
        raise NotSendableError("NOT_A_TEXT", f"{field.name} must be a text")
    return _moment(field.name, value) if field.kind == "moment" else one_line(value, field.length)


def _number(value: float) -> str:
    """Return a number without an exponent."""
    return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")


@lru_cache(maxsize=256)  # a night has one
def _moment(name: str, value: str) -> str:
    try:
        moment = datetime.fromisoformat(value)
        utc = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        utc = None
    if utc is None:
        raise NotSendableError("NOT_A_MOMENT", f"{name} must be a moment with its time zone")
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def one_line(value: str, length: int) -> str:
    """Return a text on one line, cut to ``length`` characters (0: any)."""
    text = value.strip()
    if not text.isprintable() or "  " in text:
        text = _SPACES.sub(" ", _LONE.sub("\ufffd", text)).strip()
    return text if not length or len(text) <= length else text[: length - 1].rstrip() + "\u2026"


def as_read(name: str, value: object) -> Value:
    """Return a value of HubSpot's in our spelling."""
    if value is None or value == "":
        return None
    text, kind = str(value), ALLOWED[name].kind
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            return text
    moment = as_moment(text) if kind == "moment" else None
    return text if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_moment(written: object) -> datetime | None:
    """Read a moment, written in ISO 8601 or as milliseconds since 1970, in UTC; None where it is none."""
    text = str(written or "").strip()
    try:
        if text.removeprefix("-").isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def texts(values: Mapping[str, object]) -> dict[str, str]:
    """Return the properties of a record that hold something."""
    return {name: str(value) for name, value in values.items() if value not in (None, "")}
