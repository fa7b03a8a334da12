"""How long and how often we wait for Salesforce: growing waits with jitter, its own wish honoured, both inside a budget."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from crm.salesforce.errors import UnansweredError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Waits of one call.

    Parameters
    ----------
    tries : int
        Of one call, the first included.
    first_seconds, longest_seconds : float
        Of a wait; each is twice the one before.
    budget_seconds : float
        All waits of one call together.
    sleep, now : callable
        Effects; ``now`` is UTC.
    chance : random.Random
        Of the jitter, a wait being half to whole of its length.
    """

    tries: int = 6
    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    budget_seconds: float = 180.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: random.Random = field(default_factory=random.Random)

    def through(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns, trying again while it goes unanswered.

        Raises
        ------
        UnansweredError
            Tries or budget are spent.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(UnansweredError),
            wait=self._wait,
            stop=self._spent,
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(call)

    def _wait(self, state: RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome else None
        asked = failed.retry_after_seconds if isinstance(failed, UnansweredError) else None
        grown = min(self.first_seconds * 2.0 ** (state.attempt_number - 1), self.longest_seconds)
        return max(asked or 0.0, grown * self.chance.uniform(0.5, 1.0))

    def _spent(self, state: RetryCallState) -> bool:
        if state.attempt_number >= self.tries:
            return True
        return state.idle_for + state.upcoming_sleep > self.budget_seconds


def retry_after(written: str | None, *, now: datetime) -> float | None:
    """Read ``Retry-After``: seconds or a date, in seconds from now; None where it is absent or says nothing."""
    if not written:
        return None
    if written.strip().isdecimal():
        return float(written.strip()[:9])
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)
