"""How an agreement stands on a day, in a line: not signed, changed since, not yet in force, past its review. Nothing where all is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from leadq.agreement.schema import Agreement, Signature
from leadq.agreement.signing.signed_text import terms_sha256

SIGNATURES = 2
"""One for sales and one for marketing; a person may sign for both."""
HOW = "leadq agreement sign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What may be wrong with an agreement on a day.

    Parameters
    ----------
    valid, changed : tuple of Signature
        Signatures of the text as it is, and those of another text. One without a hash was made before signatures had one
        and counts.
    in_force, review_due : bool
        Whether it is in force, and whether its review is over.
    """

    valid: tuple[Signature, ...]
    changed: tuple[Signature, ...]
    in_force: bool
    review_due: bool

    @property
    def signed(self) -> bool:
        """Whether both sides signed the text as it is."""
        return len({signature.role for signature in self.valid}) >= SIGNATURES


def standing(agreement: Agreement, now: datetime) -> Standing:
    """Return how ``agreement`` stands at ``now`` (aware), by the day in the time zone of its calendar."""
    today = now.astimezone(ZoneInfo(agreement.calendar.time_zone)).date()
    hashed = any(signature.sha256 for signature in agreement.signed)
    sha256 = terms_sha256(agreement.text) if hashed and agreement.text else ""
    valid = tuple(one for one in agreement.signed if not one.sha256 or one.sha256 == sha256)
    return Standing(
        valid=valid,
        changed=tuple(one for one in agreement.signed if one not in valid),
        in_force=agreement.effective_from <= today,
        review_due=agreement.review_by is not None and agreement.review_by < today,
    )


def standing_in_words(agreement: Agreement, now: datetime) -> str:
    """Return one line on what is wrong with an agreement at ``now``; empty where it is signed, in force and not past its review.

    Parameters
    ----------
    agreement : Agreement
    now : datetime
        Aware; the clock of the run.
    """
    found = standing(agreement, now)
    said = [*_signatures(found), *_days(agreement, found)]
    return f"Agreement version {agreement.version}: {'; '.join(said)}." if said else ""


def signed_in_words(agreement: Agreement) -> str:
    """Return who signed, and what that is worth: ``"head of sales on 2026-09-24 (before signatures had a hash)"``."""
    by_text = terms_sha256(agreement.text) if agreement.text and any(one.sha256 for one in agreement.signed) else ""
    return "; ".join(f"{one.role} on {_day(one.on)}{_worth(one, by_text)}" for one in agreement.signed) or "nobody yet"


def _worth(signature: Signature, sha256: str) -> str:
    if not signature.sha256:
        return " (before signatures had a hash)"
    return "" if signature.sha256 == sha256 else " (changed since)"


def _signatures(found: Standing) -> list[str]:
    if found.signed:
        return []
    if found.changed:
        roles = " and ".join(dict.fromkeys(f"{one.role} on {_day(one.on)}" for one in found.changed))
        return [f"changed since it was signed by {roles} (sign it again: {HOW})"]
    if found.valid:
        return [f"signed by {found.valid[0].role} only (the other side signs with {HOW})"]
    return [f"not signed (sign it with {HOW})"]


def _days(agreement: Agreement, found: Standing) -> list[str]:
    said = [] if found.in_force else [f"not in force before {_day(agreement.effective_from)}"]
    if found.review_due and agreement.review_by is not None:
        said.append(f"was to be reviewed by {_day(agreement.review_by)}")
    return said


def _day(day: date) -> str:
    return day.isoformat()
