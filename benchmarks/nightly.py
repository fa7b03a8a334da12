"""The nightly job at 100,000, 1,000,000 and 10,000,000 leads: Parquet in, the whole score table as Parquet out.

Every size runs in a process of its own, so that its peak memory is its own. Leads are made by drawing every feature by itself from
tonight's leads of a demo company (``make demo`` first). Two models score them: the company's champion, and one of 300 trees
with 31 leaves and depth 6 that learns the champion's probabilities from the same columns. Sentences are written out in all of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from leadq.agreement.read import parse_agreement
from leadq.crm.contract.history import open_history
from leadq.features.engine.duckdb_engine import open_engine
from leadq.features.tonight import OpenLeads, tonight
from leadq.foundation.lightgbm_loader import load_lightgbm
from leadq.models.bundle.bundle import Bundle, read_bundle
from leadq.models.bundle.matrix_scorer import MatrixScorer
from leadq.models.fit.contributions import make_reference
from leadq.models.live.live_models import bundle_folder, read_live
from leadq.serving.scoring.model_input import encoded_features
from leadq.serving.scoring.score_batches import ScoringRun
from leadq.serving.scoring.table.night_parts import PART_ROWS, regrouped, score_parts
from leadq.serving.scoring.table.score_table_file import finish_scores

SIZES = (100_000, 1_000_000, 10_000_000)
MODELS = ("champion", "31 leaves")
AS_OF = datetime(2026, 10, 1, 2, tzinfo=UTC)
CHUNK = 10 * PART_ROWS


def champion_of(store: Path) -> Bundle:
    """Return the bundle that scores in a demo project's store."""
    live = read_live(store)
    if live.scoring is None:
        raise SystemExit("The demo project has no model: run make demo first.")
    return read_bundle(bundle_folder(store, live.scoring.version))


def seen_tonight(store: Path, bundle: Bundle) -> pa.Table:
    """Tonight's leads of the demo that can be scored."""
    history = open_history(store / "work" / "history")
    agreement = parse_agreement(bundle.agreement_text, where="the bundle")
    with open_engine() as backend:
        batches = list(
            tonight(
                backend,
                OpenLeads(history=history, agreement=agreement, catalogue=bundle.catalogue, as_of=history.read_at),
            )
        )
    table = pa.Table.from_batches(batches)
    return table.filter(pc.is_null(table["status_reason"])).combine_chunks()


def drawn(seen: pa.Table, start: int, rows: int) -> pa.Table:
    """Make leads whose features are drawn one by one from those seen; a category and its code go together."""
    draw = np.random.default_rng([7, start])
    places: dict[str, Any] = {}
    columns = {}
    for name in seen.column_names:
        whose = name.removeprefix("code:")
        if whose not in places:
            places[whose] = pa.array(draw.integers(0, seen.num_rows, rows))
        columns[name] = seen[name].take(places[whose])
    columns["lead_id"] = pa.array([f"lead{number:09d}" for number in range(start, start + rows)])
    columns["age_days"] = pa.array(np.round(draw.uniform(0, 90, rows), 4))
    return pa.table(columns).combine_chunks()


def make_leads(seen: pa.Table, path: Path, leads: int) -> None:
    """Write ``leads`` leads as Parquet, once."""
    if path.exists():
        return
    partial = path.with_suffix(".partial")
    with pq.ParquetWriter(partial, seen.schema, compression="zstd") as writer:
        for start in range(0, leads, CHUNK):
            table = drawn(seen, start, min(CHUNK, leads - start)).cast(seen.schema)
            writer.write_table(table, row_group_size=PART_ROWS)
    partial.replace(path)


