"""Contenders as processes called in turn, A B C A B C: whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, log2
from pathlib import Path
from statistics import median
from typing import Any, Self

import numpy as np

from leadq.foundation.arrays import Floats

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
WORKER = Path(__file__).with_name("explainer_worker.py")
FEWEST_ROWS = 256
BATCH_ROWS = 32_768
"""Rows explained at a time, as a stream of batches brings them."""


class RefusedError(Exception):
    """The contender does not explain this model; the message is its own."""


@dataclass(slots=True, kw_only=True)
class Worker:
    """A contender at work.

    Parameters
    ----------
    process : subprocess.Popen
    seconds : list of tuple of float
        Of each timing, processor and clock.
    batch_rows : int
        Rows explained at a time.
    peak_mb : float
        Peak resident memory until now.
    """

    process: subprocess.Popen[str]
    seconds: list[tuple[float, float]] = field(default_factory=list)
    batch_rows: int = BATCH_ROWS
    peak_mb: float = 0.0

    @classmethod
    def start(cls, python: Path, contender: str, *, batch_rows: int | None = None) -> Self:
        """Start ``contender`` under its own Python."""
        return cls(
            batch_rows=batch_rows or BATCH_ROWS,
            process=subprocess.Popen(
                [str(python), "-P", "-W", "ignore", str(WORKER), contender],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, **ONE_THREAD},
            ),
        )

    def ask(self, do: str, **what: str | int) -> dict[str, Any]:
        """Have something done.

        Raises
        ------
        RefusedError
            It cannot or will not.
        """
        if self.process.stdin is None or self.process.stdout is None:
            raise RefusedError("not started")
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"refused": "the process ended"}
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        self.peak_mb = answer["peak_mb"]
        return answer

    def time(self, rows: int) -> tuple[float, float]:
        """Explain the first ``rows`` rows; seconds of processor and of clock."""
        told = self.ask("time", rows=rows, batch=self.batch_rows)
        return told["cpu"], told["wall"]

    def answers(self, rows: int, file: Path) -> Floats:
        """Contributions to the first ``rows`` rows."""
        self.ask("answers", rows=rows, to=str(file))
        found: Floats = np.load(file)
        return found

    def stop(self) -> None:
        """End the process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()


def rows_for(worker: Worker, seconds: float, most: int) -> int:
    """Return a power of two of rows that takes the worker about ``seconds`` or more; at most ``most``."""
    worker.time(FEWEST_ROWS)  # the first call compiles
    rows = FEWEST_ROWS
    while rows < most:
        cpu, _ = worker.time(rows)
        if cpu >= seconds:
            return rows
        # a short timing deceives: go up by no more than sixteen times at once
        rows = min(most, rows << max(1, min(4, ceil(log2(seconds / max(cpu, 1e-4))))))
    return rows


def take_turns(workers: Mapping[str, Worker], rows: Mapping[str, int], rounds: int) -> None:
    """Time each worker once a round."""
    for _ in range(rounds):
        for key, worker in workers.items():
            worker.seconds.append(worker.time(rows[key]))


def per_second(worker: Worker, rows: int) -> tuple[float, float]:
    """Median rows per second of processor and of clock."""
    return rows / median(cpu for cpu, _ in worker.seconds), rows / median(wall for _, wall in worker.seconds)
