"""What came of each explainer on one model: timed in turn, answers compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.reference_model import ROWS, ReferenceModel, prepare
from benchmarks.rivals import CONTRIB, PREDICT, Contender, python_of
from benchmarks.side_by_side import FEWEST_ROWS, RefusedError, Worker, per_second, rows_for, take_turns

TIMED_SECONDS = 0.4
COMPARED_ROWS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of one contender on one model.

    Parameters
    ----------
    key, name : str
    refused : str
        Why it does not explain the model; the figures are then 0.
    rows_per_cpu_second, rows_per_second : float
        Medians; one thread.
    difference : float or None
        Largest difference of a contribution from ``pred_contrib``, log-odds; None for a contender without contributions.
    peak_mb : float
        Peak resident memory of its process, libraries and rows included.
    rows : int
        Explained in each timing.
    """

    key: str
    name: str
    refused: str = ""
    rows_per_cpu_second: float = 0.0
    rows_per_second: float = 0.0
    difference: float | None = None
    peak_mb: float = 0.0
    rows: int = 0


def measure(
    model: ReferenceModel,
    contenders: Sequence[Contender],
    cache: Path,
    *,
    rounds: int,
    seconds: float = TIMED_SECONDS,
    most_rows: int = ROWS,
) -> list[Found]:
    """Time all contenders in turn on one model and compare their answers."""
    text, rows = prepare(model, cache / "models", rows=most_rows)
    workers: dict[str, Worker] = {}
    found = {one.key: Found(key=one.key, name=one.name) for one in contenders}
    try:
        for one in contenders:
            try:
                python = python_of(one, cache / "environments")
                worker = workers[one.key] = Worker.start(python, one.key, batch_rows=one.batch_rows)
                worker.ask("load", model=str(text), rows=str(rows))
                worker.time(FEWEST_ROWS)
            except (RefusedError, OSError) as error:
                found[one.key] = replace(found[one.key], refused=without_paths(str(error)))
                if one.key in workers:
                    workers.pop(one.key).stop()
        difference = differences(workers)
        timed = {
            one.key: min(one.batch_rows or rows_for(workers[one.key], seconds, most_rows), most_rows)
            for one in contenders
            if one.key in workers
        }
        take_turns(workers, timed, rounds)
    finally:
        for worker in workers.values():
            worker.stop()
    for key, worker in workers.items():
        cpu, wall = per_second(worker, timed[key])
        found[key] = replace(
            found[key],
            rows_per_cpu_second=cpu,
            rows_per_second=wall,
            difference=difference.get(key),
            peak_mb=worker.peak_mb,
            rows=timed[key],
        )
    return list(found.values())


def differences(workers: dict[str, Worker]) -> dict[str, float]:
    """Largest difference of each contender's contributions from ``pred_contrib``."""
    if CONTRIB not in workers:
        return {}
    with TemporaryDirectory() as folder:
        answers = {
            key: worker.answers(COMPARED_ROWS, Path(folder) / "answers.npy")
            for key, worker in workers.items()
            if key != PREDICT
        }
    return {key: float(np.abs(mine - answers[CONTRIB]).max()) for key, mine in answers.items() if key != CONTRIB}


def without_paths(reason: str) -> str:
    """Leave out every word that names a folder or an address."""
    return " ".join("..." if "/" in word else word for word in reason.split())
