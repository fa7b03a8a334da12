"""One explainer in a process of its own, told over standard input what to do next: a line of JSON in, a line of JSON out.

    python -P benchmarks/explainer_worker.py CONTENDER

Runs in the contender's own environment and therefore imports nothing of ours before it is asked to. Being a process of its own, its
peak memory is its own; staying alive, it can be timed in turn with the others. Linux only: peak memory is read from /proc.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Explainer = Callable[[Any], Any]
"""Rows of shape (n, n_features) to contributions of shape (n, n_features); of ``predict`` to margins."""


def _tables(model: str, precision: str) -> Explainer:
    from leadq.models.explainer.compiled_trees import compile_model  # noqa: PLC0415

    compiled = compile_model(Path(model).read_text(encoding="utf-8"), precision=precision)  # type: ignore[arg-type]
    return lambda rows: compiled.explain(rows)[1]


def _booster(model: str) -> Any:
    import lightgbm  # noqa: PLC0415

    return lightgbm.Booster(model_file=model, params={"num_threads": 1, "verbosity": -1})


def _predict(model: str) -> Explainer:
    booster = _booster(model)
    return lambda rows: booster.predict(rows, raw_score=True, num_threads=1)


def _pred_contrib(model: str) -> Explainer:
    booster = _booster(model)
    return lambda rows: booster.predict(rows, pred_contrib=True, num_threads=1)[:, :-1]


def _shap(model: str) -> Explainer:
    import shap  # noqa: PLC0415

    explainer = shap.TreeExplainer(_booster(model))
    return explainer.shap_values  # type: ignore[no-any-return]


def _woodelf(model: str) -> Explainer:
    import pandas as pd  # noqa: PLC0415
    from woodelf import WoodelfExplainer  # noqa: PLC0415

    explainer = WoodelfExplainer(_booster(model))
    return lambda rows: explainer.shap_values(pd.DataFrame(rows), verbose=False)


def _fasttreeshap(model: str, algorithm: str) -> Explainer:
    import fasttreeshap  # noqa: PLC0415

    explainer = fasttreeshap.TreeExplainer(_booster(model), algorithm=algorithm, n_jobs=1)
    return lambda rows: explainer.shap_values(rows, check_additivity=False)


EXPLAINERS: dict[str, Callable[[str], Explainer]] = {
    "float64": lambda model: _tables(model, "float64"),
    "float32": lambda model: _tables(model, "float32"),
    "predict": _predict,
    "pred_contrib": _pred_contrib,
    "shap": _shap,
    "woodelf": _woodelf,
    "fasttreeshap v1": lambda model: _fasttreeshap(model, "v1"),
    "fasttreeshap v2": lambda model: _fasttreeshap(model, "v2"),
}


def peak_megabytes() -> float:
    """Peak resident memory of this program (``getrusage`` would hand on that of the program that started it)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


class _Worker:
    def __init__(self, contender: str) -> None:
        self.make = EXPLAINERS[contender]
        self.rows: Any = None

    def load(self, model: str, rows: str) -> dict[str, Any]:
        """Take a model; what this costs is the contender's preparation."""
        self.rows = np.load(rows, mmap_mode="r")
        started = time.process_time()
        self.explain = self.make(model)
        return {"cpu": time.process_time() - started}

    def time(self, rows: int, batch: int) -> dict[str, Any]:
        """Explain the first rows, ``batch`` at a time; seconds of processor and of clock."""
        batches = [np.asfortranarray(self.rows[at : min(at + batch, rows)]) for at in range(0, rows, batch)]
        cpu, wall = time.process_time(), time.perf_counter()
        for some in batches:
            self.explain(some)
        return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}

    def answers(self, rows: int, to: str) -> dict[str, Any]:
        """Explain the first rows and write the answers into a file."""
        np.save(to, np.asarray(self.explain(np.asfortranarray(self.rows[:rows]))))
        return {}


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print must not mix with the answers
    worker = _Worker(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("do"))(**request) | {"peak_mb": peak_megabytes()}
        except Exception as error:  # whatever a rival says is its answer
            answer = {"refused": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
