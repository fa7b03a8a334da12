"""How many leads of a tier are owed in which period, and how long a period is in weeks."""

from __future__ import annotations

from dataclasses import dataclass

COUNTS = ("model", "model_and_rules")
"""Which leads count: those that the model put into the tier, or those that an agreed rule lifted as well."""
PER = ("week", "month", "quarter", "year")
_WEEKS_A_YEAR = 365.25 / 7
_PARTS = {"week": 1 / _WEEKS_A_YEAR, "month": 1 / 12, "quarter": 1 / 4, "year": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierDuty:
    """So many leads of a tier in a period; ``rules_count``: those that a rule lifted count, too."""

    tier_id: str
    leads: float
    period: str
    rules_count: bool = False

    @property
    def a_month(self) -> float:
        """The same, a month."""
        return self.leads * _PARTS["month"] / _PARTS[self.period]


def weeks_in(period: str) -> float:
    """Return how many weeks a week, month, quarter or year has.

    >>> round(weeks_in("month"), 2)
    4.35
    """
    return _WEEKS_A_YEAR * _PARTS[period]
