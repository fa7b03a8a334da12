"""What a look at a real CRM brought: who we are there, and which of our assumptions about it hold.

Everything that leadq takes for granted of a CRM comes from documentation or from a fake; a verification tries it on the real one.
Leaves out how a CRM is asked (``Verifies`` in ``connector.py``) and how it is told
(``pipelines/crm/verify.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from leadq.crm.connectors.protocol import Target, TargetField
from leadq.foundation.plurals import counted
from leadq.foundation.problems import GateStopped

Verdict = Literal["confirmed", "not confirmed", "differs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One assumption, tried.

    Parameters
    ----------
    what : str
        The assumption, as a statement.
    verdict : {"confirmed", "not confirmed", "differs"}
        ``not confirmed``: it could not be tried, ``found`` says why.
    found : str
        What the CRM did.
    harmless : bool
        Where it differs leadq works all the same: only our fake is not like the real thing.
    """

    what: str
    verdict: Verdict
    found: str = ""
    harmless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a verification brought.

    Parameters
    ----------
    who : mapping of str to str
        Names us, the organisation and what is left of its quota.
    findings : tuple of Finding
    written : bool or None
        Whether a lead was written; None where nobody can say.
    """

    who: Mapping[str, str]
    findings: tuple[Finding, ...]
    written: bool | None = False


class Verification(Protocol):
    """A CRM that can be looked at."""

    def verify(self, fields: Sequence[TargetField], *, lead_id: str) -> Verified:
        """Try what is assumed of the CRM.

        Parameters
        ----------
        fields : sequence of TargetField
            All that delivery writes.
        lead_id : str
            A lead whose present values of these fields are written again; empty to write nothing.

        Raises
        ------
        LeadqError
            The CRM does not let us in, or is away.
        """


@runtime_checkable
class KnowsUs(Protocol):
    """A target that can say who we are to it, such as ``{"user": "leadq", "database": "crm"}``; never a secret."""

    def who(self) -> Mapping[str, str]:
        """Ask it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsOnly:
    """The verification of a target that has none of its own: whether it would take our fields."""

    target: Target

    def verify(self, fields: Sequence[TargetField], *, lead_id: str) -> Verified:
        """Ask the target to check the fields; nothing is written, whatever ``lead_id`` says."""
        what = "every field of leadq is there, of its kind and writable"
        try:
            self.target.check(fields)
        except GateStopped as stopped:
            findings = [Finding(what=what, verdict="differs", found=str(problem)) for problem in stopped.problems]
        else:
            findings = [Finding(what=what, verdict="confirmed", found=counted(len(fields), "field"))]
        if lead_id:
            why = f"there is no such trial for {self.target.name}"
            findings.append(Finding(what="a lead keeps its values", verdict="not confirmed", found=why))
        who = dict(self.target.who()) if isinstance(self.target, KnowsUs) else {}
        return Verified(who=who, findings=tuple(findings))


def finding(what: str, holds: bool | None, found: object, *, harmless: bool = False) -> Finding:
    """Return the result of a trial; ``holds`` is None where it could not be made."""
    verdict: Verdict = "not confirmed" if holds is None else "confirmed" if holds else "differs"
    return Finding(what=what, verdict=verdict, found=str(found), harmless=harmless)
