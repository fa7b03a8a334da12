"""How long a new process needs until its first explained rows, with and without numba's compiled code on disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.reference_model import ReferenceModel, prepare
from benchmarks.side_by_side import ONE_THREAD

SCRIPT = """
import json, sys, time
from pathlib import Path
import numpy as np
from leadq.models.explainer.compiled_trees import compile_model
text, rows = Path(sys.argv[1]).read_text(encoding="utf-8"), np.load(sys.argv[2], mmap_mode="r")[:1000]
compile_model(text).explain(np.asfortranarray(rows))
clock, cpu = time.time() - float(sys.argv[3]), time.process_time()
compile_model(text + "again")
print(json.dumps({"clock": clock, "cpu": cpu, "compile_cpu": time.process_time() - cpu}))
"""
"""The second model is the same under another name: what the tables cost once numba is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """One start: seconds of clock and of processor; seconds of processor for another model's tables in the same process."""

    clock: float
    cpu: float
    compile_cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """From nothing to the first 1,000 rows of a model.

    Parameters
    ----------
    model : str
    cold : Seconds or None
        Without any compiled code on disk, once; measured on the first model.
    warm : Seconds
        With it; medians.
    """

    model: str
    cold: Seconds | None
    warm: Seconds


def _start(model: ReferenceModel, cache: Path, numba_cache: Path) -> Seconds:
    text, rows = prepare(model, cache / "models")
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(text), str(rows), str(time.time())],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **ONE_THREAD, "NUMBA_CACHE_DIR": str(numba_cache)},
    )
    return Seconds(**json.loads(ended.stdout))


def starts(models: Sequence[ReferenceModel], cache: Path, *, rounds: int) -> list[Start]:
    """Start every model ``rounds`` times warm; the first one before that cold."""
    found: list[Start] = []
    with TemporaryDirectory() as folder:
        for model in models:
            cold = None if found else _start(model, cache, Path(folder))
            each = [_start(model, cache, Path(folder)) for _ in range(rounds)]
            warm = Seconds(
                clock=median(one.clock for one in each),
                cpu=median(one.cpu for one in each),
                compile_cpu=median(one.compile_cpu for one in each),
            )
            found.append(Start(model=model.name, cold=cold, warm=warm))
    return found
