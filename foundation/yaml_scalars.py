"""What a scalar of YAML says where a flag, a number, a day or a moment is wanted, and what to write where it says none.

One meaning each, in every file: ``true`` and ``false`` are flags and ``yes`` is a word; a number is written in decimal
digits, so that ``010``, ``1_000``, ``0x1F`` and ``1:30`` (which YAML 1.1 reads as 8, 1000, 31 and 90) are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]*))?)?"
    r"[ \t]*(?:([Zz])|([-+])([0-9]{1,2})(?::?([0-9]{2}))?)"
)
_MOST_CHARACTERS = 400
"""No number or moment is longer; what is, is not even looked at."""
_EXACT = 2.0**53
"""Up to here a float is exactly the whole number that was written."""
_PLAIN = re.compile(r"[A-Za-z_][\w.]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""What YAML takes for something else than a text."""
_YES, _NO = ("yes", "y", "on", "1"), ("no", "n", "off", "0")


def quoted(text: str) -> str:
    r"""Return ``text`` as a double-quoted YAML text on one line, whatever characters are in it.

    >>> print(quoted('say "no"'), quoted("two\nlines"))
    "say \"no\"" "two\U0000000Alines"
    """
    escaped = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(escaped.get(c, c if c.isprintable() else f"\\U{ord(c):08X}") for c in text) + '"'


def plain_or_quoted(text: str) -> str:
    """Return a name as it may stand in a line of YAML: in quotes only where it would else mean something.

    >>> print(plain_or_quoted("leads.plan"), plain_or_quoted("Plan: new"), plain_or_quoted("null"))
    leads.plan "Plan: new" "null"
    """
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else quoted(text)


def quoted_list(texts: Iterable[str]) -> str:
    """Return ``texts`` as a YAML list on one line.

    >>> quoted_list(["Closed Won", "Won"])
    '["Closed Won", "Won"]'
    """
    return f"[{', '.join(quoted(text) for text in texts)}]"


def flag_of(text: str) -> bool | None:
    """Return what ``true`` or ``false`` says, letter case aside; else None.

    >>> flag_of("True"), flag_of("yes")
    (True, None)
    """
    return {"true": True, "false": False}.get(text[:6].lower())


def whole_of(text: str) -> int | None:
    """Return the whole number of at most 18 digits that ``text`` is, else None.

    >>> whole_of("30"), whole_of("010"), whole_of("1_000"), whole_of("1e3")
    (30, None, None, None)
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def number_of(text: str) -> float | None:
    """Return the finite number that ``text`` is, else None.

    >>> number_of("0.30"), number_of("1e3"), number_of(".inf"), number_of("1e999")
    (0.3, 1000.0, None, None)
    """
    if len(text) > _MOST_CHARACTERS or not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if isfinite(number) else None


def day_of(text: str) -> date | None:
    """Return the day that ``text`` is as ``YYYY-MM-DD``, else None."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:  # the 30th of February
        return None


def moment_of(text: str) -> datetime | None:
    """Return the moment (UTC) of a time with its zone, or of the start of a day in UTC; else None.

    >>> moment_of("2026-10-01T02:00:00+02:00"), moment_of("2026-10-01 06:00:00")
    (datetime.datetime(2026, 10, 1, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    day = day_of(text)
    if day is not None:
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    found = _MOMENT.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if found is None:
        return None
    year, month, day_number, hour, minute, second, fraction, zulu, sign, hours, minutes = found.groups()
    zone = "+00:00" if zulu else f"{sign}{hours:0>2}:{minutes or '00'}"
    clock = f"{hour:0>2}:{minute}:{second or '00'}.{(fraction or '0')[:6]:0<6}"
    try:
        return datetime.fromisoformat(f"{year}-{month:0>2}-{day_number:0>2}T{clock}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, or one before the first year
        return None


def flag_advice(text: str) -> str:
    """Return what to write in place of ``text`` where a flag is wanted.

    >>> flag_advice("yes")
    'Write true.'
    """
    word = text[:6].lower()
    return "Write true." if word in _YES else "Write false." if word in _NO else "Write true or false, without quotes."


def number_advice(text: str) -> str:
    """Return what to write in place of ``text`` where a number is wanted.

    >>> number_advice("1_000"), number_advice("'many'")
    ('Write 1000.', 'Write it in plain digits, such as 30, without leading zeros, quotes or unit.')
    """
    plain = text[:_MOST_CHARACTERS].replace("_", "")
    if plain != text and number_of(plain) is not None:
        return f"Write {plain}."
    return "Write it in plain digits, such as 30, without leading zeros, quotes or unit."


def whole_advice(text: str) -> str:
    """Return what to write in place of ``text`` where a whole number is wanted.

    >>> whole_advice("7.0"), whole_advice("1e3"), whole_advice("1_000")
    ('Write 7.', 'Write 1000.', 'Write 1000.')
    >>> whole_advice("7.5")
    'Write a whole number in plain digits, such as 30, without a point, at most 18 digits, without leading zeros, quotes or unit.'
    """
    found = number_of(text[:_MOST_CHARACTERS].replace("_", ""))
    if found is not None and found.is_integer() and whole_of(text) is None and abs(found) < _EXACT:
        return f"Write {found:.0f}."
    return "Write a whole number in plain digits, such as 30, without a point, at most 18 digits, without leading zeros, quotes or unit."


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How a scalar of one type is read, what messages call it, and what to write instead of a text that is none."""

    words: str
    read: Callable[[str], Any]
    advice: Callable[[str], str]


KINDS: dict[Any, Kind] = {
    bool: Kind(words="true or false", read=flag_of, advice=flag_advice),
    int: Kind(words="a whole number", read=whole_of, advice=whole_advice),
    float: Kind(words="a number", read=number_of, advice=number_advice),
    datetime: Kind(
        words="a time with its zone", read=moment_of, advice=lambda _: 'Write it like "2026-10-01T00:00:00Z".'
    ),
}
"""By the type that is wanted."""
