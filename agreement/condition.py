"""One test on what is known of a lead, as it was agreed: a subject, an operator and values. Never evaluated as code.

Reading one is in ``checks.py``; the features room turns it into a predicate on the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DutyValue = float | int | bool | str | tuple[str, ...]
"""What a duty may hold."""

Subject = Literal["field", "event", "disposition"]
Operator = Literal["in", "not_in", "between", "at_least", "at_most", "equals", "ends_with", "present", "occurred"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One test on what is known of a lead.

    Parameters
    ----------
    subject : {"field", "event", "disposition"}
        What is looked at.
    name : str
        Field (``"authority"`` of the lead, ``"account.employees"`` of its account), event kind or
        ``"any"``, or the decision of a disposition.
    operator : str
        ``occurred`` for events and dispositions, else how the field's value is compared.
    values : tuple of str, float or bool
        Operands: the list of ``in``/``not_in``/``ends_with``, the two bounds of ``between`` (both inclusive), the
        single operand of ``at_least``, ``at_most``, ``equals``; empty for ``present`` and ``occurred``.
    within_days : int or None
        For events: only those not older than this many days count.
    line : int
        Line of the check in ``agreement.yaml``, for error messages.
    """

    subject: Subject
    name: str
    operator: Operator
    values: tuple[str | float | bool, ...] = ()
    within_days: int | None = None
    line: int = 0
