"""One attempt at a delivery, in a child process: what ``leadq deliver`` does from its lock to its exit code."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from leadq.crm.connectors.protocol import Target
from leadq.crm.connectors.registry import connector_of
from leadq.crm.connectors.retries import Patience
from leadq.foundation.problems import LeadqError
from leadq.pipelines.store.store_lock import only_writer
from leadq.serving.delivery.deliver import Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.sending.rate_limit import Effects
from tests.conformance.connectors.swift_clock import SwiftClock
from tests.serving.delivery.company import tonight

TARGET = "there"
TIERS = ("T1", "T2", "T3", "disqualified")
WITH_REJECTED = 5
READ_SECONDS = 1.5
"""How long a child waits for a silent server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWith:
    """What a far side opens its target with: the place, rows of a chunk, and patience on the child's clock."""

    address: Mapping[str, str]
    chunk_rows: int
    patience: Patience


Opener = Callable[[OpenWith], Target]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What a child is to do.

    Parameters
    ----------
    kind : str
        Of the connector.
    opener : str
        ``module:function``, an :data:`Opener`.
    address : mapping of str to str
        Of the far side.
    store, scores, report : str
        Folder of the ledger, score table, and where to write what came of it.
    night : int
        Of the scores.
    chunk_rows : int
    seed : int
        Of the jitter.
    began : float
        Of the :class:`SwiftClock`.
    kill_at : str
        An instant at the third chunk to be killed at: ``before`` its effect, ``after`` it, or ``recording`` its outcomes; empty for
        none.
    """

    kind: str
    opener: str
    address: Mapping[str, str]
    store: str
    scores: str
    report: str
    night: int
    chunk_rows: int
    seed: int
    began: float
    kill_at: str = ""


def run_attempt(attempt: Attempt) -> int:
    """Deliver and return the exit code."""
    clock = SwiftClock(began=attempt.began)
    chance = random.Random(attempt.seed)
    folder = Path(attempt.store)
    effects = Effects(clock=clock.now, sleep=clock.sleep, chance=chance.random, stop_file=folder / "STOP_DELIVERY")
    scores = tonight(Path(attempt.scores), night=attempt.night, model_version=f"m{attempt.night}")
    patience = Patience(tries=6, sleep=clock.sleep, now=clock.now, chance=chance)
    try:
        with only_writer(folder / f"deliver-{TARGET}.lock", doing="delivering", now=clock.now()):
            ledger = Ledger(folder / "ledger.sqlite")
            try:
                target = opener(attempt.opener)(
                    OpenWith(address=attempt.address, chunk_rows=attempt.chunk_rows, patience=patience)
                )
                _be_killed(type(target), attempt.kill_at)
                fields = our_fields(connector_of(attempt.kind).field_name, TIERS)
                report = deliver(ledger, target, scores, fields, effects=effects, wish=Wish())
            finally:
                ledger.close()
    except LeadqError as error:
        _write(attempt, {"problems": [str(problem) for problem in error.problems]})
        return error.exit_code
    _write(attempt, dict(report.facts))
    return WITH_REJECTED if report.with_rejected else 0


def opener(name: str) -> Opener:
    """Return the function that a far side names."""
    module, _, attribute = name.partition(":")
    found: Opener = getattr(import_module(module), attribute)
    return found


def _be_killed(kind: Any, instant: str) -> None:
    """Let the child be killed at an instant of its third chunk; only this child's process is changed."""
    import leadq.serving.delivery.sending.send as send  # noqa: PLC0415 - patched here, in a process that ends

    def here() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    step, conclude = kind.step, send.conclude

    def held(self: Any, chunk: Any, remote: Any) -> Any:
        if instant == "before" and chunk.number == 2:
            here()
        done = step(self, chunk, remote)
        if instant == "after" and chunk.number == 2 and done.outcomes is not None:
            here()
        return done

    def recorded(ledger: Any, run: Any, number: int, rows: Any, outcomes: Any, **other: Any) -> Any:
        if instant == "recording" and number == 2:
            note = ledger.note
            ledger.note = lambda *given, **facts: (here(), note(*given, **facts))
        return conclude(ledger, run, number, rows, outcomes, **other)

    kind.step, send.conclude = held, recorded  # type: ignore[assignment]


def _write(attempt: Attempt, told: dict[str, Any]) -> None:
    Path(attempt.report).write_text(json.dumps(told), encoding="utf-8")
