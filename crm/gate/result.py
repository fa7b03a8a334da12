"""What a gate found, rule by rule: counts, examples, who judged, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leadq.crm.gate.rules import Rule
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem

Verdict = Literal["kept", "warned", "stopped"]
Judge = Literal["count", "Great Expectations on the rows", "Great Expectations on the counts"]

_MINIMA = ("min_rows", "min_leads")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One rule, counted and perhaps judged.

    Parameters
    ----------
    rule : Rule
    rows : int
        Rows the rule looks at (those with a value; for ``min_rows`` and ``min_leads`` the count itself).
    violations : int
        Rows that break it (for a minimum: how many are missing).
    examples : tuple of str
        At most five.
    kept : bool
        Whether the share of broken rows is within the rule's allowance.
    judged_by : str
    """

    rule: Rule
    rows: int
    violations: int
    examples: tuple[str, ...] = ()
    kept: bool
    judged_by: Judge = "count"

    @property
    def verdict(self) -> Verdict:
        """``kept``, ``warned`` (within the allowance, or only a warning) or ``stopped``."""
        if self.kept:
            return "warned" if self.violations else "kept"
        return "stopped" if self.rule.severity == "stop" else "warned"

    def problem(self) -> Problem:
        """Return the broken rule as the user is told it."""
        minimum = self.rule.kind in _MINIMA
        return Problem(
            where=self.rule.where,
            rule=self.rule.statement,
            value=str(self.rows) if minimum else f"{self.violations:,} of {counted(self.rows, 'row')} that break this",
            remedy=self.rule.remedy,
            count=1 if minimum else self.violations,
            examples=self.examples,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """All rules of one gate.

    Parameters
    ----------
    results : tuple of RuleResult
    read_at : datetime
        When the history was read (UTC).
    history_sha256 : str
    table_rows : dict of str to int
    """

    results: tuple[RuleResult, ...]
    read_at: datetime
    history_sha256: str = ""
    table_rows: dict[str, int]

    @property
    def passed(self) -> bool:
        """No stop rule is broken."""
        return not self.stopped

    @property
    def stopped(self) -> tuple[RuleResult, ...]:
        """Rules that stop the work."""
        return tuple(result for result in self.results if result.verdict == "stopped")

    @property
    def warnings(self) -> tuple[RuleResult, ...]:
        """Rules that are broken without stopping it."""
        return tuple(result for result in self.results if result.verdict == "warned")

    def in_words(self) -> str:
        """Return a few lines for the command line: what was looked at, then every broken rule."""
        judged = f"{counted(len(self.results), 'rule')} checked on {counted(sum(self.table_rows.values()), 'row')}"
        head = f"{judged}: {counted(len(self.stopped), 'rule')} broken, {counted(len(self.warnings), 'warning')}."
        told = [f"  {result.verdict}: {result.problem()}" for result in (*self.stopped, *self.warnings)]
        return "\n".join([head, *told])


def within_allowance(rule: Rule, rows: int, violations: int) -> bool:
    """Whether so many broken rows are allowed; ``rows`` is what the rule looks at."""
    if rule.kind in _MINIMA:
        return violations == 0
    return violations == 0 or (rows - violations) / rows >= rule.mostly
