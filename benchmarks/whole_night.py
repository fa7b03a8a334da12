"""The whole nightly run of a company of a million open leads and fifty million events: features, scores, reasons, snapshot, table.

python -m benchmarks.whole_night [--open-leads 1000000] [--rounds 3] [--cache .bench/whole_night] [--write
.bench/whole_night.json]

The history is there (``benchmarks/large_company.py``); what is measured is ``leadq.pipelines.night.night_run.score_run``,
which leads from it to a committed run in a store. The model was trained on a smaller company of the same kind. Each run has
a process of its own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.features_at_scale import MEMORY_LIMIT, agreement, make_company
from benchmarks.nightly import peak_megabytes
from leadq.agreement.template import template_text
from leadq.crm.contract.history import open_history
from leadq.features.build_training_data import build_training_data
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.feature_settings import FeatureSettings
from leadq.models.base.fit_settings import FitSettings
from leadq.models.bundle.bundle import documents, read_bundle, version_of, write_bundle
from leadq.models.training.train_bundle import train_bundle
from leadq.pipelines.console.progress import silent
from leadq.pipelines.night.night_run import score_run
from leadq.pipelines.project.project import Project, open_project
from leadq.pipelines.store.run_manifest import RunInputs

TRAINED_ON = 15_000
PARAMS = f"engine: {{threads: 2, memory_limit: {MEMORY_LIMIT}}}\n"
CONFIG = """\
store: store
agreement: agreement.yaml
sources: {leads: {path: unused.parquet}, events: {path: unused.parquet}}
outcome: {from: event_kinds, won: [won], lost: [lost]}
"""


def train_small(cache: Path) -> None:
    """Train on a smaller company of the same kind and keep the bundle."""
    if (cache / "bundle").exists():
        return
    make_company(cache / "small", TRAINED_ON)
    history = open_history(cache / "small")
    with open_engine(memory_limit=MEMORY_LIMIT, spill=cache / "spill") as backend:
        data = build_training_data(backend, history, agreement(), FeatureSettings())
    settings = FitSettings(bootstrap_repeats=100)
    result = train_bundle(data, agreement(), settings, provenance={"data": "made"}, read_at=history.read_at)
    write_bundle(result.bundle, cache / "bundle")


def project_of(folder: Path) -> Project:
    """Open a project whose store is new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in (("leadq.yaml", CONFIG), ("agreement.yaml", template_text()), ("params.yaml", PARAMS)):
        (folder / name).write_text(text, encoding="utf-8")
    history = open_history(folder.parent / "company")
    return open_project(folder, environment={}, now=history.read_at)


def run(cache: Path, nights: int) -> list[dict[str, Any]]:
    """Score one night, and more after it, in this process; say what each took."""
    history, bundle = open_history(cache / "company"), read_bundle(cache / "bundle")
    project = project_of(cache / "project")
    told = []
    for night in range(nights):
        as_of = history.read_at - timedelta(days=nights - 1 - night)
        inputs = RunInputs(
            kind="night",
            as_of=as_of,
            history_sha256=history.sha256,
            bundle_version=version_of(documents(bundle)),
            agreement_version=project.agreement.version,
            agreement_sha256=project.agreement.sha256,
            previous_runs=tuple(one.run_id for one in project.store.before(as_of)),
        )
        wall, cpu = time.monotonic(), time.process_time()
        done = score_run(project, history, bundle, inputs, as_of, silent)
        told.append(
            {
                "night": night + 1,
                "model": bundle.kind,
                "leads": done.counts["rows"],
                "scored": done.counts["counts"]["status"]["scored"],
                "events": history.counts["events"].used,
                "wall_seconds": time.monotonic() - wall,
                "cpu_seconds": time.process_time() - cpu,
                "peak_mb": peak_megabytes(),
            }
        )
    shutil.rmtree(cache / "project")
    return told


def main() -> None:
    """Make the company and the model once, run the nights several times, and write the medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--open-leads", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nights", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path(".bench/whole_night"))
    parser.add_argument("--write", type=Path, default=Path(".bench/whole_night.json"))
    parser.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    cache = chosen.cache.absolute()
    if chosen.run:
        print(json.dumps(run(cache, chosen.nights)))
        return
    train_small(cache)
    if not (cache / "company").exists():
        make_company(cache / "company", chosen.open_leads)
    rounds = []
    for _ in range(chosen.rounds):
        command = [sys.executable, "-m", "benchmarks.whole_night", "--run", "--nights", str(chosen.nights)]
        said = subprocess.run([*command, "--cache", str(cache)], check=True, capture_output=True, text=True).stdout
        rounds.append(json.loads(said.strip().splitlines()[-1]))
        print(json.dumps(rounds[-1]), flush=True)
    medians = [
        {
            name: value if isinstance(value, str) else float(np.median([one[place][name] for one in rounds]))
            for name, value in row.items()
        }
        | {"rounds": len(rounds)}
        for place, row in enumerate(rounds[0])
    ]
    chosen.write.write_text(json.dumps(medians, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
