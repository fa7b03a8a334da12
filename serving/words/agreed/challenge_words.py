"""Challenges in words: who holds what against which answer, until when a reply is due, and what is worked again.

Leaves out what came of a lead that is worked again (``serving/words/agreed/followed_words.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from leadq.agreement.calendar.business_time import BusinessTime
from leadq.agreement.calendar.durations import moment_in_words
from leadq.agreement.schema import Agreement
from leadq.crm.answers.challenge import Challenge, Said
from leadq.foundation.epoch_microseconds import microseconds, moment_of
from leadq.serving.words.text import words

_ABOUT = {"rejection": "the rejection", "acceptance": "the acceptance", "hand_over": "the hand-over"}
_SAID: dict[Said, str] = {"agreed": "agrees", "stands": "does not agree"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyClock:
    """Until when replies are due: the feedback days of the agreement, in business time, for either side.

    Parameters
    ----------
    agreement : Agreement
    time : BusinessTime
    now : datetime
        When it is read.
    """

    agreement: Agreement
    time: BusinessTime
    now: datetime

    def due(self, challenge: Challenge) -> datetime | None:
        """Return until when the reply is due; None where no days are agreed."""
        days = self.agreement.duties.get("sales", {}).get("feedback_due_business_days")
        if not isinstance(days, (int, float)) or isinstance(days, bool):
            return None
        start = np.array([challenge.challenged_at.astimezone(UTC).replace(tzinfo=None)], "datetime64[us]")
        us = int(self.time.deadline(start, float(days) * self.time.calendar.hours_of_a_day)[0])
        return moment_of(us)

    def overdue(self, challenge: Challenge) -> bool:
        """Whether the reply is not there and was due before now."""
        due = self.due(challenge)
        return challenge.reply is None and due is not None and due < self.now

    def in_words(self, challenge: Challenge) -> str:
        """Return until when the reply is due: "sales is to reply by Thu 14:00"; empty once there is one."""
        if challenge.reply is not None:
            return ""
        due = self.due(challenge)
        if due is None:
            return f"{challenge.replies} is to reply"
        moment = moment_in_words(microseconds(due), self.agreement.calendar, now=self.now)
        if due < self.now:
            return f"overdue: {challenge.replies} was to reply by {moment}"
        return f"{challenge.replies} is to reply by {moment}"


def challenge_sentences(challenge: Challenge, clock: ReplyClock) -> Iterator[str]:
    """Yield what was challenged, and what was replied or until when that is due; notes apart."""
    reason = f" as {words(challenge.reason)}" if challenge.reason else ""
    yield f"{challenge.side.capitalize()} challenges {_ABOUT[challenge.about]}{reason}."
    if challenge.reply is not None:
        yield f"{challenge.replies.capitalize()} {_SAID[challenge.reply.said]}."
    else:
        due = clock.in_words(challenge)
        yield f"{due[:1].upper()}{due[1:]}."


DRAWN = "Picked at random to be worked again: the lead comes back with the next night."
DRAWN_AND_GONE = (
    "Picked at random to be worked again, but it is no longer among the leads: who was right cannot be told."
)
CLOSED = (
    "Picked at random to be worked again, but the CRM has closed it: open it there, or who was right cannot be told."
)
NOT_DRAWN = "Not among those picked at random to be worked again: who was right cannot be told."
