"""What is wrong, where, and how to fix it: the one exception tree of leadq.

Every error a user can cause carries :class:`Problem` rows, collected and reported together. The
command line turns the exception's ``exit_code`` into the process's (exit codes: README.md). It lives in
the lowest layer so that every room raises the same kind. Deliberately no logging and no printing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from leadq.foundation.plurals import counted

MAX_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule.

    Parameters
    ----------
    where : str
        Object at fault, as the user knows it: ``"agreement.yaml line 14"``, ``"leads.csv column created_at"``.
    rule : str
        The rule that does not hold, as a statement: ``"must be unique"``.
    value : str
        The offending value as found, shortened; empty where there is none.
    remedy : str
        What to do about it.
    count : int
        How many rows break the rule.
    examples : tuple of str
        At most five of them, ``"row 12: 'x'"``.
    """

    where: str
    rule: str
    remedy: str
    value: str = ""
    count: int = 1
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        got = f", got {self.value}" if self.value else ""
        many = f" ({counted(self.count, 'row')})" if self.count > 1 else ""
        rows = "".join(f"\n    {example}" for example in self.examples[:MAX_EXAMPLES])
        return f"{self.where}: {self.rule}{got}{many}. {self.remedy}{rows}"


class LeadqError(Exception):
    """Root of the tree; exit code 1: failed, with the reason.

    Parameters
    ----------
    problems : Problem or iterable of Problem
        All that is wrong, not only the first.
    """

    exit_code = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class AgreementError(LeadqError):
    """``agreement.yaml`` cannot be used."""


class ConfigError(LeadqError):
    """``leadq.yaml`` cannot be used."""


class InputError(LeadqError):
    """A source cannot be read into the contract's tables."""


class StoreError(LeadqError):
    """The store cannot be read or written (disk full, interrupted write, lock held)."""


class BundleError(LeadqError):
    """A bundle is damaged, of another version, or does not fit the data to score."""


class UsageError(LeadqError):
    """Wrong usage; exit code 2."""

    exit_code = 2


class GateStopped(LeadqError):  # noqa: N818 - it is no failure of the program but the gate doing its work
    """A gate or guard stopped the work before anything was written; exit code 3."""

    exit_code = 3


class TargetPausedError(LeadqError):
    """A place that scores go to takes no more for now (a quota is spent, it is away); the same command later goes on."""

    exit_code = 4
