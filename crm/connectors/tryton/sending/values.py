"""Values on their way to Tryton and back: JSON-RPC writes a moment as a marked object, in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from leadq.crm.connectors.protocol import Value

HUMAN_OWNED = frozenset({"lq_tier_override", "lq_decision", "lq_rejection_reason"})
_LONGEST_ID = 18


def is_ours(name: str) -> bool:
    """Whether a field may ever be written: leadq's, and not a person's answer."""
    return name.startswith("lq_") and name not in HUMAN_OWNED


def is_id(key: str) -> bool:
    """Whether a key is a number as Tryton counts records, written in the one way there is."""
    return key.isascii() and key.isdecimal() and len(key) <= _LONGEST_ID and not key.startswith("0")


def as_sent(value: Value, kind: str) -> Any:
    """Return a value as a field of this kind takes it.

    Parameters
    ----------
    value : str, float or None
    kind : str
        Tryton's own word: ``integer``, ``float``, ``char``, ``selection``, ``datetime``.
    """
    if value is None:
        return None
    if kind == "datetime":
        moment = datetime.fromisoformat(str(value)).astimezone(UTC)
        parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{part: getattr(moment, part) for part in parts}}
    if kind == "integer":
        return int(value)
    return value


def as_read(value: Any) -> Value:
    """Return a field's value as the delivery core knows it: a moment as text."""
    if isinstance(value, Mapping):
        moment = moment_of(value)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
    if isinstance(value, bool):
        return float(value)
    return value if value is None or isinstance(value, int | float) else str(value)


def moment_of(value: Any) -> datetime | None:
    """Return a moment (a date is its midnight) as UTC; None where there is none."""
    if not isinstance(value, Mapping) or value.get("__class__") not in ("datetime", "date"):
        return None
    parts = [int(value[part]) for part in ("year", "month", "day")]
    clock = [int(value.get(part, 0)) for part in ("hour", "minute", "second", "microsecond")]
    return datetime(*parts, *clock, tzinfo=UTC)  # type: ignore[arg-type, misc]


def as_text(value: Any) -> str | None:
    """Return any stored value as one text, the same value always the same; None where the field is empty.

    A number is written without an exponent, a length of time in seconds, a time of day as ISO 8601.

    Raises
    ------
    ValueError
        It has parts, or is not text, number or time (a file, a dictionary).
    """
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        return _marked_as_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        raise ValueError("is a list")
    return str(value)


def _marked_as_text(value: Mapping[str, Any]) -> str:
    kind = str(value.get("__class__", "dictionary"))
    if kind == "Decimal":
        return format(Decimal(str(value["decimal"])).normalize(), "f")
    if kind == "timedelta":
        return format(Decimal(str(value["seconds"])).normalize(), "f")
    if kind == "time":
        hour, minute, second, microsecond = (int(value[part]) for part in ("hour", "minute", "second", "microsecond"))
        return time(hour, minute, second, microsecond).isoformat()
    if (moment := moment_of(value)) is None:
        raise ValueError(f"is of the kind {kind}")
    return moment.date().isoformat() if kind == "date" else moment.isoformat()
