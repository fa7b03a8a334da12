"""Probabilities and promises against the truth, on twelve kinds of simulated company.

    python -m benchmarks.truth [--results .bench/truth] [--workers 2] [--kinds "2k, 10 %" ...] [--seeds 20]

Every company's figures are kept as a JSON file, so that an interrupted run goes on where it stopped; figures made by other code than
the present one are made again.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.kinds import KINDS, Kind
from benchmarks.trial import TierOutcome, Trial, run_trial

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / ".bench" / "truth"
_CODE = (
    "foundation",
    "agreement",
    "crm",
    "features",
    "models",
    "benchmarks/kinds.py",
    "benchmarks/world.py",
    "benchmarks/trial.py",
)


def code_fingerprint() -> str:
    """Hash of the code that makes the figures."""
    files = sorted(
        path for name in _CODE for path in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def read_trials(results: Path = RESULTS, fingerprint: str | None = None) -> list[Trial]:
    """Read kept figures, in order of kind and seed; those of other code only where no fingerprint is asked for."""
    found = []
    for path in sorted(results.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if fingerprint in (None, document["code"]):
            found.append(_trial(document["trial"]))
    order = {kind.name: place for place, kind in enumerate(KINDS)}
    return sorted((one for one in found if one.kind in order), key=lambda one: (order[one.kind], one.seed))


def _trial(document: dict[str, Any]) -> Trial:
    return Trial(**{**document, "tiers": tuple(TierOutcome(**tier) for tier in document["tiers"])})


def _path(results: Path, kind: Kind, seed: int) -> Path:
    name = "".join(letter if letter.isalnum() else "-" for letter in kind.name)
    return results / f"{name}-{seed:03d}.json"


def _todo(kinds: Iterable[Kind], seeds: int | None, results: Path, code: str) -> Iterator[tuple[Kind, int]]:
    wanted = [(kind, seed) for kind in kinds for seed in range(1, (seeds or kind.seeds) + 1)]
    wanted.sort(key=lambda one: (one[1] > 4, one[0].leads, one[1]))  # something of every kind first
    for kind, seed in wanted:
        path = _path(results, kind, seed)
        if not path.exists() or json.loads(path.read_text(encoding="utf-8"))["code"] != code:
            yield kind, seed


def _run(task: tuple[Kind, int, str, str]) -> str:
    kind, seed, results, code = task
    trial = run_trial(kind, seed)
    text = json.dumps({"code": code, "trial": asdict(trial)}, indent=1, sort_keys=True) + "\n"
    _path(Path(results), kind, seed).write_text(text, encoding="utf-8")
    return f"{kind.name}, seed {seed}: rmse {trial.rmse['leadq']:.4f}, predicted / true {trial.ratio['leadq']:.3f}, {trial.seconds:.0f} s"


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kinds", nargs="+", choices=[kind.name for kind in KINDS])
    parser.add_argument("--seeds", type=int, help="fewer or more companies of each kind")
    chosen = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")
    chosen.results.mkdir(parents=True, exist_ok=True)
    code = code_fingerprint()
    kinds = [kind for kind in KINDS if chosen.kinds is None or kind.name in chosen.kinds]
    todo = list(_todo(kinds, chosen.seeds, chosen.results, code))
    print(f"{len(todo)} companies to simulate", flush=True)
    fewer_looks = (50_000, 20, 100)  # for garbage, as the command line has it
    with multiprocessing.get_context("spawn").Pool(chosen.workers, gc.set_threshold, fewer_looks, 8) as pool:
        tasks = [(kind, seed, str(chosen.results), code) for kind, seed in todo]
        for done, line in enumerate(pool.imap_unordered(_run, tasks), start=1):
            print(f"{done}/{len(todo)} {line}", flush=True)


if __name__ == "__main__":
    main()
