"""What a new version of the agreement changed, in words. What it would do to leads is previewed elsewhere."""

from __future__ import annotations

from leadq.agreement.clauses import VERSION, facts
from leadq.agreement.schema import Agreement
from leadq.foundation.problems import AgreementError, Problem

Subject = tuple[str, str]


def differences(old: Agreement, new: Agreement) -> tuple[str, ...]:
    """Say what ``new`` changed against ``old``.

    Parameters
    ----------
    old, new : Agreement

    Returns
    -------
    tuple of str
        One sentence a change, the order of the new agreement, what is gone last; empty where the two agree.

    Raises
    ------
    AgreementError
        Something changed but the version is not higher: scores could not tell the two apart.
    """
    before, after = _by_subject(old), _by_subject(new)
    changes: list[str] = []
    for subject, now in after.items():
        changes += _changes(subject, before.get(subject), now)
    changes += [
        f"{_called(subject)} was removed (it was: {_listed(was)})."
        for subject, was in before.items()
        if subject not in after
    ]
    if changes and new.version <= old.version:
        raise AgreementError(
            Problem(
                where=f"agreement version {new.version}",
                rule=f"a changed agreement must have a higher version than {old.version}",
                value=str(new.version),
                remedy=f"Write version: {old.version + 1}.",
                examples=tuple(changes[:5]),
            )
        )
    return tuple(changes)


def _by_subject(agreement: Agreement) -> dict[Subject, dict[str, str]]:
    """Return what was agreed about each subject; the version is no change of its own."""
    subjects: dict[Subject, dict[str, str]] = {}
    for fact in facts(agreement):
        if fact.about != VERSION:
            subjects.setdefault((fact.part, fact.subject), {})[fact.about] = fact.words
    return subjects


def _changes(subject: Subject, was: dict[str, str] | None, now: dict[str, str]) -> list[str]:
    name = _called(subject)
    if was is None:
        return [f"{name} was added: {_listed(now)}."]
    changed = [
        f"{name}: {about}: {words} (before: {was[about]})."
        for about, words in now.items()
        if about in was and was[about] != words
    ]
    new = [f"{name}: added: {_listed({about: words})}." for about, words in now.items() if about not in was]
    gone = [f"{name}: removed: {_listed({about: words})}." for about, words in was.items() if about not in now]
    return changed + new + gone


def _called(subject: Subject) -> str:
    part, name = subject
    return f"{part}: {name}" if name else part


def _listed(told: dict[str, str]) -> str:
    return "; ".join(f"{about}: {words}" if words else about for about, words in told.items())
