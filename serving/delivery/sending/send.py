"""The sending of a planned run, chunk after chunk, from wherever it stands, so that it may be killed at any instant.

plan kept → chunk started → step → remote kept → ... → outcomes reconciled in one transaction. Payloads come from the plan alone:
however often a run is taken up, every lead is sent the same bytes. Leaves out planning and what is told of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from leadq.crm.connectors.protocol import Chunk, EndsChunks, RowOutcome, Step, Target, TargetRow, UnheardError
from leadq.foundation.plurals import counted
from leadq.foundation.problems import Problem, TargetPausedError
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.ledger.ledger_records import DeliveryRun, OpenChunk, Remote
from leadq.serving.delivery.sending.rate_limit import Effects, TokenBucket
from leadq.serving.delivery.sending.row_outcomes import Concluded, conclude

UNHEARD_IN_A_ROW = 5
LONGEST_WAIT_SECONDS = 600.0
"""Who asks to be left alone for longer pauses the run."""
LONGEST_CHUNK_SECONDS = 6 * 3600.0
AGAIN_SECONDS = 30.0
REJECTED_SHARE = 0.05
SKIPPED_SHARE = 0.5
"""Skipped leads are told one by one; more than this of them is a mapping mistake, or a sandbox for production."""
JUDGED_FROM = 50
"""With fewer rows, a share says nothing."""
_OVERTAKEN = "a later score was delivered"
_STEPS_A_SECOND, _BURST = 10.0, 10.0
_GROWING = wait_exponential(multiplier=2, max=60)

T = TypeVar("T")


class StoppedError(Exception):
    """More rows are rejected or skipped than can be chance; what was sent stays sent."""


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends runs to one target; whoever uses it holds the target's lock. With ``many_skipped`` it takes skipped rows for true."""

    ledger: Ledger
    target: Target
    effects: Effects
    bucket: TokenBucket
    many_skipped: bool = False
    _ok: int = field(default=0, init=False)
    _rejected: int = field(default=0, init=False)
    _looked_at: int = field(default=0, init=False)
    _not_written: int = field(default=0, init=False)

    def send(self, run: DeliveryRun) -> None:
        """Send all that is left of a run.

        Raises
        ------
        TargetPausedError
            Only time helps; the run can be taken up again.
        StoppedError
        """
        self.ledger.move(run.run_id, "sending", self.effects.clock())
        counts = self.ledger.counts(run.run_id)
        self._ok, self._rejected = counts.get("ok", 0), counts.get("rejected", 0)
        self._looked_at = self._not_written = 0
        while (chunk := self.ledger.next_chunk(run.run_id)) is not None:
            if (wait := chunk.not_before - self.effects.seconds()) > 0 and not chunk.started:
                self.effects.sleep(wait)
            self._judge(self._send_chunk(run, chunk))

    def end_started(self, run: DeliveryRun) -> None:
        """Bring what the target is still at work on of an earlier run to its end, and send nothing of it.

        Rows that were not written by then wait for that run to be taken up, or to be superseded.
        """
        while (chunk := self.ledger.next_chunk(run.run_id)) is not None and chunk.started:
            rows = self.ledger.rows(run.run_id, chunk.number)
            # a target whose step is one call has nothing under way: all is unknown
            outcomes: tuple[RowOutcome, ...] = ()
            if chunk.remote is not None and isinstance(self.target, EndsChunks):
                ending = Chunk(run_id=run.run_id, number=chunk.number, rows=rows)
                outcomes = self._until_done(run, ending, chunk.remote, self.target.end)
            self._conclude(run, chunk, rows, outcomes, wait_seconds=0.0, ended=True)

    def _send_chunk(self, run: DeliveryRun, chunk: OpenChunk) -> Concluded:
        rows = self.ledger.rows(run.run_id, chunk.number)
        if not chunk.started:
            skipped = self._skipped(run, chunk.number, rows)
            self.ledger.start(run.run_id, chunk.number, skipped)
            self._judge_skipped(0)  # before anything of the chunk is written
            rows = tuple(row for row in rows if row.key not in skipped)
        sending = Chunk(run_id=run.run_id, number=chunk.number, rows=rows)
        outcomes = self._until_done(run, sending, chunk.remote, self.target.step) if rows else ()
        wait = AGAIN_SECONDS * (1.0 + self.effects.chance())
        return self._conclude(run, chunk, rows, outcomes, wait_seconds=wait)

    def _conclude(
        self,
        run: DeliveryRun,
        chunk: OpenChunk,
        rows: tuple[TargetRow, ...],
        outcomes: tuple[RowOutcome, ...],
        *,
        wait_seconds: float,
        ended: bool = False,
    ) -> Concluded:
        now, again_at = self.effects.clock(), self.effects.seconds() + wait_seconds
        return conclude(self.ledger, run, chunk.number, rows, outcomes, now=now, again_at=again_at, ended=ended)

    def _skipped(self, run: DeliveryRun, number: int, rows: tuple[TargetRow, ...]) -> dict[str, str]:
        self.effects.must_go_on()
        overtaken = dict.fromkeys(self.ledger.overtaken(run, number), _OVERTAKEN)
        keys = [row.key for row in rows if row.key not in overtaken]
        found = self._heard(run, number, partial(self.target.skipped, keys)) if keys else {}
        theirs = {key: why for key, why in found.items() if key in set(keys)}
        self._looked_at += len(keys)
        self._not_written += len(theirs)
        return {**theirs, **overtaken}

    def _until_done(
        self, run: DeliveryRun, chunk: Chunk, remote: Remote | None, take: Callable[[Chunk, Remote | None], Step]
    ) -> tuple[RowOutcome, ...]:
        """Take steps until the chunk is done, keeping after each where it stands."""
        begun = self.effects.seconds()
        while True:
            step = self._heard(run, chunk.number, partial(take, chunk, remote))
            if step.outcomes is not None:
                return step.outcomes
            self.ledger.keep(chunk.run_id, chunk.number, step.remote)
            remote = step.remote
            if self.effects.seconds() - begun > LONGEST_CHUNK_SECONDS:
                where, rule = f"{self.target.name}, chunk {chunk.number}", "must finish within six hours"
                raise TargetPausedError(
                    Problem(where=where, rule=rule, remedy="Run leadq deliver again: it continues from here.")
                )
            self.effects.sleep(step.wait_seconds)

    def _heard(self, run: DeliveryRun, number: int, ask: Callable[[], T]) -> T:
        """Ask until something is heard, waiting longer each time; after five times it is the target that is away."""

        def once() -> T:
            self.effects.must_go_on()
            self.bucket.take()
            return ask()

        def noted(state: RetryCallState) -> None:
            facts = {"chunk": number, "in_a_row": state.attempt_number}
            self.ledger.note(run.run_id, "nothing heard", self.effects.clock(), **facts)

        retrying = Retrying(
            retry=retry_if_exception_type(UnheardError),
            after=noted,
            wait=self._wait,
            stop=lambda state: state.attempt_number >= UNHEARD_IN_A_ROW or _asked(state) > LONGEST_WAIT_SECONDS,
            sleep=self.effects.sleep,
            reraise=True,
        )
        return retrying(once)

    def _wait(self, state: RetryCallState) -> float:
        return max(_asked(state), _GROWING(state) * (0.5 + self.effects.chance()))

    def _judge_skipped(self, more: int) -> None:
        """Stop where a target leaves most leads alone: their ids are another system's, or the place is not the one they are from."""
        self._not_written += more
        if self.many_skipped or self._looked_at < JUDGED_FROM:
            return
        if self._not_written > SKIPPED_SHARE * self._looked_at:
            raise StoppedError(f"{self._not_written:,} of {counted(self._looked_at, 'lead')} were skipped")

    def _judge(self, chunk: Concluded) -> None:
        self._judge_skipped(chunk.skipped)
        self._ok += chunk.ok
        self._rejected += chunk.rejected
        judged = self._ok + self._rejected
        if judged >= JUDGED_FROM and self._rejected > REJECTED_SHARE * judged:
            raise StoppedError(f"{self._rejected:,} of {counted(judged, 'row')} were rejected")


def sender(ledger: Ledger, target: Target, effects: Effects, *, many_skipped: bool = False) -> Sender:
    """Return a sender at the usual pace."""
    bucket = TokenBucket(effects=effects, per_second=_STEPS_A_SECOND, burst=_BURST)
    return Sender(ledger=ledger, target=target, effects=effects, bucket=bucket, many_skipped=many_skipped)


def _asked(state: RetryCallState) -> float:
    """Seconds that the other side asked to be left alone."""
    failed = state.outcome.exception() if state.outcome is not None else None
    return failed.retry_after_seconds or 0.0 if isinstance(failed, UnheardError) else 0.0
