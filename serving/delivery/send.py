"""The sending of a planned run, chunk after chunk, from wherever it stands, so that it may be killed at any instant.

plan kept → chunk started → step → remote kept → ... → outcomes reconciled in one transaction. Payloads come from the plan alone:
however often a run is taken up, every lead is sent the same bytes. Leaves out planning and what is told of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from agreement.problems import Problem, TargetPausedError
from crm.targets import Chunk, RowOutcome, Step, Target, TargetRow, UnheardError
from serving.delivery.conclude import conclude
from serving.delivery.ledger import DeliveryRun, Ledger, OpenChunk, Remote
from serving.delivery.pace import Effects, TokenBucket

UNHEARD_IN_A_ROW = 5
LONGEST_CHUNK_SECONDS = 6 * 3600.0
AGAIN_SECONDS = 30.0
REJECTED_SHARE = 0.05
REJECTED_OF_AT_LEAST = 50
_OVERTAKEN = "a later score was delivered"
_STEPS_A_SECOND, _BURST = 10.0, 10.0


class TooManyRejectedError(Exception):
    """More rows are rejected than can be chance; what was sent stays sent."""


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends runs to one target; whoever uses it holds the target's lock."""

    ledger: Ledger
    target: Target
    effects: Effects
    bucket: TokenBucket
    unheard: int = 0

    def send(self, run: DeliveryRun) -> None:
        """Send all that is left of a run.

        Raises
        ------
        TargetPausedError
            Only time helps; the run can be taken up again.
        TooManyRejectedError
        """
        self.ledger.move(run.run_id, "sending", self.effects.clock())
        while (chunk := self.ledger.next_chunk(run.run_id)) is not None:
            if (wait := chunk.not_before - self.effects.seconds()) > 0 and not chunk.started:
                self.effects.sleep(wait)
            self._send_chunk(run, chunk, give_up=False)
            self._judge_rejected(run)

    def end_started(self, run: DeliveryRun, *, give_up: bool) -> None:
        """Bring chunks of an earlier run that the target may still be at work on to their end, and send nothing else of it."""
        while (chunk := self.ledger.next_chunk(run.run_id)) is not None and chunk.started and chunk.remote is not None:
            self._send_chunk(run, chunk, give_up=give_up)

    def _send_chunk(self, run: DeliveryRun, chunk: OpenChunk, *, give_up: bool) -> None:
        rows = self.ledger.rows(run.run_id, chunk.number)
        if not chunk.started:
            skipped = self._skipped(run, chunk.number, rows)
            self.ledger.start(run.run_id, chunk.number, skipped)
            rows = tuple(row for row in rows if row.key not in skipped)
        outcomes = (
            self._all_steps(Chunk(run_id=run.run_id, number=chunk.number, rows=rows), chunk.remote) if rows else ()
        )
        again_at = None if give_up else self.effects.seconds() + AGAIN_SECONDS * (1.0 + self.effects.chance())
        conclude(self.ledger, run, chunk.number, rows, outcomes, now=self.effects.clock(), again_at=again_at)

    def _skipped(self, run: DeliveryRun, number: int, rows: tuple[TargetRow, ...]) -> dict[str, str]:
        self.effects.must_go_on()
        overtaken = dict.fromkeys(self.ledger.overtaken(run, number), _OVERTAKEN)
        keys = [row.key for row in rows if row.key not in overtaken]
        found = {}
        while keys:
            try:
                found = dict(self.target.skipped(keys))
            except UnheardError as error:
                self._unheard(run, number, error)
            else:
                self.unheard = 0
                break
        return {**{key: why for key, why in found.items() if key in set(keys)}, **overtaken}

    def _all_steps(self, chunk: Chunk, remote: Remote | None) -> tuple[RowOutcome, ...]:
        """Take steps until the chunk is done, keeping after each where it stands."""
        begun = self.effects.seconds()
        while True:
            step = self._step(chunk, remote)
            if step.outcomes is not None:
                return step.outcomes
            self.ledger.keep(chunk.run_id, chunk.number, step.remote)
            remote = step.remote
            if self.effects.seconds() - begun > LONGEST_CHUNK_SECONDS:
                where, rule = f"{self.target.name}, chunk {chunk.number}", "must be done within six hours"
                raise TargetPausedError(Problem(where=where, rule=rule, remedy="leadq deliver goes on with it."))
            self.effects.sleep(step.wait_seconds)

    def _step(self, chunk: Chunk, remote: Remote | None) -> Step:
        run = self.ledger.run(chunk.run_id)
        while True:
            self.effects.must_go_on()
            self.bucket.take()
            try:
                step = self.target.step(chunk, remote)
            except UnheardError as error:
                assert run is not None
                self._unheard(run, chunk.number, error)
            else:
                self.unheard = 0
                return step

    def _unheard(self, run: DeliveryRun, number: int, error: UnheardError) -> None:
        """Wait longer each time; after five in a row it is the target that is away."""
        self.unheard += 1
        self.ledger.note(run.run_id, "nothing heard", self.effects.clock(), chunk=number, in_a_row=self.unheard)
        if self.unheard >= UNHEARD_IN_A_ROW:
            raise error
        self.effects.sleep(2.0**self.unheard * (0.5 + self.effects.chance()))

    def _judge_rejected(self, run: DeliveryRun) -> None:
        counts = self.ledger.counts(run.run_id)
        rejected = counts.get("rejected", 0)
        judged = rejected + counts.get("ok", 0)
        if judged >= REJECTED_OF_AT_LEAST and rejected > REJECTED_SHARE * judged:
            raise TooManyRejectedError(f"{rejected:,} of {judged:,}")


def sender(ledger: Ledger, target: Target, effects: Effects) -> Sender:
    """Return a sender at the usual pace."""
    bucket = TokenBucket(effects=effects, per_second=_STEPS_A_SECOND, burst=_BURST)
    return Sender(ledger=ledger, target=target, effects=effects, bucket=bucket)
