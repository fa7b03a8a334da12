"""What the records say against a rejection's reason, in one clause: "1 of 6 attempts is recorded".

The rules are the agreement's (``needs`` of a reason), what the records show comes from ``features/rejection``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadq.agreement.clauses import check_in_words
from leadq.agreement.schema import Agreement
from leadq.features.rejection.against_the_record import attempts_owed
from leadq.foundation.plurals import counted
from leadq.serving.words.text import words

_ATTEMPTS, _SHOWS = "attempts", "shows:"
ALL_THE_SAME = "Say {reason} all the same?"


def against_the_record(reason: str, agreement: Agreement, records: Mapping[str, Any], tier_id: str | None) -> str:
    """Return what the records say against a reason; empty where they say nothing, or were not asked.

    Parameters
    ----------
    reason : str
    agreement : Agreement
        Says what the records must show.
    records : mapping
        Of the lead, as :func:`leadq.features.rejection.against_the_record.records_at` gives them; empty where unknown.
    tier_id : str or None
        The lead's tier, by which attempts are owed.
    """
    after = agreement.after_rejection.get(reason)
    if after is None or not records:
        return ""
    if after.needs == "attempts":
        return _too_few(records.get(_ATTEMPTS), attempts_owed(agreement.tiers, tier_id))
    if records.get(f"{_SHOWS}{reason}", True):
        return ""
    if after.needs == "outside_ideal_customer":
        return "no mark of the ideal customer is known that it does not meet"
    if after.needs == "merged":
        return "no merge with another lead is recorded"
    return f"it is not recorded that {'; and '.join(check_in_words(check) for check in after.checks)}"


def question(reason: str, clause: str) -> str:
    """Return what the desk asks.

    Examples
    --------
    >>> question("unreachable", "1 of 6 attempts is recorded")
    '1 of 6 attempts is recorded. Say unreachable all the same?'
    """
    return f"{clause[:1].upper()}{clause[1:]}. {ALL_THE_SAME.format(reason=words(reason))}"


def _too_few(made: int | None, owed: int | None) -> str:
    if made is None or owed is None or made >= owed:
        return ""
    verb = "is" if made == 1 else "are"
    return (
        f"{made} of {counted(owed, 'attempt')} {verb} recorded"
        if made
        else f"none of {counted(owed, 'attempt')} is recorded"
    )
