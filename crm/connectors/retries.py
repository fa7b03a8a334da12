"""How long and how often we wait for a CRM: growing waits with jitter, its own wish honoured, both inside a budget."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from leadq.crm.connectors.protocol import UnheardError
from leadq.foundation.problems import TargetPausedError

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
        All waits of one call and all its tries together; none begins after it.
    sleep, now, seconds : callable
        Effects; ``now`` is UTC, ``seconds`` a clock that only goes forward.
    chance : random.Random
        Of the jitter, a wait being half to whole of its length.
    """

    tries: int = 6
    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    budget_seconds: float = 180.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.Random)

    def through(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns, trying again while it goes unanswered.

        Raises
        ------
        UnheardError
            Tries or budget are spent.
        """
        inside = 0.0

        def timed() -> T:
            nonlocal inside
            begun = self.seconds()
            try:
                return call()
            finally:
                inside += self.seconds() - begun

        def spent(state: RetryCallState) -> bool:
            over = inside + state.idle_for + state.upcoming_sleep > self.budget_seconds
            return over or state.attempt_number >= self.tries

        retrying = Retrying(
            retry=retry_if_exception_type(UnheardError), wait=self._wait, stop=spent, sleep=self.sleep, reraise=True
        )
        return retrying(timed)

    def or_pause(self, call: Callable[[], T]) -> T:
        """Return what :meth:`through` returns, for a call that may be made again without harm.

        Raises
        ------
        TargetPausedError
            Tries or budget are spent: the other side is away, and whoever called need not try that often again.
        """
        try:
            return self.through(call)
        except UnheardError as error:
            raise TargetPausedError(error.problems) from None

    def _wait(self, state: RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome else None
        asked = failed.retry_after_seconds if isinstance(failed, UnheardError) else None
        grown = min(self.first_seconds * 2.0 ** (state.attempt_number - 1), self.longest_seconds)
        return max(asked or 0.0, grown * self.chance.uniform(0.5, 1.0))


def retry_after(written: str | None, *, now: datetime) -> float | None:
    """Read ``Retry-After``: seconds or a date, in seconds from now; None where it is absent or says nothing."""
    if not written:
        return None
    if written.strip().isdecimal():
        return float(written.strip()[:9])
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)