def larger_model(bundle: Bundle, seen: pa.Table) -> Bundle:
    """Return the bundle with 300 trees of 31 leaves, depth 6, in place of its own."""
    lightgbm = load_lightgbm()
    rows = encoded_features(drawn(seen, 1, 60_000).combine_chunks().to_batches()[0], bundle.catalogue)
    probability = MatrixScorer(bundle).score(rows).probability
    label = (np.random.default_rng(3).random(len(rows)) < np.clip(4 * probability, 0, 0.9)).astype(float)
    categories = [at for at, feature in enumerate(bundle.catalogue.features) if feature.kind == "category"]
    settings = {
        "objective": "binary",
        "num_leaves": 31,
        "max_depth": 6,
        "learning_rate": 0.05,
        "verbose": -1,
        "seed": 3,
    }
    data = lightgbm.Dataset(np.ascontiguousarray(rows), label, categorical_feature=categories, params={"verbose": -1})
    booster = lightgbm.train({**settings, "num_threads": 2}, data, 300)
    reference = make_reference(booster, rows[:20_000], bundle.calibrator, "made leads", threads=2)
    return replace(bundle, booster_text=booster.model_to_string(), reference=reference)


def score_file(bundle: Bundle, leads: Path, folder: Path) -> dict[str, Any]:
    """Score a file of leads into a table; say what it took."""
    agreement = parse_agreement(bundle.agreement_text, where="the bundle")
    run = ScoringRun(
        bundle=bundle,
        agreement=agreement,
        as_of=AS_OF,
        scored_at=AS_OF,
        run_id="f" * 16,
        snapshot_id="f" * 16,
        threads=2,
    )
    wall, cpu = time.monotonic(), time.process_time()
    with pq.ParquetFile(leads, pre_buffer=False) as file:  # else all that was read of the file stays in memory
        parts = score_parts(regrouped(_read(file)), run, folder / "parts")
    scored = time.monotonic()
    counts = finish_scores(parts, folder / "scores.parquet")
    ended = time.monotonic()
    for part in parts:
        part.unlink()
    return {
        "leads": counts["rows"],
        "wall_seconds": ended - wall,
        "scoring_seconds": scored - wall,
        "cpu_seconds": time.process_time() - cpu,
        "rows_per_second": counts["rows"] / (ended - wall),
        "peak_mb": peak_megabytes(),
        "bytes_per_row": counts["bytes"] / counts["rows"],
    }


def peak_megabytes() -> float:
    """Largest resident memory of this process; what getrusage says is inherited from the parent."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def _read(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    yield from file.iter_batches(PART_ROWS, use_threads=False)


def run_one(project: Path, cache: Path, model: str, leads: int) -> None:
    """Run in the child process: score once and print what it took as JSON."""
    store = project / "store"
    bundle = champion_of(store)
    if model != MODELS[0]:
        bundle = larger_model(bundle, pq.read_table(cache / "seen.parquet"))
    print(json.dumps({"model": model, **score_file(bundle, cache / f"leads_{leads}.parquet", cache)}))


def main() -> None:
    """Run every size with every model, several times in turn, and write the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, default=Path("demo"))
    parser.add_argument("--cache", type=Path, default=Path(".bench/nightly"))
    parser.add_argument("--write", type=Path, default=Path(".bench/nightly.json"))
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("MODEL", "LEADS"))
    chosen = parser.parse_args()
    if chosen.one:
        run_one(chosen.project, chosen.cache, chosen.one[0], int(chosen.one[1]))
        return
    chosen.cache.mkdir(parents=True, exist_ok=True)
    store = chosen.project / "store"
    seen = seen_tonight(store, champion_of(store))
    pq.write_table(seen, chosen.cache / "seen.parquet")
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for leads in chosen.sizes:
        make_leads(seen, chosen.cache / f"leads_{leads}.parquet", leads)
    for _ in range(chosen.rounds):
        for leads in chosen.sizes:
            for model in MODELS:
                command = [sys.executable, "-m", "benchmarks.nightly", "--one", model, str(leads)]
                command += ["--project", str(chosen.project), "--cache", str(chosen.cache)]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                row = json.loads(said.splitlines()[-1])
                found.setdefault((model, leads), []).append(row)
                print(json.dumps(row), flush=True)
                chosen.write.write_text(json.dumps(medians(found), indent=1) + "\n")


def medians(found: dict[tuple[str, int], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return one row a model and size: the median of every figure over the rounds."""
    return [
        {
            name: value if isinstance(value, str) else float(np.median([row[name] for row in rows]))
            for name, value in rows[0].items()
        }
        | {"rounds": len(rows)}
        for rows in found.values()
    ]


if __name__ == "__main__":
    main()
