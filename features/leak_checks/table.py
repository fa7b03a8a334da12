"""All fourteen leak checks as a table that a person reads: what is checked, what follows, the result this time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from leadq.features.leak_checks.finding import BY_NAME, LeakFinding

Verdict = Literal["passed", "named", "quarantined", "stop", "not run"]

BY_TRAINING = "run by leadq train"
NEEDS_A_MODEL = (9, 10, 11, 14)

_CHECKS: tuple[tuple[int, str, str], ...] = (
    (1, "facts that occurred after as-of", "stop"),
    (2, "facts that became known after as-of", "stop"),
    (3, "leads looked at after they were closed", "stop"),
    (4, "one field alone shows the outcome, by its value or by being filled in", "name or quarantine"),
    (5, "a value or a kind of event that (nearly) always or never wins", "name"),
    (6, "fields changed after the decision, more often for wins", "quarantine"),
    (7, "the newest leads look different; a field that shows the time", "name or quarantine"),
    (8, "rows, leads or accounts on both sides of a split", "stop"),
    (9, "labels encoded into features outside of the folds", "stop"),
    (10, "with shuffled labels nothing can be learnt", "stop"),
    (11, "a random split looks better than a test on later leads", "name"),
    (12, "leads scored earlier get the same score when rebuilt", "stop"),
    (13, "leaks planted on purpose", "stop if missed"),
    (14, "one feature that moves the scores more than all others", "name"),
    (BY_NAME, "names that mean the outcome", "quarantine"),
)
_VERDICT: dict[str, Verdict] = {"stop": "stop", "quarantine": "quarantined", "name": "named"}
_WORST = ("stop", "quarantine", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One line of the table.

    Parameters
    ----------
    check : int
        Number in the table of docs/method.md; 0 for the rule on names.
    what : str
        What is checked.
    consequence : str
        What follows where it fails.
    verdict : {"passed", "named", "quarantined", "stop", "not run"}
    figure : float or None
        Worst figure found; of a check that passed, what it measured if it measures one thing.
    words : str
        What came of it.
    """

    check: int
    what: str
    consequence: str
    verdict: Verdict
    figure: float | None = None
    words: str = ""


def check_table(
    findings: Iterable[LeakFinding], *, passed: Mapping[int, str], not_run: Mapping[int, str]
) -> tuple[CheckRow, ...]:
    """Fifteen lines, the fourteen checks and the rule on names.

    Parameters
    ----------
    findings : iterable of LeakFinding
    passed, not_run : mapping of int to str
        What to say of a check that found nothing; why one could not be run.
    """
    by_check: dict[int, list[LeakFinding]] = {}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    rows = []
    for check, what, consequence in _CHECKS:
        found = sorted(by_check.get(check, ()), key=lambda one: (_WORST.index(one.consequence), -one.figure))
        if found:
            verdict, figure, words = _VERDICT[found[0].consequence], found[0].figure, _in_words(found)
        elif check in not_run:
            verdict, figure, words = "not run", None, not_run[check]
        else:
            verdict, figure, words = "passed", None, passed.get(check, "nothing found")
        rows.append(
            CheckRow(check=check, what=what, consequence=consequence, verdict=verdict, figure=figure, words=words)
        )
    return tuple(rows)


def with_model_checks(rows: Sequence[CheckRow], model_findings: Iterable[Mapping[str, Any]]) -> tuple[CheckRow, ...]:
    """Fill in the checks that need a model.

    Parameters
    ----------
    rows : sequence of CheckRow
    model_findings : iterable of mapping
        ``check``, ``verdict`` (passed, named, stop), ``value`` and ``words``, as a bundle's evaluation keeps them.
    """
    found = {int(one["check"]): one for one in model_findings}
    return tuple(_of_model(row, found.get(row.check)) if row.check in NEEDS_A_MODEL else row for row in rows)


def _of_model(row: CheckRow, found: Mapping[str, Any] | None) -> CheckRow:
    if found is None:
        words = "there is no model to check, as nothing beats the base rate"
        return CheckRow(check=row.check, what=row.what, consequence=row.consequence, verdict="not run", words=words)
    return CheckRow(
        check=row.check,
        what=row.what,
        consequence=row.consequence,
        verdict=found["verdict"],
        figure=found["value"],
        words=found["words"] or "nothing to measure",
    )


def _in_words(found: list[LeakFinding]) -> str:
    more = f" And {len(found) - 1} more." if len(found) > 1 else ""
    return f"{found[0].sentence}{more}"
