"""A challenge of what the other side said of a lead, the reply to it, and the draw that decides whether a lead is worked again.

Leaves out keeping them (``crm/answers/challenge_log.py``), until when a reply is due and what came of it (decision 0035).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from leadq.crm.answers.answer import MAX_NOTE, clean_note
from leadq.foundation.epoch_microseconds import microseconds
from leadq.foundation.problems import Problem, UsageError

Side = Literal["marketing", "sales"]
SIDES: tuple[Side, ...] = ("marketing", "sales")
About = Literal["rejection", "acceptance", "hand_over"]
"""What is challenged: by marketing an answer of sales, by sales that a lead was handed over."""
Said = Literal["agreed", "stands"]
SAID: tuple[Said, ...] = ("agreed", "stands")
"""What a reply says: that the challenger is right, or that it stays as it was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the other side replied to a challenge.

    Parameters
    ----------
    replied_at : datetime
        UTC, aware.
    who : str
    said : {"agreed", "stands"}
    note : str or None
        Why; needed where it stands.

    Raises
    ------
    UsageError
        It says nothing, or lacks its note.
    """

    replied_at: datetime
    who: str
    said: Said
    note: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "note", clean_note(self.note))
        problems = list(_note_faults("reply", self.note, needed=self.said == "stands"))
        if self.said not in SAID:
            rule, remedy = "must be agreed or stands", "Choose one of the two."
            problems.append(Problem(where="reply", rule=rule, value=str(self.said)[:60], remedy=remedy))
        if problems:
            raise UsageError(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What one side holds against what the other one said of a lead.

    Parameters
    ----------
    lead_id : str
    challenged_at : datetime
        UTC, aware.
    side : {"marketing", "sales"}
        Who challenges.
    who : str
        The person.
    about : {"rejection", "acceptance", "hand_over"}
    of_at : datetime
        When the answer was given; of a hand-over when the lead came in. Each is challenged once.
    note : str
        Why; at most :data:`~leadq.crm.answers.answer.MAX_NOTE` characters once control characters are gone.
    reason : str or None
        Of a challenged rejection.
    picked : bool
        Whether the lead is worked again: of half of the challenged rejections, as :func:`drawn` says when a challenge is kept.
    reply : Reply or None

    Raises
    ------
    UsageError
        It says not why, or it is not the other side's.
    """

    lead_id: str
    challenged_at: datetime
    side: Side
    who: str
    about: About
    of_at: datetime
    note: str
    reason: str | None = None
    picked: bool = False
    reply: Reply | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "note", clean_note(self.note) or "")
        problems = list(_note_faults("challenge", self.note, needed=True))
        if (self.side == "sales") != (self.about == "hand_over") or self.side not in SIDES:
            rule = "must be of what the other side said"
            remedy = "Marketing challenges a rejection or an acceptance, sales a hand-over."
            problems.append(Problem(where="challenge", rule=rule, value=f"{self.side}, {self.about}", remedy=remedy))
        if problems:
            raise UsageError(problems)

    @property
    def replies(self) -> Side:
        """The side that must reply."""
        return "sales" if self.side == "marketing" else "marketing"


def drawn(seed: str, lead_id: str, of_at: datetime) -> bool:
    """Draw half of all rejections out of what no challenger can choose: the first bit of a SHA-256.

    Parameters
    ----------
    seed : str
        The store's own, made by chance with its first record. Who challenges, why and when does not count.
    lead_id : str
    of_at : datetime
        When the lead was rejected.

    Examples
    --------
    >>> noon = datetime.fromisoformat("2026-12-01T12:00:00Z")
    >>> sum(drawn("9f2c", f"L{number}", noon) for number in range(1000))
    528
    """
    text = f"a challenge\n{seed}\n{lead_id}\n{microseconds(of_at)}"
    return sha256(text.encode()).digest()[0] < 128  # half of the values of a byte


def _note_faults(where: str, note: str | None, *, needed: bool) -> Iterator[Problem]:
    if needed and not note:
        yield Problem(where=where, rule="must say why", remedy="Write a note: what speaks against it.")
    if note and len(note) > MAX_NOTE:
        rule = f"its note must be at most {MAX_NOTE} characters"
        yield Problem(where=where, rule=rule, value=str(len(note)), remedy="Shorten it.")
