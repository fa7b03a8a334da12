"""Score tables made by hand, and a target that fails as a test tells it to: a real place (a JSON file a lead), no stand-in of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from leadq.crm.connectors.connector import column_name
from leadq.crm.connectors.protocol import Chunk, RowOutcome, Step, Target, TargetField, UnheardError, Value
from leadq.crm.contract.score_table import SCORES
from leadq.foundation.problems import Problem
from leadq.serving.delivery.deliver import Tonight, Wish, deliver
from leadq.serving.delivery.ledger.ledger import Ledger
from leadq.serving.delivery.planning.guards import Scores
from leadq.serving.delivery.planning.payload import our_fields
from leadq.serving.delivery.reporting.delivery_report import Report
from leadq.serving.delivery.sending.rate_limit import Effects

NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)
FIELDS = our_fields(column_name, ("T1", "T2", "T3", "disqualified"))
Remote = Mapping[str, str | int | float | None]


def row(lead_id: str | None, percentile: float | None = 0.5, **other: Any) -> dict[str, Any]:
    reason = {"code": other.pop("code", "demo"), "sentence": other.pop("sentence", "Asked for a demo")}
    return {
        "lead_id": lead_id,
        "status": "scored",
        "probability": percentile,
        "percentile": percentile,
        "tier": "T2",
        "reasons_for": [reason],
        "reasons_against": [],
        "model_version": "m1",
        "scored_at": NIGHT,
        **other,
    }


def write_scores(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=SCORES), path)
    return path


def tonight(path: Path, *, night: int = 0, lead_id: str | None = None, hours: int = 0, **scores: Any) -> Tonight:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    known = {"model_version": "m1", "agreement_version": 1, "promoted": True, "base_rate": False, **scores}
    return Tonight(
        path=path,
        sha256=sha256,
        as_of=NIGHT + timedelta(days=night, hours=hours),
        scores=Scores(run_id=f"night{night}{hours}", **known),
        lead_id=lead_id,
    )


@dataclass
class Time:
    """A clock that only sleeping moves."""

    now: datetime = NIGHT
    slept: list[float] = field(default_factory=list)

    def effects(self, folder: Path) -> Effects:
        return Effects(clock=lambda: self.now, sleep=self.sleep, chance=lambda: 0.5, stop_file=folder / "STOP_DELIVERY",
                       reports=folder / "delivery")  # fmt: skip

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@dataclass
class ScriptedTarget:
    """Keeps what it is sent, in two steps a chunk; ``script`` is asked before the effect, ``after`` behind it."""

    name: str = "crm"
    chunk_rows: int = 10
    held: dict[str, dict[str, Value]] = field(default_factory=dict)
    sent: list[tuple[str, dict[str, Value]]] = field(default_factory=list)
    chunks: list[tuple[int, int]] = field(default_factory=list)
    script: Callable[[Chunk, str], None] = lambda chunk, step: None
    answer: Callable[[str, int], RowOutcome | None] = lambda key, time: RowOutcome(key=key, state="ok")
    not_now: dict[str, str] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def check(self, fields: Sequence[TargetField]) -> None:
        assert [field.name for field in fields] == [field.name for field in FIELDS]

    def skipped(self, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: why for key, why in self.not_now.items() if key in keys}

    def step(self, chunk: Chunk, remote: Remote | None) -> Step:
        if remote is None:
            self.script(chunk, "make")
            return Step(remote={"job": chunk.number}, wait_seconds=1.0)
        assert remote == {"job": chunk.number}
        self.script(chunk, "before")
        self.chunks.append((chunk.number, len(chunk.rows)))
        outcomes = []
        for one in chunk.rows:
            self.asked[one.key] = self.asked.get(one.key, 0) + 1
            outcome = self.answer(one.key, self.asked[one.key])
            if outcome is None or outcome.state in ("ok", "unknown"):
                self.held[one.key] = dict(one.values)
                self.sent.append((one.key, dict(one.values)))
            if outcome is not None:
                outcomes.append(outcome)
        self.script(chunk, "after")
        return Step(outcomes=tuple(outcomes))

    def read_back(self, keys: Sequence[str], names: Sequence[str]) -> Mapping[str, Mapping[str, Value]]:
        return {key: self.held[key] for key in keys if key in self.held}


@dataclass
class Place:
    """A store's folder with its ledger, one target, and a clock."""

    folder: Path
    target: Target
    time: Time = field(default_factory=Time)

    def deliver(self, tonight: Tonight, **wish: Any) -> Report:
        ledger = Ledger(self.folder / "ledger.sqlite")
        try:
            return deliver(
                ledger, self.target, tonight, FIELDS, effects=self.time.effects(self.folder), wish=Wish(**wish)
            )
        finally:
            ledger.close()

    def ledger(self) -> Ledger:
        return Ledger(self.folder / "ledger.sqlite")


@dataclass
class JobTarget(ScriptedTarget):
    """A target on whose side a chunk is under way between steps: ``jobs`` says how far, ``writes`` what a running one will write."""

    jobs: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    writes: int = 4

    def end(self, chunk: Chunk, remote: Remote | None) -> Step:
        self.ended.append(f"{chunk.run_id} {chunk.number}")
        if self.jobs.get("state") == "waits":
            return Step(outcomes=tuple(RowOutcome(key=row.key, state="unknown") for row in chunk.rows))
        if self.jobs.get("state") == "runs":
            self.jobs["state"] = "over"
            return Step(remote=remote or {}, wait_seconds=30.0)
        for one in chunk.rows[: self.writes]:
            self.held[one.key] = dict(one.values)
            self.sent.append((one.key, dict(one.values)))
        return Step(outcomes=tuple(RowOutcome(key=row.key, state="ok") for row in chunk.rows[: self.writes]))


def unheard(*_: object, after: float | None = None) -> None:
    raise UnheardError(Problem(where="crm", rule="must answer", remedy="Again."), retry_after_seconds=after)
