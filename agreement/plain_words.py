"""Values and names of an agreement as people read them: no underscores, yes and no, per cent, days with their unit.

Different names and values stay different words. What is said of them stands in ``clauses.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from leadq.agreement.condition import DutyValue
from leadq.agreement.sections import NUMBER
from leadq.foundation.plurals import counted

_FLAGS = ("true", "false", "yes", "no", "")
_PLAIN_NAME = re.compile(r"[^\W_]+([_-][^\W_]+)*")
_FIELDS = {
    "account.employees": "number of employees",
    "account.domain": "web domain",
    "email_domain": "e-mail domain",
}
_DUTIES = {
    "hand_over_within_hours": ("hands a lead over within", "business hour"),
    "nurture_days_when_unresponsive": ("nurtures a lead that does not answer for", "day"),
    "feedback_due_business_days": ("says what became of a lead within", "business day"),
    "follow_up_share": ("follows up, of the leads handed over", ""),
    "share_in_time": ("does these in time, of all that are due", ""),
    "context_fields": ("says of a lead that it hands over", ""),
    "reject_only_on_agreed_reasons": ("rejects a lead for an agreed reason only", ""),
}
_UNITS = ("business_day", "business_hour", "minute", "hour", "day", "week", "month")
_PER = re.compile(r"(.+)_per_(hour|day|week|month|quarter|year)")
_SHARES = ("share", "rate", "share_in_time")
_COUNTED = re.compile(r"(.+)_counts")
_WHO_COUNTS = {
    "model": "leads that the model put there",
    "model_and_rules": "leads that the model or an agreed rule put there",
}


def value_in_words(value: DutyValue) -> str:
    """Return a value so that the text ``"5"`` and the number 5 read differently.

    >>> value_in_words(True), value_in_words(5.0), value_in_words("5"), value_in_words("b, c")
    ('yes', '5', '"5"', '"b, c"')
    """
    if isinstance(value, tuple):
        return ", ".join(field_in_words(name) for name in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return str(int(value)) if value == int(value) else str(value)
    plain = value.strip() == value and not NUMBER.fullmatch(value) and value.lower() not in _FLAGS
    return value if plain and not set(value) & set(',"\n') else json.dumps(value, ensure_ascii=False)


def percent_in_words(share: float) -> str:
    """Return a share in [0, 1]: ``"30 %"``."""
    return f"{100 * share:.12g} %"


def name_in_words(name: str) -> str:
    """Return a name without underscores; one that is no such name is quoted as it is.

    >>> name_in_words("no_budget"), name_in_words("no budget"), name_in_words("Branche")
    ('no budget', '"no budget"', 'Branche')
    """
    return name.replace("_", " ") if _PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def field_in_words(name: str) -> str:
    """Return a field by its name in the agreement; fields of the account without saying so.

    >>> field_in_words("account.employees"), field_in_words("account.annual_revenue"), field_in_words("authority")
    ('number of employees', 'annual revenue', 'authority')
    """
    if name in _FIELDS:
        return _FIELDS[name]
    words = name_in_words(name.removeprefix("account."))
    return json.dumps(words) if words in _FIELDS.values() else words


def duties_in_words(duties: Mapping[str, DutyValue]) -> tuple[tuple[str, str], ...]:
    """Return what one side owes: what about, and how much; no two are about the same.

    >>> duties_in_words({"T1_per_month": 80, "follow_up_share": 1.0, "call_back_within_days": 1})
    (('T1 a month', '80'), ('follows up, of the leads handed over', '100 %'), ('call back within', '1 day'))
    """
    told = {key: _duty(key, value) for key, value in duties.items()}
    abouts = [about for about, _ in told.values()]
    return tuple(
        (about, words)
        if abouts.count(about) == 1
        else (json.dumps(key, ensure_ascii=False), value_in_words(duties[key]))
        for key, (about, words) in told.items()
    )


def _duty(key: str, value: DutyValue) -> tuple[str, str]:
    """Return what a duty is about and how much of it, by what its name ends in."""
    number = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    about, unit = _DUTIES.get(key, ("", ""))
    if number is not None and key.endswith(_SHARES) and 0 <= number <= 1:
        return about or name_in_words(key), percent_in_words(number)
    if about:
        return about, counted(number, unit) if number is not None and unit else value_in_words(value)
    if (tier := _COUNTED.fullmatch(key)) and isinstance(value, str):
        return f"what counts as {name_in_words(tier[1])}", _WHO_COUNTS.get(value, value_in_words(value))
    if per := _PER.fullmatch(key):
        return f"{name_in_words(per[1])} a{'n' if per[2] == 'hour' else ''} {per[2]}", value_in_words(value)
    unit = next((one for one in _UNITS if key.endswith((f"_{one}s", f"_{one}"))), "")
    if number is not None and unit:
        about = name_in_words(key.removesuffix("s").removesuffix(f"_{unit}"))
        return about, counted(number, unit.replace("_", " "))
    return name_in_words(key), value_in_words(value)
