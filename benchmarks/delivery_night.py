"""One delivery in a process of its own, measured: what ``benchmarks.delivery`` runs.

    python -m benchmarks.delivery_night SCORES STORE NIGHT TO

``TO`` is ``nowhere`` (stops when the plan stands), ``memory`` (a target that confirms at once) or the address of a fake Salesforce.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.nightly import AS_OF, peak_megabytes
from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, Value
from leadq.crm.connectors.retries import Patience
from leadq.crm.connectors.salesforce.connection import Connection
from leadq.crm.connectors.salesforce.connector import CONNECTOR as SALESFORCE
from leadq.crm.connectors.salesforce.sending.target import SalesforceTarget
from leadq.crm.connectors.salesforce.sign_in import SignIn
from leadq.crm.connectors.timed_session import TimedSession
from leadq.foundation.problems import Problem, TargetPausedError
from leadq.serving.delivery.deliver import Tonight, Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.guards import Scores
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.sending.rate_limit import Effects
from tests.fake_salesforce.leads import TIERS
from tests.fake_salesforce.session import ToTheFake
from tests.fake_salesforce.sign_in import CONSUMER_KEY, CONSUMER_SECRET


@dataclass(slots=True, kw_only=True)
class InMemory:
    """A target that costs next to nothing: it confirms and holds what it is sent, or stops a run before its first chunk."""

    name: str = "salesforce"
    chunk_rows: int = 20_000
    stops: bool = False
    held: dict[str, Mapping[str, Value]] = field(default_factory=dict)

    def check(self, fields: Sequence[Any]) -> None:
        """Take any fields."""

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002
        """Skip nothing."""
        if self.stops:
            raise TargetPausedError(Problem(where="benchmark", rule="the plan stands", remedy="None."))
        return {}

    def step(self, chunk: Chunk, remote: object) -> Step:  # noqa: ARG002
        """Confirm every row."""
        self.held.update((row.key, row.values) for row in chunk.rows)
        return Step(outcomes=tuple(RowOutcome(key=row.key, state="ok") for row in chunk.rows))

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:  # noqa: ARG002
        """Return what was sent."""
        return {key: self.held[key] for key in keys if key in self.held}


@dataclass(slots=True)
class Timed:
    """A target whose methods are timed: ``processor`` holds their seconds by name, ``first`` when the first chunk was begun."""

    target: Any
    processor: dict[str, float] = field(default_factory=dict)
    first: tuple[float, float] | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what the target has; a method, timed."""
        found = getattr(self.target, name)
        return self._timed(name, found) if callable(found) else found

    def _timed(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def timed(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            if name in ("skipped", "step") and self.first is None:
                self.first = (time.monotonic(), began)
            try:
                return method(*given, **named)
            finally:
                self.processor[name] = self.processor.get(name, 0.0) + time.process_time() - began

        return timed


def target_at(where: str) -> Any:
    """Return the target that is named."""
    if where in ("nowhere", "memory"):
        return InMemory(stops=where == "nowhere")
    http = TimedSession()
    http.mount("https://", ToTheFake(where))
    who = SignIn(domain="acme.my", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
    return SalesforceTarget("salesforce", Connection(who, http=http, patience=Patience()))


def measured(scores: Path, store: Path, night: int, where: str) -> dict[str, Any]:
    """Deliver and return what it took: seconds of clock and processor, of the plan and in all, and memory."""
    tonight = Tonight(
        path=scores,
        sha256=hashlib.sha256(scores.name.encode()).hexdigest(),
        as_of=AS_OF + timedelta(days=night),
        scores=Scores(run_id=f"night{night}", model_version="m1", agreement_version=1, promoted=True, base_rate=False),
    )
    ledger, target = Ledger(store / "ledger.sqlite"), Timed(target_at(where))
    effects = Effects(
        clock=lambda: datetime.now(UTC), sleep=time.sleep, chance=random.random, stop_file=store / "STOP_DELIVERY"
    )
    wall, processor = time.monotonic(), time.process_time()
    facts: Mapping[str, Any] = {}
    try:
        facts = deliver(
            ledger, target, tonight, our_fields(SALESFORCE.field_name, TIERS), effects=effects, wish=Wish()
        ).facts
    except TargetPausedError:
        if where != "nowhere":
            raise
    ended = (time.monotonic(), time.process_time())
    planned = target.first or ended
    rows = ledger.connection.execute("SELECT count(*) FROM row").fetchone()[0]
    ledger.close()
    return {
        "plan_seconds": planned[0] - wall,
        "plan_processor": planned[1] - processor,
        "seconds": ended[0] - wall,
        "processor": ended[1] - processor,
        "connector": sum(target.processor.values()),
        "peak_mb": peak_megabytes(),
        "ledger_mb": (store / "ledger.sqlite").stat().st_size / 2**20,
        "rows": rows,
        "confirmed": facts.get("rows_by_state", {}).get("ok", 0),
    }


if __name__ == "__main__":
    _, scores, store, night, where = sys.argv
    Path(store).mkdir(parents=True, exist_ok=True)
    print(json.dumps(measured(Path(scores), Path(store), int(night), where)))
