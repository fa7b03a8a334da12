"""Everything found wrong with one file, collected line by line and raised at once.

Leaves out what is looked for: the rules stand where the parts of the agreement are read.
"""

from __future__ import annotations

from leadq.foundation.problems import AgreementError, Problem
from leadq.foundation.yaml_reader import MOST_PROBLEMS, more_problems
from leadq.foundation.yaml_tree import shortened


class Findings:
    """Collects problems of the file called ``where``.

    Parameters
    ----------
    where : str
        Name of the file as the user knows it: ``"agreement.yaml"``.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self._found: list[tuple[int, Problem]] = []

    def note(self, line: int, rule: str, remedy: str, *, value: str = "") -> None:
        """Add one problem at ``line`` (counted from 1).

        Raises
        ------
        AgreementError
            So much was found that nobody reads on.
        """
        where = f"{self.where} line {line}"
        self._found.append((line, Problem(where=where, rule=rule, value=shortened(value), remedy=remedy)))
        if len(self._found) == MOST_PROBLEMS:
            raise AgreementError([*self.problems, more_problems(self.where)])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found, in the order of the lines."""
        return tuple(problem for _, problem in sorted(self._found, key=lambda found: found[0]))

    def raise_if_any(self) -> None:
        """Raise everything found.

        Raises
        ------
        AgreementError
            Something was found.
        """
        if self._found:
            raise AgreementError(self.problems)
