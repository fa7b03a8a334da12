"""What answers led to, in words: of a person's rejections by reason, and who was right about a lead that is worked again.

Leaves out how it is counted (``features/rejection/what_followed.py``) and kept (:class:`FollowedAnswers` only reads).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from leadq.agreement.schema import Agreement
from leadq.crm.answers.challenge import Challenge, Side
from leadq.foundation.epoch_microseconds import microseconds, moment_of
from leadq.foundation.plurals import counted
from leadq.serving.words.agreed.challenge_words import CLOSED, DRAWN, DRAWN_AND_GONE, NOT_DRAWN
from leadq.serving.words.text import words

_DAY_US = 86_400_000_000


class Verdict(NamedTuple):
    """What is said of who was right about a challenge, and who was, once that is known."""

    words: str
    right: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedAnswers:
    """What followed, as of a night.

    Parameters
    ----------
    as_of_us : int
    by_reason : sequence of dict
    worked_again : mapping of (lead, moment of the challenge in microseconds) to dict
        As :class:`leadq.features.rejection.what_followed.Followed` has them.
    """

    as_of_us: int
    by_reason: tuple[Mapping[str, Any], ...] = ()
    worked_again: Mapping[tuple[str, int], Mapping[str, Any]]

    @staticmethod
    def read(path: Path | None) -> FollowedAnswers:
        """Read what a night wrote; nothing where it wrote nothing, or the file cannot be read."""
        try:
            told = json.loads(path.read_text(encoding="utf-8")) if path is not None and path.is_file() else {}
        except (OSError, ValueError):  # leads are read all the same
            told = {}
        rows = {(one["lead_id"], one["challenged_us"]): one for one in told.get("worked_again", ())}
        return FollowedAnswers(
            as_of_us=told.get("as_of_us", 0), by_reason=tuple(told.get("by_reason", ())), worked_again=rows
        )

    @property
    def as_of(self) -> datetime:
        """Return the night it is known as of."""
        return moment_of(self.as_of_us)

    def of(self, names: Collection[str] | None) -> Iterator[str]:
        """Yield a sentence a reason: of the rejections of one person, or of all where ``names`` is None."""
        sums: dict[str | None, dict[str, int]] = {}
        for row in self.by_reason:
            if names is None or row["rep"] in names:
                one = sums.setdefault(row["reason"], dict.fromkeys(_COUNTS, 0))
                for name in _COUNTS:
                    one[name] += row[name]
        for reason, one in sorted(sums.items(), key=lambda found: (-found[1]["given"], found[0] or "")):
            yield reason_sentence(reason, one, own=names is not None)

    def verdict(self, challenge: Challenge, agreement: Agreement) -> Verdict:
        """Return who was right about a challenged rejection; nothing of other challenges."""
        if challenge.about != "rejection":
            return Verdict("")
        if not challenge.picked:
            return Verdict(NOT_DRAWN)
        challenged_us = microseconds(challenge.challenged_at)
        row = self.worked_again.get((challenge.lead_id, challenged_us))
        if row is None:
            return Verdict(DRAWN if self.as_of_us < challenged_us else DRAWN_AND_GONE)
        if row["again_us"] is None:
            return Verdict(CLOSED)
        until_us = row["again_us"] + agreement.outcome.horizon_days * _DAY_US
        untouched = row.get("touched") is False
        begun = "Picked at random and open again" if untouched else "Picked at random and worked again"
        if row["won_us"] is not None and row["won_us"] <= until_us:
            return Verdict(f"{begun}, and won: marketing was right.", "marketing")
        days = counted(agreement.outcome.horizon_days, "day")
        told_us = until_us + agreement.review.grace_days * _DAY_US
        if self.as_of_us < told_us:
            return Verdict(f"{begun}: who was right is known by {moment_of(told_us):%Y-%m-%d}.")
        if untouched:
            return Verdict(f"{begun}, but not touched by sales within {days}: who was right cannot be told.")
        return Verdict(f"{begun}, and not won within {days}: sales was right.", "sales")


_COUNTS = ("given", "came_back", "won", "against")


def reason_sentence(reason: str | None, counts: Mapping[str, int], *, own: bool) -> str:
    """Say what followed the rejections for one reason.

    Examples
    --------
    >>> reason_sentence("no_budget", {"given": 14, "came_back": 3, "won": 1, "against": 2}, own=True)
    'Of your 14 rejections as no budget, 3 came back and 1 was won; the records spoke against 2.'
    >>> reason_sentence(None, {"given": 5, "came_back": 0, "won": 0, "against": 0}, own=False)
    'Of 5 rejections without a reason, none came back and none was won.'
    """
    why = f"as {words(reason)}" if reason else "without a reason"
    were = "were" if counts["won"] > 1 else "was"
    said = f"Of {'your ' if own else ''}{counted(counts['given'], 'rejection')} {why}, {_or_none(counts['came_back'])} came back"
    said = f"{said} and {_or_none(counts['won'])} {were} won"
    return f"{said}; the records spoke against {counts['against']:,}." if counts["against"] else f"{said}."


def _or_none(count: int) -> str:
    return f"{count:,}" if count else "none"
