"""One rule on one table, as data: what must hold, for how many rows, and what follows when it does not.

The same rules stand at every gate. They are counted where the data is (``counts.py``) and judged by Great
Expectations at training (``judge.py``); which rules a history gets is in ``rule_book.py``. Deliberately no code in a
rule: a kind and its operands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leadq.foundation.plurals import counted, figure

RuleKind = Literal[
    "not_null",
    "either",
    "unique",
    "in_set",
    "between",
    "matches",
    "not_after",
    "ordered",
    "references",
    "not_before_lead",
    "min_rows",
    "min_leads",
]
Severity = Literal["stop", "warn"]
Operand = str | float | datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    Parameters
    ----------
    table : str
        Table of the history.
    column : str
        Column it looks at; empty for ``min_rows``.
    kind : str
        ``not_null``; ``either`` (``column`` or ``other`` is present); ``unique``; ``in_set`` (of ``values``); ``between``
        (two bounds, both inclusive, None is open); ``matches`` (regular expression in ``values``); ``not_after`` (moment in
        ``values``); ``ordered`` (``column`` not before ``other``); ``references`` (found in ``other``, ``"table.column"``);
        ``not_before_lead`` (not before the lead's ``created_at``); ``min_rows`` (count in ``values``); ``min_leads`` (count in
        ``values`` of distinct ``lead_id`` whose ``column`` is ``other``). Missing values break only ``not_null`` and ``either``.
    mostly : float
        Share of the rows in [0, 1] that must hold. Fewer and ``severity`` follows; a broken row within the allowance is a
        warning, never silent.
    severity : {"stop", "warn"}
    remedy : str
        What to do about it.
    """

    table: str
    column: str
    kind: RuleKind
    remedy: str
    values: tuple[Operand, ...] = ()
    other: str = ""
    mostly: float = 1.0
    severity: Severity = "stop"

    @property
    def where(self) -> str:
        """The object the rule is about, as the user knows it."""
        return f"table {self.table} column {self.column}" if self.column else f"table {self.table}"

    @property
    def statement(self) -> str:
        """The rule as a statement a person reads."""
        text = self._plain_statement()
        return text if self.mostly >= 1 else f"{text} (in at least {self.mostly:.0%} of the rows)"

    def _plain_statement(self) -> str:
        first = _shown(self.values[0]) if self.values else ""
        last = _shown(self.values[-1]) if self.values else ""
        among = ", ".join(_shown(value) for value in self.values[:8]) + (", ..." if len(self.values) > 8 else "")
        return {
            "not_null": "must be present",
            "either": f"must be present, or else {self.other}",
            "unique": "must be unique",
            "in_set": f"must be one of {among}",
            "between": _between_statement(self.values),
            "matches": f"must match {first}",
            "not_after": f"must not be after {last}",
            "ordered": f"must not be before {self.other}",
            "references": f"must be found in {self.other}",
            "not_before_lead": "must not be before leads.created_at of its lead",
            "min_rows": f"must have at least {_counted(self.values, 'row', 'rows')}",
            "min_leads": f"must have at least {_counted(self.values, f'lead that is {self.other}', f'leads that are {self.other}')}",
        }[self.kind]


def _counted(values: tuple[Operand, ...], one: str, many: str) -> str:
    least = values[0] if values else 0
    return counted(least, one, many) if isinstance(least, int | float) else str(least)


def _between_statement(values: tuple[Operand, ...]) -> str:
    low, high = values if len(values) == 2 else (None, None)
    if low is None:
        return f"must be at most {_shown(high)}"
    if high is None:
        return f"must be at least {_shown(low)}"
    return f"must be between {_shown(low)} and {_shown(high)}"


def _shown(value: Operand) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return figure(value) if isinstance(value, float) else str(value)
