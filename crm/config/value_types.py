"""What single values of ``leadq.yaml`` may be: zones, forms of times, moments, words, addresses; each with the words of its rule."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from leadq.agreement.calendar.durations import length_of
from leadq.agreement.calendar.weekly_calendar import USUAL_CALENDAR
from leadq.foundation.suggestions import did_you_mean

_DIRECTIVES = frozenset("aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%")
"""Letters after % that the engine's strptime knows."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        hint = did_you_mean(name, available_timezones())
        raise ValueError(f"must be a time zone such as Europe/Amsterdam. {hint}".rstrip())
    return name


def _time_format(text: str) -> str:
    if text in ("epoch_s", "epoch_ms"):
        return text
    directives = re.findall(r"%-?(.?)", text)
    unknown = [letter for letter in directives if letter not in _DIRECTIVES]
    if unknown or not directives:
        wrong = f"%{unknown[0]} is none of its directives" if unknown else "it has no directive"
        raise ValueError(f"must be a strptime format such as %d.%m.%Y %H:%M, or epoch_s or epoch_ms; {wrong}")
    return text


def _moment(written: object) -> object:
    if isinstance(written, str) and re.fullmatch(r"[-+.0-9]*", written) and not re.match(r"[0-9]+-", written):
        raise ValueError("must be a date or a time such as 2024-01-01, not a bare number")
    return written


def _address(text: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
        raise ValueError("must be one e-mail address, such as ann.smith@acme.example")
    return text


def _length(text: str) -> str:
    if length_of(text, USUAL_CALENDAR) is None:
        raise ValueError('must be a length of time such as "3 days", "12 hours" or "2 business days"')
    return text


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
OneOrMore = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]
ValueMap = dict[str, dict[str, str | None]]
TimeZone = Annotated[str, AfterValidator(_zone)]
TimeFormat = Annotated[str, AfterValidator(_time_format)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
TimeLength = Annotated[str, AfterValidator(_length)]
"""As it is written: how long a business day is stands in the agreement."""
MailAddress = Annotated[str, AfterValidator(_address)]
