"""One answer of a person at the desk, checked as it is made.

Leaves out whether a reason is one of the agreement's (the desk offers only those), and keeping it (``crm/answers/answer_log.py``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from leadq.foundation.problems import Problem, UsageError

MAX_NOTE = 500
"""Longest note, in characters."""

Decision = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one person said of one lead, beside what the lead's score was then.

    Parameters
    ----------
    lead_id : str
    decided_at : datetime
        UTC, aware.
    rep : str
        Name of the person, as ``leadq.yaml`` has it.
    decision : {"accepted", "rejected"} or None
        None for a disagreement alone, which is no disposition.
    reason : str or None
        Required with "rejected".
    note : str or None
        At most :data:`MAX_NOTE` characters once control characters are gone.
    suggested_tier : str or None
        The tier that the person holds to be right.
    against_record : str or None
        What the records said against the reason when the person was asked and said it all the same.
    fits_profile : bool or None
        Whether the lead fits the company's profile, where it was said.
    need : str or None
        Which need the lead has, of the agreement's ``buyer_needs``, where it was said.
    tier, probability, run_id, model_version, agreement_version
        What was shown: of the score that was answered.

    Raises
    ------
    UsageError
        The answer says nothing, lacks its reason, or its time or note cannot be taken.
    """

    lead_id: str
    decided_at: datetime
    rep: str
    decision: Decision | None = None
    reason: str | None = None
    note: str | None = None
    suggested_tier: str | None = None
    against_record: str | None = None
    fits_profile: bool | None = None
    need: str | None = None
    tier: str | None = None
    probability: float | None = None
    run_id: str | None = None
    model_version: str | None = None
    agreement_version: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "note", clean_note(self.note))
        if problems := tuple(_faults(self)):
            raise UsageError(problems)


def clean_note(note: str | None) -> str | None:
    r"""Return a note as one line without control characters, direction marks and other invisible signs; None where empty.

    Examples
    --------
    >>> clean_note("left \u202e a\r\nmessage\x00")
    'left a message'
    """
    letters = (" " if letter.isspace() else letter for letter in note or "")
    return " ".join("".join(one for one in letters if unicodedata.category(one)[0] != "C").split()) or None


def _faults(answer: Answer) -> Iterator[Problem]:
    where = f"answer on lead {answer.lead_id}"
    if answer.decision not in (None, "accepted", "rejected"):
        yield Problem(
            where=where,
            rule="must be accepted or rejected",
            value=repr(answer.decision),
            remedy="Choose one of the two.",
        )
    if answer.decision is None and not answer.suggested_tier:
        yield Problem(where=where, rule="must say something", remedy="Accept, reject, or suggest another tier.")
    if answer.decision == "rejected" and not answer.reason:
        yield Problem(where=where, rule="must have a reason", remedy="Choose one of the agreed reasons for rejection.")
    if answer.decided_at.tzinfo is None:
        yield Problem(where=where, rule="must say when, with a time zone", remedy="Pass a time in UTC.")
    if answer.note is not None and len(answer.note) > MAX_NOTE:
        yield Problem(
            where=where,
            rule=f"its note must be at most {MAX_NOTE} characters",
            value=str(len(answer.note)),
            remedy="Shorten it.",
        )
