"""Night after night delivered by children that are killed at random instants, until enough of them were; then judged by the law."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadq.foundation.problems import TargetPausedError
from tests.conformance.connectors.attempt import Attempt
from tests.conformance.connectors.far_side import FarSide
from tests.conformance.connectors.kill_phases import Tale, phase_of
from tests.conformance.connectors.nights import Night
from tests.conformance.connectors.warmed_process import KILLED, Template

PAUSED = TargetPausedError.exit_code
MOST_PAUSES = 100


@dataclass(slots=True, kw_only=True)
class Campaign:
    """Deliveries into one store and one far side.

    Parameters
    ----------
    template : Template
    side : FarSide
        Set before the first night.
    folder : Path
        Gets stores and reports.
    chunk_rows : int
    chance : random.Random
        Of the instants.
    began : float
        Of the clock that the far side may share.
    store : str
        Name of the folder of the ledger.
    longest : float
        Seconds of a life that is not cut short, as measured.
    lives : tuple of float
        Most of it that lives last, in turn: a kill is at an instant between the start and there, and the next life goes on.
    """

    template: Template
    folder: Path
    chunk_rows: int
    chance: random.Random
    side: FarSide = field(init=False)
    began: float = field(default_factory=time.time)
    store: str = "measured"
    longest: float = 1.0
    lives: tuple[float, ...] = (1.0, 1 / 3)
    tale: Tale = field(default_factory=Tale)

    def measure(self, night: Night) -> float:
        """Deliver a night without a kill, judge it, and go on with a fresh ledger; return its seconds."""
        self.side.begin(night)
        ended = self.template.run(self._attempt(night), kill_after=None)
        assert ended.code == 0, self.report()
        self.side.judge(night, abandoned=None, excused=frozenset())
        self.store, self.longest = "killed", ended.seconds
        return ended.seconds

    def deliver(
        self,
        night: Night,
        *,
        kills: int,
        longest: float | None = None,
        abandoned: Night | None = None,
        excused: frozenset[str] = frozenset(),
    ) -> int:
        """Deliver a night, killed at most so many times, and judge it; return the last exit code."""
        self.side.begin(night)
        code = self._until_it_ends(night, kills, longest or self.longest)
        if code in (0, 5):
            self.side.judge(night, abandoned=abandoned, excused=excused)
        return code

    def killed_at(self, night: Night, instant: str) -> None:
        """Deliver a night, killed at an instant of its third chunk (see :class:`Attempt`), then to its end; judge it."""
        self.side.begin(night)
        while (ended := self.template.run(self._attempt(night, instant), kill_after=None)).code == PAUSED:
            continue
        assert ended.code == KILLED, f"it never came to the instant {instant}: {ended.code}, {self.report()}"
        self.tale.phases[phase_of(self._ledger, night)] += 1
        assert self._until_it_ends(night, 0, self.longest) == 0, self.report()
        self.side.judge(night, abandoned=None, excused=frozenset())

    def abandon(self, night: Night) -> int:
        """Kill a night's deliveries until some of it is written, and go no further; return how many values were written."""
        self.side.begin(night)
        longest = self.longest
        while not self.side.writes() and self._once(night, longest) in (KILLED, PAUSED):
            assert self.tale.pauses < MOST_PAUSES, self.report()
            longest *= 1.3  # on a busy machine lives that are no longer would all end before the first write
        return self.side.writes()

    def writes_nothing(self, night: Night) -> None:
        """Run again, and assert that not a single value is written."""
        self.side.begin(night)
        ended = self.template.run(self._attempt(night), kill_after=None)
        assert ended.code in (0, 5), self.report()
        assert not self.side.writes(), f"a run with nothing to send wrote {self.side.writes():,} values"

    def report(self) -> dict[str, Any]:
        """What the last attempt that ended told."""
        path = self.folder / "report.json"
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return told

    def _until_it_ends(self, night: Night, kills: int, longest: float) -> int:
        """Start again after each kill and each pause, until so many were killed in all and the run has come to its end."""
        began = time.monotonic()
        self.tale.nights += 1
        while (code := self._once(night, longest if self.tale.kills < kills else None)) in (KILLED, PAUSED):
            assert self.tale.pauses < MOST_PAUSES, self.report()
        self.tale.seconds += time.monotonic() - began
        return code

    def _once(self, night: Night, longest: float | None) -> int:
        """Start a delivery, killed at an instant of its life unless ``longest`` is None; return how it ended."""
        self.tale.attempts += 1
        limit = self.lives[self.tale.attempts % len(self.lives)] * (longest or 0.0)
        kill_after = None if longest is None else self.chance.uniform(0, limit)
        ended = self.template.run(self._attempt(night), kill_after=kill_after)
        if ended.code == KILLED:
            self.tale.phases[phase_of(self._ledger, night)] += 1
        self.tale.pauses += ended.code == PAUSED
        return ended.code

    @property
    def _ledger(self) -> Path:
        return self.folder / self.store / "ledger.sqlite"

    def _attempt(self, night: Night, kill_at: str = "") -> Attempt:
        return Attempt(
            store=str(self.folder / self.store),
            scores=str(night.path),
            report=str(self.folder / "report.json"),
            night=night.number,
            chunk_rows=self.chunk_rows,
            seed=self.tale.attempts,
            began=self.began,
            kind=self.side.kind,
            opener=self.side.opener,
            address=dict(self.side.address()),
            kill_at=kill_at,
        )
