"""How fast and how long: the effects of a delivery (clock, sleep, chance), the token bucket, and the switch that stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from leadq.foundation.problems import Problem, TargetPausedError

STOP_FILE = "STOP_DELIVERY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a delivery does besides asking its target.

    Parameters
    ----------
    clock : callable
        Returns now, in UTC.
    sleep : callable
        Takes seconds.
    chance : callable
        Returns a number in [0, 1), so that many who wait do not come back at once.
    stop_file : Path
        While it is there, nothing is sent.
    reports : Path or None
        Folder of reports; None writes none.
    """

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    chance: Callable[[], float]
    stop_file: Path
    reports: Path | None = None

    def seconds(self) -> float:
        """Now, in seconds since 1970."""
        return self.clock().timestamp()

    def must_go_on(self) -> None:
        """Stop where the switch says so.

        Raises
        ------
        TargetPausedError
        """
        if self.stop_file.exists():
            remedy = "Run leadq deliver start, then leadq deliver: it sends the rest."
            raise TargetPausedError(Problem(where=str(self.stop_file), rule="delivery is switched off", remedy=remedy))


@dataclass(slots=True, kw_only=True)
class TokenBucket:
    """At most ``per_second`` steps a second on the long run, ``burst`` of them at once."""

    effects: Effects
    per_second: float
    burst: float
    _held: float = field(init=False)
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._held, self._since = self.burst, self.effects.seconds()

    def take(self) -> None:
        """Take one, waiting until there is one."""
        now = self.effects.seconds()
        self._held = min(self.burst, self._held + max(now - self._since, 0.0) * self.per_second)
        self._since = now
        if self._held < 1.0:
            wait = (1.0 - self._held) / self.per_second
            self.effects.sleep(wait)
            self._held, self._since = 1.0, max(self.effects.seconds(), now + wait)
        self._held -= 1.0
